package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

func aGuarded(n int) releaseplan.Content {
	c := aContent(aPhase(releaseplan.Sequential, "deploy!", "check!"))
	c.Approval = aPolicy(n)
	c.Approval.TimeoutMinutes = 60
	return c
}

func aAsked(t *testing.T, c releaseplan.Content) *aLife {
	t.Helper()
	return aNew(t, c).act(releaseplan.Finalize, releaseplan.RequestApproval).is(releaseplan.AwaitingApproval)
}

func TestApprovalDecidesInTheCommitOfTheDecidingVote(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(2)).vote(aBob, approval.Approve).is(releaseplan.AwaitingApproval)
	a.vote(aCleo, approval.Approve).moves("awaiting_approval → approved")

	b := aAsked(t, aGuarded(2)).vote(aBob, approval.Approve).vote(aCleo, approval.Reject)
	b.moves("awaiting_approval → denied")
	b.refusedAs(aBob, aSane(b.p, releaseplan.Vote, ""), penstock.ErrRefused)
	b.act(releaseplan.RequestApproval).is(releaseplan.AwaitingApproval)
	if n := len(b.p.Status().Request.Votes()); n != 0 {
		t.Errorf("the new request has %d votes", n)
	}
}

func TestVoteOfAStrangerIsForbidden(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(1))
	for _, by := range []penstock.Actor{aEve, aAnn, aRoot} {
		a.refusedAs(by, aSane(a.p, releaseplan.Vote, ""), penstock.ErrForbidden)
		if v := aVerdict(t, a.p.Can(by, a.now), releaseplan.Vote); v.Allowed || v.Refusals[0].Rule != "permitted" {
			t.Errorf("%s can vote: %+v", by.ID, v)
		}
	}
}

func TestVoteIsCastOnce(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(2)).vote(aBob, approval.Approve)
	a.refusedAs(aBob, releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Reject}, penstock.ErrRefused)
	a.refusedAs(aCleo, releaseplan.Command{Action: releaseplan.Vote, Vote: "perhaps"}, penstock.ErrInvalid)
	if v := aVerdict(t, a.p.Can(aBob, a.now), releaseplan.Vote); v.Allowed {
		t.Error("Can says that bob may vote twice")
	}
}

func TestRequestLapsesOnceAndVotesDoNotMoveIt(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(2)).wait(50*time.Minute).vote(aBob, approval.Approve)
	_, wake := a.p.Next(a.now)
	if want := aStart.Add(time.Hour); !wake.Equal(want) {
		t.Errorf("wakes at %v, want %v", wake, want)
	}
	a.at(time.Hour - time.Microsecond).advance().is(releaseplan.AwaitingApproval)
	a.at(2*time.Hour).refusedAs(aCleo, aSane(a.p, releaseplan.Vote, ""), penstock.ErrRefused)
	a.advance().moves("awaiting_approval → denied")
	if c := a.happened(releaseplan.ApprovalLapsed); !c.At.Equal(aStart.Add(time.Hour)) {
		t.Errorf("lapsed at %v", c.At)
	}
	before := a.p
	if a.wait(time.Hour).advance(); a.p != before {
		t.Errorf("something else happened: %v", a.last)
	}
}

func TestVoteAtTheDeadlineIsLate(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(1)).at(time.Hour)
	a.refusedAs(aBob, aSane(a.p, releaseplan.Vote, ""), penstock.ErrRefused)
	a.at(time.Hour-time.Microsecond).vote(aBob, approval.Approve).is(releaseplan.Approved)
}

func TestWithdrawClosesTheRequest(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(1)).act(releaseplan.Withdraw).is(releaseplan.Finalized)
	if s := a.p.Status().Request.State(); s != approval.Withdrawn {
		t.Errorf("the request is %s", s)
	}
	a.needs(releaseplan.Command{Action: releaseplan.Execute}, "an approval")
	a.wait(2 * time.Hour).advance().is(releaseplan.Finalized) // it does not lapse any more
}

func TestProviderThatCancelsTakesThePlanBack(t *testing.T) {
	t.Parallel()
	c := aGuarded(1)
	c.Approval.Kind = approval.Lark
	a := aNewAt(t, c, aStart, &releaseplan.Rules{Providers: []approval.Kind{approval.Lark}})
	a.act(releaseplan.Finalize, releaseplan.RequestApproval)
	if steps, _ := a.p.Next(a.now); len(steps) != 1 || steps[0].Kind != releaseplan.StepRequest {
		t.Errorf("steps %+v", steps)
	}
	report := func(instance string, outcome approval.State) {
		t.Helper()
		a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.ReportApproval, Instance: instance, Report: &approval.Answer{Outcome: outcome}})
	}
	report("i1", approval.Pending)
	a.is(releaseplan.AwaitingApproval)
	if steps, _ := a.p.Next(a.now); len(steps) != 1 || steps[0].Kind != releaseplan.StepPoll {
		t.Errorf("steps %+v", steps)
	}
	report("", approval.Canceled)
	a.moves("awaiting_approval → finalized")
	a.act(releaseplan.RequestApproval)
	report("i2", approval.Approved)
	a.moves("awaiting_approval → approved")
}

func TestStartOnApprovalExecutesInTheDecidingCommit(t *testing.T) {
	t.Parallel()
	c := aGuarded(2)
	c.Start.Mode = releaseplan.OnApproval
	a := aAsked(t, c).vote(aBob, approval.Approve).is(releaseplan.AwaitingApproval)
	a.vote(aCleo, approval.Approve).moves("awaiting_approval → approved", "approved → execute_check", "execute_check → running")

	c.Approval = nil
	aNew(t, c).act(releaseplan.Finalize).moves("draft → finalize_check", "finalize_check → finalized", "finalized → execute_check", "execute_check → running")
}

func TestStartOnApprovalWaitsForTheWindow(t *testing.T) {
	t.Parallel()
	c := aGuarded(1)
	c.Start.Mode = releaseplan.OnApproval
	c.Window = aWindow(30*time.Minute, 2*time.Hour)
	opens := aStart.Add(30 * time.Minute)
	for name, late := range map[string]time.Duration{"on time": 0, "late": time.Hour, "after the window": 10 * time.Hour} {
		for _, do := range []releaseplan.Action{releaseplan.Advance, releaseplan.Comment} {
			t.Run(name+" by "+string(do), func(t *testing.T) {
				t.Parallel()
				a := aAsked(t, c).vote(aBob, approval.Approve).is(releaseplan.Approved)
				if _, wake := a.p.Next(a.now); !wake.Equal(opens) {
					t.Errorf("wakes at %v, want %v", wake, opens)
				}
				a.now = opens.Add(late)
				a.doAs(penstock.System(), releaseplan.Command{Action: do, Remark: "x"})
				if got := a.p.Status().Started; !got.Equal(opens) {
					t.Fatalf("started at %v, want %v", got, opens)
				}
				if late > 2*time.Hour {
					a.is(releaseplan.Expired)
				}
			})
		}
	}
}

func TestExecutorWhoVotedIsRefused(t *testing.T) {
	t.Parallel()
	c := aGuarded(1)
	c.Approval.Separation.NotExecutor = true
	a := aAsked(t, c).vote(aBob, approval.Approve)
	bob := penstock.Actor{ID: "bob", Admin: true}
	e := a.refusedAs(bob, releaseplan.Command{Action: releaseplan.Execute}, penstock.ErrRefused)
	if v := aVerdict(t, a.p.Can(bob, a.now), releaseplan.Execute); v.Allowed || v.Refusals[0].Rule != "executor_permitted" {
		t.Errorf("Can says %+v, Do %v", v, e)
	}
	a.act(releaseplan.Execute).is(releaseplan.Running)
}

func TestApprovalIsBoundToTheContent(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(1)).vote(aBob, approval.Approve).act(releaseplan.Execute).on(releaseplan.Complete, "deploy")
	a.refused(aSane(a.p, releaseplan.Edit, "")) // running: no edits
	a.act(releaseplan.Pause)
	a.needs(releaseplan.Command{Action: releaseplan.RequestApproval}, "content that changed since its approval")

	// What is not hashed needs no new approval.
	a.edit(func(c *releaseplan.Content) { c.Description = "more words" })
	a.act(releaseplan.Resume, releaseplan.Pause)

	a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[1].Description = "twice" })
	a.needs(releaseplan.Command{Action: releaseplan.Resume}, "an approval of the content as it is")
	a.act(releaseplan.RequestApproval).vote(aBob, approval.Approve).is(releaseplan.Approved, "deploy done")
	a.act(releaseplan.Execute).is(releaseplan.Running, "deploy done", "check ready")
	a.on(releaseplan.Complete, "check").is(releaseplan.Completed)
}

func TestFailedPlanWhoseContentChangedNeedsAnApproval(t *testing.T) {
	t.Parallel()
	a := aAsked(t, aGuarded(1)).vote(aBob, approval.Approve).act(releaseplan.Execute)
	a.on(releaseplan.Start, "deploy").on(releaseplan.Fail, "deploy").is(releaseplan.Failed)
	a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Description = "with care" })
	a.on(releaseplan.Retry, "deploy").is(releaseplan.Failed, "deploy pending")
	a.act(releaseplan.RequestApproval).vote(aBob, approval.Approve).act(releaseplan.Execute).is(releaseplan.Running, "deploy ready")

	// Content that is as it was approved needs none.
	b := aAsked(t, aGuarded(1)).vote(aBob, approval.Approve).act(releaseplan.Execute)
	b.on(releaseplan.Start, "deploy").on(releaseplan.Fail, "deploy")
	b.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Description = "with care" }).on(releaseplan.Retry, "deploy").is(releaseplan.Failed)
	b.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Description = "" }).is(releaseplan.Running)
}

func TestRequestApprovalNeedsThatNothingRuns(t *testing.T) {
	t.Parallel()
	c := aGuarded(1)
	c.Phases[0].Kind = releaseplan.Parallel
	a := aAsked(t, c).vote(aBob, approval.Approve).act(releaseplan.Execute).on(releaseplan.Start, "deploy").act(releaseplan.Pause)
	a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[1].Description = "twice" })
	a.needs(releaseplan.Command{Action: releaseplan.RequestApproval}, "no task to run")
	a.on(releaseplan.Complete, "deploy").act(releaseplan.RequestApproval)
}
