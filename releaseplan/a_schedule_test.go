package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// aScheduled is to start an hour after aStart.
func aScheduled() releaseplan.Content {
	c := aContent(aPhase(releaseplan.Sequential, "deploy!", "check!"))
	c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: aStart.Add(time.Hour)}
	return c
}

// aMissed returns when the plan's schedule was missed, and how often.
func (a *aLife) aMissed() (at time.Time, n int) {
	for _, c := range a.trail {
		if c.Kind == releaseplan.PlanMissed {
			at, n = c.At, n+1
		}
	}
	return at, n
}

func TestScheduleIsKept(t *testing.T) {
	t.Parallel()
	a := aNew(t, aScheduled()).act(releaseplan.Finalize).is(releaseplan.Finalized)
	if _, wake := a.p.Next(a.now); !wake.Equal(aStart.Add(time.Hour)) {
		t.Errorf("wakes at %v", wake)
	}
	a.at(time.Hour - time.Microsecond).advance().is(releaseplan.Finalized)
	a.at(3*time.Hour).on(releaseplan.Complete, "deploy").is(releaseplan.Running) // it was running since
	if s := a.p.Status(); !s.Started.Equal(aStart.Add(time.Hour)) {
		t.Errorf("started at %v", s.Started)
	}

	c := aScheduled()
	c.Approval = aPolicy(1)
	b := aNew(t, c).act(releaseplan.Finalize, releaseplan.RequestApproval).vote(aBob, approval.Approve).is(releaseplan.Approved)
	b.at(time.Hour).advance().is(releaseplan.Running)
	if _, n := b.aMissed(); n != 0 {
		t.Errorf("missed %d times", n)
	}
}

func TestScheduleIsMissedInEveryOtherState(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			c := aFull()
			c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: aStart.Add(time.Hour)}
			a := aTo(aNew(t, c), s)
			at, n := a.at(2 * time.Hour).advance().aMissed()
			switch s {
			case releaseplan.Approved:
				a.is(releaseplan.ExecuteCheck)
			case releaseplan.Draft, releaseplan.FinalizeCheck, releaseplan.FinalizeCheckFailed, releaseplan.Finalized, releaseplan.AwaitingApproval, releaseplan.Denied:
				if n != 1 || !at.Equal(aStart.Add(time.Hour)) {
					t.Errorf("missed %d times, at %v", n, at)
				}
				if _, n = a.wait(time.Hour).advance().aMissed(); n != 1 {
					t.Error("missed once more")
				}
				return
			}
			if n != 0 { // executed by hand before, or at its end
				t.Errorf("missed %d times", n)
			}
		})
	}
}

func TestScheduleThatIsPastWasMissed(t *testing.T) {
	t.Parallel()
	a := aNewAt(t, aScheduled(), aStart.Add(2*time.Hour), nil)
	if at, n := a.aMissed(); n != 1 || !at.Equal(a.now) {
		t.Errorf("missed %d times, at %v", n, at)
	}
	a.act(releaseplan.Execute).is(releaseplan.Running) // by hand it can still be executed

	// Another time is another chance.
	b := aNewAt(t, aScheduled(), aStart.Add(2*time.Hour), nil)
	b.edit(func(c *releaseplan.Content) { c.Start.At = aStart.Add(4 * time.Hour) }).act(releaseplan.Finalize)
	b.at(4 * time.Hour).advance().is(releaseplan.Running)
}

func TestExecuteByHandKeepsTheSchedule(t *testing.T) {
	t.Parallel()
	a := aNew(t, aScheduled()).act(releaseplan.Execute).on(releaseplan.Complete, "deploy", "check").is(releaseplan.Completed)
	if _, n := a.at(2 * time.Hour).advance().aMissed(); n != 0 {
		t.Error("missed")
	}
}

func TestReopenedPlanKeepsAScheduleThatIsStillToCome(t *testing.T) {
	t.Parallel()
	a := aNew(t, aScheduled()).act(releaseplan.Execute, releaseplan.Reopen, releaseplan.Finalize)
	a.at(time.Hour).advance().is(releaseplan.Running)

	b := aNew(t, aScheduled()).act(releaseplan.Execute, releaseplan.Reopen).at(time.Hour).advance().is(releaseplan.Draft)
	if _, n := b.aMissed(); n != 1 {
		t.Errorf("missed %d times", n)
	}
	b.act(releaseplan.Execute, releaseplan.Reopen).wait(time.Hour).advance()
	if _, n := b.aMissed(); n != 1 {
		t.Errorf("missed %d times", n)
	}
}

func TestArchivedPlanKeepsItsScheduleForLater(t *testing.T) {
	t.Parallel()
	a := aNew(t, aScheduled()).act(releaseplan.Finalize, releaseplan.Archive)
	steps, wake := a.p.Next(a.at(5 * time.Hour).now)
	if steps != nil || !wake.IsZero() || a.p.At(a.now) != a.p {
		t.Errorf("time does something to it: %v, %v", steps, wake)
	}
	a.advance().is(releaseplan.Finalized)
	a.act(releaseplan.Unarchive).is(releaseplan.Running)
}

func TestWindowIsInclusive(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy!", "check!"))
	c.Window = aWindow(time.Hour, 2*time.Hour)
	execute := releaseplan.Command{Action: releaseplan.Execute}
	a := aNew(t, c)
	e := a.needs(execute, "an open window")
	if !e.Earliest.Equal(aStart.Add(time.Hour)) {
		t.Errorf("earliest %v", e.Earliest)
	}
	if v := aVerdict(t, a.p.Can(aAnn, a.now), releaseplan.Execute); v.Allowed || !v.Refusals[0].Earliest.Equal(e.Earliest) {
		t.Errorf("Can says %+v", v)
	}
	a.at(time.Hour - time.Microsecond).refused(execute)
	a.at(time.Hour).do(execute).is(releaseplan.Running)
	a.at(2*time.Hour).on(releaseplan.Start, "deploy").is(releaseplan.Running)

	b := aNew(t, c).at(2 * time.Hour).do(execute).is(releaseplan.Running)
	b.wait(time.Microsecond).refused(aSane(b.p, releaseplan.Start, "deploy"))
	b.advance().is(releaseplan.Expired)

	d := aNew(t, c).at(2*time.Hour + time.Microsecond)
	if e := d.needs(execute, "an open window"); !e.Earliest.IsZero() {
		t.Errorf("it opens again at %v", e.Earliest)
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	c := aFull()
	over := aStart.Add(10*time.Hour + time.Microsecond)
	for _, s := range []releaseplan.State{releaseplan.ExecuteCheck, releaseplan.ExecuteCheckFailed, releaseplan.Running, releaseplan.Paused, releaseplan.Failed} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			a := aTo(aNew(t, c), s)
			if _, wake := a.p.Next(a.now); !wake.Equal(over) {
				t.Errorf("wakes at %v", wake)
			}
			a.now = over.Add(-time.Microsecond)
			a.advance().is(s)
			a.now = over.Add(time.Hour)
			if p := a.p.At(a.now); p.State() != releaseplan.Expired {
				t.Errorf("At shows %s", p.State())
			}
			a.advance().moves(string(s) + " → expired")
			if !a.last[0].At.Equal(over) || a.last[0].By.ID != penstock.SystemID {
				t.Errorf("at %v by %s", a.last[0].At, a.last[0].By.ID)
			}
		})
	}
	for _, s := range []releaseplan.State{releaseplan.Draft, releaseplan.FinalizeCheck, releaseplan.Finalized, releaseplan.AwaitingApproval,
		releaseplan.Approved, releaseplan.Denied, releaseplan.CompleteCheck, releaseplan.CompleteCheckFailed, releaseplan.Canceling, releaseplan.Completed, releaseplan.Canceled} {
		t.Run("not "+string(s), func(t *testing.T) {
			t.Parallel()
			a := aTo(aNew(t, c), s)
			a.now = over.Add(time.Hour)
			a.advance().is(s)
		})
	}
}

func TestWhatRunsWhenThePlanExpiresEndsAndIsRecorded(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b", "c", "d!"))
	c.Phases[0].Tasks[1].Retry.Max = 3
	c.Window = aWindow(0, time.Hour)
	a := aNew(t, c).act(releaseplan.Execute).lease("a").lease("b").lease("c").at(2 * time.Hour).advance()
	a.is(releaseplan.Expired, "a running", "b running", "c running", "d pending")
	if steps, wake := a.p.Next(a.now); len(steps) != 0 || !wake.IsZero() {
		t.Errorf("steps %v, wake %v", steps, wake)
	}
	a.on(releaseplan.Complete, "a").on(releaseplan.Fail, "b").is(releaseplan.Expired, "a done", "b failed")
	a.needs(releaseplan.Command{Action: releaseplan.Reopen}, "no task to run")
	a.on(releaseplan.Abort, "c").is(releaseplan.Expired, "c canceling").on(releaseplan.Fail, "c").is(releaseplan.Expired, "c failed")
	a.refused(aSane(a.p, releaseplan.Start, "d"))
	a.act(releaseplan.Reopen).is(releaseplan.Draft, "a done", "b pending", "d pending")
}

func TestCompletedInTheSameInstantWins(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Parallel, "a", "b"))
	c.Window = aWindow(0, time.Hour)
	end := time.Hour + time.Microsecond
	a := aNew(t, c).act(releaseplan.Execute).lease("a").lease("b").on(releaseplan.Complete, "a")
	a.at(end).on(releaseplan.Complete, "b").is(releaseplan.Completed)

	b := aNew(t, c).act(releaseplan.Execute).lease("a").lease("b").on(releaseplan.Complete, "a")
	b.at(end).on(releaseplan.Fail, "b").moves("running → failed", "failed → expired")

	// One tick later the window was first.
	d := aNew(t, c).act(releaseplan.Execute).lease("a").lease("b").on(releaseplan.Complete, "a")
	d.at(end+time.Microsecond).on(releaseplan.Complete, "b").is(releaseplan.Expired, "b done")
}

func TestOutcomesOfTheSameInstantComeBeforeTheEndOfTheWindow(t *testing.T) {
	t.Parallel()
	end := time.Hour + time.Microsecond
	content := func(names ...string) releaseplan.Content {
		c := aContent(aPhase(releaseplan.Parallel, names...))
		for i := range c.Phases[0].Tasks {
			if c.Phases[0].Tasks[i].Name[0] == 'w' {
				c.Phases[0].Tasks[i].Kind = releaseplan.Wait
				c.Phases[0].Tasks[i].Spec = []byte(`{"until":"` + aStart.Add(end).Format(time.RFC3339Nano) + `"}`)
			}
		}
		c.Window = aWindow(0, time.Hour)
		return c
	}
	for _, late := range []time.Duration{0, time.Hour} {
		a := aNew(t, content("w1", "w2")).act(releaseplan.Execute).is(releaseplan.Running, "w1 running", "w2 running")
		a.at(end + late).advance().is(releaseplan.Completed)
		if !a.p.Status().Ended.Equal(aStart.Add(end)) {
			t.Errorf("ended at %v", a.p.Status().Ended)
		}
	}
	b := aNew(t, content("w1", "deploy")).act(releaseplan.Execute).lease("deploy")
	b.at(end).on(releaseplan.Complete, "deploy").is(releaseplan.Completed)
}

func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "deploy!"))).at(time.Hour).act(releaseplan.Execute)
	a.at(0).on(releaseplan.Complete, "deploy")
	for _, c := range a.last {
		if !c.At.Equal(aStart.Add(time.Hour)) {
			t.Errorf("%s at %v", c.Kind, c.At)
		}
	}
}

func TestInstantsAreCutToMicroseconds(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Sequential, "deploy!")))
	a.now = aStart.Add(time.Hour + 1999*time.Nanosecond).In(time.FixedZone("", 7200))
	a.act(releaseplan.Execute)
	if got, want := a.last[0].At, aStart.Add(time.Hour+time.Microsecond); got != want {
		t.Errorf("at %v, want %v", got, want)
	}
}
