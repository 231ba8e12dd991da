package unleash

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A milestoneBody is a milestone of a template as it is written.
type milestoneBody struct {
	ID                      *string                         `json:"id" need:"false" doc:"of one that is there already; else it gets a new one"`
	Name                    string                          `json:"name"`
	SortOrder               *int                            `json:"sortOrder,omitempty" need:"true"`
	ReleasePlanDefinitionID *string                         `json:"releasePlanDefinitionId" need:"false"`
	Strategies              *[]strategyBody                 `json:"strategies" need:"false"`
	TransitionCondition     rest.Field[transitionCondition] `json:"transitionCondition" need:"false" doc:"not of the last one"`
}

// A strategyBody is a strategy of a milestone as it is written: all of it.
type strategyBody struct {
	ID           *string           `json:"id" need:"false"`
	MilestoneID  *string           `json:"milestoneId" need:"false"`
	SortOrder    *float64          `json:"sortOrder,omitempty" need:"true"`
	Name         string            `json:"name" need:"false" doc:"of the strategy type"`
	StrategyName string            `json:"strategyName" need:"false" doc:"the same"`
	Title        *string           `json:"title" need:"false"`
	Disabled     *bool             `json:"disabled" need:"false"`
	Parameters   map[string]string `json:"parameters" need:"false"`
	Constraints  []constraintBody  `json:"constraints" need:"false"`
	Variants     []variantBody     `json:"variants" need:"false"`
	Segments     []int             `json:"segments" need:"false"`
}

// A constraintBody is a constraint as it is written.
type constraintBody struct {
	ContextName     string   `json:"contextName"`
	Operator        string   `json:"operator" enum:"NOT_IN,IN,STR_ENDS_WITH,STR_STARTS_WITH,STR_CONTAINS,NUM_EQ,NUM_GT,NUM_GTE,NUM_LT,NUM_LTE,DATE_AFTER,DATE_BEFORE,SEMVER_EQ,SEMVER_GT,SEMVER_GTE,SEMVER_LT,SEMVER_LTE,REGEX,IN_CIDR"`
	Values          []string `json:"values" need:"false"`
	Value           string   `json:"value" need:"false"`
	Inverted        bool     `json:"inverted" need:"false"`
	CaseInsensitive bool     `json:"caseInsensitive" need:"false"`
}

// A variantBody is a variant as it is written.
type variantBody struct {
	Name       string   `json:"name"`
	Weight     *int     `json:"weight,omitempty" need:"true"`
	WeightType string   `json:"weightType" enum:"variable,fix"`
	Stickiness string   `json:"stickiness"`
	Payload    *payload `json:"payload" need:"false"`
}

// maxInterval bounds the time before the next milestone, in minutes: a hundred years.
const maxInterval = 100 * 366 * 24 * 60

// duration returns the interval, or what is wrong with it.
func (t transitionCondition) duration(path string) (*penstock.Duration, error) {
	if t.IntervalMinutes < 1 || t.IntervalMinutes > maxInterval {
		return nil, penstock.Invalid(path+".intervalMinutes", "must be from 1 to %d", maxInterval)
	}
	d := penstock.FromTime(time.Duration(t.IntervalMinutes) * time.Minute)
	return &d, nil
}

// strategy returns the strategy. One that was there before keeps its id.
func (b *strategyBody) strategy(path string, before []rollout.Strategy) (rollout.Strategy, error) {
	var v faults
	s := rollout.Strategy{Name: b.Name, Parameters: b.Parameters, Segments: b.Segments}
	switch {
	case b.Name == "" && b.StrategyName == "":
		v.add(path+"name", "is required")
	case s.Name == "":
		s.Name = b.StrategyName
	case b.StrategyName != "" && b.StrategyName != b.Name:
		v.add(path+"strategyName", "must be the name: %s", b.Name)
	}
	if b.SortOrder == nil {
		v.add(path+"sortOrder", "is required")
	} else {
		s.SortOrder = *b.SortOrder
	}
	if b.Title != nil {
		s.Title = *b.Title
	}
	if b.Disabled != nil {
		s.Disabled = *b.Disabled
	}
	if b.ID != nil && slices.ContainsFunc(before, func(x rollout.Strategy) bool { return x.ID == *b.ID }) {
		s.ID = *b.ID
	}
	s.Constraints = constraintsOf(b.Constraints)
	s.Variants = variantsOf(&v, path, b.Variants)
	return s, v.err()
}

func constraintsOf(all []constraintBody) []rollout.Constraint {
	var out []rollout.Constraint
	for _, x := range all {
		out = append(out, rollout.Constraint{ContextName: x.ContextName, Operator: rollout.Operator(x.Operator), Values: x.Values, Value: x.Value,
			Inverted: x.Inverted, CaseInsensitive: x.CaseInsensitive})
	}
	return out
}

func variantsOf(v *faults, path string, all []variantBody) []rollout.Variant {
	var out []rollout.Variant
	if n := len(all); n > rollout.MaxVariants {
		v.join(tooMany(path+"variants", n, rollout.MaxVariants))
		return nil
	}
	for i, x := range all {
		variant := rollout.Variant{Name: x.Name, WeightType: rollout.WeightType(x.WeightType), Stickiness: x.Stickiness}
		at := fmt.Sprintf("%svariants[%d].", path, i)
		if x.Weight == nil {
			v.add(at+"weight", "is required")
		} else if variant.Weight = *x.Weight; variant.Weight < 0 || variant.Weight > rollout.TotalWeight {
			v.add(at+"weight", "must be from 0 to %d", rollout.TotalWeight)
		}
		if x.WeightType != string(rollout.WeightVariable) && x.WeightType != string(rollout.WeightFix) {
			v.add(at+"weightType", "must be variable or fix")
		}
		if x.Stickiness == "" {
			v.add(at+"stickiness", "is required")
		}
		if x.Payload != nil {
			variant.Payload = &rollout.Payload{Type: x.Payload.Type, Value: x.Payload.Value}
		}
		out = append(out, variant)
	}
	return out
}

// milestone returns the milestone, with its strategies in their order, made of what is
// there under the same id, if there is one; whole says that what is not said is none.
func (b *milestoneBody) milestone(path string, before []releaseplan.Milestone, whole bool) (m releaseplan.Milestone, order []int, err error) {
	var v faults
	if b.ID != nil {
		if i := milestoneAt(before, *b.ID); i >= 0 {
			m = before[i]
		}
	}
	if m.Name = b.Name; b.Name == "" {
		v.add(path+"name", "must not be empty")
	}
	if b.SortOrder == nil {
		v.add(path+"sortOrder", "is required")
	} else {
		m.SortOrder = *b.SortOrder
	}
	switch t := &b.TransitionCondition; {
	case t.Set && !t.Null:
		m.After, err = t.Value.duration(path + "transitionCondition")
		v.join(err)
	case t.Null || whole:
		m.After = nil
	}
	if b.Strategies == nil && !whole {
		return m, places(len(m.Strategies)), v.err()
	}
	var bodies []strategyBody
	if b.Strategies != nil {
		bodies = *b.Strategies
	}
	if n := len(bodies); n > releaseplan.MaxStrategies {
		v.join(tooMany(path+"strategies", n, releaseplan.MaxStrategies))
		return m, nil, v.err()
	}
	made := make([]rollout.Strategy, len(bodies))
	for j := range bodies {
		made[j], err = bodies[j].strategy(fmt.Sprintf("%sstrategies[%d].", path, j), m.Strategies)
		v.join(err)
	}
	order = sorted(made, strategyOrder)
	m.Strategies = arranged(made, order)
	return m, order, v.err()
}

// milestoneAt returns the place of the milestone with an id, or -1.
func milestoneAt(all []releaseplan.Milestone, id string) int {
	return slices.IndexFunc(all, func(m releaseplan.Milestone) bool { return m.ID == id && id != "" })
}

// strategyAt returns the place of the strategy with an id, or -1.
func strategyAt(all []rollout.Strategy, id string) int {
	return slices.IndexFunc(all, func(s rollout.Strategy) bool { return s.ID == id && id != "" })
}
