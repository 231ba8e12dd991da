package approval

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
)

func TestLifeIsSound(t *testing.T) {
	if err := life.Check(); err != nil {
		t.Error(err)
	}
	want := []State{Pending, Approved, Canceled, Lapsed, Rejected, Withdrawn}
	if got := slices.Sorted(slices.Values(life.States())); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("states = %v, want %v", got, want)
	}
}

// No policy makes a native request of several nodes today; if one does, the
// nodes are asked in order.
func TestNodesAreAskedInOrder(t *testing.T) {
	ann, bob := penstock.UserParty("ann"), penstock.UserParty("bob")
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	r := &Request{state: Pending, terms: terms{
		RequestID: "r1", Opened: at, Asks: Policy{Kind: Native, Nodes: make([]Node, 2)},
		Panels: []panel{{Needed: 1, Approvers: []penstock.Party{ann}}, {Needed: 1, Approvers: []penstock.Party{bob}}},
	}}
	yes := Vote{Decision: Approve}
	_, err := r.Vote(yes, penstock.Actor{ID: "bob"}, at)
	var refused *penstock.RefusedError
	if !errors.As(err, &refused) || !slices.Equal(refused.Needs, []string{turn.Needs}) {
		t.Fatalf("bob votes first: %v", err)
	}
	if r, err = r.Vote(yes, penstock.Actor{ID: "ann"}, at); err != nil || r.State() != Pending || r.Current() != 1 {
		t.Fatalf("ann votes: %v, %v", r, err)
	}
	if r, err = r.Vote(yes, penstock.Actor{ID: "bob"}, at); err != nil || r.State() != Approved || r.Current() != 1 {
		t.Fatalf("bob votes: %v, %v", r, err)
	}
}
