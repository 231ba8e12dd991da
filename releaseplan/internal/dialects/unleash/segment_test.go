package unleash_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A segment is made, shown, changed and deleted, unless something refers to it.
func TestSegmentLife(t *testing.T) {
	w := newClientWorld(t)
	const at = "/api/admin/segments"
	w.Do("GET", at, nil).Want(200, `{"segments":[]}`)
	a := w.Do("POST", at, `{"name":"beta","description":"testers","project":"shop","constraints":[{"contextName":"userId","operator":"IN","values":["bob"]}]}`).Want(201)
	if diff := check.Diff(`{"id":1,"name":"beta","description":"testers","project":"shop","createdBy":"Ann","createdAt":"…",
		"constraints":[{"contextName":"userId","operator":"IN","values":["bob"],"inverted":false,"caseInsensitive":false}]}`, without(a, "createdAt")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if a.Header.Get("Location") != at+"/1" {
		t.Errorf("Location %s", a.Header.Get("Location"))
	}
	if diff := cmp.Diff([]string{"Segment.description may be null", "Segment.project may be null"}, w.Mutations(t, a)); diff != "" {
		t.Errorf("the description lets pass (-want +got):\n%s", diff)
	}
	w.Do("GET", at+"/1", nil).Want(200, string(a.Body))
	w.Do("GET", at, nil).Want(200, `{"segments":[`+string(a.Body)+`]}`)
	w.Do("PUT", at+"/1", `{"name":"beta","constraints":[]}`).Want(204, "")
	if diff := check.Diff(`{"id":1,"name":"beta","description":null,"project":null,"createdBy":"Ann","createdAt":"…","constraints":[]}`, without(w.Do("GET", at+"/1", nil), "createdAt")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.Do("POST", at, `{"name":"other","constraints":[]}`).Want(201)
	failure(t, w.Do("POST", at, `{"name":"beta","constraints":[]}`), 409, "NameExistsError")
	failure(t, w.Do("PUT", at+"/2", `{"name":"beta","constraints":[]}`), 409, "NameExistsError")
	failure(t, w.Do("POST", at, `{}`), 400, "BadDataError", "/body/name", "/body/constraints")
	failure(t, w.Do("POST", at, `{"name":"x","constraints":[{"contextName":"a","operator":"LIKE"}]}`), 400, "BadDataError", "/body/constraints/0/operator")
	for _, id := range []string{"3", "0", "-1", "01", "+1", "x", "99999999999999999999"} {
		failure(t, w.Do("GET", at+"/"+id, nil), 404, "NotFoundError")
		failure(t, w.Do("DELETE", at+"/"+id, nil), 404, "NotFoundError")
		failure(t, w.Do("PUT", at+"/"+id, `{"name":"y","constraints":[]}`), 404, "NotFoundError")
	}
	w.feature("checkout", "shop", rollout.Strategy{Name: rollout.Everyone, Segments: []int{1}})
	a = w.Do("DELETE", at+"/1", nil)
	failure(t, a, 409, "ConflictError")
	if !strings.Contains(string(a.Body), "checkout") {
		t.Errorf("it does not say by what: %s", a.Body)
	}
	w.Do("DELETE", at+"/2", nil).Want(204, "")

	w.denied["segment 1"] = penstock.Read
	failure(t, w.Do("GET", at+"/1", nil, "Authorization", "mallory"), 403, "PermissionError")
	w.Do("GET", at, nil, "Authorization", "mallory").Want(200, `{"segments":[]}`)
	w.denied["segment 1"] = penstock.Edit
	failure(t, w.Do("PUT", at+"/1", `{"name":"mine","constraints":[]}`, "Authorization", "mallory"), 403, "PermissionError")
}

// An environment is made, shown, changed and deleted, unless something refers to it.
func TestSegmentEnvironments(t *testing.T) {
	w := newClientWorld(t)
	const at = "/api/admin/environments"
	w.Do("GET", at, nil).Want(200, `{"version":1,"environments":[
		{"name":"test","type":"test","sortOrder":0,"enabled":true,"protected":false},{"name":"production","type":"production","sortOrder":1,"enabled":true,"protected":false}]}`)
	a := w.Do("POST", at, `{"name":"staging","type":"pre-production","sortOrder":5,"enabled":true}`).Want(201, `{"name":"staging","type":"pre-production","sortOrder":5,"enabled":true,"protected":false}`)
	if got := w.Mutations(t, a, w.Do("GET", at, nil)); len(got) != 0 {
		t.Errorf("the description lets pass: %v", got)
	}
	w.Do("GET", at+"/staging", nil).Want(200, string(a.Body))
	w.Do("PUT", at+"/update/staging", `{"type":"test"}`).Want(200, `{"name":"staging","type":"test","sortOrder":5,"enabled":true,"protected":false}`)
	failure(t, w.Do("POST", at, `{"name":"staging","type":"test"}`), 409, "NameExistsError")
	failure(t, w.Do("POST", at, `{"name":"x","enabled":false}`), 400, "BadDataError", "/body/type", "/body/enabled")
	failure(t, w.Do("POST", at, `{"name":"x y","type":"test"}`), 400, "BadDataError", "/body/name")
	failure(t, w.Do("GET", at+"/moon", nil), 404, "NotFoundError")
	failure(t, w.Do("PUT", at+"/update/moon", `{}`), 404, "NotFoundError")
	failure(t, w.Do("DELETE", at+"/moon", nil), 404, "NotFoundError")
	w.feature("checkout", "shop")
	failure(t, w.Do("DELETE", at+"/production", nil), 409, "ConflictError")
	w.Do("DELETE", at+"/staging", nil).Want(200, "")
	failure(t, w.Do("GET", at+"/staging", nil), 404, "NotFoundError")
}

// A strategy type of the host's own is made, used and deleted.
func TestSegmentStrategyTypes(t *testing.T) {
	w := newClientWorld(t)
	const at = "/api/admin/strategies"
	a := w.Do("POST", at, `{"name":"byRegion","description":"by region","parameters":[{"name":"regions","type":"list","required":true}]}`).Want(201,
		`{"name":"byRegion","displayName":null,"description":"by region","editable":true,"deprecated":false,"parameters":[{"name":"regions","type":"list","description":"","required":true}]}`)
	if diff := cmp.Diff([]string{"StrategyType.description may be null", "StrategyType.displayName may be null"}, w.Mutations(t, a)); diff != "" {
		t.Errorf("the description lets pass (-want +got):\n%s", diff)
	}
	list := w.Do("GET", at, nil).Want(200)
	if list.Get("strategies.0.name") != "default" || list.Get("strategies.0.editable") != false || list.Get("strategies.8.name") != "byRegion" {
		t.Errorf("%s", list.Body)
	}
	failure(t, w.Do("POST", at, `{"name":"byRegion"}`), 409, "NameExistsError")
	failure(t, w.Do("POST", at, `{"name":"default"}`), 400, "BadDataError", "/body/name")
	failure(t, w.Do("POST", at, `{"name":"x","parameters":[{"name":"a","type":"odd"}]}`), 400, "BadDataError", "/body/parameters/0/type")
	w.feature("checkout", "shop", rollout.Strategy{Name: "byRegion", Parameters: map[string]string{"regions": "eu"}})
	failure(t, w.Do("DELETE", at+"/byRegion", nil), 409, "ConflictError")
	failure(t, w.Do("DELETE", at+"/unknown", nil), 404, "NotFoundError")
	w.Do("POST", at, `{"name":"byMoon"}`).Want(201)
	w.Do("DELETE", at+"/byMoon", nil).Want(200, "")
}
