package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

func ExampleLocal() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ann := penstock.Actor{ID: "ann"}
	service, err := workflow.New(workflow.Config{Store: memory.New()})
	if err != nil {
		fmt.Println(err)
		return
	}
	shell := workflow.ExecutorFunc(func(_ context.Context, job workflow.Execution) (map[string]string, error) {
		fmt.Fprintln(job.Log, "working on", job.Job)
		return map[string]string{"IMAGE": "shop:1"}, nil
	})
	engine := workflow.NewLocal(service, map[string]workflow.Executor{"freestyle": shell})
	over := make(chan error)
	go func() { over <- engine.Run(ctx) }()

	_, err = service.Definitions().Create(ctx, workflow.Definition{Project: "shop", Key: "release", Stages: []workflow.Stage{
		{Name: "build", Jobs: []workflow.Job{{Name: "image", Type: "freestyle", Spec: json.RawMessage(`{"script":"make image"}`)}}},
	}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	run, err := service.Start(ctx, "release", workflow.Start{}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range service.Follow(ctx, run.ID(), 0, ann) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if e.Change.Action != workflow.Lease { // unless the engine ran already, it leases the job a moment later
			fmt.Println(e.Change)
		}
	}
	outputs, err := service.Outputs(ctx, run.ID(), ann)
	fmt.Println(outputs, err)
	stop()
	fmt.Println(<-over)
	// Output:
	// run created by ann
	// run queued → running
	// job image pending → running
	// job image running → passed
	// run running → passed
	// map[image:map[IMAGE:shop:1]] <nil>
	// <nil>
}
