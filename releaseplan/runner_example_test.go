package releaseplan_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A Runner carries out the tasks for whose kind it has a Handler. Who watches
// follows the plan's trail.
func ExampleRunner() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ann := penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})

	deploy := releaseplan.HandlerFunc(func(ctx context.Context, job releaseplan.Job) error {
		// job.Attempt is the idempotency key; ctx ends when the task is to stop.
		fmt.Printf("  deploying %s to %s\n", job.Task.Name, job.Variables["host"])
		return nil
	})
	runner := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"deploy": deploy})
	done := make(chan error)
	go func() { done <- runner.Run(ctx) }()

	p, err := plans.Create(ctx, releaseplan.Content{
		Name:      "Checkout 2.4",
		Variables: []releaseplan.Variable{{Name: "host", Value: "production"}},
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{
			{Name: "cart", Kind: "deploy"}, {Name: "payment", Kind: "deploy"}}}},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
		fmt.Println(err)
		return
	}
	for _, err := range plans.Follow(ctx, p.ID(), ann) { // ends with the plan
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	p, err = plans.Get(ctx, p.ID(), ann)
	fmt.Println(p, err)
	stop()
	fmt.Println("stopped:", <-done)
	// Output:
	//   deploying cart to production
	//   deploying payment to production
	// Checkout 2.4: completed <nil>
	// stopped: <nil>
}
