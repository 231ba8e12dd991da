package template

import (
	"cmp"
	"encoding/json"
	"slices"
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
	t.move(&v, &c, a.Start)
	x := &expander{values: values, left: releaseplan.MaxContent, known: func(name string) bool { return t.parameter(name) != nil }}
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

// move moves the times of the content by the way from the anchor to start. A Wait
// task that gets its time from a parameter is not moved.
func (t *Template) move(v *validator, c *releaseplan.Content, start time.Time) {
	if !timed(c) {
		return
	}
	anchor, start := t.anchor(), start.Truncate(time.Microsecond).UTC()
	by := start.Sub(anchor)
	switch {
	case start.IsZero():
		v.fault("start", "must be set: the template has times")
		return
	case !anchor.Add(by).Equal(start):
		v.fault("start", "is too far from that of the template")
		return
	}
	specs := make(map[[2]int]json.RawMessage)
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			if task := &c.Phases[i].Tasks[j]; task.Kind == releaseplan.Wait && len(names(string(task.Spec))) > 0 {
				specs[[2]int{i, j}] = task.Spec
				task.Spec = json.RawMessage(`{}`)
			}
		}
	}
	v.nest("", c.Move(by))
	for at, spec := range specs {
		c.Phases[at[0]].Tasks[at[1]].Spec = spec
	}
}

// timed reports whether the content has times.
func timed(c *releaseplan.Content) bool {
	for range c.Times() {
		return true
	}
	return false
}
