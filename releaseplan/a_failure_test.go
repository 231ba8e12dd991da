package releaseplan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func aFail(task string) releaseplan.Command {
	return releaseplan.Command{Action: releaseplan.Fail, Task: task, Remark: "exit 1"}
}

func TestFailureInASequentialPhaseStopsTheRest(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "a", "b!"), aPhase(releaseplan.Sequential, "c!"))).act(releaseplan.Execute)
	a.lease("a").do(aFail("a")).moves("running → failed").is(releaseplan.Failed, "a failed", "b pending", "c pending")
	if s := a.task("a").Status; s.Remark != "exit 1" || s.Attempts[0].Error != "exit 1" || s.Attempts[0].Result != releaseplan.TaskFailed || s.ExecutedBy.ID != "ann" {
		t.Errorf("status %+v", s)
	}
	a.needs(aSane(a.p, releaseplan.Complete, "b"), "a running plan")
	if steps, _ := a.p.Next(a.now); steps != nil {
		t.Errorf("steps %v", steps)
	}
}

func TestFailureInAParallelPhaseLetsSiblingsGoOn(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b", "c!", "d"), aPhase(releaseplan.Parallel, "e"))
	c.Phases[0].Tasks[3].Needs = []string{"a"}
	a := aNew(t, c).act(releaseplan.Execute).lease("a").lease("b").do(aFail("a"))
	a.is(releaseplan.Running, "a failed", "b running", "c ready", "d waiting", "e waiting")
	a.on(releaseplan.Complete, "b").is(releaseplan.Running).on(releaseplan.Complete, "c").moves("running → failed") // d never can
	if s := a.p.PhaseState(0); s != releaseplan.PhaseFailed {
		t.Errorf("the phase is %s", s)
	}
	a.on(releaseplan.Skip, "a").moves("failed → running").is(releaseplan.Running, "d ready") // recovered
	a.lease("d").on(releaseplan.Complete, "d").is(releaseplan.Running, "e ready")
}

func TestFailureInAFreePhaseLetsSiblingsGoOn(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Free, "a", "b", "c"))).act(releaseplan.Execute)
	if steps, _ := a.p.Next(a.now); steps != nil {
		t.Errorf("in a free phase nothing starts by itself: %v", steps)
	}
	a.on(releaseplan.Start, "c").do(aFail("c")).is(releaseplan.Running, "a ready", "b ready")
	a.on(releaseplan.Start, "b", "a").on(releaseplan.Complete, "a").is(releaseplan.Running).on(releaseplan.Complete, "b").is(releaseplan.Failed)
}

func TestPlanFailsWhenOnlyHeldTasksAreLeft(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a", "b!"))).act(releaseplan.Execute).on(releaseplan.Hold, "b")
	a.is(releaseplan.Running).lease("a").do(aFail("a")).is(releaseplan.Failed)
	a.on(releaseplan.Release, "b").is(releaseplan.Failed).on(releaseplan.Retry, "a").is(releaseplan.Running, "a ready", "b ready")
}

func TestFailedPlanRecoversAfterItsLastFailedTask(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a", "b", "c"))).act(releaseplan.Execute).lease("a").lease("b").lease("c")
	a.do(aFail("a")).do(aFail("b")).on(releaseplan.Complete, "c").is(releaseplan.Failed)
	a.on(releaseplan.Retry, "a").is(releaseplan.Failed, "a pending")
	a.on(releaseplan.Skip, "b").moves("failed → running").is(releaseplan.Running, "a ready", "b skipped")
	a.lease("a").on(releaseplan.Complete, "a").is(releaseplan.Completed)
	if n := a.p.TaskCount(); n.Done != 2 || n.Skipped != 1 || n.Failed != 0 {
		t.Errorf("counts %+v", n)
	}
}

func TestSkipOfTheLastTaskFinishesAFailedPlan(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "a"))).act(releaseplan.Execute).lease("a").do(aFail("a"))
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.Skip, Task: "a"}, penstock.ErrInvalid) // without a remark
	a.on(releaseplan.Skip, "a").moves("failed → running", "running → complete_check", "complete_check → completed")
}

func TestRetryPolicy(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "a", "b!"))
	c.Phases[0].Tasks[0].Retry = releaseplan.RetryPolicy{Max: 2, Delay: aMinutes(10), Backoff: 3}
	a := aNew(t, c).act(releaseplan.Execute).lease("a").do(aFail("a"))
	a.is(releaseplan.Running, "a waiting") // todo again in the same commit
	if got := a.task("a").Status; got.Failures != 1 || !got.NotBefore.Equal(a.now.Add(10*time.Minute)) {
		t.Errorf("status %+v", got)
	}
	if steps, wake := a.p.Next(a.now); steps != nil || !wake.Equal(a.now.Add(10*time.Minute)) {
		t.Errorf("steps %v, wake %v", steps, wake)
	}
	e := a.needs(aSane(a.p, releaseplan.Start, "a"), "the end of its delay")
	if !e.Earliest.Equal(a.now.Add(10 * time.Minute)) {
		t.Errorf("earliest %v", e.Earliest)
	}
	a.wait(10*time.Minute).lease("a").do(aFail("a")).is(releaseplan.Running, "a waiting")
	if got := a.task("a").Status.NotBefore; !got.Equal(a.now.Add(30 * time.Minute)) {
		t.Errorf("the second delay ends at %v", got)
	}
	a.wait(30*time.Minute).advance().is(releaseplan.Running, "a ready")
	a.lease("a").do(aFail("a")).is(releaseplan.Failed, "a failed") // none left

	// A person's retry begins the policy anew.
	a.on(releaseplan.Retry, "a").is(releaseplan.Running, "a ready").lease("a").do(aFail("a")).is(releaseplan.Running, "a waiting")
	if n := a.task("a").Status.Count; n != 4 {
		t.Errorf("attempt %d", n)
	}
}

func TestRetryWithoutDelayIsReadyAtOnce(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a"))
	c.Phases[0].Tasks[0].Retry.Max = 1
	a := aNew(t, c).act(releaseplan.Execute).lease("a").do(aFail("a")).is(releaseplan.Running, "a ready")
	a.lease("a").act(releaseplan.Pause).do(aFail("a")).is(releaseplan.Paused, "a failed")
	a.act(releaseplan.Resume).moves("paused → running", "running → failed")
}

func TestDisabledTaskIsNotPutOff(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b!"))
	c.Phases[0].Tasks[0].Retry = releaseplan.RetryPolicy{Max: 1, Delay: aMinutes(10)}
	a := aNew(t, c).act(releaseplan.Execute).lease("a").do(aFail("a")).act(releaseplan.Pause)
	a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Disabled = true })
	if _, wake := a.p.Next(a.now); !wake.IsZero() {
		t.Errorf("wakes at %v for a task that is disabled", wake)
	}
	a.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Disabled = false }).act(releaseplan.Resume).is(releaseplan.Running, "a ready")
}

func TestTimeoutOfATask(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "leased", "unleased"))
	c.Phases[0].Tasks[0].Timeout, c.Phases[0].Tasks[1].Timeout = aMinutes(5), aMinutes(5)
	c.Phases[0].Tasks[1].Retry.Max = 1
	a := aNew(t, c).act(releaseplan.Execute).lease("leased")
	if _, wake := a.p.Next(a.now); !wake.Equal(aStart.Add(5 * time.Minute)) {
		t.Errorf("wakes at %v", wake)
	}
	a.at(5*time.Minute-time.Microsecond).advance().is(releaseplan.Running, "leased running")
	a.at(time.Hour).advance().is(releaseplan.Running, "leased canceling")
	if s := a.task("leased").Status; s.Stopping != releaseplan.StopTimeout || !a.last[0].At.Equal(aStart.Add(5*time.Minute)) {
		t.Errorf("status %+v", s)
	}
	if steps, _ := a.p.Next(a.now); len(steps) != 1 || steps[0].Kind != releaseplan.StepStop {
		t.Errorf("steps %+v", steps)
	}
	a.do(aFail("leased")).is(releaseplan.Failed, "leased failed")

	// Nobody has to tell that an attempt without a lease has stopped.
	a.on(releaseplan.Skip, "leased").on(releaseplan.Start, "unleased").wait(5*time.Minute).advance().is(releaseplan.Running, "unleased ready")
	a.on(releaseplan.Start, "unleased").wait(5*time.Minute).advance().is(releaseplan.Failed, "unleased failed")
	if got := a.task("unleased").Status.Attempts[1]; got.Result != releaseplan.TaskFailed || got.Error != "timeout" {
		t.Errorf("attempt %+v", got)
	}
}

func TestOutcomeAtTheDeadlineWins(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "a"))
	c.Phases[0].Tasks[0].Timeout = aMinutes(5)
	a := aNew(t, c).act(releaseplan.Execute).lease("a").at(5 * time.Minute)
	verdicts, err := a.p.CanTask(a.task("a").ID, aAnn, a.now)
	if err != nil || !aVerdict(t, verdicts, releaseplan.Complete).Allowed {
		t.Errorf("Can says no: %v", err)
	}
	a.on(releaseplan.Complete, "a").is(releaseplan.Completed)
}

func TestAbort(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "leased", "manual!"))
	c.Phases[0].Tasks[0].Retry.Max, c.Phases[0].Tasks[1].Retry.Max = 3, 3
	a := aNew(t, c).act(releaseplan.Execute).lease("leased").on(releaseplan.Start, "manual")
	a.on(releaseplan.Abort, "leased", "manual").is(releaseplan.Running, "leased canceling", "manual failed") // not repeated
	a.refused(aSane(a.p, releaseplan.Abort, "leased"))
	a.on(releaseplan.Complete, "leased").is(releaseplan.Failed, "leased failed") // what was aborted never counts as done
	a.on(releaseplan.Retry, "leased").is(releaseplan.Failed, "leased pending").on(releaseplan.Retry, "manual").is(releaseplan.Running, "leased ready")
	if s := a.task("leased").Status; s.Stopping != "" || s.Count != 1 {
		t.Errorf("status %+v", s)
	}
}

func TestCrashPolicy(t *testing.T) {
	t.Parallel()
	interrupt := func(a *aLife, task string) *aLife {
		return a.doAs(penstock.System(), releaseplan.Command{Action: releaseplan.Interrupt, Task: task, Attempt: a.attempt(task), Remark: "gone"})
	}
	c := aContent(aPhase(releaseplan.Parallel, "fail", "repeat", "policy"))
	c.Phases[0].Tasks[0].Crash = releaseplan.FailOnCrash
	c.Phases[0].Tasks[1].Crash = releaseplan.RepeatOnCrash
	c.Phases[0].Tasks[2].Retry.Max = 5
	a := aNew(t, c).act(releaseplan.Execute).lease("fail").lease("repeat").lease("policy")
	interrupt(a, "fail").is(releaseplan.Running, "fail failed")
	if got, want := a.task("fail").Status.ExecutedBy, (penstock.Party{ID: penstock.SystemID}); got != want {
		t.Errorf("executed by %+v", got)
	}
	for range 3 { // a crash is no failure of the task: it uses up no retry
		interrupt(a, "repeat").is(releaseplan.Running, "repeat ready").lease("repeat")
	}
	if s := a.task("repeat").Status; s.Failures != 0 || s.Count != 4 || s.Attempts[0].Error != "gone" {
		t.Errorf("status %+v", s)
	}
	interrupt(a, "policy").is(releaseplan.Running, "policy failed") // a person looks first
	a.refusedAs(penstock.System(), releaseplan.Command{Action: releaseplan.Interrupt, Task: "fail"}, penstock.ErrRefused)

	// Told to stop, it is not repeated.
	a.on(releaseplan.Abort, "repeat")
	interrupt(a, "repeat").is(releaseplan.Failed, "repeat failed")
}

func TestLateOutcomeIsRecordedOnceAndChangesNothing(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b!"))
	c.Phases[0].Tasks[0].Timeout = aMinutes(5)
	for _, do := range []releaseplan.Action{releaseplan.Complete, releaseplan.Fail} {
		a := aNew(t, c).act(releaseplan.Execute).on(releaseplan.Start, "a")
		first := a.attempt("a")
		late := releaseplan.Command{Action: do, Task: "a", Attempt: first}
		a.wait(5*time.Minute).advance().is(releaseplan.Running, "a failed")
		a.do(late).is(releaseplan.Running, "a failed")
		if len(a.last) != 1 || a.last[0].Kind != releaseplan.TaskLate || !a.task("a").Status.Attempts[0].Late {
			t.Errorf("changes %v", a.last)
		}
		if a.do(late); len(a.last) != 0 {
			t.Errorf("recorded twice: %v", a.last)
		}
		a.on(releaseplan.Retry, "a").lease("a").do(late).is(releaseplan.Running, "a running")
		a.do(releaseplan.Command{Action: releaseplan.Complete, Task: "a", Attempt: a.attempt("a")}).is(releaseplan.Running, "a done")
		a.on(releaseplan.Complete, "b").is(releaseplan.Completed).do(late) // nobody waits, nobody minds
	}
}

func TestOutcomeOfAForeignAttemptIsInvalid(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a", "b"))).act(releaseplan.Execute).lease("a").lease("b")
	for _, attempt := range []string{"nonsense", a.attempt("b")} {
		a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.Complete, Task: "a", Attempt: attempt}, penstock.ErrInvalid)
	}
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.Complete, Task: "11111111-2222-4333-8444-555555555555"}, penstock.ErrNotFound)
}

func TestEveryStartMakesAnAttempt(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "a"))).act(releaseplan.Execute)
	var ids []string
	for n := 1; n <= 20; n++ {
		a.lease("a")
		s := a.task("a").Status
		last := s.Attempts[len(s.Attempts)-1]
		if last.N != n || s.Count != n || slices.Contains(ids, last.ID) || len(s.Attempts) > 16 {
			t.Fatalf("attempt %+v of %d, %d kept", last, s.Count, len(s.Attempts))
		}
		ids = append(ids, last.ID)
		a.do(aFail("a")).on(releaseplan.Retry, "a")
	}
	// The first is not shown any more, but it is known.
	a.do(releaseplan.Command{Action: releaseplan.Complete, Task: "a", Attempt: ids[0]}).is(releaseplan.Running, "a ready")
}
