package releaseplan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// reopened is a draft in which a and b (which needs a) are done, c was skipped, d
// (which needs c) is done, and e failed; then, in a sequential phase, f, g and h
// are todo.
func reopened(t *testing.T) *releaseplan.Plan {
	t.Helper()
	p := bPlan(t, content{Name: "x", Phases: []releaseplan.Phase{
		needing(releaseplan.Parallel, nil, []string{"a"}, nil, []string{"c"}, nil),
		{Name: "then", Tasks: []releaseplan.Task{{Name: "f"}, {Name: "g"}, {Name: "h"}}},
	}})
	p = bAct(t, p, bNoon, releaseplan.Execute)
	p = bTask(t, p, releaseplan.Complete, "a", bNoon)
	p = bTask(t, p, releaseplan.Complete, "b", bNoon)
	p = bTask(t, p, releaseplan.Skip, "c", bNoon)
	p = bTask(t, p, releaseplan.Complete, "d", bNoon)
	p = bTask(t, p, releaseplan.Start, "e", bNoon)
	p = bTask(t, p, releaseplan.Fail, "e", bNoon)
	return bAct(t, p, bNoon, releaseplan.Reopen)
}

// results tells of each task the stored state, the one before the reopen, and
// whether its content changed since.
func results(p *releaseplan.Plan) (all []string) {
	for _, v := range p.Tasks() {
		s := v.Name + " " + string(v.Status.State)
		if v.Status.LastStatus != "" {
			s += " after " + string(v.Status.LastStatus)
		}
		if v.Status.Updated {
			s += ", updated"
		}
		all = append(all, s)
	}
	return all
}

func TestReopenKeepsOnlyWhatIsDone(t *testing.T) {
	p := reopened(t)
	want := []string{"a done after done", "b done after done", "c todo after skipped", "d done after done", "e todo after failed", "f todo", "g todo", "h todo"}
	if diff := cmp.Diff(want, results(p)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if s := p.Status(); p.State() != releaseplan.Draft || s.Effective != nil || !s.Started.IsZero() || s.Request != nil || s.Gate != nil {
		t.Errorf("status %+v", s)
	}
	again := bAct(t, p, bNoon, releaseplan.Execute)
	if diff := cmp.Diff([]string{"a done", "b done", "c ready", "d done", "e ready", "f waiting", "g waiting", "h waiting"}, bStates(again)); diff != "" {
		t.Errorf("executed again: -want +got:\n%s", diff)
	}
}

// A task that is done stays done while its content and everything that it needs
// are unchanged.
func TestDraftEditUndoesWhatItTouches(t *testing.T) {
	done := []string{"a", "b", "d"}
	for _, row := range []struct {
		rule   string
		change func(*content)
		stay   []string // done
	}{
		{"a name", func(c *content) { c.Name = "y" }, done},
		{"the name of the phase", func(c *content) { c.Phases[0].Name = "y" }, done},
		{"the owner of a task", func(c *content) { c.Phases[0].Tasks[0].Owner = c.Owner }, done},
		{"another task", func(c *content) { c.Phases[0].Tasks[4].Description = "y" }, done},
		{"a new task", func(c *content) { c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "new"}) }, done},
		{"a new task before", func(c *content) {
			c.Phases[0].Tasks = slices.Insert(c.Phases[0].Tasks, 0, releaseplan.Task{Name: "new"})
		}, done},
		{"another order", func(c *content) { slices.Reverse(c.Phases[0].Tasks) }, done},
		{"another order of phases", func(c *content) { slices.Reverse(c.Phases) }, done},
		{"a task of another phase", func(c *content) { c.Phases[1].Tasks[0].Description = "y" }, done},
		{"what a needs", func(c *content) { c.Phases[0].Tasks[0].Description = "y" }, []string{"d"}},
		{"b alone", func(c *content) { c.Phases[0].Tasks[1].Timeout.Days = 1 }, []string{"a", "d"}},
		{"b needs nothing", func(c *content) { c.Phases[0].Tasks[1].Needs = nil }, []string{"a", "d"}},
		{"c, which was skipped", func(c *content) { c.Phases[0].Tasks[2].Description = "y" }, []string{"a", "b"}},
		{"a is disabled", func(c *content) { c.Phases[0].Tasks[0].Disabled = true }, []string{"b", "d"}},
		{"a goes", func(c *content) {
			c.Phases[0].Tasks[1].Needs = nil
			c.Phases[0].Tasks = c.Phases[0].Tasks[1:]
		}, []string{"d"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			p := bEdit(t, reopened(t), bNoon, row.change)
			var got []string
			for _, v := range p.Tasks() {
				if v.Status.State == releaseplan.TaskDone {
					got = append(got, v.Name)
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(row.stay, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDraftEditUndoesWhatFollowsInASequentialPhase(t *testing.T) {
	p := bPlan(t, content{Name: "x", Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}}}})
	p = bAct(t, p, bNoon, releaseplan.Execute)
	for _, name := range []string{"a", "b", "c"} {
		p = bTask(t, p, releaseplan.Complete, name, bNoon)
	}
	p = bAct(t, p, bNoon, releaseplan.Reopen)
	for _, row := range []struct {
		rule   string
		change func(*content)
		want   []string
	}{
		{"the second", func(c *content) { c.Phases[0].Tasks[1].Description = "y" },
			[]string{"a done after done", "b todo after done, updated", "c todo after done", "d todo"}},
		{"a new one", func(c *content) {
			c.Phases[0].Tasks = slices.Insert(c.Phases[0].Tasks, 1, releaseplan.Task{Name: "new"})
		}, []string{"a done after done", "new todo", "b todo after done", "c todo after done", "d todo"}},
		{"one less", func(c *content) { c.Phases[0].Tasks = slices.Delete(c.Phases[0].Tasks, 1, 2) },
			[]string{"a done after done", "c todo after done", "d todo"}},
		{"one that is todo comes first", func(c *content) {
			slices.Reverse(c.Phases[0].Tasks)
		}, []string{"d todo", "c todo after done", "b todo after done", "a todo after done"}},
	} {
		if diff := cmp.Diff(row.want, results(bEdit(t, p, bNoon, row.change))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.rule, diff)
		}
	}
}

func TestStatusesMoveWithTheirTasks(t *testing.T) {
	p := bPlan(t, content{Name: "x", Phases: []releaseplan.Phase{
		{Name: "one", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{{Name: "a"}, {Name: "b"}}},
		{Name: "two", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{{Name: "c"}, {Name: "d"}}},
	}})
	p = bTask(t, bTask(t, p, releaseplan.Claim, "b", bNoon), releaseplan.Hold, "d", bNoon)
	p = bEdit(t, p, bNoon.Add(time.Hour), func(c *content) {
		one, two := c.Phases[0], c.Phases[1]
		b := one.Tasks[1]
		one.Tasks = one.Tasks[:1]
		two.Tasks = append([]releaseplan.Task{b}, two.Tasks...)
		c.Phases = []releaseplan.Phase{two, {Name: "new", Tasks: []releaseplan.Task{{Name: "e"}}}, one}
	})
	if got := bView(t, p, "b"); got.Status.Claim.ID != "ann" || got.Phase != 0 || got.Place != 0 {
		t.Errorf("b: %+v", got)
	}
	if got := bView(t, p, "d"); !got.Status.Held || got.Phase != 0 || got.Place != 2 {
		t.Errorf("d: %+v", got)
	}
	p = bAct(t, p, bNoon.Add(time.Hour), releaseplan.Execute)
	if diff := cmp.Diff([]string{"b ready", "c ready", "d paused", "e waiting", "a waiting"}, bStates(p)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, want := p.TaskCount(), (releaseplan.TaskCount{Todo: 5}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}
