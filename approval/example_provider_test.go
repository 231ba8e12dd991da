package approval_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A counter is a ticket desk that opens at a window: one ticket for one approver.
type counter struct{}

func (counter) Create(context.Context, *approval.Request) (string, error) { return "ticket-1", nil }
func (counter) Cancel(context.Context, string) error                      { return nil }
func (counter) Poll(context.Context, string) (approval.Answer, error) {
	return approval.Answer{Outcome: approval.Pending}, nil
}

// Check refuses early what the desk has no word for.
func (counter) Check(p approval.Policy) error {
	if len(p.Nodes) > 1 {
		return penstock.Invalid("nodes", "must be one: a ticket has one step")
	}
	if _, anyOne := p.Nodes[0].Asks(p.Voters(0)); !anyOne {
		return penstock.Invalid("nodes[0].need", "must be any: whoever takes the ticket decides")
	}
	return nil
}

// Every leaves the desk alone for long: its webhook rings.
func (counter) Every() time.Duration { return 10 * time.Minute }

// A provider can say beforehand what it cannot ask for, and how often it wants to be asked.
func ExampleChecker() {
	policy := approval.Policy{Enabled: true, Kind: "tickets", Nodes: []approval.Node{
		{Need: approval.All, Approvers: []penstock.Party{penstock.UserParty("ann"), penstock.UserParty("bob")}}}}
	fmt.Println(approval.Check(counter{}, policy))
	policy.Nodes[0].Need = approval.Any
	fmt.Println(approval.Check(counter{}, policy))
	fmt.Println("polled every", approval.Every(counter{}))
	// Output:
	// nodes[0].need: must be any: whoever takes the ticket decides
	// <nil>
	// polled every 10m0s
}
