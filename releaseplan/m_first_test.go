package releaseplan_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// mExpose is a task that exposes a milestone, named or by id.
func mExpose(milestone string) releaseplan.Task {
	spec, err := json.Marshal(releaseplan.ExposeSpec{Milestone: milestone})
	if err != nil {
		panic(err)
	}
	return releaseplan.Task{Name: "expose-" + milestone, Kind: releaseplan.Expose, Spec: spec}
}

func mPhase(kind releaseplan.PhaseKind, tasks ...releaseplan.Task) releaseplan.Phase {
	return releaseplan.Phase{Name: "phase " + string(kind), Kind: kind, Tasks: tasks}
}

func TestFirstMilestoneStarts(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule   string
		change func(*releaseplan.Content)
		do     func(*aLife)
		live   string
	}{
		{"at once in a plan without tasks", nil, nil, "5%"},
		{"not while a task is open", func(c *releaseplan.Content) { c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!", "b!")} },
			func(a *aLife) { a.on(releaseplan.Complete, "a") }, ""},
		{"when every task is done or skipped", func(c *releaseplan.Content) { c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!", "b!")} },
			func(a *aLife) { a.on(releaseplan.Complete, "a").on(releaseplan.Skip, "b") }, "5%"},
		{"whatever a disabled task is", func(c *releaseplan.Content) {
			c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!")}
			c.Phases[0].Tasks[0].Disabled = true
		}, nil, "5%"},
		{"not by itself if by hand", func(c *releaseplan.Content) { c.Milestones[0].Start = releaseplan.ByHand }, nil, ""},
		{"by hand if by hand", func(c *releaseplan.Content) { c.Milestones[0].Start = releaseplan.ByHand },
			func(a *aLife) { a.of(releaseplan.StartMilestone, "") }, "5%"},
		{"not before its time", func(c *releaseplan.Content) { c.Milestones[0].At = aStart.Add(time.Minute) }, nil, ""},
		{"at its time", func(c *releaseplan.Content) { c.Milestones[0].At = aStart.Add(time.Minute) }, func(a *aLife) { a.wait(time.Minute) }, "5%"},
		{"at its time, though a task is open", func(c *releaseplan.Content) {
			c.Milestones[0].At = aStart.Add(time.Minute)
			c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!")}
		}, func(a *aLife) { a.wait(time.Minute) }, "5%"},
		{"not by itself if a task exposes it", func(c *releaseplan.Content) {
			c.Phases = []releaseplan.Phase{mPhase(releaseplan.Free, mExpose("5%"))}
		}, func(a *aLife) { a.on(releaseplan.Skip, "expose-5%") }, ""},
		{"by itself if the task that exposes it is disabled", func(c *releaseplan.Content) {
			task := mExpose("5%")
			task.Disabled = true
			c.Phases = []releaseplan.Phase{mPhase(releaseplan.Free, task)}
		}, nil, "5%"},
		{"as the second one if the first is skipped", func(c *releaseplan.Content) { c.Milestones[0].Start = releaseplan.ByHand },
			func(a *aLife) { a.of(releaseplan.SkipMilestone, "5%") }, "25%"},
		{"not while the rollout is paused", func(c *releaseplan.Content) { c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!")} },
			func(a *aLife) { a.act(releaseplan.PauseRollout).on(releaseplan.Complete, "a") }, ""},
		{"when the rollout is resumed", func(c *releaseplan.Content) { c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!")} },
			func(a *aLife) {
				a.act(releaseplan.PauseRollout).on(releaseplan.Complete, "a").act(releaseplan.ResumeRollout)
			}, "5%"},
		{"not in a plan that is about to end", func(c *releaseplan.Content) { c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!")} },
			func(a *aLife) { a.act(releaseplan.Finish).on(releaseplan.Complete, "a").is(releaseplan.Completed) }, ""},
		{"not outside the window", func(c *releaseplan.Content) {
			c.Phases, c.Window = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a")}, aWindow(-time.Hour, time.Hour)
		}, func(a *aLife) { a.lease("a").wait(2*time.Hour).on(releaseplan.Complete, "a") }, ""},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mThree()
			if row.change != nil {
				row.change(&c)
			}
			a := aNew(t, c).serves("", "not_started not_started not_started").act(releaseplan.Execute)
			if row.do != nil {
				row.do(a)
			}
			a.serves(row.live, "")
		})
	}
}

func TestReopenedPlanGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).wait(90*time.Minute).serves("25%", "completed active not_started")
	a.act(releaseplan.Reopen).serves("25%", "completed paused not_started")
	if got := a.milestone("25%").Elapsed; got != 30*time.Minute {
		t.Errorf("%v have passed", got)
	}
	a.wait(time.Hour).act(releaseplan.Execute).serves("25%", "completed active not_started")
	a.wait(30*time.Minute-time.Microsecond).serves("25%", "")
	a.wait(time.Microsecond).serves("100%", "completed completed active").history("0s 5%", "1h0m0s 25%", "3h0m0s 100%")
}

// A rollout that was stopped begins anew with the plan.
func TestReopenedPlanBeginsAStoppedRolloutAnew(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute, releaseplan.StopRollout).serves("", "")
	a.act(releaseplan.Reopen).edit(func(c *releaseplan.Content) { c.Target.Feature = "basket" }).act(releaseplan.Execute)
	a.serves("5%", "active not_started not_started")
	if n := a.milestone("5%").Exposure.Count; n != 1 {
		t.Errorf("it went live %d times, another feature's included", n)
	}
}

func TestEndsOfAPlanKeepWhatIsServed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule   string
		state  releaseplan.State
		do     func(*aLife)
		live   string
		states string
	}{
		{"finish", releaseplan.Completed, func(a *aLife) { a.act(releaseplan.Finish) }, "25%", "completed completed not_started"},
		{"pause", releaseplan.Paused, func(a *aLife) { a.act(releaseplan.Pause) }, "25%", "completed paused not_started"},
		{"reopen", releaseplan.Draft, func(a *aLife) { a.act(releaseplan.Reopen) }, "25%", "completed paused not_started"},
		{"archive", releaseplan.Running, func(a *aLife) { a.act(releaseplan.Archive) }, "25%", "completed paused not_started"},
		{"expiry", releaseplan.Expired, func(a *aLife) { a.act(releaseplan.Pause).at(50 * time.Hour).advance() }, "25%", "completed paused not_started"},
		{"cancel", releaseplan.Canceled, func(a *aLife) { a.act(releaseplan.Cancel) }, "", "not_started not_started not_started"},
		{"cancel of a completed check", releaseplan.Canceled, func(a *aLife) { a.act(releaseplan.Reopen, releaseplan.Cancel) }, "", "not_started not_started not_started"},
		{"stop", releaseplan.Running, func(a *aLife) { a.act(releaseplan.StopRollout) }, "", "not_started not_started not_started"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mThree()
			c.Window = aWindow(-time.Hour, 48*time.Hour)
			a := aNew(t, c).act(releaseplan.Execute).wait(90 * time.Minute)
			row.do(a)
			a.is(row.state).serves(row.live, row.states)
			a.wait(10 * 24 * time.Hour) // and nothing goes on
			if row.state != releaseplan.Paused {
				a.is(row.state).serves(row.live, row.states)
			}
			serves := a.p.Status().Rollout.Serves
			if (len(serves) > 0) != (row.live != "") {
				t.Errorf("it serves %v", serves)
			}
		})
	}
}

func TestArchivedPlanStandsStill(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).wait(30 * time.Minute).act(releaseplan.Archive)
	if steps, wake := a.p.Next(a.now); len(steps) > 0 || !wake.IsZero() {
		t.Errorf("an archived plan has steps %v, wake %v", steps, wake)
	}
	a.wait(5*time.Hour).act(releaseplan.Unarchive).serves("5%", "active not_started not_started")
	a.wait(30*time.Minute).history("0s 5%", "6h0m0s 25%")
}

func TestFinishedPlanLeavesNothingToCome(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Milestones[2].At = aStart.Add(3 * time.Hour)
	a := aNew(t, c).act(releaseplan.Execute, releaseplan.Finish).is(releaseplan.Completed).serves("5%", "completed not_started not_started")
	if steps, wake := a.p.Next(a.now); len(steps) > 0 || !wake.IsZero() {
		t.Errorf("a completed plan has steps %v, wake %v", steps, wake)
	}
	for _, m := range a.p.Milestones(a.now)[1:] {
		if !m.Projected.IsZero() {
			t.Errorf("%s is projected at %v, but the plan is completed", m.Name, m.Projected)
		}
	}
}
