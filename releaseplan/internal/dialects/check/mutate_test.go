package check_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

const mutable = `{
 "openapi": "3.1.0",
 "paths": {"/things": {"get": {"operationId": "listThings", "responses": {"200": {"content": {"application/json": {"schema": {
   "type": "object", "additionalProperties": false, "required": ["data", "total"], "properties": {
     "total": {"type": "integer"},
     "note": {"type": "string"},
     "data": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}}}}}}}}},
 "components": {"schemas": {"Thing": {
   "type": "object", "additionalProperties": false, "required": ["id", "owner", "weight", "labels", "free", "at"], "properties": {
     "id": {"type": "integer"},
     "at": {"type": "string", "format": "date-time"},
     "owner": {"anyOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]},
     "weight": {"type": "number"},
     "href": {"type": "string"},
     "labels": {"type": "object", "additionalProperties": {"type": "string"}},
     "free": {}}},
  "Owner": {"type": "object", "additionalProperties": true, "required": ["name"], "properties": {"name": {"type": ["string", "null"]}}}}}
}`

// TestMutationsTellWhatTheDescriptionIsLooseAbout proves the checker: everything that a schema
// leaves open is told, and nothing else.
func TestMutationsTellWhatTheDescriptionIsLooseAbout(t *testing.T) {
	s := check.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"total": 2, "data": [
			{"id": 1, "at": "2026-01-01T00:00:00Z", "owner": null, "weight": 3, "labels": {"a": "b"}, "free": "x"},
			{"id": 2, "at": "2026-01-01T00:00:00Z", "owner": {"name": "ann", "age": 7}, "weight": 3, "href": "/2", "labels": {}, "free": 1}]}`)
	}), []byte(mutable), "")
	want := []string{
		"Owner may have more members",
		"Owner.* may be anything",
		"Owner.name may be null",
		"Thing.free may be anything",
		"Thing.href may be missing",
		"Thing.owner may be null",
		"Thing.weight may be a fraction",
	}
	if diff := cmp.Diff(want, s.Mutations(t, s.Do(http.MethodGet, "/things", nil))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
