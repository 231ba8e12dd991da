package workflow_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A release plan whose content bob approved starts a run of its own, which does not
// ask cleo again. The trail tells whose word counted.
func ExampleService_StartFor() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s, err := workflow.New(workflow.Config{Store: memory.New()})
	if err != nil {
		fmt.Println(err)
		return
	}
	production := workflow.Stage{Name: "production", Jobs: []workflow.Job{shellJob("deploy")},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("cleo")}}}}}
	if _, err := s.Definitions().Create(ctx, workflow.Definition{Project: "shop", Key: "release", Stages: []workflow.Stage{production}}, ann); err != nil {
		fmt.Println(err)
		return
	}
	origin := workflow.Origin{Plan: "01JD", PlanName: "Checkout 2.4", Task: "7f3c", TaskName: "deploy",
		Approval: &workflow.Granted{By: []penstock.Party{penstock.UserParty("bob")}, At: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), Request: "q1"}}
	run, err := s.StartFor(ctx, "attempt-1", "release", workflow.Start{}, origin, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	entries, err := s.History(ctx, run.ID(), 0, 0, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range entries {
		fmt.Println(e.Change)
	}
	run, err = s.Do(ctx, run.ID(), workflow.Command{Action: workflow.CancelRun}, ann)
	fmt.Println(run, err)
	_, err = s.Do(ctx, run.ID(), workflow.Command{Action: workflow.RetryRun}, ann)
	fmt.Println(err)
	// Output:
	// run created by ann
	// run queued → running
	// stage "production" granted (approved by bob with plan "Checkout 2.4")
	// job deploy pending → running
	// release #1: canceled <nil>
	// cannot retry: needs a person to retry task "deploy" of plan "Checkout 2.4" instead
}
