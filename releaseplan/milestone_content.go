package releaseplan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// milestone returns the place of the milestone with an id or name, or -1.
func (c *Content) milestone(named string) int {
	if i := c.milestoneID(named); i >= 0 {
		return i
	}
	return slices.IndexFunc(c.Milestones, func(m Milestone) bool { return m.Name == named && named != "" })
}

// milestoneID returns the place of the milestone with an id, or -1.
func (c *Content) milestoneID(id string) int {
	return slices.IndexFunc(c.Milestones, func(m Milestone) bool { return m.ID == id && id != "" })
}

// safeguard returns the place of the safeguard with an id or name, or -1.
func (c *Content) safeguard(named string) int {
	for i := range c.Safeguards {
		if named != "" && (c.Safeguards[i].ID == named || c.Safeguards[i].Name == named) {
			return i
		}
	}
	return -1
}

// normalizeMilestones gives ids to milestones and what belongs to them, and lets
// those who refer to one do so by its name, so that a copy with other ids means the same.
func (c *Content) normalizeMilestones(scope string) {
	for i := range c.Safeguards {
		g := &c.Safeguards[i]
		if at := c.milestone(g.Back); at >= 0 {
			g.Back = c.Milestones[at].Name
		}
		giveHandle(&g.ID, scope, "safeguard", i, 0)
	}
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			t := &c.Phases[i].Tasks[j]
			if t.Kind != Expose {
				continue
			}
			spec, err := exposeSpec(t.Spec)
			if at := c.milestone(spec.Milestone); err == nil && at >= 0 && c.Milestones[at].Name != spec.Milestone {
				t.Spec, _ = json.Marshal(ExposeSpec{Milestone: c.Milestones[at].Name}) // a text can always be written
			}
		}
	}
	for i := range c.Milestones {
		m := &c.Milestones[i]
		giveHandle(&m.ID, scope, "milestone", i, 0)
		m.At = instant(m.At)
		for j := range m.Strategies {
			giveHandle(&m.Strategies[j].ID, scope, "strategy", i, j)
		}
	}
}

// giveHandle gives an id that is written as a ULID.
func giveHandle(id *string, scope, kind string, i, j int) {
	if *id == "" {
		*id = ulid.ULID(uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "penstock:%s/%s/%d/%d", scope, kind, i, j))).String()
	}
}

// exposeSpec reads the spec of an Expose task.
func exposeSpec(spec json.RawMessage) (e ExposeSpec, err error) {
	d := json.NewDecoder(bytes.NewReader(spec))
	d.DisallowUnknownFields()
	err = d.Decode(&e)
	return e, err
}

// hashedMilestones are the milestones without ids, and without the numbers by which others sort them.
func (c *Content) hashedMilestones() []Milestone {
	return cloneEach(c.Milestones, func(m Milestone) Milestone {
		m.ID, m.SortOrder = "", 0
		m.Strategies = cloneEach(m.Strategies, func(s rollout.Strategy) rollout.Strategy { s.ID, s.SortOrder = "", 0; return s })
		return m
	})
}

// hashedSafeguards are the safeguards without ids.
func (c *Content) hashedSafeguards() []Safeguard {
	return cloneEach(c.Safeguards, func(g Safeguard) Safeguard { g.ID = ""; return g })
}

// window is how long a stretch of time the safeguard looks at.
func (g *Safeguard) window() time.Duration {
	from := time.Unix(0, 0).UTC()
	return g.Window.AddTo(from).Sub(from)
}
