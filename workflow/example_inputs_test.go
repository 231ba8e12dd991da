package workflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A stage that waits to be executed by hand can be given other inputs then, if its
// modify_params lets it.
func ExampleService_Do_inputs() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s, err := workflow.New(workflow.Config{Store: memory.New()})
	if err != nil {
		log.Fatal(err)
	}
	d, err := workflow.ParseDefinition([]byte(`{"project": "shop", "name": "release", "stages": [
		{"name": "release", "manual_exec": {"enabled": true, "modify_params": true, "manual_exec_users": [{"type": "user", "user_id": "ann"}]},
		 "jobs": [{"name": "release", "type": "freestyle", "spec": {"script": "./release", "envs": [{"key": "TARGET", "value": "staging"}]}}]}]}`))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := s.Definitions().Create(ctx, d, ann); err != nil {
		log.Fatal(err)
	}
	r, err := s.Start(ctx, "release", workflow.Start{}, ann)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r)

	r, err = s.Do(ctx, r.ID(), workflow.Command{Action: workflow.ExecuteStage, Inputs: []workflow.JobInput{
		{Job: "release", Parameters: json.RawMessage(`{"kv": [{"key": "TARGET", "value": "production"}]}`)}}}, ann)
	if err != nil {
		log.Fatal(err)
	}
	job, err := r.Execution("release")
	fmt.Println(r, string(job.Spec), err)
	// Output:
	// release #1: paused
	// release #1: running {"envs":[{"key":"TARGET","value":"production"}],"script":"./release"} <nil>
}

// Runs that have ended stay until somebody deletes them.
func ExampleService_Prune() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s, err := workflow.New(workflow.Config{Store: memory.New()})
	if err != nil {
		log.Fatal(err)
	}
	d, err := workflow.ParseDefinition([]byte(`{"project": "shop", "name": "build", "stages": [
		{"name": "build", "jobs": [{"name": "build", "type": "freestyle", "spec": {"script": "make"}}]}]}`))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := s.Definitions().Create(ctx, d, ann); err != nil {
		log.Fatal(err)
	}
	for range 5 {
		r, err := s.Start(ctx, "build", workflow.Start{}, ann)
		if err != nil {
			log.Fatal(err)
		}
		if _, err := s.Do(ctx, r.ID(), workflow.Command{Action: workflow.CancelRun}, ann); err != nil {
			log.Fatal(err)
		}
	}

	done, err := s.Prune(ctx, workflow.Retention{Keep: 2, Before: time.Now().Add(time.Minute)}, ann)
	fmt.Printf("%+v %v\n", done, err)
	left, err := s.List(ctx, workflow.RunFilter{}, ann)
	for _, r := range left.Items {
		fmt.Println(r.Workflow, r.Number, r.Status.State)
	}
	fmt.Println(err)
	// Output:
	// {Runs:3 Held:0 Forbidden:0 More:false} <nil>
	// build 5 canceled
	// build 4 canceled
	// <nil>
}
