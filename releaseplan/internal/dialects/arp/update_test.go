package arp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// TestUpdatesArePartial: what is not there stays as it is.
func TestUpdatesArePartial(t *testing.T) {
	for name, row := range map[string]struct {
		body    string
		changes []change
	}{
		"nothing":        {`{}`, nil},
		"name":           {`{"name": "new"}`, []change{differs("name", `"new"`, ""), differs("phases.0.tasks.0.plan.name", `"new"`, "")}},
		"description":    {`{"description": "new"}`, []change{differs("description", `"new"`, "")}},
		"no message":     {`{"notify_owner_on_error": false}`, []change{differs("notify_owner_on_error", `false`, "")}},
		"no description": {`{"description": ""}`, []change{differs("description", `""`, "")}},
		"folder":         {`{"folder": {"id": 18336}}`, []change{differs("folder", `{"id": 18336, "name": "ADMFOLDER"}`, "")}},
		"owner":          {`{"owner": "2/ADM/ADM"}`, []change{differs("owner", `{"name": "2/ADM/ADM", "display_name": "ADM/ADM", "is_active": true, "type": "User"}`, "")}},
		"an end":         {`{"planned_time": {"start": "2017-07-12T09:12:03Z", "end": "2017-07-13T09:12:03Z"}}`, []change{differs("planned_time.duration", `"P1D"`, ""), differs("planned_time.end", `"2017-07-13T09:12:03Z"`, "")}},
		"a duration":     {`{"planned_time": {"duration": "P1D"}}`, []change{differs("planned_time.duration", `"P1D"`, ""), differs("planned_time.end", `"2017-07-13T09:12:03Z"`, "")}},
		"a start": {`{"planned_time": {"start": "2017-07-13T09:12:03Z", "duration": "P21D"}}`, []change{
			differs("planned_time.start", `"2017-07-13T09:12:03Z"`, ""), differs("planned_time.end", `"2017-08-03T09:12:03Z"`, ""),
			differs("phases.0.planned_time.start", `"2017-07-13T09:12:03Z"`, ""), differs("phases.0.planned_time.end", `"2017-07-17T09:12:03Z"`, ""),
			differs("phases.0.tasks.0.planned_time.start", `"2017-07-13T09:12:03Z"`, ""), differs("phases.0.tasks.0.planned_time.end", `"2017-07-14T09:12:03Z"`, ""),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := f.plan1908()
			want := example(t, "get.200.json", append(slices.Clone(shown), row.changes...)...)
			f.post(at(p), row.body).Want(http.StatusOK, want)
			f.get(at(p)).Want(http.StatusOK, want)
		})
	}
	f := newFixture(t, func(c *releaseplan.Config) { c.UniqueNames = true })
	p := f.plan1908()
	f.plan(0, releaseplan.Content{Name: "taken", Folder: penstock.Folder{ID: "default"}})
	for name, text := range map[string]string{
		"a name that is taken":          `{"name": "taken"}`,
		"an empty name":                 `{"name": ""}`,
		"a null":                        `{"name": null}`,
		"a null owner":                  `{"owner": null}`,
		"a null folder":                 `{"folder": null}`,
		"a null time":                   `{"planned_time": null}`,
		"a number":                      `{"description": 7}`,
		"an end before the start":       `{"planned_time": {"start": "2017-08-01T00:00:00Z", "end": "2017-07-01T00:00:00Z"}}`,
		"an id":                         `{"id": 7}`,
		"a status":                      `{"status": "Completed"}`,
		"one fault among what is right": `{"name": "new", "folder": "NOWHERE"}`,
		"a list":                        `[]`,
		"nothing":                       ``,
	} {
		t.Run(name, func(t *testing.T) {
			f.untouched(func() { refused(t, f.post(at(p), text), http.StatusBadRequest, 134541, "Invalid data") })
		})
	}
}

// TestAnEditWhileItRunsIsRefused: with the words for what a state refuses.
func TestAnEditWhileItRunsIsRefused(t *testing.T) {
	f := newFixture(t)
	p := f.plan(12345, releaseplan.Content{Name: "Release plan 12345", Phases: onePhase("", "A")}, releaseplan.Command{Action: releaseplan.Execute})
	f.untouched(func() {
		refused(t, f.post(at(p), `{"name": "new"}`), http.StatusBadRequest, 100014, "The action 'edit' is not allowed on 'Release plan 12345' in its current state Running.")
	})
}

// TestVariables: only existing ones are changed, all of them or none.
func TestVariables(t *testing.T) {
	f := newFixture(t)
	p := f.plan(0, releaseplan.Content{Name: "p", Variables: []releaseplan.Variable{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}, {Name: "token", Value: "hunter2", Secret: true}}})
	for name, row := range map[string]struct{ body, details string }{
		"a name that is none":    {`[{"name": "not a name", "value": "x"}]`, "variable name contains invalid character"},
		"an empty name":          {`[{"name": "", "value": "x"}]`, ""},
		"a name that is long":    {`[{"name": "` + strings.Repeat("a", 129) + `", "value": "x"}]`, ""},
		"an unknown name":        {`[{"name": "c", "value": "x"}]`, ""},
		"a known and an unknown": {`[{"name": "a", "value": "x"}, {"name": "c", "value": "x"}]`, ""},
		"a long value":           {`[{"name": "a", "value": "` + strings.Repeat("x", 4097) + `"}]`, ""},
		"twice":                  {`[{"name": "a", "value": "x"}, {"name": "a", "value": "y"}]`, ""},
		"no value":               {`[{"name": "a"}]`, ""},
		"no name":                {`[{"value": "x"}]`, ""},
		"a null":                 {`[{"name": "a", "value": null}]`, ""},
		"a number":               {`[{"name": "a", "value": 7}]`, ""},
		"more":                   {`[{"name": "a", "value": "x", "secret": true}]`, ""},
		"an object":              {`{"name": "a", "value": "x"}`, ""},
		"no list":                {`null`, ""},
		"a list of texts":        {`["a"]`, ""},
		"nothing":                {``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f.untouched(func() {
				a := f.post(at(p, "/variables"), row.body).Want(http.StatusBadRequest)
				if number(a.Get("code")) != 134541 || row.details != "" && a.Get("details") != row.details {
					t.Errorf("%s", a.Body)
				}
			})
		})
	}
	t.Run("secrets stay secret", func(t *testing.T) {
		a := f.post(at(p, "/variables"), `[{"name": "token", "value": "hunter3"}, {"name": "a", "value": "3"}]`).Want(http.StatusOK)
		b := f.get(at(p))
		c := f.get(at(p, "/export"))
		d := f.get("/plans?include=Actions,Phases,Summary,Listeners")
		for _, answer := range []*check.Answer{a, b, c, d} {
			if strings.Contains(string(answer.Body), "hunter") {
				t.Errorf("a secret leaks: %s", answer.Body)
			}
		}
		if a.Get("variables.0.value") != "3" || a.Get("variables.1.value") != "2" || a.Get("variables.2.value") != "******" {
			t.Errorf("%s", a.Body)
		}
		f.untouched(func() { // what was shown can be written back
			f.post(at(p, "/variables"), member(t, a, "variables")).Want(http.StatusOK)
			f.post(at(p), `{"variables": `+member(t, a, "variables")+`}`).Want(http.StatusOK)
		})
	})
}

// TestDelete: what is gone is gone, and what is referred to stays.
func TestDelete(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	f.refer(p, "the train of July")
	f.untouched(func() {
		refused(t, f.del(at(p)), http.StatusBadRequest, 134541, "object cannot be deleted because it is still referenced by another entity")
	})
	f.refer(p)
	f.del(at(p)).Want(http.StatusOK, "object was deleted successfully.")
	refused(t, f.del(at(p)), http.StatusNotFound, 134541, "object with id '1908' does not exist.")
	refused(t, f.get(at(p)), http.StatusNotFound, 134541, "Object does not exist.")
	if a := f.get("/plans"); number(a.Get("total")) != 0 {
		t.Errorf("%s", a.Body)
	}
	t.Run("not while it runs", func(t *testing.T) {
		p := f.plan(0, releaseplan.Content{Name: "p", Phases: onePhase("", "A")}, releaseplan.Command{Action: releaseplan.Execute})
		f.do(p, releaseplan.Command{Action: releaseplan.Start, Task: p.Tasks()[0].ID})
		f.untouched(func() {
			refused(t, f.del(at(p)), http.StatusBadRequest, 100014, "The action 'delete' is not allowed on 'p' in its current state Running.")
		})
	})
}
