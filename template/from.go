package template

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// FromPlan returns a template that has the plan's content and its name. It belongs
// to no project and has no parameters yet. See [FromContent].
func FromPlan(p *releaseplan.Plan) (Template, error) {
	if p == nil {
		return Template{}, penstock.Invalid("plan", "must be set")
	}
	return FromContent(p.Content())
}

// FromContent returns a template of a content: without ids, numbers, origin and
// secret values, tasks that others need by name. The owner stays. The anchor
// is the planned start or, without one, the earliest time. What looks like a placeholder is escaped, so that the
// template makes the same content again; only a flexibleRollout without a group
// gets one. Content that cannot be written as JSON is an ErrInvalid.
func FromContent(from releaseplan.Content) (Template, error) {
	c, err := copyContent(&from)
	if err != nil {
		return Template{}, penstock.Invalid("content", "cannot be written as JSON: %v", err)
	}
	c.Origin = nil
	for i := range c.Variables {
		if x := &c.Variables[i]; x.Secret {
			x.Value = ""
		}
	}
	dropDigests(&c)
	nameMilestones(&c)
	nameNeeds(&c)
	t := Template{Name: c.Name}
	verbatim := func(_ *place, s string) string { return escape(s) }
	(&visitor{
		text:     verbatim,
		exact:    func(at *place, s string) any { return verbatim(at, s) },
		key:      func(*place, string) {},
		variable: func(_ *place, x *releaseplan.Variable) string { return x.Value },
	}).content(&c)
	t.Content = c
	if t.anchor().IsZero() {
		t.Anchor = earliest(&c)
	}
	return t, nil
}

func earliest(c *releaseplan.Content) (first time.Time) {
	for _, at := range c.Times() {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// nameNeeds takes out all ids and numbers. What tasks need of each other is by
// name then, or by id where a name does not tell.
func nameNeeds(c *releaseplan.Content) {
	ids := make(map[string]position)
	for i := range c.Phases {
		for j, t := range c.Phases[i].Tasks {
			if t.ID != "" {
				ids[t.ID] = position{i, j}
			}
		}
	}
	kept := make(map[string]bool)
	named := namesOf(c)
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			needs := c.Phases[i].Tasks[j].Needs
			for k, need := range needs {
				to, ok := ids[need]
				if !ok {
					continue
				}
				name := c.Phases[to.phase].Tasks[to.task].Name
				if _, isID := ids[name]; isID || uuid.Validate(name) == nil || nearest(named, i, name) != to {
					kept[need] = true
					continue
				}
				needs[k] = name
			}
		}
	}
	clearIDs(c, func(id string) string {
		if kept[id] {
			return id
		}
		return ""
	})
}

// A position is that of a task.
type position struct{ phase, task int }

// namesOf returns the places of the tasks of each phase by name.
func namesOf(c *releaseplan.Content) []map[string][]int {
	all := make([]map[string][]int, len(c.Phases))
	for i := range c.Phases {
		all[i] = make(map[string][]int)
		for j, t := range c.Phases[i].Tasks {
			all[i][t.Name] = append(all[i][t.Name], j)
		}
	}
	return all
}

// nearest returns the task that a name means to a task of a phase: one of the same phase
// or, failing that, of an earlier one, if it is the only one there.
func nearest(named []map[string][]int, phase int, name string) position {
	for ; phase >= 0; phase-- {
		switch found := named[phase][name]; len(found) {
		case 0:
		case 1:
			return position{phase, found[0]}
		default:
			return position{-1, -1}
		}
	}
	return position{-1, -1}
}

// normal returns a copy of the template without what belongs to a plan only.
func (t *Template) normal() (Template, error) {
	var to Template
	raw, err := json.Marshal(t)
	if err == nil {
		err = json.Unmarshal(raw, &to)
	}
	if err != nil {
		return to, penstock.Invalid("content", "cannot be written as JSON: %v", err)
	}
	to.Content.Origin = nil
	dropDigests(&to.Content)
	for i := range to.Content.Phases {
		p := &to.Content.Phases[i]
		p.Number = 0
		for j := range p.Tasks {
			p.Tasks[j].Number = 0
		}
	}
	to.Anchor = to.Anchor.Truncate(time.Microsecond).UTC()
	return to, nil
}
