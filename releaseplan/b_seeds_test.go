package releaseplan_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// bVerdicts returns the actions on the plan that are allowed, in order.
func bVerdicts(p *releaseplan.Plan, by penstock.Actor, at time.Time) (allowed []releaseplan.Action) {
	for _, v := range p.Can(by, at) {
		if v.Allowed {
			allowed = append(allowed, v.Action)
		}
	}
	return allowed
}

// bZadig is a plan as the release plan API of Zadig shows one: a window, a native
// approval by one of one, a job that a person does, and a start on approval.
func bZadig() (releaseplan.Content, penstock.Actor) {
	admin := penstock.Actor{ID: "c565c7eb-e273-11ed-bef9-a659ed9f1ed1", Name: "admin"}
	party := penstock.Party{Type: penstock.User, ID: admin.ID, Name: "admin", IdentityType: "system"}
	return releaseplan.Content{
		Name: "plan-A", Owner: party,
		Window: &releaseplan.Window{Start: time.Unix(1693558721, 0), End: time.Unix(1694016000, 0)},
		Start:  releaseplan.Schedule{Mode: releaseplan.OnApproval},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Native, TimeoutMinutes: 5,
			Nodes: []approval.Node{{Need: approval.KOf, K: 1, Approvers: []penstock.Party{party}}},
			Other: map[approval.Kind]json.RawMessage{approval.Lark: json.RawMessage(`{"timeout":5,"approval_nodes":[{"type":"AND"}]}`)}},
		Phases: []releaseplan.Phase{{Name: "jobs", Kind: releaseplan.Free, Tasks: []releaseplan.Task{{
			ID: "0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd", Name: "中间件变更", Class: "text", Spec: json.RawMessage(`{"content":"<p>2222</p>"}`)}}}},
	}, admin
}

func TestSeedZadigPlanRunsOnApproval(t *testing.T) {
	c, admin := bZadig()
	created := time.Unix(1693558733, 0)
	p, changes, err := releaseplan.NewPlan(releaseplan.Identity{ID: "64f1a7cd1b7bd46ec353b50c", Number: 21, Key: bKey}, c, admin, created)
	if err != nil {
		t.Fatal(err)
	}
	job := c.Phases[0].Tasks[0].ID
	step := func(want releaseplan.State, at int64, c releaseplan.Command) {
		t.Helper()
		next, more, err := p.Do(c, admin, time.Unix(at, 0))
		if err != nil {
			t.Fatalf("%s: %v", c.Action, err)
		}
		p, changes = next, append(changes, more...)
		if p.State() != want {
			t.Fatalf("after %s the plan is %s, want %s", c.Action, p.State(), want)
		}
	}
	if diff := cmp.Diff([]releaseplan.Action{releaseplan.Archive, releaseplan.Cancel, releaseplan.Comment, releaseplan.Delete, releaseplan.Duplicate,
		releaseplan.Edit, releaseplan.ExportPlan, releaseplan.Finalize, releaseplan.SetVariables}, bVerdicts(p, admin, created)); diff != "" {
		t.Errorf("allowed in a draft: -want +got:\n%s", diff)
	}
	step(releaseplan.Finalized, 1693558750, releaseplan.Command{Action: releaseplan.Finalize})
	step(releaseplan.AwaitingApproval, 1693558751, releaseplan.Command{Action: releaseplan.RequestApproval})
	if deadline := p.Status().Request.Deadline(); !deadline.Equal(time.Unix(1693558751+300, 0)) {
		t.Errorf("the request lapses at %s, want five minutes later", deadline)
	}
	step(releaseplan.Running, 1693558760, releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve})
	if got := bView(t, p, "中间件变更").State; got != releaseplan.TaskReady {
		t.Errorf("the job is %s, want ready", got)
	}
	if steps, wake := p.Next(time.Unix(1693558761, 0)); len(steps) > 0 || !wake.Equal(time.Unix(1694016000, 1000)) {
		t.Errorf("a free job by hand: steps %v, wake %s; want none and the end of the window", steps, wake)
	}
	step(releaseplan.Completed, 1693558800, releaseplan.Command{Action: releaseplan.Complete, Task: job})

	var visited []releaseplan.State
	for _, v := range p.Status().Visits {
		visited = append(visited, v.State)
	}
	want := []releaseplan.State{releaseplan.Draft, releaseplan.FinalizeCheck, releaseplan.Finalized, releaseplan.AwaitingApproval, releaseplan.Approved,
		releaseplan.ExecuteCheck, releaseplan.Running, releaseplan.CompleteCheck, releaseplan.Completed}
	if diff := cmp.Diff(want, visited); diff != "" {
		t.Errorf("states: -want +got:\n%s", diff)
	}
	task := bView(t, p, "中间件变更").Status
	if task.ExecutedBy.ID != admin.ID || !task.ExecutedAt.Equal(time.Unix(1693558800, 0)) {
		t.Errorf("executed by %s at %s", task.ExecutedBy.Label(), task.ExecutedAt)
	}
	folded, err := releaseplan.Fold(changes)
	if err != nil {
		t.Fatal(err)
	}
	bSamePlan(t, p, folded)
}

func TestSeedZadigPlanTimesOut(t *testing.T) {
	c, admin := bZadig()
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, c, admin, time.Unix(1693558733, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []releaseplan.Command{{Action: releaseplan.Finalize}, {Action: releaseplan.RequestApproval}} {
		if p, _, err = p.Do(c, admin, time.Unix(1693558750, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.At(time.Unix(1693558750+300, 0)).State(); got != releaseplan.Denied {
		t.Errorf("five minutes after the request the plan is %s, want denied", got)
	}
	p, _, err = p.Do(releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}, admin, time.Unix(1693558760, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.At(time.Unix(1694016000, 0)).State(); got != releaseplan.Running {
		t.Errorf("at the end of the window the plan is %s, want running", got)
	}
	late := time.Unix(1694016001, 0)
	if got := p.At(late).State(); got != releaseplan.Expired {
		t.Errorf("after the window the plan is %s, want expired", got)
	}
	_, _, err = p.Do(releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID}, admin, late)
	if !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("a job after the window: %v, want a refusal", err)
	}
}

// bARP is a plan as the REST API of Automic Release shows one.
func bARP() releaseplan.Content {
	owner := penstock.Party{Type: penstock.User, ID: "302", Name: "100/AUTOMIC/AUTOMIC"}
	three, four, one := penstock.Duration{Days: 21}, penstock.Duration{Days: 4}, penstock.Duration{Days: 1}
	return releaseplan.Content{
		Name: "ReleasePlan_01", Description: "Release Plan 01", Owner: owner, Folder: penstock.Folder{ID: "12798", Name: "DEFAULT"},
		Planned:   &releaseplan.PlannedTime{Start: time.Date(2017, 7, 12, 9, 12, 3, 0, time.UTC), Duration: &three},
		Variables: []releaseplan.Variable{{Name: "variable_name", Value: "variable value"}},
		Listeners: []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{owner}}},
		Phases: []releaseplan.Phase{{Name: "Phase 1", Owner: owner, Kind: releaseplan.Sequential, Duration: &four,
			Tasks: []releaseplan.Task{{Name: "Task 1", Kind: releaseplan.Manual, Owner: owner, Planned: &releaseplan.PlannedTime{Duration: &one}}}}},
	}
}

func TestSeedARPPlanInDraft(t *testing.T) {
	automic := penstock.Actor{ID: "302", Name: "100/AUTOMIC/AUTOMIC"}
	at := time.Date(2017, 6, 1, 0, 0, 0, 0, time.UTC)
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "1908", Number: 1908, Key: bKey}, bARP(), automic, at)
	if err != nil {
		t.Fatal(err)
	}
	allowed := bVerdicts(p, automic, at)
	for _, a := range []releaseplan.Action{releaseplan.Execute, releaseplan.Duplicate, releaseplan.Edit, releaseplan.ExportPlan, releaseplan.Archive} {
		if !slices.Contains(allowed, a) {
			t.Errorf("%s is not allowed in a draft", a)
		}
	}
	c := p.Content()
	if !c.NotifiesOwner() {
		t.Error("the owner hears of errors by default")
	}
	if got, want := c.Planned.Finish(), time.Date(2017, 8, 2, 9, 12, 3, 0, time.UTC); !got.Equal(want) {
		t.Errorf("the plan ends at %s, want %s", got, want)
	}
	if doc, err := json.Marshal(c.Planned); err != nil || string(doc) != `{"start":"2017-07-12T09:12:03Z","duration":"P21D"}` {
		t.Errorf("the planned time is written as %s, %v", doc, err)
	}
	start := c.Planned.Start
	if diff := cmp.Diff(releaseplan.PlannedTime{Start: start, End: start.AddDate(0, 0, 4)}, p.PhaseSpan(0).Planned); diff != "" {
		t.Errorf("phase: -want +got:\n%s", diff)
	}
	span, err := p.TaskSpan(bID(t, p, "Task 1"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(releaseplan.PlannedTime{Start: start, End: start.AddDate(0, 0, 1)}, span.Planned); diff != "" {
		t.Errorf("task: -want +got:\n%s", diff)
	}
	if p.PhaseState(0) != releaseplan.PhaseDraft || bView(t, p, "Task 1").State != releaseplan.TaskPending {
		t.Errorf("phase %s, task %s; want draft and pending", p.PhaseState(0), bView(t, p, "Task 1").State)
	}
}

func TestSeedARPPlanIsExecutedArchivedAndSoOn(t *testing.T) {
	automic := penstock.Actor{ID: "302"}
	at := time.Date(2017, 7, 1, 0, 0, 0, 0, time.UTC)
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "1908", Key: bKey}, bARP(), automic, at)
	if err != nil {
		t.Fatal(err)
	}
	do := func(at time.Time, c releaseplan.Command) {
		t.Helper()
		if p, _, err = p.Do(c, automic, at); err != nil {
			t.Fatalf("%s: %v", c.Action, err)
		}
	}
	do(at, releaseplan.Command{Action: releaseplan.Execute})
	if diff := cmp.Diff(&releaseplan.PlannedTime{Start: at, End: at.AddDate(0, 0, 21)}, p.Status().Effective); diff != "" {
		t.Errorf("executed early: -want +got:\n%s", diff)
	}
	if p.State() != releaseplan.Running || p.PhaseState(0) != releaseplan.PhaseRunning {
		t.Errorf("plan %s, phase %s", p.State(), p.PhaseState(0))
	}
	task := bID(t, p, "Task 1")
	do(at.Add(time.Hour), releaseplan.Command{Action: releaseplan.Start, Task: task})
	do(at.Add(2*time.Hour), releaseplan.Command{Action: releaseplan.Fail, Task: task, Remark: "no disk"})
	if p.State() != releaseplan.Failed || p.PhaseState(0) != releaseplan.PhaseFailed {
		t.Errorf("plan %s, phase %s; want both failed", p.State(), p.PhaseState(0))
	}
	do(at.Add(3*time.Hour), releaseplan.Command{Action: releaseplan.Retry, Task: task})
	do(at.Add(4*time.Hour), releaseplan.Command{Action: releaseplan.Complete, Task: task})
	if p.State() != releaseplan.Completed || p.PhaseState(0) != releaseplan.PhaseDone {
		t.Errorf("plan %s, phase %s; want completed and done", p.State(), p.PhaseState(0))
	}
	do(at.Add(5*time.Hour), releaseplan.Command{Action: releaseplan.Archive})
	want := []releaseplan.Action{releaseplan.Comment, releaseplan.Delete, releaseplan.Duplicate, releaseplan.ExportPlan, releaseplan.Unarchive}
	if diff := cmp.Diff(want, bVerdicts(p, automic, at.Add(6*time.Hour))); diff != "" {
		t.Errorf("allowed once archived: -want +got:\n%s", diff)
	}
}
