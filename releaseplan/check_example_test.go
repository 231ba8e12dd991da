package releaseplan_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// The gate in front of the execution is answered from code: the plan runs once the
// error rate is low.
func ExampleCheck() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ann := penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})

	rate := 0.2 // per cent, as your monitoring tells it
	errorRate := releaseplan.CheckFunc(func(ctx context.Context, job releaseplan.CheckJob) (releaseplan.CheckResult, error) {
		fmt.Printf("checking %s before %s, round %d\n", job.Plan.Name(), job.Gate, job.N)
		if rate > 1 {
			return releaseplan.CheckResult{Answer: releaseplan.GateFail, Note: fmt.Sprintf("%g %% of requests fail", rate)}, nil
		}
		return releaseplan.CheckResult{Answer: releaseplan.GatePass, Note: fmt.Sprintf("%g %% of requests fail", rate)}, nil
	})
	deploy := releaseplan.HandlerFunc(func(context.Context, releaseplan.Job) error { return nil })
	runner := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"deploy": deploy})
	runner.Checks = map[string]releaseplan.Check{"error rate": errorRate}
	done := make(chan error)
	go func() { done <- runner.Run(ctx) }()

	p, err := plans.Create(ctx, releaseplan.Content{
		Name:   "Checkout 2.4",
		Gates:  []releaseplan.Gate{{On: releaseplan.GateExecute, Check: "error rate", Timeout: penstock.Duration{Days: 1}}},
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "cart", Kind: "deploy"}}}},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range plans.Follow(ctx, p.ID(), ann) { // ends with the plan
		if err != nil {
			fmt.Println(err)
			return
		}
		if e.Kind == releaseplan.GateAnswered {
			fmt.Println(e.Gate.Answer+":", e.Gate.Note)
		}
	}
	p, err = plans.Get(ctx, p.ID(), ann)
	fmt.Println(p, err)
	stop()
	fmt.Println("stopped:", <-done)
	// Output:
	// checking Checkout 2.4 before execute, round 1
	// pass: 0.2 % of requests fail
	// Checkout 2.4: completed <nil>
	// stopped: <nil>
}
