package releaseplan

import (
	"fmt"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// lintMilestones adds the faults that keep milestones from being served.
func (v *validator) lintMilestones(c *Content) {
	if len(c.Milestones) == 0 && len(c.Safeguards) > 0 {
		v.fault("safeguards", "need milestones to watch over")
	}
	for i := range c.Milestones {
		m := &c.Milestones[i]
		enabled := 0
		for j := range m.Strategies {
			v.lintStrategy(c, i, j)
			if !m.Strategies[j].Disabled {
				enabled++
			}
		}
		path := fmt.Sprintf("milestones[%d].strategies", i)
		switch {
		case c.Target == nil && len(m.Strategies) > 0:
			v.fault("target", "must name a feature and an environment, since milestone %q has strategies", short(m.Name))
			return
		case c.Target != nil && enabled == 0:
			v.fault(path, "need one that is enabled: nobody would have the feature")
		}
	}
}

// lintStrategy checks a strategy as it would go live.
func (v *validator) lintStrategy(c *Content, i, j int) {
	var feature string
	var catalog *rollout.Catalog
	if t := c.Target; t != nil {
		feature, catalog = t.Feature, &rollout.Catalog{Project: t.Project}
	}
	s := c.Milestones[i].Strategies[j]
	if s.Name == rollout.FlexibleRollout && s.Parameters["rollout"] == "" { // the default is everyone, which nobody means here
		v.fault(strategyPath(i, j)+".parameters.rollout", "must be set")
	}
	s = s.WithDefaults(feature, "")
	v.nest(strategyPath(i, j), s.Validate(catalog))
}

func strategyPath(i, j int) string { return fmt.Sprintf("milestones[%d].strategies[%d]", i, j) }
