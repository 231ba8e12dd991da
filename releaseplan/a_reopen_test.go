package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestReopenFromEveryStateButDraftCancelingAndTheFinalOnes(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			a := aTo(aNew(t, aFull()), s)
			if s.Final() || s == releaseplan.Draft || s == releaseplan.Canceling {
				a.refused(releaseplan.Command{Action: releaseplan.Reopen})
				return
			}
			request := a.p.Status().Request
			a.do(releaseplan.Command{Action: releaseplan.Reopen, Remark: "wrong version"}).moves(string(s) + " → draft")
			st := a.p.Status()
			if st.Request != nil || st.Gate != nil || st.Effective != nil || !st.Started.IsZero() || !st.Ended.IsZero() {
				t.Errorf("votes, gates and times are to be void: %+v", st)
			}
			c := a.happened(releaseplan.PlanMoved)
			if c.Remark != "wrong version" {
				t.Errorf("remark %q", c.Remark)
			}
			if request != nil && request.State() == approval.Pending && (c.Request == nil || c.Request.State() != approval.Canceled) {
				t.Errorf("the open request was not canceled: %+v", c.Request)
			}
			a.act(releaseplan.Finalize).is(releaseplan.FinalizeCheck) // and the whole way again
		})
	}
}

func TestReopenNeedsThatNothingRuns(t *testing.T) {
	t.Parallel()
	reopen := releaseplan.Command{Action: releaseplan.Reopen}
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a", "b"))).act(releaseplan.Execute).lease("a")
	a.needs(reopen, "no task to run")
	a.on(releaseplan.Abort, "a").needs(reopen, "no task to run") // canceling still runs
	a.on(releaseplan.Fail, "a").do(reopen).is(releaseplan.Draft)
}

// aReopened has a task of each result, reopened.
func aReopened(t *testing.T) *aLife {
	t.Helper()
	c := aContent(aPhase(releaseplan.Parallel, "done!", "skipped!", "failed!", "todo!", "after!"))
	c.Phases[0].Tasks[4].Needs = []string{"done", "skipped"}
	a := aNew(t, c).act(releaseplan.Execute).on(releaseplan.Skip, "skipped").on(releaseplan.Complete, "done", "after")
	return a.on(releaseplan.Start, "failed").on(releaseplan.Fail, "failed").act(releaseplan.Reopen)
}

func (a *aLife) lastStatus(want map[string]releaseplan.TaskState) {
	a.Helper()
	for name, state := range want {
		if got := a.task(name).Status.LastStatus; got != state {
			a.Errorf("%s was %q before the reopen, want %q", name, got, state)
		}
	}
}

func TestReopenKeepsWhatIsDone(t *testing.T) {
	t.Parallel()
	a := aReopened(t).is(releaseplan.Draft, "done done", "skipped pending", "failed pending", "todo pending", "after done")
	last := map[string]releaseplan.TaskState{"done": releaseplan.TaskDone, "skipped": releaseplan.TaskSkipped, "failed": releaseplan.TaskFailed, "todo": "", "after": releaseplan.TaskDone}
	a.lastStatus(last)
	if s := a.task("failed").Status; s.Count != 1 || len(s.Attempts) != 1 || s.Remark != "" || !s.Ended.IsZero() {
		t.Errorf("attempts are to be kept, results not: %+v", s)
	}

	// Reopened once more before anything ran, the results are still known.
	a.act(releaseplan.Finalize, releaseplan.Reopen).lastStatus(last)
	a.act(releaseplan.Execute).is(releaseplan.Running, "done done", "skipped ready", "failed ready", "after done")
	a.on(releaseplan.Complete, "skipped", "failed", "todo").is(releaseplan.Completed)
	if n := a.task("failed").Status.Count; n != 2 {
		t.Errorf("attempt %d, want 2", n)
	}
}

func TestDoneTaskIsDoneAgainIfItsContentChanges(t *testing.T) {
	t.Parallel()
	a := aReopened(t).edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[4].Description = "anew" })
	a.is(releaseplan.Draft, "done done", "after pending")
	if s := a.task("after").Status; !s.Updated || s.LastStatus != releaseplan.TaskDone {
		t.Errorf("status %+v", s)
	}
	if s := a.task("done").Status; s.Updated {
		t.Error("done was not changed")
	}
	a.act(releaseplan.Execute).is(releaseplan.Running, "after waiting")
}

func TestDoneTaskIsDoneAgainIfWhatItNeedsChanges(t *testing.T) {
	t.Parallel()
	a := aReopened(t).edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Description = "anew" })
	a.is(releaseplan.Draft, "done pending", "after pending")
	a.act(releaseplan.Execute).is(releaseplan.Running, "done ready", "after waiting")

	// One step further on, and in a sequential phase what comes before.
	b := aNew(t, aContent(aPhase(releaseplan.Sequential, "a!", "b!", "c!", "d!"))).act(releaseplan.Execute).on(releaseplan.Complete, "a", "b", "c").act(releaseplan.Reopen)
	b.edit(func(c *releaseplan.Content) { c.Phases[0].Tasks[1].Spec = []byte(`{"x":1}`) }).is(releaseplan.Draft, "a done", "b pending", "c pending")
	b.edit(func(c *releaseplan.Content) {
		c.Phases[0].Tasks = append(aTasks("first!"), c.Phases[0].Tasks...)
	}).is(releaseplan.Draft, "a pending")
}

func TestDoneTaskStaysDoneIfNothingOfItChanges(t *testing.T) {
	t.Parallel()
	a := aReopened(t).edit(func(c *releaseplan.Content) {
		c.Phases[0].Tasks[0].Owner = penstock.UserParty("zoe") // not hashed
		c.Phases[0].Tasks[3].Description = "anew"
		c.Phases = append(c.Phases, aPhase(releaseplan.Sequential, "last!"))
	})
	a.is(releaseplan.Draft, "done done", "after done", "last pending")
}

func TestEditOfAPausedPlanComesBehindTheLastSettledTask(t *testing.T) {
	t.Parallel()
	a := aNew(t, aContent(aPhase(releaseplan.Parallel, "a!"), aPhase(releaseplan.Parallel, "b", "c"))).act(releaseplan.Execute)
	a.on(releaseplan.Complete, "a").lease("b").act(releaseplan.Pause)
	c := a.p.Content()
	c.Phases[0].Tasks = append(c.Phases[0].Tasks, aTasks("late!")...)
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.Edit, Content: &c}, penstock.ErrInvalid)
	a.edit(func(c *releaseplan.Content) { c.Phases[1].Tasks = append(c.Phases[1].Tasks, aTasks("d!")...) }).act(releaseplan.Resume)
	a.is(releaseplan.Running, "b running", "d ready")
}

func TestEffectiveTimes(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy!", "check!"), aPhase(releaseplan.Sequential, "tell!"))
	length := aMinutes(90)
	hour := aMinutes(60)
	c.Planned = &releaseplan.PlannedTime{Start: aStart.Add(2 * time.Hour), Duration: &length}
	c.Phases[0].Duration = &hour
	execute := func(start time.Duration) releaseplan.Command {
		return releaseplan.Command{Action: releaseplan.Execute, Start: aStart.Add(start)}
	}
	for name, test := range map[string]struct {
		at    time.Duration
		do    releaseplan.Command
		start time.Duration
	}{
		"early":                   {time.Hour, releaseplan.Command{Action: releaseplan.Execute}, time.Hour},
		"early, a start is vain":  {time.Hour, execute(30 * time.Minute), time.Hour},
		"on time":                 {2 * time.Hour, releaseplan.Command{Action: releaseplan.Execute}, 2 * time.Hour},
		"late":                    {4 * time.Hour, releaseplan.Command{Action: releaseplan.Execute}, 2 * time.Hour},
		"late with another start": {4 * time.Hour, execute(3 * time.Hour), 3 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := aNew(t, c).at(test.at).do(test.do)
			want := aStart.Add(test.start)
			got := a.p.Status().Effective
			if got == nil || !got.Start.Equal(want) || !got.End.Equal(want.Add(90*time.Minute)) {
				t.Fatalf("effective %+v, want from %v", got, want)
			}
			if span := a.p.PhaseSpan(1).Planned; !span.Start.Equal(want.Add(time.Hour)) {
				t.Errorf("the second phase starts at %v", span.Start)
			}
			a.act(releaseplan.Reopen)
			if span := a.p.PhaseSpan(0).Planned; a.p.Status().Effective != nil || !span.Start.Equal(aStart.Add(2*time.Hour)) {
				t.Error("reopened, the effective times are to be the planned ones")
			}
		})
	}
	a := aNew(t, c).at(4 * time.Hour)
	for _, start := range []time.Duration{2 * time.Hour, 4 * time.Hour, time.Hour, 5 * time.Hour} { // original < new < now
		a.refusedAs(aAnn, execute(start), penstock.ErrInvalid)
	}
}
