package releaseplan

import (
	"context"
	"errors"
	"slices"

	"github.com/penstock-go/penstock"
)

// PlansAt returns the plans that a feature in an environment has now: the one that is
// under way there, from the end of its planning on, and behind it the completed one whose
// milestone is still served. There is at most one of each. Plans that by may not read are
// left out; the error of an Authorizer that fails is returned.
func (s *Service) PlansAt(ctx context.Context, feature, environment string, by penstock.Actor) ([]*Plan, error) {
	c, _, err := s.claim(ctx, feature, environment)
	if err != nil {
		return nil, err
	}
	var all []*Plan
	for _, id := range slices.Compact([]string{c.Holder, c.Serving}) {
		if id == "" {
			continue
		}
		p, err := s.Get(ctx, id, by)
		switch {
		case errors.Is(err, penstock.ErrNotFound), errors.Is(err, penstock.ErrForbidden): // deleted since, or not to be seen
			continue
		case err != nil:
			return nil, err
		case p.targets(c) && (p.holds() || p.exposes() && id == c.Serving):
			all = append(all, p)
		}
	}
	return all, nil
}
