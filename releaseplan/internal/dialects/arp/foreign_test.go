package arp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// TestPlansFromElsewhereAreShown: what this dialect has no word for does not keep a plan from being
// shown, listed, executed and copied.
func TestPlansFromElsewhereAreShown(t *testing.T) {
	doc := check.Describe(t, arp.OpenAPI())
	owner := penstock.UserParty(automic)
	bare := penstock.Party{Type: penstock.User, ID: "unheard"}
	for name, c := range map[string]releaseplan.Content{
		"bare": {},
		"milestones": {
			Target:     &releaseplan.Target{Feature: "checkout", Environment: "production"},
			Milestones: []releaseplan.Milestone{{Name: "10 %", Strategies: []rollout.Strategy{{Name: rollout.Everyone}}, After: length("P1D")}, {Name: "all", Strategies: []rollout.Strategy{{Name: rollout.Everyone}}}},
			Phases:     []releaseplan.Phase{{Name: "P", Tasks: []releaseplan.Task{{Name: "go live", Kind: releaseplan.Expose, Spec: json.RawMessage(`{"milestone": "10 %"}`)}}}},
		},
		"free phases":   {Phases: onePhase(releaseplan.Free, "A", "B")},
		"gates":         {Gates: []releaseplan.Gate{{On: releaseplan.GateExecute}, {On: releaseplan.GateComplete, Timeout: *length("PT1H")}}, Phases: onePhase("", "A")},
		"an approval":   {Approval: &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{owner}}}}, Phases: onePhase("", "A")},
		"a window":      {Window: &releaseplan.Window{Start: begin, End: begin.Add(time.Hour)}, Phases: onePhase("", "A")},
		"half a window": {Window: &releaseplan.Window{End: begin.Add(time.Hour)}, Phases: onePhase("", "A")},
		"a schedule":    {Start: releaseplan.Schedule{Mode: releaseplan.Scheduled, At: begin.Add(time.Hour)}, Phases: onePhase("", "A")},
		"tasks of many kinds": {Phases: []releaseplan.Phase{
			{Name: "empty"},
			{Name: "P", Kind: releaseplan.Parallel, Owner: penstock.GroupParty(ops), Listeners: []releaseplan.Listener{{Event: releaseplan.EventWaiting}}, Tasks: []releaseplan.Task{
				{Name: "wait", Kind: releaseplan.Wait, Spec: json.RawMessage(`{"for": "PT1H"}`)},
				{Name: "deploy", Kind: "zadig.workflow", Spec: json.RawMessage(`{"workflow": "x", "deep": {"a": [1, 2.50, null]}}`), Needs: []string{"wait"}},
				{Name: "off", Disabled: true, Class: "rollback"},
				{Name: "listened", Listeners: []releaseplan.Listener{{Event: releaseplan.EventExpired, Recipients: []penstock.Party{owner, bare}}}, Timeout: *length("PT5M"), Retry: releaseplan.RetryPolicy{Max: 3}},
			}},
		}},
		"a group": {Owner: penstock.GroupParty(ops), Phases: onePhase("", "A")},
		"listeners": {Listeners: []releaseplan.Listener{
			{Event: releaseplan.EventStarted}, {Event: releaseplan.EventPaused, Recipients: []penstock.Party{penstock.UserParty(gone), bare, penstock.GroupParty(ops)}},
			{Event: releaseplan.EventFinished}, {Event: releaseplan.EventCanceled}, {Event: releaseplan.EventExpired}, {Event: releaseplan.EventWaiting}, {Event: releaseplan.EventFailed},
		}},
		"odd texts":            {Description: "<b>&amp;\u2028 \U0001f680 \"quoted\"\n\ttwo lines", Labels: map[string]string{"a": "b"}, Variables: []releaseplan.Variable{{Name: "v", Value: "a\nb{{"}}, Phases: onePhase("", "ä 日本 <x>")},
		"long ago":             {Planned: span("0001-01-02T00:00:00Z", "P1D"), Phases: onePhase("", "A")},
		"far away":             {Planned: span("9999-12-30T00:00:00Z", "P1D"), Phases: []releaseplan.Phase{{Name: "P", Duration: length("P90D"), Tasks: []releaseplan.Task{{Name: "A"}}}, {Name: "Q", Duration: length("P90D")}}},
		"months":               {Planned: span("2017-08-01T00:00:00Z", "P2M"), Phases: []releaseplan.Phase{{Name: "P", Duration: length("P1M")}}},
		"no times but lengths": {Phases: []releaseplan.Phase{{Name: "P", Duration: length("P1M2D"), Tasks: []releaseplan.Task{{Name: "A", Planned: span("", "PT90M")}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixtureOf(t, doc)
			c.Name = name
			p := f.plan(0, c)
			a := f.get(at(p)).Want(http.StatusOK)
			if a.Get("name") != name || a.Get("status") != "Draft" {
				t.Errorf("%s", a.Body)
			}
			phases, _ := a.Get("phases").([]any)
			if len(phases) != len(c.Phases) {
				t.Errorf("%d phases, want %d", len(phases), len(c.Phases))
			}
			for i := range c.Phases {
				tasks, _ := a.Get(fmt.Sprintf("phases.%d.tasks", i)).([]any)
				if len(tasks) != len(c.Phases[i].Tasks) {
					t.Errorf("%d tasks, want %d", len(tasks), len(c.Phases[i].Tasks))
				}
			}
			list := f.get("/plans?include=Actions,Phases,Summary,Listeners").Want(http.StatusOK)
			if diff := check.Diff(member(t, a, "phases"), member(t, list, "data.0.phases")); diff != "" {
				t.Errorf("-plan +list:\n%s", diff)
			}
			f.get("/plans").Want(http.StatusOK)
			f.get(at(p, "/export")).Want(http.StatusOK)
			f.get(at(p, "/history")).Want(http.StatusOK)
			f.get(at(p, "/phases")).Want(http.StatusOK)
			f.get(at(p, "/tasks")).Want(http.StatusOK)
			for _, task := range f.reload(p).Tasks() {
				f.get(at(p, fmt.Sprintf("/tasks/%d", task.Number))).Want(http.StatusOK)
			}
			f.untouched(func() { f.post(at(p), `{}`).Want(http.StatusOK) })
			f.post(at(p, "/duplicate"), `{"name": "copy"}`).Want(http.StatusOK)
			for _, path := range []string{"/execute", "/finalize", "/request_approval", "/execute"} {
				f.post(at(p, path), nil)
				f.get(at(p)).Want(http.StatusOK)
				f.get("/plans?include=Actions,Phases,Summary,Listeners").Want(http.StatusOK)
			}
		})
	}
}

// TestWhatIsShownOfWhatIsNotHere: parts that other dialects write, in the words of this one.
func TestWhatIsShownOfWhatIsNotHere(t *testing.T) {
	f := newFixture(t)
	p := f.plan(0, releaseplan.Content{
		Name: "p", Owner: penstock.GroupParty(ops), Description: "<&>",
		Listeners: []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{penstock.UserParty(mailbox), penstock.UserParty(gone)}}},
		Phases:    onePhase(releaseplan.Free, "A"),
	})
	a := f.get(at(p)).Want(http.StatusOK)
	for path, want := range map[string]string{
		"folder":                         `null`,
		"owner":                          `{"name": "OPS", "display_name": "The operators", "is_active": true, "type": "UserGroup"}`,
		"planned_time":                   `{"start": null, "end": null, "duration": null}`,
		"phases.0.type":                  `"Parallel"`,
		"listeners.0.recipients":         `[{"name": "100/AUTOMIC/AUTOMIC", "display_name": "AUTOMIC/AUTOMIC", "is_active": true, "type": "User"}]`,
		"listeners.0.invalid_recipients": `[{"name": "2/GONE/ADM", "display_name": "GONE/ADM", "is_active": false, "type": "User"}]`,
	} {
		if diff := check.Diff(want, member(t, a, path)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
	if !strings.Contains(string(a.Body), `"<&>"`) {
		t.Error("the text is escaped for HTML")
	}
	list := f.get("/plans")
	if diff := check.Diff(`{"type": "UserGroup", "id": 500, "name": "OPS"}`, member(t, list, "data.0.owner")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestExportAndImport: an export is read again, as a new draft.
func TestExportAndImport(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	doc := f.get(at(p, "/export")).Want(http.StatusOK)
	if kind := doc.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("content type %q", kind)
	}
	before := f.exports()
	if string(doc.Body)+"\n" != before {
		t.Error("it is not the export of the library")
	}
	a := f.post("/plans/import", doc.Body).Want(http.StatusCreated)
	want := example(f.t, "get.200.json", append([]change{
		differs("id", member(t, a, "id"), ""), differs("phases.0.id", member(t, a, "phases.0.id"), ""), differs("phases.0.tasks.0.id", member(t, a, "phases.0.tasks.0.id"), ""),
		differs("phases.0.tasks.0.plan.id", member(t, a, "id"), ""), differs("phases.0.tasks.0.phase.id", member(t, a, "phases.0.id"), ""),
		differs("actions", draftActions(int(number(a.Get("id")))), ""),
	}, shown...)...)
	a.Want(http.StatusCreated, want)
	f.untouched(func() {
		altered := strings.Replace(string(doc.Body), "ReleasePlan_01", "ReleasePlan_02", 1)
		for _, text := range []string{`{}`, `[]`, `{"format": 1}`, altered, string(doc.Body[:len(doc.Body)/2])} {
			refused(t, f.post("/plans/import", text), http.StatusBadRequest, 134511, notCreated)
		}
	})
}

// TestWhatIsShownCanBeWrittenBack: an update with what was read changes nothing, whatever the times are
// by now.
func TestWhatIsShownCanBeWrittenBack(t *testing.T) {
	for name, then := range map[string][]releaseplan.Action{"draft": nil, "executed early, and paused": {releaseplan.Execute, releaseplan.Pause}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := f.basic()
			for _, a := range then {
				p = f.do(p, releaseplan.Command{Action: a})
			}
			a := f.get(at(p)).Want(http.StatusOK)
			text := make([]string, 0, 5)
			for _, name := range []string{"name", "description", "folder", "planned_time", "variables", "notify_owner_on_error"} {
				text = append(text, fmt.Sprintf("%q: %s", name, member(t, a, name)))
			}
			f.post(at(p), "{"+strings.Join(text, ", ")+"}").Want(http.StatusOK, string(a.Body))
		})
	}
}

// TestWithoutADirectory: who has none is believed, and numbers are those that they gave.
func TestWithoutADirectory(t *testing.T) {
	f := newFixture(t, func(c *releaseplan.Config) { c.Directory = nil })
	s := check.Serve(t, arp.Handler(arp.Config{Plans: f.plans, Who: who, Now: f.clock}), arp.OpenAPI(), "Bearer "+adm)
	a := s.Do(http.MethodPost, arp.Base+"/plans", example(t, "create.request.json")).Want(http.StatusCreated)
	for path, want := range map[string]string{
		"folder": `{"id": 12798, "name": "DEFAULT"}`,
		"owner":  `{"name": "100/AUTOMIC/AUTOMIC", "display_name": "100/AUTOMIC/AUTOMIC", "is_active": true, "type": "User"}`,
	} {
		if diff := check.Diff(want, member(t, a, path)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
	list := s.Do(http.MethodGet, arp.Base+"/plans", nil).Want(http.StatusOK)
	if diff := check.Diff(`{"type": "User", "id": 302, "name": "100/AUTOMIC/AUTOMIC"}`, member(t, list, "data.0.owner")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
