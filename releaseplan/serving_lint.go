package releaseplan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// mayFollow asks what a plan alone cannot know: whether others leave it its target,
// and whether its strategies fit the records that they refer to.
func (s *Service) mayFollow(ctx context.Context, before, after *Plan, a Action, by penstock.Actor) error {
	switch draft := before.st.State == Draft; {
	case draft && (a == Finalize || a == Execute):
		if faults, err := s.lintStrategies(ctx, after); err != nil {
			return err
		} else if faults != nil {
			return &penstock.RefusedError{Action: string(a), State: string(Draft), Needs: []string{lintFree.Needs}, Err: faults}
		}
	case !draft && a == Edit && before.def != after.def:
		if faults, err := s.lintStrategies(ctx, after); err != nil || faults != nil {
			return errors.Join(err, faults)
		}
	}
	return s.targetFree(ctx, before, after, a, by)
}

// canFinalize adds to verdicts about a draft what a plan alone cannot know.
func (s *Service) canFinalize(ctx context.Context, p *Plan, by penstock.Actor, all []Verdict) error {
	if p.st.State != Draft {
		return nil
	}
	needs, err := s.needsTarget(ctx, p, by)
	if err != nil {
		return err
	}
	faults, err := s.lintStrategies(ctx, p)
	if err != nil {
		return err
	}
	for i := range all {
		v := &all[i]
		if v.Action != Finalize && v.Action != Execute {
			continue
		}
		linted := slices.ContainsFunc(v.Refusals, func(r Refusal) bool { return r.Rule == lintFree.Rule })
		if faults != nil && !linted {
			v.Refusals = append(v.Refusals, Refusal{Rule: lintFree.Rule, Needs: lintFree.Needs, Err: faults})
		}
		if needs != "" {
			v.Refusals = append(v.Refusals, Refusal{Rule: "target_free", Needs: needs})
		}
		v.Allowed = len(v.Refusals) == 0
	}
	return nil
}

// lintStrategies is Lint of the milestones by the records that they refer to: the
// parameters of custom strategies, the projects of segments and features, the
// values that fields can have.
func (s *Service) lintStrategies(ctx context.Context, p *Plan) (faults, err error) {
	t := p.def.content.Target
	if s.rollout == nil || t == nil {
		return nil, nil
	}
	catalog, err := s.rollout.Catalog(ctx, slices.Collect(maps.Keys(p.references()))...)
	if err != nil {
		return nil, err
	}
	return p.def.content.fit(catalog), nil
}

// fit returns what is wrong with the milestones by a catalog.
func (c *Content) fit(catalog *rollout.Catalog) error {
	var v validator
	f := catalog.Feature(c.Target.Feature)
	if f == nil {
		v.fault("target.feature", "feature %q is unknown or archived", short(c.Target.Feature))
		return errors.Join(v.faults...)
	}
	if catalog.Project = cmp.Or(c.Target.Project, f.Project); f.Project != "" && f.Project != catalog.Project {
		v.fault("target.project", "is not that of feature %q", short(f.Name))
	}
	for i := range c.Milestones {
		for j := range c.Milestones[i].Strategies {
			x := c.Milestones[i].Strategies[j].WithDefaults(c.Target.Feature, "")
			v.nest(fmt.Sprintf("milestones[%d].strategies[%d]", i, j), x.Validate(catalog))
		}
	}
	return errors.Join(v.faults...)
}
