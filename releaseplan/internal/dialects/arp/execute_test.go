package arp_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// TestExecuteMovesThePlannedTime: early, late, and on time.
func TestExecuteMovesThePlannedTime(t *testing.T) {
	const planned = "2017-07-12T09:12:03Z"
	for name, row := range map[string]struct{ now, body, start, end string }{
		"early":                            {"2017-07-10T00:00:00Z", ``, "2017-07-10T00:00:00Z", "2017-07-31T00:00:00Z"},
		"early by a second":                {"2017-07-12T09:12:02Z", `{}`, "2017-07-12T09:12:02Z", "2017-08-02T09:12:02Z"},
		"early, and a new start is no use": {"2017-07-10T00:00:00Z", `{"new_planned_time": {"start": "2017-07-09T00:00:00Z"}}`, "2017-07-10T00:00:00Z", "2017-07-31T00:00:00Z"},
		"on time":                          {planned, ``, planned, "2017-08-02T09:12:03Z"},
		"late":                             {"2017-07-15T00:00:00Z", `{}`, planned, "2017-08-02T09:12:03Z"},
		"late, at a new start":             {"2017-07-15T00:00:00Z", `{"new_planned_time": {"start": "2017-07-14T00:00:00Z"}}`, "2017-07-14T00:00:00Z", "2017-08-04T00:00:00Z"},
		"a second after the original":      {"2017-07-15T00:00:00Z", `{"new_planned_time": {"start": "2017-07-12T09:12:04Z"}}`, "2017-07-12T09:12:04Z", "2017-08-02T09:12:04Z"},
		"a second before now":              {"2017-07-15T00:00:00Z", `{"new_planned_time": {"start": "2017-07-14T23:59:59Z"}}`, "2017-07-14T23:59:59Z", "2017-08-04T23:59:59Z"},
		"late, in another zone":            {"2017-07-15T00:00:00Z", `{"new_planned_time": {"start": "2017-07-14T02:00:00+02:00"}}`, "2017-07-14T00:00:00Z", "2017-08-04T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := f.plan1908()
			f.at(instant(row.now))
			a := f.post(at(p, "/execute"), row.body).Want(http.StatusOK)
			got := fmt.Sprint(a.Get("status"), " ", a.Get("planned_time.start"), " ", a.Get("planned_time.end"), " ", a.Get("planned_time.duration"))
			if want := "Running " + row.start + " " + row.end + " P21D"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if a.Get("phases.0.planned_time.start") != row.start || a.Get("phases.0.tasks.0.planned_time.start") != row.start {
				t.Errorf("its phase and task do not move along: %s", a.Body)
			}
			f.get(at(p)).Want(http.StatusOK, string(a.Body))
			list := f.get("/plans")
			if got := list.Get("data.0.planned_time.start"); got != row.start {
				t.Errorf("in the list it starts %v", got)
			}
			if got := f.reload(p).Content().Planned.Start; !got.Equal(instant(planned)) {
				t.Errorf("the content says %v", got)
			}
		})
	}
	for name, text := range map[string]string{
		"the original":             `{"new_planned_time": {"start": "2017-07-12T09:12:03Z"}}`,
		"before the original":      `{"new_planned_time": {"start": "2017-07-12T09:12:02Z"}}`,
		"now":                      `{"new_planned_time": {"start": "2017-07-15T00:00:00Z"}}`,
		"later than now":           `{"new_planned_time": {"start": "2017-07-16T00:00:00Z"}}`,
		"no time":                  `{"new_planned_time": {"start": "soon"}}`,
		"a number":                 `{"new_planned_time": {"start": 1}}`,
		"a text":                   `{"new_planned_time": "2017-07-14T00:00:00Z"}`,
		"an end":                   `{"new_planned_time": {"start": "2017-07-14T00:00:00Z", "end": "2017-07-15T00:00:00Z"}}`,
		"a member not known":       `{"planned_time": {"start": "2017-07-14T00:00:00Z"}}`,
		"a list":                   `[]`,
		"no JSON":                  `{`,
		"members that are doubled": `{"new_planned_time": {"start": "2017-07-14T00:00:00Z", "start": "2017-07-13T00:00:00Z"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := f.plan1908()
			f.at(instant("2017-07-15T00:00:00Z"))
			f.untouched(func() {
				a := f.post(at(p, "/execute"), text).Want(http.StatusBadRequest)
				if code := number(a.Get("code")); code != 134541 {
					t.Errorf("code %d: %s", code, a.Body)
				}
			})
		})
	}
}

// TestExecuteIsRefusedByState: with the words of the document, for every state.
func TestExecuteIsRefusedByState(t *testing.T) {
	f := newFixture(t)
	words := f.states()
	all, _ := f.get("/plans?max_results=1000").Get("data").([]any)
	for _, item := range all {
		name := text(item, "name")
		switch name {
		case "draft", "finalized", "approved":
			continue // it is not refused
		}
		t.Run(name, func(t *testing.T) {
			object, _ := item.(map[string]any)
			f.untouched(func() {
				a := f.post(fmt.Sprintf("/plans/%d/execute", number(object["id"])), nil)
				refused(t, a, http.StatusBadRequest, 100014, fmt.Sprintf("The action 'execute' is not allowed on '%s' in its current state %s.", name, words[name]))
			})
		})
	}
	t.Run("nothing to do", func(t *testing.T) {
		p := f.plan(0, releaseplan.Content{Name: "empty"})
		refused(t, f.post(at(p, "/execute"), nil), http.StatusBadRequest, 100014, "The action 'execute' is not allowed on 'empty' in its current state Draft.")
	})
	t.Run("archived", func(t *testing.T) {
		p := f.plan(0, releaseplan.Content{Name: "away", Phases: onePhase("", "A")}, releaseplan.Command{Action: releaseplan.Archive})
		refused(t, f.post(at(p, "/execute"), nil), http.StatusBadRequest, 100014, "The action 'execute' is not allowed on 'away' in its current state Draft.")
	})
}

// TestDuplicate: what a copy takes over, and what not.
func TestDuplicate(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	before := f.exports()
	t.Run("by default it has what the source has", func(t *testing.T) {
		a := f.post(at(p, "/duplicate"), `{"name": "twin"}`, as(nonadmin)...).Want(http.StatusOK)
		want := example(t, "get.200.json", append([]change{
			differs("id", member(t, a, "id"), ""), differs("name", `"twin"`, ""),
			differs("phases.0.id", member(t, a, "phases.0.id"), ""), differs("phases.0.tasks.0.id", member(t, a, "phases.0.tasks.0.id"), ""),
			differs("phases.0.tasks.0.plan", fmt.Sprintf(`{"id": %s, "name": "twin"}`, member(t, a, "id")), ""),
			differs("phases.0.tasks.0.phase.id", member(t, a, "phases.0.id"), ""),
			differs("actions", draftActions(int(number(a.Get("id")))), ""),
		}, shown...)...)
		f.get(fmt.Sprintf("/plans/%d", number(a.Get("id")))).Want(http.StatusOK, want)
	})
	t.Run("all times move", func(t *testing.T) {
		a := f.post(at(p, "/duplicate"), `{"name": "later", "planned_start_time": "2018-01-01T00:00:00Z"}`).Want(http.StatusOK)
		if got := fmt.Sprint(a.Get("planned_time.start"), " ", a.Get("planned_time.end"), " ", a.Get("phases.0.tasks.0.planned_time.end")); got != "2018-01-01T00:00:00Z 2018-01-22T00:00:00Z 2018-01-02T00:00:00Z" {
			t.Errorf("%s", got)
		}
	})
	t.Run("others", func(t *testing.T) {
		a := f.post(at(p, "/duplicate"), `{"name": "other", "owner": "2/ADM/ADM", "folder": {"id": 666}, "description": ""}`).Want(http.StatusOK)
		if a.Get("owner.name") != "2/ADM/ADM" || a.Get("folder.name") != "VAULT" || a.Get("description") != "" {
			t.Errorf("%s", a.Body)
		}
	})
	t.Run("of one that runs, or is archived", func(t *testing.T) {
		for _, action := range []releaseplan.Action{releaseplan.Execute, releaseplan.Archive} {
			q := f.plan(0, releaseplan.Content{Name: "q", Phases: onePhase("", "A"), Folder: penstock.Folder{ID: "default"}}, releaseplan.Command{Action: action})
			a := f.post(at(q, "/duplicate"), `{"name": "copy"}`).Want(http.StatusOK)
			if a.Get("status") != "Draft" || a.Get("archived") != false || a.Get("phases.0.tasks.0.status") != "Draft" {
				t.Errorf("after %s: %s", action, a.Body)
			}
		}
	})
	const inactive = "Inactive user or user group cannot act as plan owner."
	t.Run("for an owner who is inactive", func(t *testing.T) {
		for _, owner := range []string{`"2/GONE/ADM"`, `{"id": 18006}`, `{"type": "User", "id": 18006, "name": "2/GONE/ADM"}`} {
			refused(t, f.post(at(p, "/duplicate"), `{"name": "x", "owner": `+owner+`}`), http.StatusBadRequest, 100017, inactive)
		}
	})
	t.Run("of an owner who is inactive by now", func(t *testing.T) {
		f := newFixture(t)
		p := f.plan1908()
		f.people.parties[0].Active = false
		refused(t, f.post(at(p, "/duplicate"), `{"name": "x"}`), http.StatusBadRequest, 100017, inactive)
		f.post(at(p, "/duplicate"), `{"name": "x", "owner": "2/ADM/ADM"}`).Want(http.StatusOK)
		if f.get(at(p)).Get("owner.is_active") != false {
			t.Error("the owner is shown as active")
		}
	})
	if now := f.exports(); len(now) < len(before) || now[:len(before)] != before {
		t.Error("the source changed")
	}
	for name, text := range map[string]string{
		"an unknown owner": `{"name": "x", "owner": "nobody"}`, "an unknown folder": `{"name": "x", "folder": "NOWHERE"}`, "no time": `{"name": "x", "planned_start_time": "soon"}`,
		"a number": `{"name": 7}`, "an empty name": `{"name": ""}`, "a member not known": `{"name": "x", "planned_time": {}}`, "a list": `[]`, "no JSON": `{`,
	} {
		t.Run(name, func(t *testing.T) {
			f.untouched(func() {
				a := f.post(at(p, "/duplicate"), text).Want(http.StatusBadRequest)
				if code := number(a.Get("code")); code != 134541 && code != 134511 {
					t.Errorf("code %d: %s", code, a.Body)
				}
			})
		})
	}
}
