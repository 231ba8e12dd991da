package releaseplan

import (
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// rollout returns what the milestones have come to; it is only read.
func (p *Plan) rollout() *RolloutStatus {
	if p.st.Rollout != nil {
		return p.st.Rollout
	}
	return untouched
}

// untouched is the status of milestones to which nothing has happened. It is only read.
var untouched = &RolloutStatus{}

func (r *RolloutStatus) clone() *RolloutStatus {
	if r == nil {
		return nil
	}
	c := *r
	c.Serves = cloneEach(r.Serves, rollout.Strategy.Clone)
	c.Tripped, c.Cleared = slices.Clone(r.Tripped), slices.Clone(r.Cleared)
	c.Each = cloneEach(r.Each, Exposure.clone)
	return &c
}

func (e Exposure) clone() Exposure {
	e.After = copyOf(e.After)
	return e
}

// exposure returns what happened to the milestone with id.
func (r *RolloutStatus) exposure(id string) Exposure {
	for i := range r.Each {
		if r.Each[i].Milestone == id {
			return r.Each[i]
		}
	}
	return Exposure{Milestone: id}
}

// set replaces what happened to a milestone.
func (r *RolloutStatus) set(e Exposure) {
	r.Each = slices.Clone(r.Each)
	for i := range r.Each {
		if r.Each[i].Milestone == e.Milestone {
			r.Each[i] = e
			return
		}
	}
	r.Each = append(r.Each, e)
}

// trip returns the place of a safeguard, by id or name, among those that tripped, or -1.
func (r *RolloutStatus) trip(named string) int {
	return slices.IndexFunc(r.Tripped, func(t Trip) bool { return named != "" && (t.Safeguard == named || t.Name == named) })
}

// applyRollout makes so what a change says of milestones. It is where their status
// changes, but for the clock.
func (p *Plan) applyRollout(c *Change) error {
	r := *p.rollout()
	var v validator
	switch c.Kind {
	case ExposureStarted:
		if v.handle("milestone", c.Milestone, nil); len(v.faults) > 0 {
			return errors.Join(v.faults...)
		}
		var before time.Time
		if c.Action == advanced { // by itself
			before = r.Since
		}
		r.end(c.At)
		e := r.exposure(c.Milestone)
		e.Count++
		e.Started, e.Ended, e.Skipped, e.At = c.At, time.Time{}, false, time.Time{}
		if at := p.contentAt(c.Milestone); !at.After(c.At) { // started early, its time is still to come
			e.AtUsed = at
		}
		r.set(e)
		r.Before = before
		r.Live, r.Name, r.Since, r.Serves = c.Milestone, c.Name, c.At, cloneEach(c.Serves, rollout.Strategy.Clone)
		r.Clock, r.Stopped = time.Time{}, time.Time{}
	case ExposureCompleted:
		r.Through = true
	case ExposureChanged:
		if c.Exposure == nil || c.Exposure.Milestone != c.Milestone {
			return penstock.Invalid("exposure", "change %d must tell of its milestone", p.st.Changes)
		}
		if v.exposure("exposure", c.Exposure); len(v.faults) > 0 {
			return errors.Join(v.faults...)
		}
		r.set(c.Exposure.clone())
	case ExposureMissed:
		e := r.exposure(c.Milestone)
		e.AtUsed, e.At = p.contentAt(c.Milestone), time.Time{}
		r.set(e)
	case RolloutPaused:
		r.Paused = c.At
	case RolloutResumed:
		r.Paused = time.Time{}
	case RolloutStopped:
		r.end(c.At)
		r.Stopped = c.At
	case SafeguardTripped, SafeguardCleared:
		if c.Trip == nil {
			return penstock.Invalid("trip", "change %d must tell of its safeguard", p.st.Changes)
		}
		if v.trip("trip", c.Trip); len(v.faults) > 0 {
			return errors.Join(v.faults...)
		}
		r.Tripped = slices.DeleteFunc(slices.Clone(r.Tripped), func(t Trip) bool { return t.Safeguard == c.Trip.Safeguard })
		if c.Kind == SafeguardTripped {
			r.Tripped = append(r.Tripped, *c.Trip)
		} else {
			r.Cleared = slices.DeleteFunc(slices.Clone(r.Cleared), func(x Clearing) bool { return x.Safeguard == c.Trip.Safeguard })
			r.Cleared = append(r.Cleared, Clearing{Safeguard: c.Trip.Safeguard, At: c.At})
		}
	default:
		return penstock.Invalid("kind", "change %d is of the unknown kind %q", p.st.Changes, short(string(c.Kind)))
	}
	if n := len(r.Each); n > 2*MaxMilestones || len(r.Tripped) > 2*MaxSafeguards || len(r.Cleared) > 2*MaxSafeguards {
		return penstock.Invalid("milestone", "change %d tells of more milestones than there can be", p.st.Changes)
	}
	p.st.Rollout = &r
	return nil
}

// contentAt returns when the content says that a milestone starts.
func (p *Plan) contentAt(id string) time.Time {
	if i := p.def.content.milestoneID(id); i >= 0 {
		return p.def.content.Milestones[i].At
	}
	return time.Time{}
}

// end lets nothing be live.
func (r *RolloutStatus) end(at time.Time) {
	if r.Live != "" {
		e := r.exposure(r.Live)
		e.Ended = at
		r.set(e)
	}
	r.Live, r.Name, r.Serves, r.Since, r.Before = "", "", nil, time.Time{}, time.Time{}
	r.Clock, r.Counted, r.Through = time.Time{}, 0, false
}

// forgetMilestones drops what happened to milestones that an edit took out, but
// for the one that is live, and safeguards that tripped and are no more. What a
// command said of an interval or a time gives way to an edit of it. With another
// target everything begins anew.
func (p *Plan) forgetMilestones(before *Content) {
	if p.st.Rollout == nil {
		return
	}
	if !sameJSON(before.Target, p.def.content.Target) {
		p.st.Rollout = nil
		return
	}
	r := *p.st.Rollout
	r.Each = slices.DeleteFunc(slices.Clone(r.Each), func(e Exposure) bool {
		return e.Milestone != r.Live && p.def.content.milestoneID(e.Milestone) < 0
	})
	for i := range r.Each {
		was, is := before.milestoneID(r.Each[i].Milestone), p.def.content.milestoneID(r.Each[i].Milestone)
		if was < 0 || is < 0 {
			continue
		}
		a, b := &before.Milestones[was], &p.def.content.Milestones[is]
		if !sameJSON(a.After, b.After) {
			r.Each[i].After = nil
		}
		if !a.At.Equal(b.At) {
			r.Each[i].At = time.Time{}
		}
	}
	gone := func(id string) bool {
		return !slices.ContainsFunc(p.def.content.Safeguards, func(g Safeguard) bool { return g.ID == id })
	}
	r.Tripped = slices.DeleteFunc(slices.Clone(r.Tripped), func(t Trip) bool { return gone(t.Safeguard) })
	r.Cleared = slices.DeleteFunc(slices.Clone(r.Cleared), func(c Clearing) bool { return gone(c.Safeguard) })
	p.st.Rollout = &r
}

// keepTime lets the clock of the live milestone run while the plan and its rollout
// go on, and at no other time. It follows every change.
func (p *Plan) keepTime(at time.Time) {
	r := p.st.Rollout
	if r == nil {
		return
	}
	runs := p.clockRuns()
	if runs != r.Clock.IsZero() {
		return
	}
	n := *r
	if runs {
		n.Clock = at
	} else {
		n.Counted += at.Sub(r.Clock)
		n.Clock = time.Time{}
	}
	p.st.Rollout = &n
}

// clockRuns reports whether the time of the live milestone counts.
func (p *Plan) clockRuns() bool {
	r := p.rollout()
	return p.st.State == Running && !p.Archived() && r.Live != "" && !r.Through && r.Paused.IsZero()
}
