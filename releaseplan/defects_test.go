package releaseplan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// What release tools are known to get wrong about plans and approvals. The tests are named after
// it, and hold that plans do not; those of a REST API are in the tests of dialect zadig.

func TestDefectDecisionSurvivesTheReturnToPlanning(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Free, "deploy!"))
	c.Approval = aPolicy(1)
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.RequestApproval).vote(aBob, approval.Approve).is(releaseplan.Approved)
	a.act(releaseplan.Reopen)
	if a.p.Status().Request != nil {
		t.Error("the votes are still there")
	}
	a.act(releaseplan.Finalize).refused(releaseplan.Command{Action: releaseplan.Execute})
}

func TestDefectFailedTaskCountsAsDone(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a", "b"))).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Start, "a", "b")
	a.on(releaseplan.Complete, "a").on(releaseplan.Fail, "b").is(releaseplan.Failed, "a done", "b failed")
	a.on(releaseplan.Skip, "b").is(releaseplan.Completed) // somebody says so
}

func TestDefectAllDoneIsNotSeenOnExecute(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "a!", "b!"))
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Complete, "a").act(releaseplan.Reopen)
	a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks = c.Phases[0].Tasks[:1] })
	a.act(releaseplan.Finalize, releaseplan.Execute).is(releaseplan.Completed)
}

func TestDefectJumpIntoACheck(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		a := aTo(aNew(t, aFull()), s)
		for _, do := range []releaseplan.Action{"pass", "approve", "finalize_check", "execute_check", "complete_check", "completed"} {
			a.refusedAs(aRoot, releaseplan.Command{Action: do}, penstock.ErrInvalid)
		}
	}
}

func TestDefectCancelLeavesThingsRunning(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a", "b"))).act(releaseplan.Finalize, releaseplan.Execute).lease("a")
	a.act(releaseplan.Cancel).is(releaseplan.Canceling, "a canceling", "b canceled")
	a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.Fail, Task: "a"}).is(releaseplan.Canceled)

	c := aContent(aPhase(releaseplan.Free, "deploy!"))
	c.Approval = aPolicy(1)
	c.Approval.Kind = approval.Lark
	b := aNewAt(t, c, aStart, &releaseplan.Rules{Providers: []approval.Kind{approval.Lark}}).act(releaseplan.Finalize, releaseplan.RequestApproval)
	b.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.ReportApproval, Instance: "remote-1"}).act(releaseplan.Cancel)
	if s := b.p.Status(); s.Request.State() != approval.Canceled || len(s.Retract) != 1 || s.Retract[0].Instance != "remote-1" {
		t.Errorf("the request is %s, and %v is to be dropped", s.Request.State(), s.Retract)
	}
}

// What runs when the window ends is seen to its end, and nothing follows it.
func TestDefectExpiryLeavesThingsRunning(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "a", "b"))
	c.Window = aWindow(0, time.Hour)
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.Execute).lease("a").at(2*time.Hour).advance().is(releaseplan.Expired, "a running")
	b := *a
	b.act(releaseplan.Cancel).is(releaseplan.Canceling, "a canceling", "b canceled") // somebody can stop it
	a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.Complete, Task: "a"}).is(releaseplan.Expired, "a done")
	a.refused(releaseplan.Command{Action: releaseplan.Start, Task: "b"})
}

func TestDefectRetryAfterTheWindow(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b"))
	c.Window = aWindow(0, time.Hour)
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Start, "a", "b").on(releaseplan.Complete, "a", "b").is(releaseplan.Completed)
	a.at(2 * time.Hour).refused(releaseplan.Command{Action: releaseplan.Retry, Task: "a"})
	a.is(releaseplan.Completed)
}

func TestDefectLastResultIsLostByReopeningTwice(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Free, "a!", "b!"))).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Complete, "a")
	a.act(releaseplan.Reopen, releaseplan.Finalize, releaseplan.Reopen)
	if s := a.task("a").Status; s.State != releaseplan.TaskDone || s.LastStatus != releaseplan.TaskDone {
		t.Errorf("it is %s, and was %s", s.State, s.LastStatus)
	}
	a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Description = "another" })
	if s := a.task("a").Status; s.State != releaseplan.TaskTodo || s.LastStatus != releaseplan.TaskDone || !s.Updated {
		t.Errorf("edited, it is %s, and was %s", s.State, s.LastStatus)
	}
}

func TestDefectApprovalNeverExpires(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Free, "deploy!"))
	c.Approval = aPolicy(2)
	c.Approval.TimeoutMinutes = 60
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.RequestApproval)
	a.at(50*time.Minute).vote(aBob, approval.Approve) // which does not begin the hour anew
	a.at(time.Hour).advance().is(releaseplan.Denied)
}

func TestDefectQuorumThatCannotBeReached(t *testing.T) {
	t.Parallel()
	bob := penstock.UserParty("bob")
	for rule, node := range map[string]approval.Node{
		"one person twice":   {Need: approval.KOf, K: 2, Approvers: []penstock.Party{bob, bob}},
		"nobody":             {Need: approval.KOf, K: 0},
		"none of somebody":   {Need: approval.KOf, K: 0, Approvers: []penstock.Party{bob}},
		"more than there is": {Need: approval.KOf, K: 2, Approvers: []penstock.Party{bob}},
	} {
		c := aContent(aPhase(releaseplan.Free, "deploy!"))
		c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{node}}
		p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p"}, c, aAnn, aStart)
		if err == nil {
			if p, _, err = p.Do(releaseplan.Command{Action: releaseplan.Finalize}, aAnn, aStart); err == nil {
				_, _, err = p.Do(releaseplan.Command{Action: releaseplan.RequestApproval}, aAnn, aStart)
			}
		}
		if err == nil {
			t.Errorf("%s: the request waits for ever", rule)
		}
	}
}

func TestDefectCancelRewritesWhatEnded(t *testing.T) {
	t.Parallel()
	for _, s := range []releaseplan.State{releaseplan.Completed, releaseplan.Canceled} {
		a := aTo(aNew(t, aFull()), s)
		a.refused(releaseplan.Command{Action: releaseplan.Cancel})
	}
	a := aTo(aNew(t, aFull()), releaseplan.Failed).act(releaseplan.Cancel).is(releaseplan.Canceled)
	if got := a.task("deploy"); got.State != releaseplan.TaskFailed {
		t.Errorf("what failed is %s now", got.State)
	}
}

func TestDefectWriteWithoutAVersion(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Free, "deploy!")))
	c := a.p.Content()
	a.edit(func(c *releaseplan.Content) { c.Description = "somebody else's" })
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.Edit, Content: &c, IfVersion: 1}, penstock.ErrConflict)
}

func TestDefectExpiryOverwritesSuccess(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy"))
	c.Window = aWindow(0, time.Hour)
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Start, "deploy")
	a.at(time.Hour+time.Microsecond).on(releaseplan.Complete, "deploy").is(releaseplan.Completed) // the very instant at which it would expire
	a.at(5 * time.Hour).advance().is(releaseplan.Completed)
}

func TestDefectCallbackThatAnybodyCanForge(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy"))
	c.Gates = []releaseplan.Gate{{On: releaseplan.GateFinalize}}
	a := aNew(t, c).act(releaseplan.Finalize)
	stale := a.p.Status().Gate.Code
	a.answer(releaseplan.GateFail).act(releaseplan.Recheck)
	for _, code := range []string{"", stale, "0123", stale + a.p.Status().Gate.Code} {
		a.refusedAs(aEve, releaseplan.Command{Action: releaseplan.AnswerGate, Code: code, Answer: releaseplan.GatePass}, penstock.ErrForbidden)
	}
}

// Before its window opens, a plan can be finalized and approved, and nothing starts.
func TestDefectTheBeginOfTheWindowIsHalfAMeaning(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Free, "deploy!"))
	c.Window, c.Approval = aWindow(time.Hour, 2*time.Hour), aPolicy(1)
	a := aNew(t, c).act(releaseplan.Finalize, releaseplan.RequestApproval).vote(aBob, approval.Approve).is(releaseplan.Approved)
	if r := a.refused(releaseplan.Command{Action: releaseplan.Execute}); !r.Earliest.Equal(aStart.Add(time.Hour)) {
		t.Errorf("refused until %v", r.Earliest)
	}
	a.at(time.Hour).act(releaseplan.Execute).is(releaseplan.Running)
}

// Content has no place for a decision: what somebody sends as one is gone.
func TestDefectDecisionThatAClientSends(t *testing.T) {
	t.Parallel()
	a := aTo(aNew(t, aFull()), releaseplan.Approved)
	q, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "q"}, a.p.Content(), aAnn, aStart)
	if err != nil || q.State() != releaseplan.Draft || q.Status().Request != nil {
		t.Errorf("it begins as %s, %v", q.State(), err)
	}
	forged := releaseplan.Change{Kind: releaseplan.PlanMoved, From: "draft", To: "approved", At: aStart}
	if _, err := releaseplan.Fold([]releaseplan.Change{forged}); err == nil || errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("a plan of forged changes: %v", err)
	}
}
