package releaseplan_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// A Runner with a MetricSource measures what safeguards watch, while a milestone is
// live. One that trips takes the rollout back, before a person has to.
func ExampleMetricSource() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ann := penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})

	// A query to a monitoring system would be here: of q.Metric, from q.From to q.To.
	source := releaseplan.MetricFunc(func(_ context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
		if q.Milestone == "5 %" {
			return releaseplan.Sample{Value: 0.002, Count: 500}, nil
		}
		return releaseplan.Sample{Value: 0.04, Count: 2500}, nil
	})
	runner := releaseplan.NewRunner(plans, nil)
	runner.Metrics, runner.Measure = source, 10*time.Millisecond
	done := make(chan error)
	go func() { done <- runner.Run(ctx) }()

	share := func(percent string) []rollout.Strategy {
		return []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": percent}}}
	}
	most := 0.01
	p, err := plans.Create(ctx, releaseplan.Content{
		Name:       "Checkout 2.4",
		Target:     &releaseplan.Target{Feature: "checkout", Environment: "production"},
		Milestones: []releaseplan.Milestone{{Name: "5 %", Strategies: share("5")}, {Name: "25 %", Strategies: share("25")}},
		Safeguards: []releaseplan.Safeguard{{Name: "errors", Metric: releaseplan.Metric{Name: "error_rate"}, Above: &most,
			Window: penstock.FromTime(5 * time.Minute), MinSamples: 100, Action: releaseplan.SafeguardBack, Back: "5 %"}},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range []releaseplan.Command{{Action: releaseplan.Execute}, {Action: releaseplan.StartMilestone, Milestone: "25 %"}} {
		if _, err := plans.Do(ctx, p.ID(), c, ann); err != nil {
			fmt.Println(err)
			return
		}
	}
	starts := 0
	for e, err := range plans.Follow(ctx, p.ID(), ann) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if e.Kind == releaseplan.ExposureStarted {
			starts++
		}
		if starts > 0 {
			fmt.Println(e.Change)
		}
		if starts == 3 {
			break
		}
	}
	stop()
	fmt.Println("stopped:", <-done)
	// Output:
	// milestone "5 %" started
	// milestone "5 %" → "25 %" by ann
	// safeguard "errors" tripped (error_rate is 0.04, above 0.01)
	// rollout paused (safeguard errors)
	// milestone "25 %" → "5 %" (safeguard errors)
	// stopped: <nil>
}
