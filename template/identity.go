package template

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock/releaseplan"
)

// renew takes all ids and numbers out of a content, so that a plan gives its own.
// What refers to a milestone does so by its name then, and a task that another one
// needs by id gets a new one, which follows from seed.
func renew(c *releaseplan.Content, seed string) {
	nameMilestones(c)
	fresh := make(map[string]string)
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			if id := c.Phases[i].Tasks[j].ID; id != "" {
				fresh[id] = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "penstock.template:%s/%d/%d", seed, i, j)).String()
			}
		}
	}
	needed := make(map[string]bool)
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			needs := c.Phases[i].Tasks[j].Needs
			for k, need := range needs {
				if id, ok := fresh[need]; ok {
					needs[k] = id
					needed[id] = true
				}
			}
		}
	}
	clearIDs(c, func(id string) string {
		if now := fresh[id]; needed[now] {
			return now
		}
		return ""
	})
}

// clearIDs takes out all ids and numbers; those of tasks become what task returns.
func clearIDs(c *releaseplan.Content, task func(id string) string) {
	for i := range c.Phases {
		p := &c.Phases[i]
		p.ID, p.Number = "", 0
		for j := range p.Tasks {
			p.Tasks[j].ID, p.Tasks[j].Number = task(p.Tasks[j].ID), 0
		}
	}
	for i := range c.Milestones {
		c.Milestones[i].ID = ""
		for j := range c.Milestones[i].Strategies {
			c.Milestones[i].Strategies[j].ID = ""
		}
	}
	for i := range c.Safeguards {
		c.Safeguards[i].ID = ""
	}
}

// nameMilestones lets what refers to a milestone by its id do so by its name.
func nameMilestones(c *releaseplan.Content) {
	name := func(ref string) string {
		for _, m := range c.Milestones {
			if ref != "" && (m.ID == ref || m.Name == ref) {
				return m.Name
			}
		}
		return ref
	}
	for i := range c.Safeguards {
		c.Safeguards[i].Back = name(c.Safeguards[i].Back)
	}
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			t := &c.Phases[i].Tasks[j]
			if t.Kind != releaseplan.Expose {
				continue
			}
			var spec releaseplan.ExposeSpec
			d := json.NewDecoder(bytes.NewReader(t.Spec))
			d.DisallowUnknownFields()
			if d.Decode(&spec) != nil || name(spec.Milestone) == spec.Milestone {
				continue // a fault is told when the content is validated
			}
			if raw, err := plainJSON(releaseplan.ExposeSpec{Milestone: name(spec.Milestone)}); err == nil {
				t.Spec = raw
			}
		}
	}
}

// dropDigests forgets which secret variables were set in another plan.
func dropDigests(c *releaseplan.Content) {
	for i := range c.Variables {
		c.Variables[i].Digest = ""
	}
}
