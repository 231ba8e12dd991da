package workflow

import (
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// askable refuses what asks for approvals that nobody is there to request, or that their
// provider cannot ask for: they would be waited for until they lapse, or for ever.
func (s *Service) askable(g *graph, a Action) error {
	s.mu.RLock()
	told := s.executed != nil || s.providers != nil
	s.mu.RUnlock()
	if !told { // other processes carry runs out
		return nil
	}
	refusal := &penstock.RefusedError{Action: string(a), State: "stored"}
	for _, kind := range g.asksOf() {
		if s.providers[kind] == nil {
			refusal.Needs = append(refusal.Needs, fmt.Sprintf("a provider of %s approvals", kind))
		}
	}
	if len(refusal.Needs) > 0 {
		return refusal
	}
	return s.expressible(g)
}

// expressible returns what providers have against the policies of their approvals. Those with
// variables are not known yet.
func (s *Service) expressible(g *graph) error {
	var c Checker
	check := func(at *Checker, policy *approval.Policy) {
		if policy == nil || !policy.Kind.Remote() {
			return
		}
		for _, f := range penstock.Faults(approval.Check(s.providers[policy.Kind], policy.Clone())) {
			at.Fault(policyPath(*policy, f.Field), "%s", f.Why)
		}
	}
	for _, stage := range g.stages {
		check(c.At("stages[%d].approval", stage.place), stage.Approval)
	}
	for i := range g.nodes {
		if n := &g.nodes[i]; !n.dynamic {
			check(c.At("%s.spec", n.path), n.policy)
		}
	}
	return c.Faults()
}

// asksOf returns the kinds of the approvals that are decided elsewhere, each once.
func (g *graph) asksOf() (kinds []approval.Kind) {
	add := func(policy *approval.Policy) {
		if policy != nil && policy.Required() && policy.Kind.Remote() && !slices.Contains(kinds, policy.Kind) {
			kinds = append(kinds, policy.Kind)
		}
	}
	for _, stage := range g.stages {
		add(stage.Approval)
	}
	for i := range g.nodes {
		add(g.nodes[i].policy)
	}
	return kinds
}
