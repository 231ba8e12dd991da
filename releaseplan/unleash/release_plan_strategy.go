package unleash

import (
	"net/http"

	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A planStrategyBody is a strategy of a plan as it is written: all of it but its type. A
// title and a sort order that are not there stay.
type planStrategyBody struct {
	_           struct{}           `open:"true"`
	SortOrder   *float64           `json:"sortOrder" need:"false"`
	Title       rest.Field[string] `json:"title" need:"false"`
	Disabled    *bool              `json:"disabled" need:"false"`
	Parameters  map[string]string  `json:"parameters" need:"false"`
	Constraints []constraintBody   `json:"constraints" need:"false"`
	Variants    []variantBody      `json:"variants" need:"false"`
	Segments    []int              `json:"segments" need:"false"`
}

// apply makes the strategy what the body says.
func (b *planStrategyBody) apply(s *rollout.Strategy) error {
	var v faults
	after := rollout.Strategy{ID: s.ID, Name: s.Name, Title: s.Title, SortOrder: s.SortOrder, Parameters: b.Parameters, Segments: b.Segments,
		Constraints: constraintsOf(b.Constraints), Variants: variantsOf(&v, "", b.Variants)}
	if b.SortOrder != nil {
		after.SortOrder = *b.SortOrder
	}
	if b.Title.Set {
		after.Title = b.Title.Value
	}
	after.Disabled = b.Disabled != nil && *b.Disabled
	*s = after
	return v.err()
}

// updatePlanStrategy writes a strategy of a plan anew. If it is live, its milestone starts
// again, so that the time until the next one does too.
func (a *api) updatePlanStrategy(c *rest.Call) error {
	var body planStrategyBody
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	id := c.Path("strategyId")
	p, err := a.planWhere(c, func(p *releaseplan.Plan) bool { i, _ := planStrategyAt(p.Content().Milestones, id); return i >= 0 }, "milestone strategy "+id)
	if err != nil {
		return err
	}
	i, j := -1, -1
	from := origin{func(at int) (string, []int, bool) { return "", nil, at == i }}
	p, err = a.edit(c, p.ID(), func(p *releaseplan.Plan, content *releaseplan.Content) (string, error) {
		if i, j = planStrategyAt(content.Milestones, id); i < 0 {
			return "", notFound("milestone strategy %s of release plan %s", id, p.ID())
		}
		m := &content.Milestones[i]
		if err := body.apply(&m.Strategies[j]); err != nil {
			from = origin{}
			return "", err
		}
		if r := p.Status().Rollout; r != nil && i <= milestoneAt(content.Milestones, r.Live) {
			return m.ID, nil
		}
		return "", nil
	})
	if err != nil {
		return from.tell(err)
	}
	i, j = planStrategyAt(p.Content().Milestones, id)
	m := &p.Content().Milestones[i]
	return c.JSON(http.StatusOK, toMilestoneStrategy(&m.Strategies[j], m.ID))
}

// planStrategyAt returns the places of the milestone of a strategy with an id and of the
// strategy in it, or -1.
func planStrategyAt(all []releaseplan.Milestone, id string) (milestone, strategy int) {
	for i := range all {
		if j := strategyAt(all[i].Strategies, id); j >= 0 {
			return i, j
		}
	}
	return -1, -1
}
