package template

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Arguments are what one plan is made with. The zero value of a field takes over
// what the template has.
type Arguments struct {
	Params Params              `json:"params,omitempty"`
	Start  time.Time           `json:"start,omitzero"`   // where the anchor comes to lie; required if the template has times
	Name   string              `json:"name,omitempty"`   // of the plan
	Target *releaseplan.Target `json:"target,omitempty"` // what the milestones expose, in place of the template's
	Seed   string              `json:"seed,omitempty"`   // what new ids follow from; default: something random
}

// Instantiate returns the content of a plan made of the template: parameters
// filled in, times moved, ids and numbers left for the plan to give, Origin set, secret variables without a value
// unless a parameter gives it. The same arguments with the same Seed make the same content.
// Only a [Service] refuses an archived template.
//
// The error is an ErrInvalid that tells every fault of the template, or else of the arguments
// (params.replicas, start, target), or else of the content that came of them, by its
// path there. No fault shows a value that was given to a secret variable.
func (t *Template) Instantiate(a Arguments) (releaseplan.Content, error) {
	if err := t.Validate(nil); err != nil {
		return releaseplan.Content{}, err
	}
	return t.instantiate(a)
}

// instantiate does so with a template that was validated.
func (t *Template) instantiate(a Arguments) (releaseplan.Content, error) {
	values, err := t.values(a.Params)
	if err != nil {
		return releaseplan.Content{}, err
	}
	c, err := t.fill(values, a)
	if err != nil {
		return releaseplan.Content{}, err
	}
	renew(&c, cmp.Or(a.Seed, uuid.NewString()))
	c.Origin = nil
	if t.ID != "" {
		c.Origin = &releaseplan.Origin{Template: t.ID, Version: t.Version}
	}
	if err := c.Validate(); err != nil {
		return releaseplan.Content{}, err
	}
	var v validator
	if raw, err := json.Marshal(c); err != nil {
		v.fault("", "cannot be written as JSON: %v", err)
	} else if len(raw) > releaseplan.MaxContent {
		v.fault("", "%d bytes of JSON are too many: at most %d", len(raw), releaseplan.MaxContent)
	}
	return c, v.err()
}

// fill returns the content with values, times, name and target in place, and ids
// as they are in the template.
func (t *Template) fill(values map[string]value, a Arguments) (c releaseplan.Content, err error) {
	var v validator
	if c, err = copyContent(&t.Content); err != nil {
		v.fault("content", "cannot be written as JSON: %v", err)
		return c, v.err()
	}
	dropDigests(&c)
	x := &expander{values: values, left: releaseplan.MaxContent, known: func(name string) bool { return t.parameter(name) != nil }}
	percentages(&v, &c, x)
	t.move(&v, &c, x, a.Start)
	x.visitor().content(&c)
	t.binds(&v, &c, func(p *Parameter) []json.RawMessage {
		if raw := values[p.Name].raw; raw != nil {
			return []json.RawMessage{raw}
		}
		return nil
	})
	c.Name = cmp.Or(a.Name, c.Name, t.Name)
	if a.Target != nil {
		target := *a.Target
		c.Target = &target
	}
	feature := ""
	if c.Target != nil {
		feature = c.Target.Feature
	}
	if feature == "" && t.wantsFeature() {
		v.fault("target.feature", "must be set: a strategy's groupId holds {{%s}}", FeatureName)
	}
	x.groups(&c, feature)
	if x.over {
		v.fault("params", "make the content larger than %d bytes", releaseplan.MaxContent)
	}
	return c, v.err()
}

// wantsFeature reports whether a group holds the name of the feature.
func (t *Template) wantsFeature() bool {
	return slices.ContainsFunc(t.Content.Milestones, func(m releaseplan.Milestone) bool {
		return slices.ContainsFunc(m.Strategies, func(s rollout.Strategy) bool {
			return slices.Contains(names(s.Parameters["groupId"]), FeatureName)
		})
	})
}

// group gives a flexibleRollout that has no group that of its feature.
func group(s *rollout.Strategy, feature string) {
	if s.Name != rollout.FlexibleRollout || s.Parameters["groupId"] != "" || feature == "" {
		return
	}
	if s.Parameters == nil {
		s.Parameters = make(rollout.Parameters, 1)
	}
	s.Parameters["groupId"] = feature
}

// percentages makes sure that none becomes empty: that would mean everybody.
func percentages(v *validator, c *releaseplan.Content, x *expander) {
	for i := range c.Milestones {
		for j := range c.Milestones[i].Strategies {
			for _, name := range []string{"rollout", "percentage"} {
				for _, p := range names(c.Milestones[i].Strategies[j].Parameters[name]) {
					if x.known(p) && strings.TrimSpace(x.values[p].text) == "" {
						v.fault(fmt.Sprintf("milestones[%d].strategies[%d].parameters.%s", i, j, name), "parameter %s must have a value", p)
					}
				}
			}
		}
	}
}
