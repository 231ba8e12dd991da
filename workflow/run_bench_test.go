package workflow_test

import (
	"fmt"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func benchRun(b *testing.B, d *workflow.Definition) *workflow.Run {
	b.Helper()
	r, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, d, runActTypes(b), workflow.Start{}, ann, noon)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func benchDo(b *testing.B, r *workflow.Run, c workflow.Command) *workflow.Run {
	next, _, err := r.Do(c, penstock.System(), noon)
	if err != nil {
		b.Fatal(err)
	}
	return next
}

// One outcome costs a copy of the states, a change and what little is around them.
func TestAnOutcomeAllocatesLittle(t *testing.T) {
	s := newStory(t, threeByTwo(), workflow.Start{})
	s.tell("admit")
	c := workflow.Command{Action: workflow.Complete, Job: "j0-0", Attempt: s.job("j0-0").Attempt.ID}
	n := testing.AllocsPerRun(100, func() {
		if _, _, err := s.r.Do(c, penstock.System(), noon); err != nil {
			t.Fatal(err)
		}
	})
	if n > 12 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkNewRun(b *testing.B) {
	d, types := threeByTwo(), runActTypes(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, d, types, workflow.Start{}, ann, noon); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRunComplete ends one of two jobs, and the other.
func BenchmarkRunComplete(b *testing.B) {
	one := benchDo(b, benchRun(b, threeByTwo()), workflow.Command{Action: workflow.Admit})
	j, _ := one.Job("j0-0")
	first := workflow.Command{Action: workflow.Complete, Job: "j0-0", Attempt: j.Status.Attempt.ID}
	two := benchDo(b, one, first)
	j, _ = two.Job("j0-1")
	second := workflow.Command{Action: workflow.Complete, Job: "j0-1", Attempt: j.Status.Attempt.ID}
	b.Run("a sibling runs", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			benchDo(b, one, first)
		}
	})
	b.Run("the next stage begins", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			benchDo(b, two, second)
		}
	})
}

// BenchmarkRunWhole takes a run from its admission to its end.
func BenchmarkRunWhole(b *testing.B) {
	for _, size := range []struct {
		name     string
		d        *workflow.Definition
		parallel bool
	}{{name: "3x2", d: threeByTwo()}, {name: "1x1000 parallel", d: wide(true)}, {name: "1x1000 serial", d: wide(false)}} {
		b.Run(size.name, func(b *testing.B) {
			r := benchRun(b, size.d)
			b.ReportAllocs()
			for b.Loop() {
				end := benchDo(b, r, workflow.Command{Action: workflow.Admit})
				for !end.State().Ended() {
					steps, _ := end.Next(noon)
					for _, s := range steps {
						end = benchDo(b, end, workflow.Command{Action: workflow.Lease, Job: s.Job, Attempt: s.Attempt, Lease: "p1"})
						end = benchDo(b, end, workflow.Command{Action: workflow.Complete, Job: s.Job, Attempt: s.Attempt})
					}
				}
			}
		})
	}
}

// wide is a definition of one stage with a thousand jobs.
func wide(parallel bool) *workflow.Definition {
	s := workflow.Stage{Name: "one", Parallel: parallel}
	for i := range 10 {
		s.Jobs = append(s.Jobs, act(fmt.Sprintf("a%d", i), `{"pieces":[`+numbers(100)+`]}`))
	}
	return stages(s)
}
