package dingtalk

import (
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// What is wrong with a request may be seen in its policy already.
const (
	noProcess    = "must name the process to open, since none is configured"
	tooManySteps = "must be at most %d in DingTalk, not %d"
)

// Check reports what a policy asks for that Create is certain to refuse, as an
// [approval.Checker]: no process, a node of k of n, too many nodes, somebody in two of them.
func (p *Provider) Check(policy approval.Policy) error {
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, penstock.Invalid(field, format, args...))
	}
	if policy.App == "" && p.cfg.ProcessCode == "" {
		fault("approval_id", noProcess)
	}
	if len(policy.Nodes) > maxSteps {
		fault("nodes", tooManySteps, maxSteps, len(policy.Nodes))
	}
	asked := !policy.Separation.NotAuthor && !policy.Separation.NotLastEditor // everybody who is named
	in := make(map[string]int)
	for i, node := range policy.Nodes {
		if all, anyOne := node.Asks(policy.Voters(i)); !all && !anyOne {
			fault(fmt.Sprintf("nodes[%d].k", i), "must be 1 or the number of approvers: DingTalk cannot ask for %d of more", node.K)
		}
		for j, who := range node.Approvers {
			if who.Type == penstock.Group {
				continue
			}
			if first, found := in[who.ID]; asked && found && first != i {
				fault(fmt.Sprintf("nodes[%d].approvers[%d]", i, j), "%s is in nodes[%d] already", who.Label(), first)
				continue
			}
			in[who.ID] = i
		}
	}
	return errors.Join(faults...)
}
