package servicetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// spoil replaces the body of a record, or deletes it if body is nil.
func spoil(t *testing.T, st store.Store, key store.Key, change func([]byte) []byte) {
	t.Helper()
	records, err := st.Get(t.Context(), key)
	r := must(t, records, err)[0]
	if r.Version == 0 {
		t.Fatalf("there is no %v", key)
	}
	op := store.Op{Kind: store.Delete, Record: r}
	if body := change(bytes.Clone(r.Body)); body != nil {
		if op.Kind = store.Put; bytes.Equal(body, r.Body) {
			t.Fatalf("%v is not spoiled: %s", key, body)
		}
		op.Body = body
	}
	version, err := st.Commit(t.Context(), op)
	must(t, version, err)
}

// replacing returns a change of one text in a body by another.
func replacing(old, new string) func([]byte) []byte {
	return func(body []byte) []byte { return bytes.Replace(body, []byte(old), []byte(new), 1) }
}

// What is stored and does not fit is an error of every method, never mended and
// never a panic.
func (on suite) testCorruptRecordsAreErrors(t *testing.T) {
	make := func(t *testing.T) (store.Store, *releaseplan.Plan) {
		st := on.open(t)
		s := on.service(t, releaseplan.Config{Store: st})
		p := executed(t, s, contentOf("release", 2, 40, releaseplan.Parallel))
		for _, task := range []int{0, 1, 35} {
			command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[task].ID})
		}
		command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Start, Task: p.Tasks()[2].ID})
		command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Hold, Task: p.Tasks()[45].ID})
		return st, p
	}
	truncated := func(body []byte) []byte { return body[:len(body)/2] }
	emptied := func([]byte) []byte { return []byte{} }
	removed := func([]byte) []byte { return nil }
	null := func([]byte) []byte { return []byte("null") }
	list := func([]byte) []byte { return []byte("[]") }
	text := func([]byte) []byte { return []byte(`"gone"`) }
	unattempted := func(body []byte) []byte { // the last task of the chunk to which something happened runs
		i := bytes.LastIndex(body, []byte(`"attempts"`))
		return slices.Concat(body[:i], []byte(`"was"`), body[i+len(`"attempts"`):])
	}
	cases := map[string]struct {
		kind, id string
		change   func([]byte) []byte
	}{
		"header: wrong counts":         {"plan", "", replacing(`[36,1,0,3,0,0,0]`, `[35,1,0,4,0,0,0]`)},
		"header: too few counts":       {"plan", "", replacing(`"counts":[`, `"counts":[],"was":[`)},
		"header: too few sizes":        {"plan", "", replacing(`"sizes":[40,40]`, `"sizes":[40]`)},
		"header: too many sizes":       {"plan", "", replacing(`"sizes":[40,40]`, `"sizes":[40,40,40]`)},
		"header: negative size":        {"plan", "", replacing(`"sizes":[40,40]`, `"sizes":[40,-40]`)},
		"header: enormous size":        {"plan", "", replacing(`"sizes":[40,40]`, `"sizes":[40,4000000000000]`)},
		"header: unknown state":        {"plan", "", replacing(`"state":"running"`, `"state":"walking"`)},
		"header: no visits":            {"plan", "", replacing(`"visits":`, `"was":`)},
		"header: no request":           {"plan", "", replacing(`"state":"running"`, `"state":"awaiting_approval"`)},
		"header: head":                 {"plan", "", replacing(`"head":"`, `"head":"xyz`)},
		"header: no version":           {"plan", "", replacing(`"version":1`, `"version":0`)},
		"tasks: another state":         {"plan.tasks", "/0/0", replacing(`"state":"done"`, `"state":"todo"`)},
		"tasks: unknown state":         {"plan.tasks", "/0/0", replacing(`"state":"done"`, `"state":"gone"`)},
		"tasks: running unattempted":   {"plan.tasks", "/0/0", unattempted},
		"tasks: too many":              {"plan.tasks", "/0/0", replacing(`]`, `,0]`)},
		"tasks: of a phase all todo":   {"plan.tasks", "/1/0", removed},
		"tasks: of a phase all wiped":  {"plan.tasks", "/1/0", emptied},
		"phase: a task less":           {"plan.phase", "/1", func([]byte) []byte { return []byte(`{"name":"x","tasks":[]}`) }},
		"phase: a need that is gone":   {"plan.phase", "/1", replacing(`"name":"task 2.1"`, `"name":"task 2.1","needs":["nothing"]`)},
		"content: of another type":     {"plan.content", "", replacing(`"name":"release"`, `"name":7`)},
		"content: an invalid duration": {"plan.content", "", replacing(`"name":"release"`, `"name":"release","gates":[{"on":"execute","timeout":"soon"}]`)},
	}
	for _, r := range []struct{ kind, id string }{{"plan", ""}, {"plan.content", ""}, {"plan.phase", "/0"}, {"plan.tasks", "/0/0"}, {"plan.tasks", "/0/1"}} {
		for name, change := range map[string]func([]byte) []byte{"truncated": truncated, "emptied": emptied, "removed": removed, "null": null, "a list": list, "a text": text} {
			if r.kind == "plan" && name == "removed" {
				continue // then there is no plan
			}
			cases[r.kind+r.id+" "+name] = struct {
				kind, id string
				change   func([]byte) []byte
			}{r.kind, r.id, change}
		}
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			st, p := make(t)
			spoil(t, st, store.Key{Kind: test.kind, ID: p.ID() + test.id}, test.change)
			before := bodies(t, st)
			for method, err := range everyMethod(t, on.service(t, releaseplan.Config{Store: st}), p.ID(), ann) {
				for _, kind := range []error{penstock.ErrNotFound, penstock.ErrInvalid, penstock.ErrConflict, penstock.ErrRefused} {
					if err == nil || errors.Is(err, kind) {
						t.Errorf("%s: the error is %v", method, err)
						break
					}
				}
				if err != nil && !strings.Contains(err.Error(), p.ID()) {
					t.Errorf("%s: the error %q does not tell the plan", method, err)
				}
			}
			if bodies(t, st) != before {
				t.Error("the store was written to")
			}
		})
	}
}

// bodies returns every record of plans as text.
func bodies(t *testing.T, st store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, kind := range planKinds {
		page, err := st.Find(t.Context(), store.Query{Kind: kind})
		for _, r := range must(t, page, err).Records {
			fmt.Fprintf(&b, "%v %d %s\n", r.Key, r.Version, r.Body)
		}
	}
	return b.String()
}

// An event that cannot be read is an error where the trail is read, and nowhere else.
func (on suite) testCorruptEventIsAnError(t *testing.T) {
	st := on.open(t)
	s := on.service(t, releaseplan.Config{Store: st})
	p := create(t, s, contentOf("release", 1, 1, ""))
	key := store.Key{Kind: "plan.note", ID: "x"}
	version, err := st.Commit(t.Context(), store.Op{Record: store.Record{Key: key}, Events: []store.Event{
		{Subject: store.Key{Kind: "plan", ID: p.ID()}, Seq: 2, Name: "plan.moved", At: noon, Body: []byte(`{"seq":2,`)}}})
	must(t, version, err)
	if _, err := s.History(t.Context(), p.ID(), 0, 0, ann); err == nil || !strings.Contains(err.Error(), "event 2") {
		t.Errorf("error is %v", err)
	}
	if _, err := s.Get(t.Context(), p.ID(), ann); err != nil {
		t.Errorf("error is %v", err)
	}
}
