package unleash

import (
	"slices"

	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/keyed"
)

// keyed are the plans, for a request that may have an idempotency key.
func (a *api) keyed(c *rest.Call) keyed.Plans { return keyed.Of(a.Plans, c) }

// asFound returns plans as the first request with the same key has found them, and with them the one of
// the path even if it is not there any more.
func (a *api) asFound(c *rest.Call, plans []*releaseplan.Plan) ([]*releaseplan.Plan, error) {
	var err error
	for i := range plans {
		if plans[i], err = a.keyed(c).As(plans[i]); err != nil {
			return nil, err
		}
	}
	id := c.Path("planId")
	if id == "" || slices.ContainsFunc(plans, func(p *releaseplan.Plan) bool { return p.ID() == id }) {
		return plans, nil
	}
	before, err := a.keyed(c).Before(id)
	if t := (releaseplan.Target{}); before != nil {
		if at := before.Content().Target; at != nil {
			t = *at
		}
		if t.Feature == c.Path("featureName") && t.Environment == c.Path("environment") {
			plans = append(plans, before)
		}
	}
	return plans, err
}
