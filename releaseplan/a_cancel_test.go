package releaseplan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestCancelFromEveryStateThatIsNotFinal(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		if s.Final() || s == releaseplan.Canceling {
			continue
		}
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			a := aTo(aNew(t, aFull()), s).wait(time.Minute).act(releaseplan.Cancel)
			a.moves(string(s)+" → canceling", "canceling → canceled")
			for _, task := range a.p.Tasks() {
				if !slices.Contains([]releaseplan.TaskState{releaseplan.TaskCanceled, releaseplan.TaskDone, releaseplan.TaskFailed}, task.State) {
					t.Errorf("%s is %s", task.Name, task.State)
				}
			}
			st := a.p.Status()
			if !st.Ended.Equal(a.now) {
				t.Errorf("ended at %v", st.Ended)
			}
			if st.Request != nil && st.Request.State() == approval.Pending {
				t.Error("the request is still open")
			}
			if steps, wake := a.p.Next(a.now); steps != nil || !wake.IsZero() {
				t.Errorf("steps %v, wake %v", steps, wake)
			}
		})
	}
}

func TestCanceledPlanWaitsForWhatRunsUnderALease(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "leased", "aborted", "unleased", "manual!", "todo!", "done!", "skipped!", "wait"))
	c.Phases[0].Tasks[7].Kind, c.Phases[0].Tasks[7].Spec = releaseplan.Wait, []byte(`{"for":"PT1H"}`)
	c.Phases[0].Tasks[0].Timeout = aMinutes(5)
	c.Phases[0].Tasks[0].Retry.Max = 5
	c.Window = aWindow(0, time.Hour)
	a := aNew(t, c).act(releaseplan.Execute).lease("leased").lease("aborted").on(releaseplan.Start, "unleased", "manual")
	a.on(releaseplan.Complete, "done").on(releaseplan.Skip, "skipped").on(releaseplan.Abort, "aborted")
	a.act(releaseplan.Cancel).is(releaseplan.Canceling, "leased canceling", "aborted canceling", "unleased canceled", "manual canceled",
		"todo canceled", "done done", "skipped skipped", "wait canceled")
	steps, wake := a.p.Next(a.now)
	if len(steps) != 2 || steps[0].Kind != releaseplan.StepStop || steps[0].Attempt != a.attempt("leased") || steps[0].Lease != "runner-1" || !wake.IsZero() {
		t.Errorf("steps %+v, wake %v", steps, wake)
	}
	a.refused(releaseplan.Command{Action: releaseplan.Cancel})
	a.refused(releaseplan.Command{Action: releaseplan.Reopen})
	a.at(3*time.Hour).advance().is(releaseplan.Canceling, "leased canceling") // no timeout, no expiry

	system := penstock.System()
	a.doAs(system, releaseplan.Command{Action: releaseplan.Fail, Task: "leased", Attempt: a.attempt("leased"), Remark: "killed"})
	a.is(releaseplan.Canceling, "leased canceled")
	a.doAs(system, releaseplan.Command{Action: releaseplan.Interrupt, Task: "aborted", Attempt: a.attempt("aborted")})
	a.moves("canceling → canceled").is(releaseplan.Canceled, "aborted canceled")
	if attempt := a.task("leased").Status.Attempts[0]; attempt.Result != releaseplan.TaskFailed || attempt.Error != "killed" {
		t.Errorf("the attempt's outcome is %+v", attempt)
	}
}

func TestCanceledTaskThatCompletesIsCanceled(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "deploy"))).act(releaseplan.Execute).lease("deploy").act(releaseplan.Cancel)
	a.on(releaseplan.Complete, "deploy").is(releaseplan.Canceled, "deploy canceled")
	if n := a.p.TaskCount(); n.Done != 0 || n.Canceled != 1 {
		t.Errorf("counts %+v", n)
	}
}

func TestArchiveAndDeleteNeedThatNothingRuns(t *testing.T) {
	t.Parallel()
	for _, do := range []releaseplan.Action{releaseplan.Archive, releaseplan.Delete} {
		c := releaseplan.Command{Action: do}
		a := aNew(t, aContent(aPhase(releaseplan.Parallel, "deploy"))).act(releaseplan.Execute).lease("deploy")
		a.needs(c, "no task to run")
		a.on(releaseplan.Complete, "deploy").do(c)

		guarded := aAsked(t, aGuarded(1))
		guarded.needs(c, "no open request for approval")
		guarded.vote(aBob, approval.Approve).do(c)
	}
}

func TestArchiveAndUnarchive(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "a", "b"))
	c.Window = aWindow(0, time.Hour)
	a := aNew(t, c).act(releaseplan.Execute)
	a.needs(releaseplan.Command{Action: releaseplan.Unarchive}, "to be archived")
	a.act(releaseplan.Archive).is(releaseplan.Running)
	if got := a.p.Status().Archived; !got.Equal(a.now) {
		t.Errorf("archived at %v", got)
	}
	a.needs(releaseplan.Command{Action: releaseplan.Archive}, "the plan to be unarchived first")
	if steps, wake := a.p.Next(a.now); steps != nil || !wake.IsZero() {
		t.Errorf("steps %v, wake %v", steps, wake)
	}
	before := a.p
	if a.at(5 * time.Hour).advance(); a.p != before || a.p.At(a.now) != before {
		t.Errorf("time did something: %v", a.last)
	}
	a.do(releaseplan.Command{Action: releaseplan.Comment, Remark: "kept for the audit"}).is(releaseplan.Running)
	a.act(releaseplan.Unarchive).is(releaseplan.Expired) // the window ended meanwhile
	if a.p.Archived() {
		t.Error("still archived")
	}
}

func TestDeletedPlanEndsItsTrail(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "a"))).act(releaseplan.Delete)
	if len(a.last) != 1 || a.last[0].Kind != releaseplan.PlanDeleted {
		t.Errorf("changes %v", a.last)
	}
}

func TestPlanWithMilestonesFinishesWhenItsOwnerAsks(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy!"))
	c.Milestones = []releaseplan.Milestone{{Name: "10 %"}}
	finish := releaseplan.Command{Action: releaseplan.Finish}
	a := aNew(t, c).act(releaseplan.Execute).on(releaseplan.Complete, "deploy").is(releaseplan.Running)
	a.refusedAs(aEve, finish, penstock.ErrForbidden)
	a.do(finish).moves("running → complete_check", "complete_check → completed")

	// Asked for before all is done, and while it is paused.
	b := aNew(t, c).act(releaseplan.Execute, releaseplan.Pause).do(finish).is(releaseplan.Paused)
	b.needs(finish, "not to have been asked for before")
	b.act(releaseplan.Resume).is(releaseplan.Running).on(releaseplan.Complete, "deploy").is(releaseplan.Completed)

	// Reopened, it is to be asked again.
	d := aNew(t, c).act(releaseplan.Execute).do(finish).act(releaseplan.Reopen, releaseplan.Execute).on(releaseplan.Complete, "deploy").is(releaseplan.Running)
	d.do(finish).is(releaseplan.Completed)

	plain := aNew(t, aContent(aPhase(releaseplan.Sequential, "deploy!"))).act(releaseplan.Execute)
	plain.needs(finish, "milestones (a plan without them finishes by itself)")
}

func TestPlanWithMilestonesDoesNotExpireOnceItsTasksAreSettled(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy!"))
	c.Milestones = []releaseplan.Milestone{{Name: "10 %"}}
	c.Window = aWindow(0, time.Hour)
	a := aNew(t, c).act(releaseplan.Execute).on(releaseplan.Complete, "deploy").at(5 * time.Hour).advance().is(releaseplan.Running)
	a.act(releaseplan.Finish).is(releaseplan.Completed)
}
