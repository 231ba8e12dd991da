package releaseplan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/fault"
)

// Lint returns every fault that keeps the plan from being finalized, as one
// joined error that is an ErrInvalid, or nil: variables that cannot be resolved,
// secret variables whose value is not set, an approval that nobody provides or that its
// provider cannot ask for, milestones that cannot be served.
func (p *Plan) Lint() error {
	var v validator
	_, err := resolve(p.def.content.Variables, nil)
	v.faults = append(v.faults, flat(err)...)
	for i, x := range p.def.content.Variables {
		if x.Secret && x.Digest == "" {
			v.fault(fmt.Sprintf("variables[%d].value", i), "the secret value of %s is not set", x.Name)
		}
	}
	if policy := p.def.content.Approval; policy != nil && policy.Required() && policy.Kind != approval.Native {
		if p.rules == nil || !slices.Contains(p.rules.Providers, policy.Kind) {
			v.fault("approval.kind", "there is no provider of %q approvals", short(string(policy.Kind)))
		} else if p.rules.CheckApproval != nil {
			for _, f := range penstock.Faults(p.rules.CheckApproval(policy.Clone())) {
				v.fault(fault.Under("approval", f.Field), "%s", f.Why)
			}
		}
	}
	v.lintMilestones(&p.def.content)
	return errors.Join(v.faults...)
}

// flat takes a joined error apart.
func flat(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
