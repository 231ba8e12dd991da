package approval

import (
	"slices"

	"github.com/penstock-go/penstock"
)

// A NodeView is a node of a request as it stands.
type NodeView struct {
	Need      Need
	Needed    int // approvals that decide it: everybody's for All, one for Any, K for KOf
	State     NodeState
	Approvers []penstock.Party // who may vote in it, all of them users
	Excluded  []Exclusion      // who may not, although the policy names them
	Votes     []Vote           // the votes in it, in the order in which they were cast
}

// A NodeState says where a node of a request is.
type NodeState string

// The states of a node.
const (
	NodeWaiting  NodeState = "waiting" // for the nodes before it
	NodeOpen     NodeState = "open"    // its approvers are asked
	NodeApproved NodeState = "approved"
	NodeRejected NodeState = "rejected"
	NodeClosed   NodeState = "closed" // the request was closed before it was decided
)

// Nodes returns the nodes of the request in their order.
func (r *Request) Nodes() []NodeView {
	views := make([]NodeView, len(r.Panels))
	current := r.Current()
	for i, p := range r.Panels {
		views[i] = NodeView{
			Need: r.Asks.Nodes[i].Need, Needed: p.Needed, State: r.nodeState(i, current),
			Approvers: slices.Clone(p.Approvers), Excluded: slices.Clone(p.Excluded),
		}
	}
	for _, v := range r.votes {
		views[v.Node].Votes = append(views[v.Node].Votes, v)
	}
	return views
}

func (r *Request) nodeState(i, current int) NodeState {
	switch {
	case i < current || r.state == Approved:
		return NodeApproved
	case r.state == Rejected && i == current:
		return NodeRejected
	case r.state != Pending:
		return NodeClosed
	case i == current:
		return NodeOpen
	default:
		return NodeWaiting
	}
}

// Current returns the index of the node that is asked: the first that does not
// have its approvals yet. Once the request is closed, it is the last that was asked.
func (r *Request) Current() int {
	if r.state != Approved { // a provider may approve without telling who voted
		for i, t := range r.tallies() {
			if t.rejections > 0 || t.approvals < r.Panels[i].Needed {
				return i
			}
		}
	}
	return max(0, len(r.Panels)-1)
}

// A tally counts the votes of a node.
type tally struct{ approvals, rejections int }

func (r *Request) tallies() []tally {
	count := make([]tally, len(r.Panels))
	for _, v := range r.votes {
		if v.Decision == Approve {
			count[v.Node].approvals++
		} else {
			count[v.Node].rejections++
		}
	}
	return count
}

// verdict is what the votes alone come to.
func (r *Request) verdict() State {
	reached := len(r.Panels) > 0
	for i, t := range r.tallies() {
		if t.rejections > 0 {
			return Rejected
		}
		reached = reached && t.approvals >= r.Panels[i].Needed
	}
	if reached {
		return Approved
	}
	return Pending
}

// approver returns who has a vote in a node under id, or nil.
func (r *Request) approver(node int, id string) *penstock.Party {
	if id == "" || node >= len(r.Panels) {
		return nil
	}
	approvers := r.Panels[node].Approvers
	if i := slices.IndexFunc(approvers, func(p penstock.Party) bool { return p.ID == id }); i >= 0 {
		return &approvers[i]
	}
	return nil
}

// voted reports whether the user with id voted in a node.
func (r *Request) voted(node int, id string) bool {
	return slices.ContainsFunc(r.votes, func(v Vote) bool { return v.Node == node && v.Who.ID == id })
}
