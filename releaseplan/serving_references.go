package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// manyReferences stands in a header for more references than its field takes.
const manyReferences = "*"

// namedReferences bounds how many plans RolloutReferences names.
const namedReferences = 100

// references returns the records of a rollout.Service that the plan refers to: by
// its content, and by what it serves, which an edit may have taken out of that. A
// plan that was canceled serves nothing and never will.
func (p *Plan) references() map[rollout.Ref]bool {
	c := &p.def.content
	if p.st.State == Canceled || c.Target == nil && len(c.Milestones) == 0 && p.rollout().Live == "" {
		return nil
	}
	all := make(map[rollout.Ref]bool)
	if t := c.Target; t != nil {
		all[t.feature()], all[t.environment()] = true, true
	}
	add := func(strategies []rollout.Strategy) {
		for i := range strategies {
			for _, on := range strategies[i].Refs() {
				all[on] = true
			}
		}
	}
	for i := range c.Milestones {
		add(c.Milestones[i].Strategies)
	}
	add(p.rollout().Serves)
	return all
}

func (t *Target) feature() rollout.Ref {
	return rollout.Ref{Kind: rollout.KindFeature, ID: t.Feature}
}

func (t *Target) environment() rollout.Ref {
	return rollout.Ref{Kind: rollout.KindEnvironment, ID: t.Environment}
}

// referenceValues is what the header of a plan says of its references.
func (p *Plan) referenceValues() []string {
	all := p.references()
	if len(all) > store.MaxValues {
		return []string{manyReferences}
	}
	values := make([]string, 0, len(all))
	for on := range all {
		values = append(values, referenceValue(on))
	}
	slices.Sort(values)
	return values
}

func referenceValue(on rollout.Ref) string { return on.Kind + ":" + on.ID }

// RolloutReferences returns which plans refer to a record of a [rollout.Service],
// in words: every plan that is stored does unless it was canceled, archived ones too
// and those at their end, since what they served may be served still. It is
// made to be that Service's [rollout.Config.References]. Plans are told by their
// ids, and beyond the first 100 not at all. No Authorizer is asked.
func (s *Service) RolloutReferences(ctx context.Context, on rollout.Ref) ([]string, error) {
	value := referenceValue(on)
	if len(value) > store.MaxValue {
		return nil, nil // no plan can have it
	}
	q := store.Query{Kind: kindPlan, Where: []store.Filter{store.In(fieldRollout, value, manyReferences)}, Limit: store.MaxLimit, NoBody: true}
	var words []string
	for {
		page, err := s.store.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("look for plans that refer to %s: %w", short(on.String()), err)
		}
		for _, r := range page.Records {
			if !slices.Contains(r.Fields[fieldRollout], value) {
				switch st, err := s.confirmed(ctx, r.ID); {
				case errors.Is(err, penstock.ErrNotFound): // deleted meanwhile
					continue
				case err != nil:
					return nil, err
				case !st.plan.references()[on]:
					continue
				}
			}
			if len(words) == namedReferences {
				return append(words, "more plans"), nil
			}
			words = append(words, "plan "+r.ID)
		}
		if page.Next == nil {
			return words, nil
		}
		q.After = page.Next
	}
}

// newReferences returns the records that after refers to and before does not,
// sorted; none if there is nobody to tell.
func (s *Service) newReferences(before, after *Plan) []rollout.Ref {
	if s.rollout == nil || after.deleted || before != nil && before.def == after.def {
		return nil
	}
	added := after.references()
	if before != nil {
		for on := range before.references() {
			delete(added, on)
		}
	}
	return slices.SortedFunc(maps.Keys(added), func(a, b rollout.Ref) int {
		return slices.Compare([]string{a.Kind, a.ID}, []string{b.Kind, b.ID})
	})
}

// saveReferences takes part in the writes of the rollout.Service, so that what the
// plan begins to refer to is there and stays there.
func (s *Service) saveReferences(ctx context.Context, ops []store.Op, before, after *Plan) ([]store.Op, error) {
	added := s.newReferences(before, after)
	if len(added) == 0 {
		return ops, nil
	}
	op, err := s.rollout.Refer(ctx, added...)
	if errors.Is(err, penstock.ErrInvalid) {
		why, lookErr := s.rollout.CheckRefs(ctx, added...)
		if lookErr != nil {
			return nil, lookErr
		}
		if faults := after.def.content.cannotRefer(why); faults != nil {
			return nil, faults
		}
	}
	if err != nil {
		return nil, err
	}
	return append(ops, op), nil
}

// cannotRefer returns a fault for every place that refers to one of those records.
func (c *Content) cannotRefer(why map[rollout.Ref]string) error {
	var v validator
	check := func(path string, on rollout.Ref) {
		if fault, ok := why[on]; ok {
			v.fault(path, "%s", fault)
		}
	}
	if t := c.Target; t != nil {
		check("target.feature", t.feature())
		check("target.environment", t.environment())
	}
	for i := range c.Milestones {
		for j := range c.Milestones[i].Strategies {
			segments := 0
			for _, on := range c.Milestones[i].Strategies[j].Refs() {
				if on.Kind == rollout.KindStrategy {
					check(strategyPath(i, j)+".name", on)
					continue
				}
				check(fmt.Sprintf("%s.segments[%d]", strategyPath(i, j), segments), on)
				segments++
			}
		}
	}
	return errors.Join(v.faults...)
}
