package unleash

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A milestone is what milestones of templates and of plans have in common.
type milestone struct {
	ID                      string              `json:"id" doc:"a ULID"`
	Name                    string              `json:"name"`
	SortOrder               int                 `json:"sortOrder" doc:"its place; the list is in this order"`
	ReleasePlanDefinitionID string              `json:"releasePlanDefinitionId" doc:"of the template or plan that it belongs to"`
	Strategies              []milestoneStrategy `json:"strategies" doc:"alternatives: one that matches is enough"`
}

// A milestoneStrategy is one way for a feature to be on while its milestone is live.
type milestoneStrategy struct {
	ID           string            `json:"id" doc:"a ULID"`
	MilestoneID  string            `json:"milestoneId"`
	SortOrder    float64           `json:"sortOrder"`
	Title        *string           `json:"title"`
	Name         string            `json:"name" doc:"of the strategy type"`
	StrategyName string            `json:"strategyName" doc:"the same"`
	Disabled     bool              `json:"disabled,omitempty" doc:"it never matches"`
	Parameters   map[string]string `json:"parameters"`
	Constraints  []constraint      `json:"constraints" doc:"all of them must hold"`
	Variants     []variant         `json:"variants" doc:"their weights are made to fit when the milestone goes live"`
	Segments     []int             `json:"segments" doc:"ids"`
}

// A transitionCondition says when the next milestone starts.
type transitionCondition struct {
	IntervalMinutes int64 `json:"intervalMinutes" doc:"how long this one is served before, at least 1"`
}

func toMilestone(m *releaseplan.Milestone, of string, sortOrder int) milestone {
	out := milestone{ID: m.ID, Name: m.Name, SortOrder: sortOrder, ReleasePlanDefinitionID: of, Strategies: make([]milestoneStrategy, len(m.Strategies))}
	for i := range m.Strategies {
		out.Strategies[i] = toMilestoneStrategy(&m.Strategies[i], m.ID)
	}
	return out
}

func toMilestoneStrategy(s *rollout.Strategy, milestone string) milestoneStrategy {
	out := milestoneStrategy{
		ID: s.ID, MilestoneID: milestone, SortOrder: s.SortOrder, Title: orNull(s.Title), Name: s.Name, StrategyName: s.Name, Disabled: s.Disabled,
		Parameters: s.Parameters, Constraints: toConstraints(s.Constraints), Segments: notNil(s.Segments), Variants: toVariants(s.Variants, s.Parameters["stickiness"]),
	}
	if out.Parameters == nil {
		out.Parameters = map[string]string{}
	}
	return out
}

// sortOrders are those of milestones as they were given or, where these say something
// else than the list, their places in it.
func sortOrders(all []releaseplan.Milestone) []int {
	out := make([]int, len(all))
	for i := range all {
		out[i] = all[i].SortOrder
	}
	if !slices.IsSorted(out) {
		for i := range out {
			out[i] = i
		}
	}
	return out
}

// toTransition returns the condition under which the next milestone starts, or nil if a
// person says so.
func toTransition(after *penstock.Duration) *transitionCondition {
	if after == nil || after.IsZero() {
		return nil
	}
	from := time.Unix(0, 0).UTC()
	minutes := int64((after.AddTo(from).Sub(from) + time.Minute - 1) / time.Minute)
	return &transitionCondition{IntervalMinutes: max(minutes, 1)}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
