package zadig_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// words are all there are for the status of a plan, and one that is none.
var statusWords = []string{"planning", "finish_planning", "wait_for_approval", "executing", "denied", "timeout", "success", "cancel",
	"wait_for_finish_planning_external_check", "wait_for_finish_planning_external_check_failed",
	"wait_for_execute_external_check", "wait_for_execute_external_check_failed",
	"wait_for_all_done_external_check", "wait_for_all_done_external_check_failed", "dancing"}

// annApproves is a policy that ann decides.
func annApproves() *approval.Policy {
	return &approval.Policy{Enabled: true, Kind: approval.Native, TimeoutMinutes: 60,
		Nodes: []approval.Node{{Need: approval.KOf, K: 1, Approvers: []penstock.Party{{Type: penstock.User, ID: "u-ann", Name: "ann"}}}}}
}

// content is that of a plan with two jobs.
func content(gates ...releaseplan.GateKind) releaseplan.Content {
	c := releaseplan.Content{Name: "Shop", Phases: []releaseplan.Phase{{Name: "Jobs", Kind: releaseplan.Free, Tasks: []releaseplan.Task{{Name: "one"}, {Name: "two"}}}}}
	for _, g := range gates {
		c.Gates = append(c.Gates, releaseplan.Gate{On: g})
	}
	return c
}

func approved(c releaseplan.Content) releaseplan.Content {
	c.Approval = annApproves()
	return c
}

// do lets somebody do something with a plan, past the dialect.
func (d *desk) do(id, by string, all ...releaseplan.Command) *releaseplan.Plan {
	d.t.Helper()
	var p *releaseplan.Plan
	for _, c := range all {
		var err error
		if p, err = d.plans.Do(d.t.Context(), id, c, deskPeople()[by]); err != nil {
			d.t.Fatalf("%s: %v", c, err)
		}
	}
	return p
}

func actions(all ...releaseplan.Action) (commands []releaseplan.Command) {
	for _, a := range all {
		commands = append(commands, releaseplan.Command{Action: a})
	}
	return commands
}

// answer answers the open check of a plan.
func (d *desk) answer(id string, a releaseplan.GateAnswer) {
	d.t.Helper()
	d.do(id, "admin", releaseplan.Command{Action: releaseplan.AnswerGate, Code: d.plan(id).Status().Gate.Code, Answer: a, Remark: "said so"})
}

// through completes every task of a plan that runs.
func (d *desk) through(id string) {
	d.t.Helper()
	for _, task := range d.plan(id).Tasks() {
		d.do(id, "admin", releaseplan.Command{Action: releaseplan.Complete, Task: task.ID})
	}
}

// A way leads to a state.
type way struct {
	state   releaseplan.State
	content releaseplan.Content
	enter   func(d *desk, id string)
	allowed map[string]string // where it can be moved to, and what it is then
}

func ways() []way {
	backOrCancel := map[string]string{"planning": "planning", "cancel": "cancel"}
	vote := func(v approval.Decision) func(*desk, string) {
		return func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Finalize, releaseplan.RequestApproval)...)
			d.do(id, "ann", releaseplan.Command{Action: releaseplan.Vote, Vote: v})
		}
	}
	does := func(all ...releaseplan.Action) func(*desk, string) {
		return func(d *desk, id string) { d.do(id, "admin", actions(all...)...) }
	}
	windowed := content()
	windowed.Window = &releaseplan.Window{End: time.Unix(deskTime+60, 0)}
	return []way{
		{releaseplan.Draft, content(), does(), map[string]string{"finish_planning": "finish_planning", "executing": "executing"}},
		{releaseplan.Draft, approved(content()), does(), map[string]string{"finish_planning": "finish_planning", "wait_for_approval": "wait_for_approval"}},
		{releaseplan.Draft, content(releaseplan.GateFinalize), does(), map[string]string{"finish_planning": "wait_for_finish_planning_external_check"}},
		{releaseplan.FinalizeCheck, content(releaseplan.GateFinalize), does(releaseplan.Finalize), backOrCancel},
		{releaseplan.FinalizeCheckFailed, content(releaseplan.GateFinalize), func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Finalize)...)
			d.answer(id, releaseplan.GateFail)
		}, backOrCancel},
		{releaseplan.Finalized, content(), does(releaseplan.Finalize), map[string]string{"planning": "planning", "executing": "executing"}},
		{releaseplan.Finalized, content(releaseplan.GateExecute), does(releaseplan.Finalize), map[string]string{"planning": "planning", "executing": "wait_for_execute_external_check"}},
		{releaseplan.Finalized, approved(content()), does(releaseplan.Finalize), map[string]string{"planning": "planning", "wait_for_approval": "wait_for_approval"}},
		{releaseplan.AwaitingApproval, approved(content()), does(releaseplan.Finalize, releaseplan.RequestApproval), backOrCancel},
		{releaseplan.Approved, approved(content()), vote(approval.Approve), backOrCancel},
		{releaseplan.Denied, approved(content()), vote(approval.Reject), backOrCancel},
		{releaseplan.ExecuteCheck, content(releaseplan.GateExecute), does(releaseplan.Execute), backOrCancel},
		{releaseplan.ExecuteCheckFailed, content(releaseplan.GateExecute), func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Execute)...)
			d.answer(id, releaseplan.GateFail)
		}, backOrCancel},
		{releaseplan.Running, content(), does(releaseplan.Execute), backOrCancel},
		{releaseplan.Paused, content(), does(releaseplan.Execute, releaseplan.Pause), backOrCancel},
		{releaseplan.Failed, content(), func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Execute)...)
			for _, task := range d.plan(id).Tasks() {
				d.do(id, "admin", releaseplan.Command{Action: releaseplan.Start, Task: task.ID}, releaseplan.Command{Action: releaseplan.Fail, Task: task.ID, Remark: "no"})
			}
		}, backOrCancel},
		{releaseplan.CompleteCheck, content(releaseplan.GateComplete), func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Execute)...)
			d.through(id)
		}, backOrCancel},
		{releaseplan.CompleteCheckFailed, content(releaseplan.GateComplete), func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Execute)...)
			d.through(id)
			d.answer(id, releaseplan.GateFail)
		}, backOrCancel},
		{releaseplan.Expired, windowed, func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Execute)...)
			d.at(deskTime + 100)
		}, backOrCancel},
		{releaseplan.Completed, content(), func(d *desk, id string) {
			d.do(id, "admin", actions(releaseplan.Execute)...)
			d.through(id)
		}, nil},
		{releaseplan.Canceled, content(), does(releaseplan.Execute, releaseplan.Cancel), nil},
	}
}

// Every status can be left by hand for those that the reference tells of, and for no other: not
// for those of checks either.
func TestPlanMoves(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		t.Run(string(w.state), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			reach := func() string {
				d.at(deskTime)
				p := d.file(w.content, "admin")
				w.enter(d, p.ID())
				if got := d.plan(p.ID()).State(); got != w.state {
					t.Fatalf("the plan is %s, want %s", got, w.state)
				}
				return p.ID()
			}
			refused := reach()
			before, trail := d.export(refused), d.plan(refused).Status().Changes
			for _, target := range statusWords {
				if want, ok := w.allowed[target]; ok {
					id := reach()
					d.move(id, target, as("eve")...).Want(http.StatusForbidden)
					d.move(id, target).Want(http.StatusOK, succeeded)
					if got := d.view(id).Get("status"); got != want {
						t.Errorf("%s: it is %v, want %s", target, got, want)
					}
					continue
				}
				a := d.move(refused, target).Want(http.StatusBadRequest)
				if a.Get("type") != "error" || a.Get("message") != "Bad Request" {
					t.Errorf("%s: %s", target, a.Body)
				}
			}
			if got := d.export(refused); check.Diff(before, got) != "" || d.plan(refused).Status().Changes != trail {
				t.Errorf("what was refused changed the plan:\n%s", check.Diff(before, got))
			}
		})
	}
}

// Finalizing on the way and what follows are one commit.
func TestPlanMovesAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.file(approved(content()), "admin")
	d.move(p.ID(), "wait_for_approval").Want(http.StatusOK)
	entries, err := d.plans.History(t.Context(), p.ID(), p.Status().Changes, 0, deskPeople()["admin"])
	if err != nil || len(entries) < 3 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		if e.Commit != entries[0].Commit {
			t.Errorf("%s is of another commit", e)
		}
	}
}

// Each word for a status, and no other, is what the search for it finds.
func TestPlanSearchByStatus(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	want := make(map[string][]string)
	for _, w := range ways() {
		if w.state == releaseplan.Expired {
			continue // it is stored once somebody looks
		}
		p := d.file(w.content, "admin")
		w.enter(d, p.ID())
		word := d.view(p.ID()).Get("status").(string)
		want[word] = append(want[word], p.ID())
	}
	for word, ids := range want {
		var out struct {
			List  []struct{ ID, Status string }
			Total int
		}
		d.Do(http.MethodGet, plansUIAt+"?pageNum=1&pageSize=100&type=status&keyword="+word, nil).Want(http.StatusOK).Into(&out)
		got := make(map[string]string)
		for _, row := range out.List {
			got[row.ID] = row.Status
		}
		if len(got) != len(ids) || out.Total != len(ids) || slices.ContainsFunc(ids, func(id string) bool { return got[id] != word }) {
			t.Errorf("%s: %v, want %v", word, got, ids)
		}
	}
	if len(want) < 12 {
		t.Errorf("only %v were tried", slices.Sorted(maps.Keys(want)))
	}
}

// A plan that exposes milestones succeeds when it is told to; any other one by itself.
func TestPlanSucceedsByHand(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := content()
	c.Target = &releaseplan.Target{Feature: "checkout", Environment: "production"}
	c.Milestones = []releaseplan.Milestone{{Name: "all", Start: releaseplan.ByHand, Strategies: []rollout.Strategy{{Name: rollout.Everyone}}}}
	id := d.file(c, "admin").ID()
	d.move(id, "executing").Want(http.StatusOK)
	d.through(id)
	if got := d.view(id).Get("status"); got != "executing" {
		t.Fatalf("it is %v", got)
	}
	d.move(id, "success", as("eve")...).Want(http.StatusForbidden)
	d.move(id, "success").Want(http.StatusOK, succeeded)
	if got := d.view(id).Get("status"); got != "success" {
		t.Errorf("it is %v", got)
	}
}
