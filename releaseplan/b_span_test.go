package releaseplan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// spanned has a sequential phase without a duration of its own, one with, and a
// parallel one; the second task of the last has a start of its own.
func spanned() content {
	return content{Name: "x", Planned: &releaseplan.PlannedTime{Start: bNoon, Duration: days(10)}, Phases: []releaseplan.Phase{
		{Name: "one", Tasks: []releaseplan.Task{
			{Name: "a", Planned: &releaseplan.PlannedTime{Duration: days(1)}},
			{Name: "b"},
			{Name: "c", Planned: &releaseplan.PlannedTime{Duration: days(2)}}}},
		{Name: "two", Duration: days(4), Tasks: []releaseplan.Task{{Name: "d", Planned: &releaseplan.PlannedTime{Duration: days(1)}}}},
		{Name: "three", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{
			{Name: "e", Planned: &releaseplan.PlannedTime{Duration: days(1)}},
			{Name: "f", Planned: &releaseplan.PlannedTime{Start: bNoon.AddDate(0, 0, 8), End: bNoon.AddDate(0, 0, 9)}}}},
		{Name: "four"},
	}}
}

// bDays tells planned times as days after from.
func bDays(t *testing.T, p *releaseplan.Plan, from time.Time) (all [][2]float64) {
	t.Helper()
	add := func(s releaseplan.PlannedTime) {
		all = append(all, [2]float64{s.Start.Sub(from).Hours() / 24, s.End.Sub(from).Hours() / 24})
	}
	for i := range p.Content().Phases {
		add(p.PhaseSpan(i).Planned)
	}
	for _, v := range p.Tasks() {
		s, err := p.TaskSpan(v.ID)
		if err != nil {
			t.Fatal(err)
		}
		add(s.Planned)
	}
	return all
}

// Phases: the first starts with the plan, each next one at the end of the one before.
func TestSpansFollowOneAnother(t *testing.T) {
	p := bPlan(t, spanned())
	want := [][2]float64{{0, 3}, {3, 7}, {7, 9}, {9, 9}, {0, 1}, {1, 1}, {1, 3}, {3, 4}, {7, 8}, {8, 9}}
	if diff := cmp.Diff(want, bDays(t, p, bNoon)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	early, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan"}, spanned(), bAnn, bNoon.AddDate(0, 0, -5))
	if err != nil {
		t.Fatal(err)
	}
	at := bNoon.AddDate(0, 0, -2)
	early = bAct(t, early, at, releaseplan.Execute)
	if diff := cmp.Diff(want, bDays(t, early, at)); diff != "" {
		t.Errorf("phases and tasks shift with the plan: -want +got:\n%s", diff)
	}
}

func TestSpansTellWhatHappened(t *testing.T) {
	p := bAct(t, bPlan(t, spanned()), bNoon, releaseplan.Execute)
	if s := p.PhaseSpan(0); !s.Started.IsZero() || !s.Ended.IsZero() {
		t.Errorf("before anything started: %+v", s)
	}
	p = bTask(t, p, releaseplan.Start, "a", bNoon.Add(time.Hour))
	p = bTask(t, p, releaseplan.Complete, "a", bNoon.Add(2*time.Hour))
	if s := p.PhaseSpan(0); !s.Started.Equal(bNoon.Add(time.Hour)) || !s.Ended.IsZero() {
		t.Errorf("while tasks are open: %+v", s)
	}
	s, err := p.TaskSpan(bID(t, p, "a"))
	if err != nil || !s.Started.Equal(bNoon.Add(time.Hour)) || !s.Ended.Equal(bNoon.Add(2*time.Hour)) {
		t.Errorf("a: %+v, %v", s, err)
	}
	p = bTask(t, p, releaseplan.Complete, "b", bNoon.Add(3*time.Hour))
	p = bTask(t, p, releaseplan.Complete, "c", bNoon.Add(5*time.Hour))
	if s := p.PhaseSpan(0); !s.Ended.Equal(bNoon.Add(5 * time.Hour)) {
		t.Errorf("once all are done: %+v", s)
	}
}

func TestSpansOfNothing(t *testing.T) {
	p := bPlan(t, bSized(1, 1, releaseplan.Free))
	for _, i := range []int{-1, 0, 1} {
		if diff := cmp.Diff(releaseplan.Span{}, p.PhaseSpan(i)); diff != "" {
			t.Errorf("phase %d of a plan without a planned time: %s", i, diff)
		}
	}
	if s, err := p.TaskSpan(bID(t, p, "task 0.0")); err != nil || s != (releaseplan.Span{}) {
		t.Errorf("task: %+v, %v", s, err)
	}
	if _, err := p.TaskSpan("x"); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("a foreign task: %v", err)
	}
}
