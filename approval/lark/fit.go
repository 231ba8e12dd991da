package lark

import (
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// Check reports what a policy asks for that no definition can express, as an
// [approval.Checker]: an application without a definition, another number of nodes than
// it has, a node that decides otherwise, and, without [Config.Accounts], people
// whose ids cannot be those of accounts.
func (p *Provider) Check(policy approval.Policy) error {
	_, err := p.fits(policy, "", policy.Voters)
	return errors.Join(err, p.nameable(policy))
}

// fits returns the definition that a policy selects, or all that it cannot express of it.
// The paths of faults begin with under.
func (p *Provider) fits(policy approval.Policy, under string, voters func(node int) (least, most int)) (*Definition, error) {
	d := p.definition(policy.App)
	if d == nil {
		return nil, penstock.Invalid(under+"approval_id", "names no definition: %.100q", policy.App)
	}
	if len(policy.Nodes) != len(d.Nodes) {
		return nil, penstock.Invalid(under+"nodes", "must be %d, as definition %s has, not %d", len(d.Nodes), d.Code, len(policy.Nodes))
	}
	var faults []error
	for i, node := range policy.Nodes {
		least, most := voters(i)
		all, anyOne := node.Asks(least, most)
		switch need := d.Nodes[i].Need; {
		case !all && !anyOne:
			faults = append(faults, penstock.Invalid(fmt.Sprintf("%snodes[%d].k", under, i), "must be 1 or the number of approvers: Lark cannot ask for %d of more", node.K))
		case need == approval.All && !all, need == approval.Any && !anyOne:
			faults = append(faults, penstock.Invalid(fmt.Sprintf("%snodes[%d].need", under, i),
				"must be %s, as node %s of definition %s is set", need, d.Nodes[i].Key, d.Code))
		}
	}
	return d, errors.Join(faults...)
}

// nameable reports the people who can have no account if ids are those of accounts.
func (p *Provider) nameable(policy approval.Policy) error {
	if _, plain := p.cfg.Accounts.(same); !plain || policy.Separation.NotAuthor || policy.Separation.NotLastEditor {
		return nil // somebody knows, or who it is may not be asked
	}
	var faults []error
	for i, node := range policy.Nodes {
		for j, who := range node.Approvers {
			if who.Type != penstock.Group && !isCode(who.ID) {
				faults = append(faults, penstock.Invalid(fmt.Sprintf("nodes[%d].approvers[%d].id", i, j), "cannot be the id of an account in Lark"))
			}
		}
	}
	return errors.Join(faults...)
}
