package unleash

import (
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// inEnvironment returns the environment of the path.
func (a *api) inEnvironment(c *rest.Call) (rollout.Environment, error) {
	r, err := a.Rollout.Environments().Get(c.Context(), c.Path("environment"), c.Actor)
	return r.Value, err
}

// changeSetting lets f change what the feature of the path is in the environment of the path.
func (a *api) changeSetting(c *rest.Call, f func(*rollout.Setting) error) (rollout.Setting, error) {
	e, err := a.inEnvironment(c)
	if err != nil {
		return rollout.Setting{}, err
	}
	r, err := a.changeFlag(c, func(flag *rollout.Flag) error {
		s := flag.Environments[e.Name]
		if err := f(&s); err != nil {
			return err
		}
		if flag.Environments == nil {
			flag.Environments = make(map[string]rollout.Setting, 1)
		}
		flag.Environments[e.Name] = s
		return nil
	})
	return r.Value.Environments[e.Name], err
}

func (a *api) getFeatureEnvironment(c *rest.Call) error {
	r, err := a.flag(c)
	if err != nil {
		return err
	}
	e, err := a.inEnvironment(c)
	if err != nil {
		return err
	}
	out, err := a.featureEnvironment(c, &r.Value, &e)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// featureEnvironment returns what a feature is in an environment, with the plans that the actor may read.
func (a *api) featureEnvironment(c *rest.Call, f *rollout.Flag, e *rollout.Environment) (featureEnvironment, error) {
	out := featureEnvironment{toFeatureSetting(f, e), []releasePlan{}}
	all, err := a.Plans.PlansAt(c.Context(), f.Name, e.Name, c.Actor)
	number := a.numbers(c)
	for _, p := range all {
		by, err := number(p.Status().Created.By)
		if err != nil {
			return out, err
		}
		out.ReleasePlans = append(out.ReleasePlans, toReleasePlan(p, by, a.Now()))
	}
	return out, err
}

// switchOn turns a feature on. One that has nothing to be on by is then on for everyone, and says so
// by a strategy; while a plan waits to begin, it is on for nobody until then, and says that. What a
// plan serves stays, and so does that one was stopped.
func (a *api) switchOn(c *rest.Call) error {
	planned, err := a.planned(c)
	if err != nil {
		return err
	}
	waiting, err := a.Plans.PlansAt(c.Context(), c.Path("featureName"), c.Path("environment"), penstock.System())
	if err != nil {
		return err
	}
	if _, err := a.changeSetting(c, func(s *rollout.Setting) error {
		if s.Enabled = true; planned || anyEnabled(s.Strategies) || len(waiting) > 0 && len(s.Strategies) > 0 {
			return nil
		}
		all := rollout.Strategy{Name: rollout.FlexibleRollout, SortOrder: nextOrder(s.Strategies)}
		if len(waiting) > 0 {
			all.Title, all.Disabled = "Everyone, in place of the release plan", true
		}
		s.Strategies = append(s.Strategies, all)
		return nil
	}); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

func (a *api) switchOff(c *rest.Call) error {
	if _, err := a.changeSetting(c, func(s *rollout.Setting) error {
		s.Enabled = false
		return nil
	}); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

// planned reports whether a plan serves the feature of the path in the environment of the path, or
// served it and was stopped: without strategies of its own it is then not on for everyone.
func (a *api) planned(c *rest.Call) (bool, error) {
	v, err := a.Plans.Serving(c.Context(), c.Path("featureName"), c.Path("environment"))
	return v.Plan != "" || v.Stopped, err
}
