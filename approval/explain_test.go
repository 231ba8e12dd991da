package approval_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func TestExplainReads(t *testing.T) {
	forever := policy(approval.Native, node(approval.All, 0, "a", "b", "c", "d", "e", "f", "g"))
	forever.TimeoutMinutes = 0
	two := open(t, opening(policy(approval.Lark, node(approval.Any, 0, "ann"), node(approval.All, 0, "bob"))))
	answered := func(votes ...approval.Vote) *approval.Request {
		return must(t)(two.Answer(approval.Answer{Outcome: approval.Pending, Votes: votes}, minutes(9)))
	}
	tests := []struct {
		rule    string
		request *approval.Request
		at      time.Time
		want    string
	}{
		{"nothing was opened", &approval.Request{}, noon, ""},
		{"many names are cut", open(t, opening(forever)), noon, "pending: 7 approvals needed from a, b, c, d, e and 2 more"},
		{"the second node", answered(ballot("ann", 0, yes)), noon,
			"pending in node 2 of 2: 1 approval needed from bob; approved by ann; lapses 2026-05-04T13:00:00Z"},
		{"rejected at the provider, which is pending", answered(ballot("ann", 0, no)), noon,
			"pending in node 1 of 2: 1 approval needed from nobody; rejected by ann; can no longer be approved; lapses 2026-05-04T13:00:00Z"},
		{"overdue", native(t), minutes(60), "pending: 2 approvals needed from ann, bob, cat; can no longer be approved; lapses 2026-05-04T13:00:00Z"},
		{"approved", cast(t, native(t), yes, "ann", "bob"), minutes(5), "approved: approved by ann, bob"},
		{"rejected", cast(t, cast(t, native(t), yes, "ann"), no, "bob"), minutes(5), "rejected: approved by ann; rejected by bob"},
		{"lapsed", must(t)(native(t).Lapse(minutes(60))), minutes(61), "lapsed"},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			if got := tt.request.Explain(tt.at).String(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestExplainOverdue(t *testing.T) {
	for at, want := range map[time.Time]bool{minutes(60).Add(-time.Microsecond): true, minutes(60): false} {
		if got := native(t).Explain(at).Reachable; got != want {
			t.Errorf("reachable at %s: %t", at, got)
		}
	}
}

func TestNodesOfClosedRequests(t *testing.T) {
	opened := open(t, opening(policy(approval.Lark, node(approval.Any, 0, "ann"), node(approval.Any, 0, "bob"), node(approval.Any, 0, "cat"))))
	first := []approval.Vote{ballot("ann", 0, yes)}
	pending := must(t)(opened.Answer(approval.Answer{Outcome: approval.Pending, Votes: first}, minutes(9)))
	tests := []struct {
		request *approval.Request
		current int
		want    []approval.NodeState
	}{
		{pending, 1, []approval.NodeState{approval.NodeApproved, approval.NodeOpen, approval.NodeWaiting}},
		{must(t)(pending.Answer(approval.Answer{Outcome: approval.Approved, Votes: first}, minutes(9))), 2,
			[]approval.NodeState{approval.NodeApproved, approval.NodeApproved, approval.NodeApproved}},
		{must(t)(pending.Answer(approval.Answer{Outcome: approval.Rejected, Votes: first}, minutes(9))), 1,
			[]approval.NodeState{approval.NodeApproved, approval.NodeRejected, approval.NodeClosed}},
		{must(t)(pending.Cancel(minutes(9))), 1, []approval.NodeState{approval.NodeApproved, approval.NodeClosed, approval.NodeClosed}},
	}
	for _, tt := range tests {
		t.Run(string(tt.request.State()), func(t *testing.T) {
			var got []approval.NodeState
			for _, n := range tt.request.Nodes() {
				got = append(got, n.State)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
			if got := tt.request.Current(); got != tt.current {
				t.Errorf("current = %d, want %d", got, tt.current)
			}
		})
	}
}

func TestRequestsShareNoVotes(t *testing.T) {
	r := open(t, opening(policy(approval.Native, node(approval.All, 0, "a", "b", "c", "d", "e"))))
	r = cast(t, r, yes, "a", "b", "c") // an append may have left room for a fourth vote
	left, right := cast(t, r, yes, "d"), cast(t, r, no, "e")
	if got := left.Votes()[3].Who.ID; got != "d" {
		t.Errorf("the vote of %s took the place of d's", got)
	}
	if got := right.Votes()[3].Who.ID; got != "e" {
		t.Errorf("the vote of %s took the place of e's", got)
	}
}

func TestRequestTellsWhatItWasOpenedWith(t *testing.T) {
	p := policy(approval.Native, node(approval.Any, 0, "ann"))
	r := open(t, opening(p))
	if r.ID() != "r1" || r.Kind() != approval.Native || r.Hash() != "h1" || r.OpenedBy() != penstock.UserParty("max") || r.OpenedAt() != noon {
		t.Errorf("id %s, kind %s, hash %s, by %v at %s", r.ID(), r.Kind(), r.Hash(), r.OpenedBy(), r.OpenedAt())
	}
	if !r.Policy().Required() || (approval.Policy{}).Required() {
		t.Error("an enabled policy is required, no other")
	}
	if diff := cmp.Diff(p, r.Policy()); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}
