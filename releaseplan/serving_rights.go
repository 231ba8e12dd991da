package releaseplan

import (
	"context"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// lookTarget asks the [rollout.Service] about the feature that a plan is to roll out, unless it was so
// before. Who writes the plan must be allowed to change the feature, as it is stored: otherwise
// anybody could do so by a plan. A plan that names no project is of the feature's.
func (s *Service) lookTarget(ctx context.Context, c, before *Content, by penstock.Actor) error {
	t := c.Target
	if s.rollout == nil || t == nil || before != nil && before.Target != nil && *before.Target == *t {
		return nil
	}
	catalog, err := s.rollout.Catalog(ctx, t.feature())
	if err != nil {
		return err
	}
	f := catalog.Feature(t.Feature)
	if f == nil {
		return nil // it is told with what else does not exist
	}
	on := penstock.Resource{Kind: rollout.KindFeature, ID: f.Name, Name: f.Name, Project: f.Project}
	if err := s.authorizer.Ask(ctx, by, penstock.Edit, on); err != nil {
		return err
	}
	if t.Project == "" {
		at := *t
		at.Project = f.Project
		c.Target = &at
	}
	return nil // whether the project is that of the feature is looked at when the plan is finalized
}
