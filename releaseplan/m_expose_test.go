package releaseplan_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestExposeTask(t *testing.T) {
	t.Parallel()
	byHand := func(task releaseplan.Task) releaseplan.Task { task.Start = releaseplan.ByHand; return task }
	manual := aTasks("a!")[0]
	start := func(task string) func(*aLife) { return func(a *aLife) { a.on(releaseplan.Start, task) } }
	for _, row := range []struct {
		rule  string
		phase releaseplan.Phase
		do    func(*aLife)
		live  string
		tasks []string
	}{
		{"starts when it is its turn in a sequential phase", mPhase(releaseplan.Sequential, manual, mExpose("5%"), mExpose("25%")),
			func(a *aLife) { a.serves("", "").on(releaseplan.Complete, "a") }, "25%", []string{"expose-5% done", "expose-25% done"}},
		{"waits for what comes before it", mPhase(releaseplan.Sequential, mExpose("5%"), manual, mExpose("25%")), nil, "5%", []string{"expose-5% done", "expose-25% waiting"}},
		{"starts at once in a parallel phase", mPhase(releaseplan.Parallel, manual, mExpose("5%")), nil, "5%", []string{"a ready", "expose-5% done"}},
		{"starts by hand in a free phase", mPhase(releaseplan.Free, mExpose("5%")), nil, "", []string{"expose-5% ready"}},
		{"started by hand in a free phase", mPhase(releaseplan.Free, mExpose("25%"), manual), start("expose-25%"), "25%", []string{"expose-25% done"}},
		{"starts by hand if it says so", mPhase(releaseplan.Parallel, byHand(mExpose("5%"))), nil, "", []string{"expose-5% ready"}},
		{"started by hand if it says so", mPhase(releaseplan.Parallel, byHand(mExpose("5%")), manual), start("expose-5%"), "5%", []string{"expose-5% done"}},
		{"is done if its milestone is live", mPhase(releaseplan.Free, mExpose("25%"), manual),
			func(a *aLife) { a.of(releaseplan.StartMilestone, "25%").on(releaseplan.Start, "expose-25%") }, "25%", []string{"expose-25% done"}},
		{"is done if a later milestone is live", mPhase(releaseplan.Free, mExpose("25%"), manual),
			func(a *aLife) { a.of(releaseplan.StartMilestone, "100%").on(releaseplan.Start, "expose-25%") }, "100%", []string{"expose-25% done"}},
		{"is held like any other", mPhase(releaseplan.Parallel, manual, byHand(mExpose("5%"))), func(a *aLife) { a.on(releaseplan.Hold, "expose-5%") }, "", []string{"expose-5% paused"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mThree()
			c.Phases = []releaseplan.Phase{row.phase}
			a := aNew(t, c).act(releaseplan.Execute)
			if row.do != nil {
				row.do(a)
			}
			a.serves(row.live, "").is(releaseplan.Running, row.tasks...)
		})
	}
}

// While the rollout does not go on, a task that exposes waits, also for a person;
// it starts as soon as it may.
func TestExposeTaskWaitsForTheRollout(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule    string
		off, on func(*aLife)
	}{
		{"paused", func(a *aLife) { a.act(releaseplan.PauseRollout) }, func(a *aLife) { a.act(releaseplan.ResumeRollout) }},
		{"stopped", func(a *aLife) { a.act(releaseplan.StopRollout) }, func(a *aLife) { a.of(releaseplan.StartMilestone, "5%") }},
		{"tripped", func(a *aLife) { a.observe("errors", 2) },
			func(a *aLife) {
				a.do(releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors", Remark: "ok"}).act(releaseplan.ResumeRollout)
			}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mWatched()
			c.Phases = []releaseplan.Phase{mPhase(releaseplan.Sequential, mExpose("5%"), aTasks("a!")[0], mExpose("25%"), aTasks("b!")[0])}
			a := aNew(t, c).act(releaseplan.Execute).wait(time.Minute)
			row.off(a)
			a.on(releaseplan.Complete, "a").is(releaseplan.Running, "expose-25% ready", "b waiting")
			a.needs(releaseplan.Command{Action: releaseplan.Start, Task: "expose-25%"}, "a rollout that goes on")
			a.wait(time.Minute)
			row.on(a)
			a.serves("25%", "").is(releaseplan.Running, "expose-25% done", "b ready").on(releaseplan.Complete, "b")
			a.wait(time.Hour).serves("100%", "completed completed active")
		})
	}
}

// Nobody carries such a task out: no Runner has to, and none may.
func TestExposeTaskOfASkippedMilestoneIsDone(t *testing.T) {
	t.Parallel()
	c := mContent("5%", "25%", "100%")
	c.Phases = []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "look"},
		{Name: "open", Kind: releaseplan.Expose, Spec: json.RawMessage(`{"milestone":"25%"}`)}}}}
	a := aNew(t, c).act(releaseplan.Execute).of(releaseplan.StartMilestone, "5%").of(releaseplan.SkipMilestone, "25%").on(releaseplan.Complete, "look")
	if got := bView(t, a.p, "open").Status; got.State != releaseplan.TaskDone || got.Remark != "that milestone was skipped" {
		t.Errorf("the task is %s: %s", got.State, got.Remark)
	}
	a.serves("5%", "active skipped not_started")
}

func TestExposeTaskNeedsNoRunner(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Phases = []releaseplan.Phase{mPhase(releaseplan.Free, mExpose("5%"))}
	a := aNew(t, c).act(releaseplan.Execute)
	if steps, wake := a.p.Next(a.now); len(steps) > 0 || !wake.IsZero() {
		t.Errorf("steps %v, wake %v", steps, wake)
	}
	a.on(releaseplan.Start, "expose-5%").tells("0s milestone.started 5% by ann")
	end := a.happened(releaseplan.TaskEnded)
	if end.To != string(releaseplan.TaskDone) || end.By.ID != "ann" || end.Status.ExecutedBy.ID != "ann" {
		t.Errorf("it ended %+v", end)
	}
	a.refused(releaseplan.Command{Action: releaseplan.Retry, Task: "expose-5%"})
}

// A milestone may be named by its id: the plan keeps the name, so that a copy
// with other ids means the same.
func TestExposeTaskNamesItsMilestone(t *testing.T) {
	t.Parallel()
	c := mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "one" })
	c.Milestones[0].ID, c.Milestones[1].ID = "one", "two"
	c.Phases = []releaseplan.Phase{mPhase(releaseplan.Free, mExpose("two"))}
	a := aNew(t, c)
	content := a.p.Content()
	if got := string(content.Phases[0].Tasks[0].Spec); got != `{"milestone":"25%"}` || content.Safeguards[0].Back != "5%" {
		t.Errorf("kept as %s, and %q", got, content.Safeguards[0].Back)
	}
	named := mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "5%" })
	named.Phases = []releaseplan.Phase{mPhase(releaseplan.Free, mExpose("25%"))}
	named.Phases[0].Tasks[0].Name = "expose-two"
	copied := aNew(t, a.p.Duplicate("p2"))
	if b := aNew(t, named); a.p.Hash() != b.p.Hash() || a.p.Hash() != copied.p.Hash() {
		t.Error("the same plan has other hashes by id, by name and as a copy")
	}
	if id := copied.p.Content().Milestones[0].ID; id == "one" {
		t.Errorf("the copy has the id %q", id)
	}
	copied.act(releaseplan.Execute).on(releaseplan.Start, "expose-two").serves("25%", "").observe("errors", 2)
	copied.wait(time.Second).observe("errors", 2).serves("5%", "")
}

func TestExposeTaskThatNamesNothing(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{``, `{}`, `{"milestone":""}`, `{"milestone":"7%"}`, `{"milestone":"5%","percent":7}`, `{"milestone":7}`, `[]`, `null`} {
		c := mThree()
		task := mExpose("5%")
		task.Spec = []byte(spec)
		if spec == "" {
			task.Spec = nil
		}
		c.Name, c.Phases = "x", []releaseplan.Phase{mPhase(releaseplan.Free, task)}
		if _, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p"}, c, aAnn, aStart); len(penstock.Faults(err)) == 0 {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
