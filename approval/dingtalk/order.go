package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// An order is what DingTalk is asked to open.
type order struct {
	Process    string  `json:"processCode"`
	Originator string  `json:"originatorUserId"`
	Dept       int64   `json:"deptId,omitempty"`
	Steps      []step  `json:"approvers"`
	Form       []Field `json:"formComponentValues"`
}

// A step is one node of an order.
type step struct {
	Action string   `json:"actionType"` // AND, OR, or NONE for one person
	Users  []string `json:"userIds"`
}

const (
	maxSteps  = 20
	maxFields = 150
)

// order returns what to open for r, or all that DingTalk cannot be asked.
func (p *Provider) order(ctx context.Context, r *approval.Request) (*order, error) {
	policy := r.Policy()
	o := &order{Process: policy.App, Dept: p.cfg.DeptID}
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, penstock.Invalid(field, format, args...))
	}
	if o.Process == "" {
		o.Process = p.cfg.ProcessCode
	}
	if o.Process == "" {
		fault("policy.approval_id", noProcess)
	}
	by, field := r.OpenedBy(), "by"
	if policy.Initiator != nil {
		by, field = *policy.Initiator, "policy.initiator"
	}
	var err error
	if o.Originator, err = p.userID(ctx, by); err != nil {
		return nil, err
	}
	if o.Originator == "" {
		fault(field, "%s has no user id in DingTalk", by.Label())
	}
	nodes := r.Nodes()
	if len(nodes) > maxSteps {
		fault("nodes", tooManySteps, maxSteps, len(nodes))
	}
	asked, in := reference{Request: r.ID()}, map[string]int{}
	for n, node := range nodes {
		s, seat := step{}, seat{Needed: node.Needed, People: map[string]string{}}
		for a, party := range node.Approvers {
			path := fmt.Sprintf("nodes[%d].approvers[%d]", n, a)
			id, err := p.userID(ctx, party)
			if err != nil {
				return nil, err
			}
			if id == "" {
				fault(path, "%s has no user id in DingTalk", party.Label())
				continue
			}
			if first, found := in[id]; found {
				fault(path, "%s is in nodes[%d] already", party.Label(), first)
				continue
			}
			in[id], seat.People[id] = n, party.ID
			s.Users = append(s.Users, id)
		}
		switch people := len(node.Approvers); {
		case people == 1:
			s.Action = "NONE"
		case node.Needed == 1:
			s.Action = "OR"
		case node.Needed == people:
			s.Action = "AND"
		default:
			fault(fmt.Sprintf("nodes[%d].need", n), "must be all or any in DingTalk, not %d of %d", node.Needed, people)
		}
		o.Steps, asked.Nodes = append(o.Steps, s), append(asked.Nodes, seat)
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	o.Form, err = p.form(r, asked)
	return o, err
}

func (p *Provider) userID(ctx context.Context, party penstock.Party) (string, error) {
	id, err := p.cfg.UserID(ctx, party)
	if err != nil {
		return "", fmt.Errorf("dingtalk: the user id of %s: %w", party.Label(), err)
	}
	return id, nil
}

// form returns what the form is filled with.
func (p *Provider) form(r *approval.Request, asked reference) ([]Field, error) {
	sealed, err := asked.seal(p.cfg.SealKey)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(sealed) > maxReference {
		return nil, penstock.Invalid("nodes", "must not name so many people: a form of DingTalk cannot hold them")
	}
	form := []Field{{Name: p.cfg.Reference, Value: sealed}}
	if text := r.Policy().Description; p.cfg.Description != "" && text != "" {
		form = append(form, Field{Name: p.cfg.Description, Value: text})
	}
	if p.cfg.Fields != nil {
		form = append(form, p.cfg.Fields(r)...)
	}
	if len(form) > maxFields {
		return nil, penstock.Invalid("Fields", "must be at most %d with the reference and the description", maxFields)
	}
	for i, f := range form[1:] {
		if f.Name == p.cfg.Reference {
			return nil, penstock.Invalid(fmt.Sprintf("Fields[%d].Name", i), "must not be that of the reference")
		}
	}
	return form, nil
}
