package releaseplan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// diffLarge is a plan's content, and the same with ten changes of each sort.
func diffLarge(t testing.TB, phases, tasks int) (a, b releaseplan.Content) {
	t.Helper()
	a = bPlan(t, bSized(phases, tasks, releaseplan.Parallel)).Content()
	b = bPlan(t, bSized(phases, tasks, releaseplan.Parallel)).Content()
	for i := range 4 {
		b.Phases[i].Tasks[i].Name = fmt.Sprint("renamed ", i)
		b.Phases[i+4].Tasks[1].Timeout = penstock.Duration{Time: time.Hour}
	}
	slices.Reverse(b.Phases[9].Tasks[:2])
	b.Phases[2].Tasks = slices.Delete(b.Phases[2].Tasks, 99, 100)
	return a, b
}

// Diff of 5,000 tasks, ten of which changed.
func BenchmarkDiff(b *testing.B) {
	x, y := diffLarge(b, 50, 100)
	b.ReportAllocs()
	for b.Loop() {
		if d := releaseplan.Diff(x, y); len(d) != 10 {
			b.Fatalf("%d differences:\n%s", len(d), d)
		}
	}
}

// Patch of 5,000 tasks, ten of which change.
func BenchmarkPatch(b *testing.B) {
	x, y := diffLarge(b, 50, 100)
	d := releaseplan.Diff(x, y)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := releaseplan.Patch(x, d); err != nil {
			b.Fatal(err)
		}
	}
}

// Diff of 10,000 tasks in reversed order.
func BenchmarkDiffReversed(b *testing.B) {
	x := bPlan(b, bSized(1, releaseplan.MaxTasks, releaseplan.Free)).Content()
	y := bPlan(b, bSized(1, releaseplan.MaxTasks, releaseplan.Free)).Content()
	slices.Reverse(y.Phases[0].Tasks)
	b.ReportAllocs()
	for b.Loop() {
		if d := releaseplan.Diff(x, y); len(d) != releaseplan.MaxTasks-1 {
			b.Fatalf("%d differences", len(d))
		}
	}
}
