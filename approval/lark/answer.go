package lark

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// answer says what an instance has come to. It believes an approval only if the tasks say
// the same.
func (p *Provider) answer(ctx context.Context, i *instance) (approval.Answer, error) {
	d := p.defined(i.Definition)
	if d == nil {
		return approval.Answer{}, errors.New("its definition is none of those that are configured")
	}
	outcome, err := i.outcome()
	if err != nil {
		return approval.Answer{}, err
	}
	nodes, err := d.tasks(i, p.cfg.IDType)
	if err != nil {
		return approval.Answer{}, err
	}
	if outcome == approval.Approved {
		if err := d.approved(i, nodes, p.cfg.Handover); err != nil {
			return approval.Answer{}, fmt.Errorf("it is called approved, but %w", err)
		}
	}
	votes, err := p.votes(ctx, i, nodes)
	if err != nil {
		return approval.Answer{}, err
	}
	return approval.Answer{Outcome: outcome, Votes: votes}, nil
}

func (i *instance) outcome() (approval.State, error) {
	switch i.Status {
	case statusPending:
		return approval.Pending, nil
	case statusApproved:
		if i.Reverted {
			return approval.Canceled, nil
		}
		return approval.Approved, nil
	case statusRejected:
		return approval.Rejected, nil
	case statusCanceled, statusDeleted:
		return approval.Canceled, nil
	default:
		return "", fmt.Errorf("unknown status %.32q", i.Status)
	}
}

// nodeTasks are the tasks of one node: of each person the last, since a node that was
// gone back to is asked again.
type nodeTasks struct {
	tasks []task
	auto  bool // something in it was decided without anybody
}

// tasks sorts the tasks of an instance by the nodes of its definition, and checks them.
// Nodes that the definition has besides are Lark's own affair.
func (d *Definition) tasks(i *instance, by IDType) ([]nodeTasks, error) {
	nodes := make([]nodeTasks, len(d.Nodes))
	for n, t := range i.Tasks {
		at := d.index(t.NodeID, t.Custom)
		auto, err := t.check(by)
		if err != nil {
			return nil, fmt.Errorf("task_list[%d]: %w", n, err)
		}
		switch {
		case at < 0:
			continue
		case auto:
			nodes[at].auto = true
			continue
		case !decides(t.Type, d.Nodes[at].Need):
			return nil, fmt.Errorf("task_list[%d]: node %s is not decided by %s there", n, d.Nodes[at].Key, d.Nodes[at].Need)
		}
		node := &nodes[at]
		same := slices.IndexFunc(node.tasks, func(other task) bool { return other.id(by) == t.id(by) })
		switch {
		case same < 0:
			node.tasks = append(node.tasks, t)
		case t.Start >= node.tasks[same].Start:
			node.tasks[same] = t
		}
	}
	return nodes, nil
}

// check reports what is wrong with a task, or whether it was decided without anybody.
func (t *task) check(by IDType) (auto bool, err error) {
	switch t.Status {
	case statusPending, statusTransferred, statusDone:
	case statusApproved, statusRejected:
		if t.End == 0 {
			return false, errors.New("decided, but not when")
		}
	default:
		return false, fmt.Errorf("unknown status %.32q", t.Status)
	}
	switch t.Type {
	case typeAutoPass, typeAutoReject:
		return true, nil
	case typeAnd, typeOr, typeSequential:
		if !isCode(t.id(by)) {
			return false, fmt.Errorf("nobody's: it has no %s", by)
		}
		return false, nil
	default:
		return false, fmt.Errorf("unknown type %.32q", t.Type)
	}
}

// approved reports why the tasks of an instance do not amount to an approval.
func (d *Definition) approved(i *instance, nodes []nodeTasks, handover bool) error {
	for n, node := range nodes {
		key, approvals := d.Nodes[n].Key, 0
		for _, t := range node.tasks {
			switch t.Status {
			case statusApproved:
				approvals++
			case statusTransferred:
				if !handover {
					return fmt.Errorf("a task in node %s was handed on", key)
				}
			case statusDone: // somebody else decided, which is enough for one only
				if d.Nodes[n].Need == approval.All {
					return fmt.Errorf("not everybody approved in node %s", key)
				}
			default:
				return fmt.Errorf("a task in node %s is %s", key, t.Status)
			}
		}
		if approvals == 0 {
			return fmt.Errorf("nobody approved in node %s", key)
		}
		if node.auto && d.Nodes[n].Need == approval.All {
			return fmt.Errorf("somebody did not approve in node %s: it passed by itself", key)
		}
	}
	for _, e := range i.Timeline {
		if e.exchanges() && !handover {
			return errors.New("its approvers were exchanged there")
		}
	}
	return nil
}

// votes returns the votes of an instance, in the order in which they were cast.
func (p *Provider) votes(ctx context.Context, i *instance, nodes []nodeTasks) ([]approval.Vote, error) {
	comments := make(map[string]string)
	for _, e := range i.Timeline {
		if e.Task != "" && (e.Type == "PASS" || e.Type == "REJECT") {
			comments[e.Task] = e.Comment
		}
	}
	var votes []approval.Vote
	for n, node := range nodes {
		for _, t := range node.tasks {
			decision := approval.Approve
			switch t.Status {
			case statusApproved:
			case statusRejected:
				decision = approval.Reject
			default:
				continue
			}
			id := t.id(p.cfg.IDType)
			who, err := p.cfg.Accounts.User(ctx, id)
			if errors.Is(err, penstock.ErrNotFound) { // of the error: the instance is there
				return nil, fmt.Errorf("account %s voted, which is nobody's", id)
			}
			if err != nil {
				return nil, fmt.Errorf("whose account %s is: %w", id, err)
			}
			if who.Type == "" {
				who.Type = penstock.User
			}
			votes = append(votes, approval.Vote{Who: who, Node: n, Decision: decision, Comment: comments[t.ID], At: t.End.time()})
		}
	}
	slices.SortStableFunc(votes, func(a, b approval.Vote) int { return a.At.Compare(b.At) })
	return votes, nil
}
