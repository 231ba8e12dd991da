package releaseplan_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// BenchmarkRunner carries out plans of 10 tasks that do nothing, half of them in
// parallel. Each iteration is a plan: created, executed, run, completed.
func BenchmarkRunner(b *testing.B) {
	for _, inFlight := range []int{1, 64} {
		b.Run(fmt.Sprintf("in flight %d", inFlight), func(b *testing.B) {
			ctx, cancel := context.WithCancel(context.Background())
			plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
			free := make(chan struct{}, inFlight)
			r := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"work": releaseplan.HandlerFunc(
				func(_ context.Context, job releaseplan.Job) error {
					if job.Task.Class == "last" {
						<-free
					}
					return nil
				})})
			done := make(chan error, 1)
			go func() { done <- r.Run(ctx) }()
			c := dPlan(dPhase(releaseplan.Parallel, 5), dPhase(releaseplan.Sequential, 5))
			c.Phases[1].Tasks[4].Class = "last"
			b.ReportAllocs()
			for b.Loop() {
				free <- struct{}{}
				p, err := plans.Create(ctx, c, cAnn)
				if err == nil {
					_, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, cAnn)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			for range inFlight { // until the last one is through
				free <- struct{}{}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "plans/s")
			cancel()
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		})
	}
}
