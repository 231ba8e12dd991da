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

// nightly is the definition of the examples.
func nightly() workflow.Definition {
	return workflow.Definition{
		Project: "shop", Key: "nightly", Name: "Nightly",
		Params: []workflow.Param{{Name: "token", Type: workflow.SecretParam, Value: "s3cr3t"}},
		Stages: []workflow.Stage{{Name: "test", Jobs: []workflow.Job{
			{Name: "unit", Type: "freestyle", Spec: json.RawMessage(`{"script":"go test ./..."}`)}}}},
	}
}

// exampleService returns a Service whose clock stands still.
func exampleService() *workflow.Service {
	s, err := workflow.New(workflow.Config{Store: memory.New(), Now: func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// Definitions have versions: who writes over one that somebody else has changed is
// told. Their secrets come back to nobody, and an update keeps them.
func ExampleDefinitions() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s := exampleService()
	first, err := s.Definitions().Create(ctx, nightly(), ann)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("version", first.Version, "shows", first.Value.Params[0].Value[:3])

	rename := func(d *workflow.Definition) error { d.Name = "Every night"; return nil }
	second, err := s.Definitions().Update(ctx, "nightly", first.Version, rename, ann)
	fmt.Println("version", second.Version, err)
	_, err = s.Definitions().Update(ctx, "nightly", first.Version, rename, ann)
	fmt.Println(err)
	// Output:
	// version 1 shows ***
	// version 2 <nil>
	// workflow nightly has version 2, not 1: changed by someone else
}

// A view is an ordered list of workflows.
func ExampleViews() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s := exampleService()
	if _, err := s.Definitions().Create(ctx, nightly(), ann); err != nil {
		log.Fatal(err)
	}
	_, err := s.Views().Create(ctx, workflow.View{Project: "shop", Name: "releases", Workflows: []string{"nightly", "weekly"}}, ann)
	fmt.Println(err)
	if _, err := s.Views().Create(ctx, workflow.View{Project: "shop", Name: "releases"}, ann); err != nil {
		log.Fatal(err)
	}
	view, err := s.Views().Update(ctx, "shop", "releases", 0, func(v *workflow.View) error {
		v.Enable("nightly", true)
		return nil
	}, ann)
	fmt.Println(view.Value.Workflows, err)
	// Output:
	// workflows[1]: the project has no workflow "weekly"
	// [nightly] <nil>
}

// A ticket is an approval from elsewhere. It says which runs it is for.
func ExampleTicket_Allows() {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ticket := workflow.Ticket{
		ApprovalID: "OA-77", Project: "shop", Status: workflow.TicketOpen,
		Users: []workflow.TicketUser{{Name: "Ann", Email: "ann@example.com"}}, End: noon,
	}
	d := nightly()
	ann := penstock.Actor{ID: "ann", Email: "ann@example.com"}
	fmt.Println(ticket.Allows(&d, nil, &workflow.Start{}, ann, noon))
	fmt.Println(ticket.Allows(&d, nil, &workflow.Start{}, ann, noon.Add(time.Minute)))
	fmt.Println(ticket.Allows(&d, nil, &workflow.Start{}, penstock.Actor{ID: "bob"}, noon))
	// Output:
	// <nil>
	// cannot start: needs a ticket whose window is not over
	// no execute right on ticket "OA-77"
}

// A workflow can ask for a ticket at every start.
func ExampleTickets() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann", Email: "ann@example.com"}
	s := exampleService()
	d := nightly()
	d.TicketRequired = true
	if _, err := s.Definitions().Create(ctx, d, ann); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Tickets().Create(ctx, workflow.Ticket{ApprovalID: "OA-77", Project: "shop", Status: workflow.TicketOpen}, ann); err != nil {
		log.Fatal(err)
	}
	_, err := s.Start(ctx, "nightly", workflow.Start{}, ann)
	fmt.Println(err)
	run, err := s.Start(ctx, "nightly", workflow.Start{Ticket: "OA-77"}, ann)
	fmt.Println(run, err)
	// Output:
	// cannot start: needs a pre-approval ticket
	// nightly #1: running <nil>
}
