package runs_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A task of a plan starts a run of a workflow, with a variable of the plan, and is done
// when the run has passed.
func ExampleHandler() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ann, shared := penstock.Actor{ID: "ann"}, memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: shared})
	workflows, err := workflow.New(workflow.Config{Store: shared})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = workflows.Definitions().Create(ctx, workflow.Definition{Project: "shop", Key: "deploy",
		Params: []workflow.Param{{Name: "version", Type: workflow.StringParam, Required: true}},
		Stages: []workflow.Stage{{Name: "production", Jobs: []workflow.Job{
			{Name: "roll-out", Type: "freestyle", Spec: json.RawMessage(`{"script":"kubectl set image shop={{.workflow.params.version}}"}`)}}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	local := workflow.NewLocal(workflows, map[string]workflow.Executor{
		"freestyle": workflow.ExecutorFunc(func(_ context.Context, job workflow.Execution) (map[string]string, error) {
			var spec struct{ Script string }
			err := json.Unmarshal(job.Spec, &spec)
			fmt.Printf("%s #%d: %s\n", job.Workflow, job.Number, spec.Script)
			return nil, err
		})})
	handler, err := runs.New(runs.Config{Workflows: workflows})
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"workflow": handler})
	ended := make(chan error, 2)
	go func() { ended <- local.Run(ctx) }()
	go func() { ended <- runner.Run(ctx) }()

	content := releaseplan.Content{Name: "Checkout 2.4", Variables: []releaseplan.Variable{{Name: "version", Value: "2.4.0"}},
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy", Kind: "workflow", Crash: releaseplan.RepeatOnCrash,
			Spec: json.RawMessage(`{"workflow":"deploy","parameters":{"version":"{version}"}}`)}}}}}
	if err := runs.Check(content, "workflow"); err != nil {
		fmt.Println(err)
		return
	}
	p, err := plans.Create(ctx, content, ann)
	if err == nil {
		_, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann)
	}
	for _, followErr := range plans.Follow(ctx, p.ID(), ann) { // ends with the plan
		if followErr != nil {
			err = followErr
		}
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	p, _ = plans.Get(ctx, p.ID(), ann)
	run, _ := workflows.Get(ctx, p.Tasks()[0].Status.Attempts[0].ID, ann)
	fmt.Println(p)
	fmt.Println(run, "of", run.Origin().PlanName)
	stop()
	fmt.Println(<-ended, <-ended)
	// Output:
	// deploy #1: kubectl set image shop=2.4.0
	// Checkout 2.4: completed
	// deploy #1: passed of Checkout 2.4
	// <nil> <nil>
}

// What is wrong with the specs of a plan's tasks is told before the plan is created.
func ExampleCheck() {
	content := releaseplan.Content{Name: "Checkout 2.4", Variables: []releaseplan.Variable{{Name: "token", Value: "hunter2", Secret: true}},
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{
			{Name: "build", Kind: "workflow", Spec: json.RawMessage(`{"workflow":"build","parameters":{"version":"{version}"}}`)},
			{Name: "deploy", Kind: "workflow", Spec: json.RawMessage(`{"workflow":"deploy","remark":"with {token}","pass_approval":true}`)}}}}}
	fmt.Println(runs.Check(content, "workflow"))
	// Output:
	// phases[0].tasks[0].spec.parameters.version: refers to the unknown variable "version"
	// phases[0].tasks[1].spec.remark: holds a secret variable, which only a secret parameter takes
	// phases[0].tasks[1].spec.pass_approval: the plan requires no approval that could be passed on
}
