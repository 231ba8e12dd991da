package approval_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func Example() {
	policy := approval.Policy{
		Enabled: true, Kind: approval.Native, TimeoutMinutes: 60,
		Nodes: []approval.Node{{Need: approval.KOf, K: 2, Approvers: []penstock.Party{
			penstock.UserParty("ann"), penstock.GroupParty("sre"),
		}}},
	}
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	request, err := approval.Open(approval.Opening{
		ID: "r1", Policy: policy, By: penstock.Actor{ID: "max"}, At: noon,
		Subject: approval.Subject{Hash: "hash of the content", Author: "max"},
		Members: map[string][]penstock.Party{"group:sre": {penstock.UserParty("bob"), penstock.UserParty("cat")}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	yes := approval.Vote{Decision: approval.Approve, Comment: "looks good"}
	for _, id := range []string{"ann", "eve", "ann", "cat"} {
		next, err := request.Vote(yes, penstock.Actor{ID: id}, noon.Add(time.Minute))
		if err != nil {
			fmt.Println(id, "—", err)
			continue
		}
		request = next
		fmt.Println(id, "—", request.State())
	}
	fmt.Println(request.Valid("hash of the content"), request.Valid("hash of something else"))
	// Output:
	// ann — pending
	// eve — no approve right on approval r1
	// ann — cannot vote: needs a first vote in the node
	// cat — approved
	// true false
}

func ExampleRequest_Explain() {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	policy := approval.Policy{
		Enabled: true, Kind: approval.Native, TimeoutMinutes: 60,
		Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{
			penstock.UserParty("ann"), penstock.UserParty("bob"), penstock.UserParty("max"),
		}}},
		Separation: approval.Separation{NotAuthor: true},
	}
	request, err := approval.Open(approval.Opening{
		ID: "r1", Policy: policy, By: penstock.Actor{ID: "max"}, At: noon,
		Subject: approval.Subject{Hash: "h", Author: "max"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(request.Explain(noon))

	request, err = request.Vote(approval.Vote{Decision: approval.Approve}, penstock.Actor{ID: "bob"}, noon.Add(time.Minute))
	if err != nil {
		fmt.Println(err)
		return
	}
	e := request.Explain(noon.Add(time.Minute))
	fmt.Println(e)
	fmt.Println(e.Needed, e.Reachable)
	// Output:
	// pending: 2 approvals needed from ann, bob; max (author) may not vote; lapses 2026-05-04T13:00:00Z
	// pending: 1 approval needed from ann; approved by bob; max (author) may not vote; lapses 2026-05-04T13:00:00Z
	// 1 true
}

func ExampleRequest_Lapse() {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	request, err := approval.Open(approval.Opening{
		ID: "r1", By: penstock.Actor{ID: "max"}, At: noon, Subject: approval.Subject{Hash: "h"},
		Policy: approval.Policy{
			Enabled: true, Kind: approval.Native, TimeoutMinutes: 30,
			Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("ann")}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = request.Lapse(noon)
	var refused *penstock.RefusedError
	fmt.Println(errors.As(err, &refused), refused.Earliest)

	lapsed, err := request.Lapse(request.Deadline())
	fmt.Println(lapsed.State(), err)
	// Output:
	// true 2026-05-04 12:30:00 +0000 UTC
	// lapsed <nil>
}

func ExamplePolicy_Validate() {
	policy := approval.Policy{
		Enabled: true, Kind: approval.Native, TimeoutMinutes: -5,
		Nodes: []approval.Node{{Need: approval.KOf, K: 3, Approvers: []penstock.Party{
			penstock.UserParty("ann"), penstock.UserParty("bob"), penstock.UserParty("ann"),
		}}},
	}
	fmt.Println(policy.Validate())
	// Output:
	// timeout: must be from 0 to 525600 minutes
	// nodes[0].k: must be at most the 2 distinct approvers, not 3
}

func ExampleDiagram() {
	fmt.Print(approval.Diagram())
	// Output:
	// stateDiagram-v2
	//     [*] --> pending
	//     pending --> pending : answer [a provider that decides it and a deadline that has not come]
	//     pending --> approved : approve* [enough approvals in every node]
	//     pending --> canceled : cancel
	//     pending --> lapsed : lapse* [the deadline]
	//     pending --> rejected : reject* [a rejection]
	//     pending --> pending : vote [a native request and a deadline that has not come and an approver of the open node and a first vote in the node]
	//     pending --> withdrawn : withdraw [a deadline that has not come]
	//     approved --> [*]
	//     canceled --> [*]
	//     lapsed --> [*]
	//     rejected --> [*]
	//     withdrawn --> [*]
}
