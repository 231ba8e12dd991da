package releaseplan

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
)

// Duplicate returns the content of a copy of the plan that is to have the id: the
// same but for new ids, without numbers, and with secret variables that are not
// set.
func (p *Plan) Duplicate(id string) Content {
	c := p.def.content.clone()
	dropDigests(c.Variables)
	scope := fmt.Sprintf("%s/%d", id, 1)
	renamed := make(map[string]string, len(p.def.index))
	for i := range c.Milestones {
		c.Milestones[i].ID = ""
		giveID(&c.Milestones[i].ID, scope, "milestone", i, 0)
	}
	for i := range c.Phases {
		phase := &c.Phases[i]
		phase.ID, phase.Number = "", 0
		giveID(&phase.ID, scope, "phase", i, 0)
		for j := range phase.Tasks {
			t, old := &phase.Tasks[j], phase.Tasks[j].ID
			t.ID, t.Number = "", 0
			giveID(&t.ID, scope, "task", i, j)
			renamed[old] = t.ID
		}
	}
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			needs := c.Phases[i].Tasks[j].Needs
			for k := range needs {
				needs[k] = renamed[needs[k]]
			}
		}
	}
	return c
}

// Shift moves every time in the content so that the plan starts at start: the
// planned times, the window, a schedule, the planned times of tasks, and Wait
// tasks that pass at a time stay as far from the start as they were. A content
// without a planned start is an ErrInvalid.
func (c *Content) Shift(start time.Time) error {
	if start.IsZero() {
		return penstock.Invalid("start", "must be set")
	}
	if c.Planned == nil || c.Planned.Start.IsZero() {
		return penstock.Invalid("planned_time.start", "must be set to be shifted")
	}
	by := instant(start).Sub(c.Planned.Start)
	shifted := c.clone()
	move := func(t *time.Time) {
		if !t.IsZero() {
			*t = t.Add(by)
		}
	}
	move(&shifted.Planned.Start)
	move(&shifted.Planned.End)
	if shifted.Window != nil {
		move(&shifted.Window.Start)
		move(&shifted.Window.End)
	}
	move(&shifted.Start.At)
	for i := range shifted.Phases {
		for j := range shifted.Phases[i].Tasks {
			t := &shifted.Phases[i].Tasks[j]
			if t.Planned != nil {
				move(&t.Planned.Start)
				move(&t.Planned.End)
			}
			if t.Kind == Wait {
				w, err := waitSpec(t.Spec)
				if err != nil {
					return penstock.Invalid(fmt.Sprintf("phases[%d].tasks[%d].spec", i, j), "must be a wait: %v", err)
				}
				move(&w.Until)
				if t.Spec, err = json.Marshal(w); err != nil {
					return penstock.Invalid(fmt.Sprintf("phases[%d].tasks[%d].spec", i, j), "cannot be moved: %v", err)
				}
			}
		}
	}
	*c = shifted
	return nil
}
