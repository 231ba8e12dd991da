package check

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Mutations alters the JSON of answers in every way that a client would notice, one alteration at
// a time, and returns those that the description still agrees to, sorted:
//
//	Plan.end may be missing
//	Task.owner may be null
//	Task.weight may be a fraction
//	Job may have more members
//	Job.spec may be anything
//
// A test compares that with the short list of what is meant to be loose, so that neither the
// answers nor the description can lose a member or change a type unseen. Tried are: each member
// removed; each value replaced by one of every other type, and by null; each whole number by a
// fraction; each object with one member more. Where the description allows everything nothing is
// tried. A place is told by the name of the schema it is in, or else by the operation and its
// status: "listPlans 200.data[].id". Where a place is met several times, as the elements of a list
// are, each alteration is tried where it is first possible.
//
// Answers that are not JSON are passed over; one that the description does not agree to as it is
// fails the test, and so do answers that have nothing to alter.
func (s *Server) Mutations(t testing.TB, answers ...*Answer) []string {
	t.Helper()
	m := mutator{doc: s.doc, tried: make(map[string]bool), loose: make(map[string]bool)}
	for _, a := range answers {
		m.answer(t, a)
	}
	if len(m.tried) == 0 {
		t.Error("there was nothing to alter")
	}
	return slices.Sorted(maps.Keys(m.loose))
}

// A mutator alters answers.
type mutator struct {
	doc   *Description
	tried map[string]bool // place and alteration
	loose map[string]bool // what was agreed to

	schema *jsonschema.Schema // of the answer at hand
	root   any
}

func (m *mutator) answer(t testing.TB, a *Answer) {
	t.Helper()
	template, op := m.doc.find(a.request)
	media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if op == nil || media != "application/json" {
		return
	}
	place := []string{"paths", template, strings.ToLower(a.request.Method), "responses", strconv.Itoa(a.Status), "content", media, "schema"}
	schema, err := m.doc.schema(place...)
	if err != nil {
		t.Errorf("%s answers %d: %v", a.what, a.Status, err)
		return
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.Body))
	if err == nil {
		err = schema.Validate(root)
	}
	if err != nil {
		t.Errorf("%s answers %d with what cannot be altered: %v", a.what, a.Status, err)
		return
	}
	id, _ := op["operationId"].(string)
	m.schema, m.root = schema, root
	raw := any(m.doc.doc)
	for _, p := range place {
		object, _ := raw.(map[string]any)
		raw = object[p]
	}
	m.value(id+" "+strconv.Itoa(a.Status), raw, root, func(v any) { m.root = v })
}

// value alters the value at a place, which set replaces.
func (m *mutator) value(place string, schema, v any, set func(any)) {
	name, members := m.resolve(schema)
	if isOpen(members) {
		m.tried[place], m.loose[place+" may be anything"] = true, true
		return
	}
	m.retype(place, v, set)
	if name != "" {
		place = name
	}
	switch v := v.(type) {
	case []any:
		items, _ := members["items"].(map[string]any)
		for i, element := range v {
			m.value(place+"[]", items, element, func(x any) { v[i] = x })
		}
	case map[string]any:
		m.try(place, "may have more members", func() { v["noSuchMember"] = true }, func() { delete(v, "noSuchMember") })
		properties, _ := members["properties"].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			member, at := v[key], place+"."+key
			next, ok := properties[key]
			if !ok { // a map: what its values are is the same for each
				next, at = members["additionalProperties"], place+".*"
			}
			back := func() { v[key] = member }
			if ok {
				m.try(at, "may be missing", func() { delete(v, key) }, back)
			}
			m.value(at, next, member, func(x any) { v[key] = x })
		}
	}
}

// isOpen reports whether a schema allows everything.
func isOpen(schema map[string]any) bool {
	for keyword := range schema {
		if keyword != "description" {
			return false
		}
	}
	return true
}

// retype puts values of other types in the place of one. What is null has one other type.
func (m *mutator) retype(place string, v any, set func(any)) {
	if v == nil {
		m.try(place, "may be null", func() {}, func() {})
		return
	}
	for _, other := range []struct {
		name  string
		value any
	}{
		{"null", nil},
		{"true or false", true},
		{"a number", json.Number("7")},
		{"a string", "2026-11-22T00:00:00Z"}, // has every format that is in use, or none
		{"a list", []any{}},
		{"an object", map[string]any{}},
	} {
		if kind(other.value) != kind(v) {
			m.try(place, "may be "+other.name, func() { set(other.value) }, func() { set(v) })
		}
	}
	if n, ok := v.(json.Number); ok && !strings.ContainsAny(n.String(), ".eE") {
		m.try(place, "may be a fraction", func() { set(json.Number("7.5")) }, func() { set(v) })
	}
}

// try makes an alteration, asks the description, and takes it back.
func (m *mutator) try(place, what string, alter, back func()) {
	key := place + " " + what
	if m.tried[key] {
		return
	}
	m.tried[key] = true
	alter()
	defer back()
	if m.schema.Validate(m.root) == nil {
		m.loose[key] = true
	}
}

// resolve follows references, and what may be null to what it is if not. It returns the name of the
// schema, if it has one.
func (m *mutator) resolve(schema any) (name string, members map[string]any) {
	s, _ := schema.(map[string]any)
	if alternatives, ok := s["anyOf"].([]any); ok && len(alternatives) > 0 {
		return m.resolve(alternatives[0])
	}
	ref, ok := s["$ref"].(string)
	if !ok {
		return "", s
	}
	name = ref[strings.LastIndex(ref, "/")+1:]
	named, _ := m.doc.doc["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any)
	return name, named
}

// kind is the type that a value has in JSON.
func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	default:
		return "number"
	}
}
