package releaseplan

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
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
		for j := range c.Milestones[i].Strategies {
			c.Milestones[i].Strategies[j].ID = ""
		}
	}
	for i := range c.Safeguards {
		c.Safeguards[i].ID = ""
	}
	c.normalizeMilestones(scope)
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

// Shift moves every time in the content so that the plan starts at start, as
// [Content.Move] does. A content without a planned start is an ErrInvalid.
func (c *Content) Shift(start time.Time) error {
	if start.IsZero() {
		return penstock.Invalid("start", "must be set")
	}
	if c.Planned == nil || c.Planned.Start.IsZero() {
		return penstock.Invalid("planned_time.start", "must be set to be shifted")
	}
	return c.Move(instant(start).Sub(c.Planned.Start))
}

// Move moves every time in the content by as much: the planned times, the window, a
// schedule, the planned times of tasks, Wait tasks that pass at a time and
// milestones that start at one. A Wait task whose spec is none is an ErrInvalid; then nothing is moved.
func (c *Content) Move(by time.Duration) error {
	moved := c.clone()
	err := moved.times(func(_ string, t *time.Time) { *t = t.Add(by) })
	if err == nil {
		*c = moved
	}
	return err
}

// Times yields every time that [Content.Move] would move, with its path. What is no wait in
// a Wait task has none.
func (c *Content) Times() iter.Seq2[string, time.Time] {
	return func(yield func(string, time.Time) bool) {
		all, more := c.clone(), true
		_ = all.times(func(path string, t *time.Time) { more = more && yield(path, *t) }) // told by Validate
	}
}

// times lets move change every time that is set. All are visited, also if there is an error.
func (c *Content) times(move func(path string, t *time.Time)) error {
	at := func(path string, t *time.Time) {
		if !t.IsZero() {
			move(path, t)
		}
	}
	planned := func(path string, t *PlannedTime) {
		if t != nil {
			at(path+".start", &t.Start)
			at(path+".end", &t.End)
		}
	}
	planned("planned_time", c.Planned)
	if c.Window != nil {
		at("window.start", &c.Window.Start)
		at("window.end", &c.Window.End)
	}
	at("start.at", &c.Start.At)
	for i := range c.Milestones {
		at(fmt.Sprintf("milestones[%d].at", i), &c.Milestones[i].At)
	}
	var v validator
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			t, path := &c.Phases[i].Tasks[j], fmt.Sprintf("phases[%d].tasks[%d]", i, j)
			planned(path+".planned_time", t.Planned)
			if t.Kind != Wait {
				continue
			}
			w, err := waitSpec(t.Spec)
			if err != nil {
				v.fault(path+".spec", "must be a wait: %v", err)
				continue
			}
			if w.Until.IsZero() {
				continue
			}
			at(path+".spec.until", &w.Until)
			if t.Spec, err = json.Marshal(w); err != nil {
				v.fault(path+".spec", "cannot be moved: %v", err)
			}
		}
	}
	return errors.Join(v.faults...)
}
