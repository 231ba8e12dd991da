package penstock_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A release plan runs from draft to done: the program of the README.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ann := penstock.Actor{ID: "ann"}
	deploy := releaseplan.HandlerFunc(func(ctx context.Context, _ releaseplan.Job) error {
		return ctx.Err() // here a release would do its work
	})

	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, err := plans.Create(ctx, releaseplan.Content{
		Name: "Checkout 2.4",
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{
			{Name: "deploy", Kind: "deploy"}, {Name: "smoke test", Kind: "deploy"}}}},
	}, ann) // every fault of the content, with its path
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"deploy": deploy})
	go func() { _ = runner.Run(ctx) }() // until ctx ends

	_, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Pause}, ann)
	fmt.Println(err) // why not, and what instead
	if _, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
		fmt.Println(err)
		return
	}
	for change, err := range plans.Follow(ctx, p.ID(), ann) {
		fmt.Println(change, err)
	}
	// Output:
	// cannot pause while draft (can cancel, execute, finalize)
	// plan created by ann <nil>
	// plan draft → execute check by ann <nil>
	// plan execute check → running <nil>
	// task "deploy" todo → running <nil>
	// task "deploy" running → done <nil>
	// task "smoke test" todo → running <nil>
	// task "smoke test" running → done <nil>
	// plan running → complete check <nil>
	// plan complete check → completed <nil>
}
