package unleash

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A featureStrategyBody is a strategy of a feature as it is written: all of it, but that a name, a title
// and a sort order that are left out stay.
type featureStrategyBody struct {
	ID          *string            `json:"id" need:"false" doc:"that of the path"`
	Name        *string            `json:"name" need:"false" doc:"of the strategy type; a new one needs it"`
	Title       *string            `json:"title" need:"false"`
	Disabled    bool               `json:"disabled" need:"false"`
	SortOrder   *float64           `json:"sortOrder" need:"false" doc:"default: behind all others"`
	Parameters  rollout.Parameters `json:"parameters" need:"false"`
	Constraints []constraintBody   `json:"constraints" need:"false"`
	Segments    []int              `json:"segments" need:"false" doc:"ids"`
	Variants    []variantBody      `json:"variants" need:"false"`
}

// apply returns the strategy with what the body says of it.
func (b *featureStrategyBody) apply(s rollout.Strategy) (rollout.Strategy, error) {
	var v faults
	set(&s.Name, b.Name)
	set(&s.Title, b.Title)
	set(&s.SortOrder, b.SortOrder)
	if s.Name == "" {
		v.add("name", "is required")
	}
	if b.ID != nil && s.ID != "" && *b.ID != s.ID {
		v.add("id", "must be that of the path")
	}
	s.Disabled, s.Parameters, s.Segments = b.Disabled, b.Parameters, b.Segments
	s.Constraints, s.Variants = constraintsOf(b.Constraints), variantsOf(&v, "", b.Variants)
	return s, v.err()
}

// put returns the strategies with the one that has an id changed, or with a new one.
func (b *featureStrategyBody) put(all []rollout.Strategy, id string) ([]rollout.Strategy, error) {
	at := strategyAt(all, id)
	s := rollout.Strategy{SortOrder: nextOrder(all)}
	switch {
	case at >= 0:
		s = all[at]
	case id != "":
		return nil, notFound("strategy %.100q", id)
	}
	s, err := b.apply(s)
	if err != nil {
		return nil, err
	}
	if all = slices.Clone(all); at >= 0 {
		all[at] = s
	} else {
		all = append(all, s)
	}
	return arranged(all, sorted(all, strategyOrder)), nil
}

// nextOrder is the place behind all others.
func nextOrder(all []rollout.Strategy) float64 {
	if len(all) == 0 {
		return 0
	}
	return slices.MaxFunc(all, func(a, b rollout.Strategy) int { return cmp.Compare(a.SortOrder, b.SortOrder) }).SortOrder + 1
}

func (a *api) listFeatureStrategies(c *rest.Call) error {
	s, err := a.ownStrategies(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toFeatureStrategies(c.Path("featureName"), s))
}

func (a *api) getFeatureStrategy(c *rest.Call) error {
	s, err := a.ownStrategies(c)
	if err != nil {
		return err
	}
	return a.showFeatureStrategy(c, s, c.Path("strategyId"))
}

func (a *api) showFeatureStrategy(c *rest.Call, all []rollout.Strategy, id string) error {
	at := strategyAt(all, id)
	if at < 0 {
		return notFound("strategy %.100q", id)
	}
	return c.JSON(http.StatusOK, toFeatureStrategy(c.Path("featureName"), &all[at]))
}

// ownStrategies returns those of the feature in the environment of the path.
func (a *api) ownStrategies(c *rest.Call) ([]rollout.Strategy, error) {
	r, err := a.flag(c)
	if err != nil {
		return nil, err
	}
	e, err := a.inEnvironment(c)
	return r.Value.Environments[e.Name].Strategies, err
}

// putFeatureStrategy adds a strategy, or changes the one of the path.
func (a *api) putFeatureStrategy(c *rest.Call) error {
	var body featureStrategyBody
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	id := c.Path("strategyId")
	planned, err := a.planned(c)
	if err != nil {
		return err
	}
	var before []rollout.Strategy
	s, err := a.changeSetting(c, func(s *rollout.Setting) (err error) {
		before = s.Strategies
		if s.Strategies, err = body.put(s.Strategies, id); err == nil && id != "" {
			s.Enabled = s.Enabled && (planned || anyEnabled(s.Strategies))
		}
		return err
	})
	if err != nil {
		return bodyFaults(err)
	}
	if id == "" {
		at := slices.IndexFunc(s.Strategies, func(s rollout.Strategy) bool { return strategyAt(before, s.ID) < 0 })
		id = s.Strategies[at].ID
	}
	return a.showFeatureStrategy(c, s.Strategies, id)
}

// removeFeatureStrategy removes a strategy. If none is left that can match, the feature is turned off:
// without strategies it would be on for everyone.
func (a *api) removeFeatureStrategy(c *rest.Call) error {
	planned, err := a.planned(c)
	if err != nil {
		return err
	}
	if _, err := a.changeSetting(c, func(s *rollout.Setting) error {
		at := strategyAt(s.Strategies, c.Path("strategyId"))
		if at < 0 {
			return notFound("strategy %.100q", c.Path("strategyId"))
		}
		s.Strategies = slices.Delete(slices.Clone(s.Strategies), at, at+1)
		s.Enabled = s.Enabled && (planned || anyEnabled(s.Strategies))
		return nil
	}); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

// bodyFaults tells faults of a stored strategy by their paths in the body.
func bodyFaults(err error) error {
	return rest.Renamed(err, func(field string) string {
		if _, in, ok := strings.Cut(field, ".strategies["); ok {
			_, field, _ = strings.Cut(in, "]")
		}
		return strings.TrimPrefix(field, ".")
	})
}
