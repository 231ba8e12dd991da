package arp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// TestExamplesOfTheDocument replays every example of document 001, requests and answers, and
// holds what comes of it against the document, with the changes that changes_test.go lists.
func TestExamplesOfTheDocument(t *testing.T) {
	for _, row := range goldens() {
		t.Run(row.file, func(t *testing.T) {
			f := newFixture(t)
			a := row.answer(f)
			a.Want(row.status, example(t, row.file, row.changes...))
		})
	}
}

// A golden is an example of an answer, and how it comes about.
type golden struct {
	file    string
	status  int
	changes []change
	answer  func(f *fixture) *check.Answer
}

// goldens are all examples of answers.
func goldens() []golden {
	return []golden{
		{"list.200.json", http.StatusOK, listAdditions(), func(f *fixture) *check.Answer {
			f.listPlans()
			return f.get("/plans")
		}},
		{"list.400.json", http.StatusBadRequest, faults("p1: is not known"), func(f *fixture) *check.Answer { return f.get("/plans?p1=x") }},

		{"create.201.json", http.StatusCreated, created, func(f *fixture) *check.Answer {
			f.next(1908)
			return f.post("/plans", example(f.t, "create.request.json"), as(automic)...)
		}},
		{"create.400.json", http.StatusBadRequest, faults("the body must be JSON"), func(f *fixture) *check.Answer {
			return f.post("/plans", `{"name"`)
		}},

		{"get.200.json", http.StatusOK, shown, func(f *fixture) *check.Answer {
			return f.get(at(f.plan1908()), as(automic)...)
		}},
		{"get.404.json", http.StatusNotFound, nil, func(f *fixture) *check.Answer { return f.get("/plans/14555") }},

		{"update.200.json", http.StatusOK, shown, func(f *fixture) *check.Answer {
			return f.post(at(f.plan1908()), `{"name": "ReleasePlan_01"}`, as(automic)...)
		}},
		{"update.400.json", http.StatusBadRequest, faults("the body must be JSON"), func(f *fixture) *check.Answer {
			return f.post(at(f.plan1908()), `{"name"`)
		}},
		{"update.404.json", http.StatusNotFound, nil, func(f *fixture) *check.Answer { return f.post("/plans/14555", `{"name": "x"}`) }},

		{"delete.200.txt", http.StatusOK, nil, func(f *fixture) *check.Answer { return f.del(at(f.plan1908())) }},
		{"delete.400.json", http.StatusBadRequest, faults("needs no reference to the plan, but the train of July refers to it"), func(f *fixture) *check.Answer {
			p := f.plan1908()
			f.refer(p, "the train of July")
			return f.del(at(p))
		}},
		{"delete.404.json", http.StatusNotFound, nil, func(f *fixture) *check.Answer { return f.del("/plans/32542") }},

		{"execute.200.json", http.StatusOK, running, func(f *fixture) *check.Answer {
			p := f.plan1908()
			f.at(instant("2017-07-13T00:00:00Z"))
			return f.post(at(p, "/execute"), nil, as(automic)...)
		}},
		{"execute.400.json", http.StatusBadRequest, faults("cannot execute while failed (can cancel, reopen)"), func(f *fixture) *check.Answer {
			return f.post(at(f.failedPlan(12345), "/execute"), nil)
		}},
		{"execute.403.json", http.StatusForbidden, nil, func(f *fixture) *check.Answer {
			p := f.plan1908()
			f.deny(func(_ penstock.Actor, right penstock.Right, on penstock.Resource) bool {
				return right == penstock.Execute && on.Folder.ID == "default"
			})
			return f.post(at(p, "/execute"), nil)
		}},
		{"execute.404.json", http.StatusNotFound, nil, func(f *fixture) *check.Answer { return f.post("/plans/13245/execute", nil) }},

		{"duplicate.200.json", http.StatusOK, copied, func(f *fixture) *check.Answer {
			p := f.plan1908()
			f.next(4001)
			return f.post(at(p, "/duplicate"), `{"name": "ReleasePlan_01", "planned_start_time": "2017-07-12T09:12:03Z"}`, as(automic)...)
		}},
		{"duplicate.400.json", http.StatusBadRequest, nil, func(f *fixture) *check.Answer {
			return f.post(at(f.plan1908(), "/duplicate"), `{"name": "x", "owner": {"name": "2/GONE/ADM"}}`)
		}},
		{"duplicate.403.json", http.StatusForbidden, nil, func(f *fixture) *check.Answer {
			p := f.plan(12345, releaseplan.Content{Name: "Release Plan 12345", Folder: penstock.Folder{ID: "default"}})
			f.deny(func(_ penstock.Actor, right penstock.Right, _ penstock.Resource) bool { return right == penstock.Read })
			return f.post(at(p, "/duplicate"), `{"name": "x"}`)
		}},
		{"duplicate.404.json", http.StatusNotFound, nil, func(f *fixture) *check.Answer { return f.post("/plans/13245/duplicate", `{"name": "x"}`) }},

		{"variables.200.json", http.StatusOK, shown, func(f *fixture) *check.Answer {
			return f.post(at(f.plan1908(), "/variables"), `[{"name": "variable_name", "value": "variable value"}]`, as(automic)...)
		}},
		{"variables.400.json", http.StatusBadRequest, nil, func(f *fixture) *check.Answer {
			return f.post(at(f.plan1908(), "/variables"), `[{"name": "not a name", "value": "x"}]`)
		}},
		{"variables.404.json", http.StatusNotFound, nil, func(f *fixture) *check.Answer {
			return f.post("/plans/14555/variables", `[{"name": "a", "value": "x"}]`)
		}},
	}
}

// plan1908 is the plan that the document shows.
func (f *fixture) plan1908() *releaseplan.Plan {
	f.t.Helper()
	owner := penstock.UserParty(automic)
	p := f.plan(1908, releaseplan.Content{
		Name: "ReleasePlan_01", Description: "Release Plan 01", Owner: owner, Folder: penstock.Folder{ID: "default"},
		Planned:   span("2017-07-12T09:12:03Z", "P21D"),
		Variables: []releaseplan.Variable{{Name: "variable_name", Value: "variable value"}},
		Listeners: []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{penstock.UserParty(mailbox)}}},
	})
	f.next(1919)
	p, err := f.plans.Edit(f.t.Context(), p.ID(), 0, func(c *releaseplan.Content) error {
		c.Phases = []releaseplan.Phase{{
			Name: "Phase 1", Owner: owner, Duration: length("P4D"),
			Tasks: []releaseplan.Task{{Name: "Task 1", Owner: owner, Planned: span("", "P1D")}},
		}}
		return nil
	}, actor(automic))
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// listPlans are those of the list that the document shows.
func (f *fixture) listPlans() {
	f.t.Helper()
	for _, row := range []struct {
		number                               int64
		name, text, start, end, owner, where string
	}{
		{30501, "test21", "blah", "2016-01-01T00:00:00Z", "2019-07-15T12:32:54Z", adm, "admfolder"},
		{31500, "test10", "blah", "2016-01-01T00:00:00Z", "2016-01-01T00:32:54Z", adm, "admfolder"},
		{31902, "70K3YLGZZX", "This is a description", "2016-12-13T00:00:00Z", "2016-12-16T00:00:00Z", nonadmin, "plantest"},
	} {
		f.plan(row.number, releaseplan.Content{
			Name: row.name, Description: row.text, Owner: penstock.UserParty(row.owner), Folder: penstock.Folder{ID: row.where},
			Planned: &releaseplan.PlannedTime{Start: instant(row.start), End: instant(row.end)}, Phases: onePhase("", "A"), // without a task there is nothing to execute
		})
	}
}

// failedPlan is a plan of a parallel phase whose task failed.
func (f *fixture) failedPlan(number int64) *releaseplan.Plan {
	f.t.Helper()
	p := f.plan(number, releaseplan.Content{
		Name: fmt.Sprintf("Release plan %d", number), Folder: penstock.Folder{ID: "default"},
		Phases: []releaseplan.Phase{{Name: "One", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{{Name: "A"}}}},
	}, releaseplan.Command{Action: releaseplan.Execute})
	task := p.Tasks()[0].ID
	return f.do(p, releaseplan.Command{Action: releaseplan.Start, Task: task}, releaseplan.Command{Action: releaseplan.Fail, Task: task, Remark: "no"})
}

// TestRequestsOfTheDocumentAreTaken sends every example of a request to a plan that it fits.
func TestRequestsOfTheDocumentAreTaken(t *testing.T) {
	t.Run("create", func(t *testing.T) {
		f := newFixture(t)
		a := f.post("/plans", example(t, "create.request.json")).Want(http.StatusCreated)
		p, err := f.plans.GetByNumber(t.Context(), number(a.Get("id")), actor(adm))
		if err != nil {
			t.Fatal(err)
		}
		checkRequested(t, p.Content())
	})
	t.Run("update", func(t *testing.T) {
		f := newFixture(t)
		p := f.plan(0, releaseplan.Content{Name: "another", Folder: penstock.Folder{ID: "vault"}, Owner: penstock.UserParty(adm)})
		f.post(at(p), example(t, "update.request.json")).Want(http.StatusOK)
		checkRequested(t, f.reload(p).Content())
	})
	t.Run("execute", func(t *testing.T) {
		f := newFixture(t)
		p := f.plan(0, releaseplan.Content{Name: "late", Planned: span("2015-12-01T00:00:00Z", "P1D"), Phases: onePhase("", "A")})
		a := f.post(at(p, "/execute"), example(t, "execute.request.json")).Want(http.StatusOK)
		if got := a.Get("planned_time.start"); got != "2016-01-01T00:00:00Z" {
			t.Errorf("the plan starts %v", got)
		}
	})
	t.Run("duplicate", func(t *testing.T) {
		f := newFixture(t)
		p := f.plan1908()
		a := f.post(at(p, "/duplicate"), example(t, "duplicate.request.json")).Want(http.StatusOK)
		twin, err := f.plans.GetByNumber(t.Context(), number(a.Get("id")), actor(adm))
		if err != nil {
			t.Fatal(err)
		}
		c := twin.Content()
		if c.Name != "New Release Plan" || c.Description != "New description" || c.Owner.ID != automic || c.Folder.ID != "default" || !c.Planned.Start.Equal(instant("2017-12-13T00:00:00Z")) {
			t.Errorf("the copy is %+v", c)
		}
	})
	t.Run("variables", func(t *testing.T) {
		f := newFixture(t)
		p := f.plan(0, releaseplan.Content{Name: "x", Variables: []releaseplan.Variable{
			{Name: "another_variable", Value: "1"}, {Name: "variable1", Value: "old"}, {Name: "variable2", Value: "old"},
		}})
		a := f.post(at(p, "/variables"), example(t, "variables.request.json")).Want(http.StatusOK)
		want := `[{"name": "another_variable", "value": "1"}, {"name": "variable1", "value": "test-{another_variable}"}, {"name": "variable2", "value": "new value"}]`
		if diff := check.Diff(want, member(t, a, "variables")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
	for name, body := range map[string]string{ // in the prose
		"end":               `{"planned_time": {"start": "2016-12-13T00:00:00Z", "end": "2016-12-16T00:00:00Z"}}`,
		"duration":          `{"planned_time": {"start": "2016-12-13T00:00:00Z", "duration": "P3D"}}`,
		"both":              `{"planned_time": {"start": "2016-12-13T00:00:00Z", "end": "2016-12-16T00:00:00Z", "duration": "P3D"}}`,
		"folder by id":      `{"folder": {"id": 12798, "name": "DEFAULT"}, "planned_time": {"start": "2016-12-13T00:00:00Z", "duration": "P3D"}}`,
		"folder by name":    `{"folder": "DEFAULT", "planned_time": {"start": "2016-12-13T00:00:00Z", "duration": "P3D"}}`,
		"owner by its name": `{"owner": "100/AUTOMIC/AUTOMIC", "planned_time": {"start": "2016-12-13T00:00:00Z", "duration": "P3D"}}`,
	} {
		t.Run("prose/"+name, func(t *testing.T) {
			f := newFixture(t)
			p := f.plan1908()
			a := f.post(at(p), body).Want(http.StatusOK)
			want := `{"start": "2016-12-13T00:00:00Z", "end": "2016-12-16T00:00:00Z", "duration": "P3D"}`
			if diff := check.Diff(want, member(t, a, "planned_time")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// checkRequested holds content against the request of the document.
func checkRequested(t *testing.T, c releaseplan.Content) {
	t.Helper()
	if c.Name != "ReleasePlan_01" || c.Description != "Release Plan 01" || c.Owner.ID != automic || c.Folder.ID != "default" ||
		!c.Planned.Start.Equal(instant("2016-01-01T00:00:00Z")) || c.Planned.Length() != 24*time.Hour+12*time.Hour+32*time.Minute+54*time.Second {
		t.Errorf("the plan is %+v, at %+v", c, c.Planned)
	}
}

// TestOrderOfActions: they come in the order in which the document shows them.
func TestOrderOfActions(t *testing.T) {
	f := newFixture(t)
	a := f.get(at(f.plan1908()), as(automic)...)
	for path, want := range map[string]string{
		"actions":                  "execute duplicate edit export archive add",
		"phases.0.actions":         "edit delete reorder add",
		"phases.0.tasks.0.actions": "delete reorder edit",
	} {
		if got := strings.Join(rels(a.Get(path)), " "); got != want {
			t.Errorf("%s are %s, want %s", path, got, want)
		}
	}
}
