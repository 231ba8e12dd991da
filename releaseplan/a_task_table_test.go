package releaseplan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// aTaskActions are all that can be asked of a task; of the last two, only the
// library asks.
var aTaskActions = []releaseplan.Action{
	releaseplan.Start, releaseplan.Complete, releaseplan.Fail, releaseplan.Skip, releaseplan.Retry, releaseplan.Abort, releaseplan.Hold,
	releaseplan.Release, releaseplan.Claim, releaseplan.ReleaseClaim, releaseplan.Reassign, releaseplan.Lease, releaseplan.Interrupt,
}

// aTaskTable is the table of actions on tasks: for a kind of task, the plans that it is
// in, and what can be asked of it there. After a colon stand the rules against an
// action that the state of the task knows.
var aTaskTable = []struct{ task, plans, row string }{
	// manual and ready
	{"ready", "running", "start complete skip hold release:held claim release_claim:claimed reassign"},
	{"ready", "paused", "start:plan_running complete:plan_running skip hold release:held claim release_claim:claimed reassign"},
	{"ready", "draft finalize_check finalize_check_failed finalized awaiting_approval approved denied execute_check execute_check_failed",
		"start:plan_running complete:plan_running skip:plan_under_way hold release:held claim release_claim:claimed reassign"},
	{"ready", "expired",
		"start:plan_running,window_open complete:plan_running,window_open skip:plan_under_way hold release:held claim release_claim:claimed reassign"},
	// has a handler, ready
	{"auto", "running", "start complete:manual skip hold release:held claim release_claim:claimed reassign"},
	{"auto", "paused", "start:plan_running complete:manual,plan_running skip hold release:held claim release_claim:claimed reassign"},
	// held and claimed
	{"held", "running", "start:not_held complete:not_held skip hold:not_held release claim:unclaimed release_claim reassign"},
	{"held", "paused failed", "start:plan_running,not_held complete:plan_running,not_held skip hold:not_held release claim:unclaimed release_claim reassign"},
	{"held", "draft finalize_check finalize_check_failed finalized awaiting_approval approved denied execute_check execute_check_failed",
		"start:plan_running,not_held complete:plan_running,not_held skip:plan_under_way hold:not_held release claim:unclaimed release_claim reassign"},
	{"held", "expired", "start:plan_running,window_open,not_held complete:plan_running,window_open,not_held skip:plan_under_way hold:not_held release claim:unclaimed release_claim reassign"},
	// needs "held"
	{"waiting", "running", "start:ready complete:ready skip hold release:held claim release_claim:claimed reassign"},
	{"waiting", "paused failed", "start:plan_running,ready complete:plan_running,ready skip hold release:held claim release_claim:claimed reassign"},
	{"waiting", "expired", "start:plan_running,window_open,ready complete:plan_running,window_open,ready skip:plan_under_way hold release:held claim release_claim:claimed reassign"},
	// disabled
	{"disabled", "running", "start:enabled,ready complete:enabled,ready skip:enabled hold release:held claim release_claim:claimed reassign"},
	{"disabled", "canceling canceled completed", "start:enabled,plan_running,ready complete:enabled,plan_running,ready skip:enabled,plan_under_way hold:plan_alive release:held,plan_alive claim:plan_alive release_claim:claimed,plan_alive reassign:plan_alive"},
	{"disabled", "complete_check complete_check_failed", "start:enabled,plan_running,ready complete:enabled,plan_running,ready skip:enabled,plan_under_way hold release:held claim release_claim:claimed reassign"},
	// under way, started by a person, of nobody's lease
	{"running", "running", "complete fail abort claim release_claim:claimed reassign lease interrupt"},
	{"running", "paused", "complete fail abort claim release_claim:claimed reassign lease:plan_running interrupt"},
	{"running", "expired", "complete fail abort claim release_claim:claimed reassign lease:plan_running,window_open interrupt"},
	// under way at a Runner
	{"leased", "running", "complete fail abort claim release_claim:claimed reassign lease:not_leased interrupt"},
	{"leased", "paused", "complete fail abort claim release_claim:claimed reassign lease:not_leased,plan_running interrupt"},
	{"leased", "expired", "complete fail abort claim release_claim:claimed reassign lease:not_leased,plan_running,window_open interrupt"},
	// told to stop, at a Runner
	{"canceling", "running paused expired canceling", "complete fail interrupt"},
	{"done", "running paused failed draft finalize_check finalize_check_failed finalized awaiting_approval approved denied execute_check execute_check_failed expired complete_check complete_check_failed completed canceling canceled", ""},
	{"failed", "running paused failed", "skip retry"},
	{"failed", "awaiting_approval approved denied execute_check execute_check_failed expired", "skip:plan_under_way retry:plan_under_way"},
	{"failed", "canceling canceled", "skip:plan_under_way retry:plan_under_way"},
	{"skipped", "running paused failed awaiting_approval approved denied execute_check execute_check_failed expired complete_check complete_check_failed completed canceling canceled", ""},
	{"ready", "canceling canceled", ""}, // it is canceled
	{"held", "canceling canceled", ""},
	{"waiting", "canceling canceled", ""},
	{"running", "canceling canceled", ""},
	{"canceling", "canceled", ""},
	{"leased", "canceled", ""},
	{"leased", "canceling", "complete fail interrupt"}, // it is canceling
}

// aMixed has a task of each kind in one phase.
func aMixed() releaseplan.Content {
	c := aContent(aPhase(releaseplan.Parallel, "ready!", "auto", "held!", "waiting!", "disabled!", "running", "leased", "canceling", "done!", "failed!", "skipped!"))
	tasks := c.Phases[0].Tasks
	tasks[3].Needs = []string{"held"}
	tasks[4].Disabled = true
	c.Approval = aPolicy(1)
	c.Window = aWindow(-time.Hour, 10*time.Hour)
	c.Gates = []releaseplan.Gate{{On: releaseplan.GateFinalize}, {On: releaseplan.GateExecute}, {On: releaseplan.GateComplete}}
	return c
}

// aExecuted runs an aMixed plan from a finalize on.
func aExecuted(a *aLife) *aLife {
	a.Helper()
	a.act(releaseplan.Finalize).answer(releaseplan.GatePass)
	return aApprovedAgain(a)
}

func aApprovedAgain(a *aLife) *aLife {
	a.Helper()
	a.act(releaseplan.RequestApproval).vote(aBob, approval.Approve)
	a.act(releaseplan.Execute).answer(releaseplan.GatePass)
	return a.is(releaseplan.Running)
}

// aUnderWay gives each task of a running plan what its name says.
func aUnderWay(a *aLife) *aLife {
	a.Helper()
	a.on(releaseplan.Hold, "held").on(releaseplan.Claim, "held").on(releaseplan.Start, "running").lease("leased").lease("canceling")
	a.on(releaseplan.Abort, "canceling").on(releaseplan.Complete, "done").on(releaseplan.Start, "failed").on(releaseplan.Fail, "failed")
	return a.on(releaseplan.Skip, "skipped")
}

// aStopped ends what runs.
func aStopped(a *aLife) *aLife {
	a.Helper()
	return a.on(releaseplan.Complete, "running", "leased", "canceling")
}

// aTaskIn brings an aMixed plan into a state in which the task can be what its
// name says.
func aTaskIn(a *aLife, task string, s releaseplan.State) *aLife {
	a.Helper()
	changed := func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Description += "!" }
	before := func() *aLife { // the plan was not run, or was reopened
		if task == "held" {
			a.on(releaseplan.Hold, "held").on(releaseplan.Claim, "held")
		}
		if task == "done" {
			aExecuted(a).on(releaseplan.Complete, "done").act(releaseplan.Reopen)
		}
		return a
	}
	again := func() *aLife { // it waits for a second approval
		if task != "failed" && task != "skipped" {
			return before().act(releaseplan.Finalize).answer(releaseplan.GatePass).act(releaseplan.RequestApproval)
		}
		return aStopped(aUnderWay(aExecuted(a))).act(releaseplan.Pause).edit(changed).act(releaseplan.RequestApproval)
	}
	switch s {
	case releaseplan.Draft:
		before()
	case releaseplan.FinalizeCheck:
		before().act(releaseplan.Finalize)
	case releaseplan.FinalizeCheckFailed:
		before().act(releaseplan.Finalize).answer(releaseplan.GateFail)
	case releaseplan.Finalized:
		before().act(releaseplan.Finalize).answer(releaseplan.GatePass)
	case releaseplan.AwaitingApproval:
		again()
	case releaseplan.Approved:
		again().vote(aBob, approval.Approve)
	case releaseplan.Denied:
		again().vote(aBob, approval.Reject)
	case releaseplan.ExecuteCheck:
		again().vote(aBob, approval.Approve).act(releaseplan.Execute)
	case releaseplan.ExecuteCheckFailed:
		again().vote(aBob, approval.Approve).act(releaseplan.Execute).answer(releaseplan.GateFail)
	case releaseplan.Running:
		aUnderWay(aExecuted(a))
	case releaseplan.Paused:
		aUnderWay(aExecuted(a)).act(releaseplan.Pause)
	case releaseplan.Failed: // nothing else can run
		aStopped(aUnderWay(aExecuted(a))).act(releaseplan.Pause)
		a.on(releaseplan.Skip, "ready", "auto").act(releaseplan.Resume)
	case releaseplan.CompleteCheck, releaseplan.CompleteCheckFailed, releaseplan.Completed:
		aStopped(aUnderWay(aExecuted(a))).on(releaseplan.Skip, "held", "ready", "auto", "waiting", "failed", "canceling")
		if s != releaseplan.CompleteCheck {
			a.answer(map[releaseplan.State]releaseplan.GateAnswer{releaseplan.Completed: releaseplan.GatePass, releaseplan.CompleteCheckFailed: releaseplan.GateFail}[s])
		}
	case releaseplan.Expired:
		aUnderWay(aExecuted(a)).at(11 * time.Hour).advance()
	case releaseplan.Canceling:
		aUnderWay(aExecuted(a)).act(releaseplan.Cancel)
	case releaseplan.Canceled:
		aUnderWay(aExecuted(a)).act(releaseplan.Cancel).on(releaseplan.Complete, "leased", "canceling")
	}
	return a.is(s)
}

func TestTaskStateTimesCommandTimesPlanState(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, row := range aTaskTable {
		for s := range strings.FieldsSeq(row.plans) {
			name := row.task + "/" + s
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := aTaskIn(aNew(t, aMixed()), row.task, releaseplan.State(s))
				want := aVerdicts(row.row)
				id := a.task(row.task).ID
				verdicts, err := a.p.CanTask(id, aAnn, a.now)
				if err != nil {
					t.Fatal(err)
				}
				for _, do := range aTaskActions {
					by, rules := aAnn, []string{"state"}
					if known, ok := want[do]; ok {
						rules = known
					}
					c := aSane(a.p, do, id)
					if do == releaseplan.Lease || do == releaseplan.Interrupt { // Can does not tell of them
						by = penstock.System()
						v := releaseplan.Verdict{Action: do, Allowed: len(rules) == 0}
						for _, r := range rules {
							v.Refusals = append(v.Refusals, releaseplan.Refusal{Rule: r})
						}
						aCell(a, v, by, c, rules)
						continue
					}
					aCell(a, aVerdict(a, verdicts, do), by, c, rules)
				}
				if len(verdicts) != len(aTaskActions)-2 {
					t.Errorf("%d verdicts", len(verdicts))
				}
			})
		}
	}
	_, tasks := releaseplan.MachineStates()
	if !slices.Contains(tasks, releaseplan.TaskCanceled) || len(seen) < 90 {
		t.Errorf("only %d cells", len(seen))
	}
}
