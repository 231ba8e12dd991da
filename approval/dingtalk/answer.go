package dingtalk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/excerpt"
)

// answer returns what the instance has come to.
func (i *instance) answer(asked reference) (approval.Answer, error) {
	closed, err := i.closed()
	if err != nil {
		return approval.Answer{}, err
	}
	votes, err := i.votes(asked)
	if err != nil {
		return approval.Answer{}, err
	}
	a := approval.Answer{Outcome: approval.Pending, Votes: votes}
	switch {
	case !closed:
		return a, nil
	case i.Status != statusCompleted:
		a.Outcome = approval.Canceled
	case i.Result == resultRefuse:
		a.Outcome = approval.Rejected
	case i.Result == resultAgree:
		if err := asked.approvedBy(votes); err != nil {
			return approval.Answer{}, err
		}
		a.Outcome = approval.Approved
	default:
		return approval.Answer{}, fmt.Errorf("dingtalk: a completed instance with the unknown result %q", excerpt.Line(i.Result, 40))
	}
	return a, nil
}

// approvedBy says what is missing for votes to approve each node.
func (r reference) approvedBy(votes []approval.Vote) error {
	approvals := make([]int, len(r.Nodes))
	for _, v := range votes {
		if v.Decision != approval.Approve {
			return fmt.Errorf("dingtalk: the instance is agreed, but %s refused", v.Who.Label())
		}
		approvals[v.Node]++
	}
	for n, node := range r.Nodes {
		if needed := max(node.Needed, 1); approvals[n] < needed {
			return fmt.Errorf("dingtalk: the instance is agreed, but nodes[%d] has %d of %d approvals by the people it asks: "+
				"a task was handed over, delegated or passed automatically, or the answer is not complete", n, approvals[n], needed)
		}
	}
	if len(r.Nodes) == 0 {
		return errors.New("dingtalk: the instance is agreed, but nobody was asked")
	}
	return nil
}

// A ballot is what one person who is asked has done so far.
type ballot struct {
	node  int
	party string

	last record // the last decision; with the zero Type: none that stands
	open bool   // a task is (again) theirs
	done map[string]bool
}

// votes returns the decisions that people who are asked made themselves, in the order
// in which they were made. A decision needs both a record and a task that says the
// same: tasks pass in other ways too.
func (i *instance) votes(asked reference) ([]approval.Vote, error) {
	ballots := make(map[string]*ballot)
	for n, node := range asked.Nodes {
		for user, party := range node.People {
			ballots[user] = &ballot{node: n, party: party, done: map[string]bool{}}
		}
	}
	for _, t := range i.Tasks {
		if b := ballots[t.User]; b != nil {
			if err := b.task(t); err != nil {
				return nil, err
			}
		}
	}
	records := slices.Clone(i.Records)
	slices.SortStableFunc(records, func(a, b record) int { return a.Date.Compare(b.Date.Time) })
	for _, r := range records {
		if b := ballots[r.User]; b != nil {
			if err := b.record(r); err != nil {
				return nil, err
			}
		}
	}
	var votes []approval.Vote
	for _, b := range ballots {
		if b.open || !b.done[b.last.Result] {
			continue
		}
		v := approval.Vote{
			Who: penstock.UserParty(b.party), Node: b.node, Decision: approval.Approve, Comment: b.last.Remark, At: b.last.Date.Time,
		}
		if b.last.Result == refuse {
			v.Decision = approval.Reject
		}
		votes = append(votes, v)
	}
	slices.SortFunc(votes, func(a, b approval.Vote) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Who.ID, b.Who.ID))
	})
	return votes, nil
}

// The results of tasks and records.
const (
	agree  = "AGREE"
	refuse = "REFUSE"
)

// task notes a task of the ballot's person.
func (b *ballot) task(t task) error {
	switch t.Status {
	case "NEW", "RUNNING", "PAUSED":
		b.open = true
	case "CANCELED", "TERMINATED":
	case "COMPLETED":
		switch t.Result {
		case agree, refuse:
			b.done[t.Result] = true
		case "REDIRECTED", "NONE", "":
		default:
			return fmt.Errorf("dingtalk: a task with the unknown result %q", excerpt.Line(t.Result, 40))
		}
	default:
		return fmt.Errorf("dingtalk: a task with the unknown status %q", excerpt.Line(t.Status, 40))
	}
	return nil
}

// record notes what the ballot's person did.
func (b *ballot) record(r record) error {
	switch r.Type {
	case "EXECUTE_TASK_NORMAL":
	case "REDIRECT_TASK": // it is somebody else's now
		b.last = record{}
		return nil
	default:
		return nil
	}
	switch r.Result {
	case agree, refuse:
		if r.Date.IsZero() {
			return errors.New("dingtalk: a decision without a date")
		}
		b.last = r
	case "BACK": // returned to somebody before
		b.last = record{}
	case "NONE", "":
	default:
		return fmt.Errorf("dingtalk: a decision with the unknown result %q", excerpt.Line(r.Result, 40))
	}
	return nil
}
