package releaseplan

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
)

// Milestones returns every milestone in order, as it is at now.
func (p *Plan) Milestones(now time.Time) []MilestoneView {
	now = later(instant(now), p.st.Updated.At)
	p = p.At(now).pin()
	all := make([]MilestoneView, len(p.def.content.Milestones))
	live := p.livePlace()
	at := p.firstStart()
	for i := range all {
		m := &p.def.content.Milestones[i]
		v := MilestoneView{Milestone: m.clone(), Place: i, State: p.milestoneState(i), Exposure: p.rollout().exposure(m.ID).clone(), Interval: copyOf(p.interval(i))}
		switch {
		case i == live:
			v.Elapsed = p.elapsed(now)
			v.Projected, at = p.rollout().Since, p.intervalEnds(now)
		case i < live:
			v.Projected = v.Exposure.Started
		case v.Exposure.Skipped:
		default:
			if pending := p.pendingAt(i); !pending.IsZero() {
				at = pending
			} else if !p.startsItself(i) {
				at = time.Time{}
			}
			if closed := !at.IsZero() && len(p.closures(at)) > 0; closed && p.pendingAt(i).IsZero() {
				at = p.calendarsOpen(at)
			} else if closed { // it will be missed
				at = time.Time{}
			}
			if p.halted() || !p.def.content.Window.Open(at) || p.overtaken(i, at) || at.Before(now) {
				at = time.Time{}
			}
			v.Projected = at
			if v.Interval == nil || at.IsZero() {
				at = time.Time{}
			} else {
				at = instant(v.Interval.AddTo(at))
			}
		}
		all[i] = v
	}
	return all
}

// overtaken reports whether a later milestone starts at a time before the one at
// place i would.
func (p *Plan) overtaken(i int, at time.Time) bool {
	for i++; i < len(p.def.content.Milestones); i++ {
		if pending := p.pendingAt(i); !pending.IsZero() && !pending.After(at) {
			return true
		}
	}
	return false
}

// halted reports whether no milestone starts by itself, at a time or otherwise, before
// a person lets the plan or its rollout go on.
func (p *Plan) halted() bool {
	r := p.rollout()
	return p.Archived() || p.st.State != Running && !p.st.Started.IsZero() || !r.Paused.IsZero() || !r.Stopped.IsZero() || len(r.Tripped) > 0
}

// Milestone returns the milestone with an id or name, as it is at now. One that is
// not of this plan is an ErrNotFound.
func (p *Plan) Milestone(named string, now time.Time) (MilestoneView, error) {
	i := p.def.content.milestone(named)
	if i < 0 {
		return MilestoneView{}, p.noMilestone(named)
	}
	return p.Milestones(now)[i], nil
}

func (p *Plan) noMilestone(named string) error {
	return fmt.Errorf("milestone %q of plan %s: %w", short(named), p.id, penstock.ErrNotFound)
}

// livePlace returns the place of the milestone that is live, or -1.
func (p *Plan) livePlace() int { return p.def.content.milestoneID(p.rollout().Live) }

func (p *Plan) milestoneState(i int) MilestoneState {
	r, live := p.rollout(), p.livePlace()
	e := r.exposure(p.def.content.Milestones[i].ID)
	switch {
	case i == live && (r.Through || p.st.State == Completed):
		return MilestoneCompleted
	case i == live && p.st.State == Running && r.Paused.IsZero() && !p.Archived():
		return MilestoneActive
	case i == live:
		return MilestonePaused
	case e.Skipped:
		return MilestoneSkipped
	case i < live && e.Count > 0:
		return MilestoneCompleted
	case i < live:
		return MilestoneSkipped
	default:
		return MilestoneWaiting
	}
}

// interval returns how long the milestone at place i is served before the next one
// starts, or nil if until somebody says so.
func (p *Plan) interval(i int) *penstock.Duration {
	m := &p.def.content.Milestones[i]
	e := p.rollout().exposure(m.ID)
	switch {
	case e.After != nil && e.After.IsZero():
		return nil
	case e.After != nil:
		return e.After
	default:
		return m.After
	}
}

// elapsed returns how much of its interval the live milestone has behind it.
func (p *Plan) elapsed(now time.Time) time.Duration {
	r := p.rollout()
	if r.Clock.IsZero() {
		return r.Counted
	}
	return r.Counted + now.Sub(r.Clock)
}

// intervalEnds returns when the interval of the live milestone ends, if its clock
// runs on; zero: not at all, or not while something may start. What a calendar held back
// that is no more ends now.
func (p *Plan) intervalEnds(now time.Time) time.Time {
	r, i := p.rollout(), p.livePlace()
	if r.Clock.IsZero() || i < 0 {
		return time.Time{}
	}
	interval := p.interval(i)
	if interval == nil {
		return time.Time{}
	}
	length := interval.AddTo(r.Since).Sub(r.Since)
	ends := instant(r.Clock.Add(max(0, length-r.Counted)))
	switch at := later(ends, p.st.Updated.At); {
	case p.calendars() == nil:
	case len(p.closures(at)) > 0:
		if ends = p.calendarsOpen(at); ends.IsZero() {
			return time.Time{}
		}
	case ends.Before(at) && len(p.closures(at.Add(-tick))) == 0: // or else it would have ended before
		ends = later(at, now)
	}
	if !p.def.content.Window.Open(later(ends, p.st.Updated.At)) { // it may have been shortened since
		return time.Time{}
	}
	return ends
}

// pendingAt returns when the milestone at place i is still to start, if there is such a time.
func (p *Plan) pendingAt(i int) time.Time {
	m := &p.def.content.Milestones[i]
	e := p.rollout().exposure(m.ID)
	switch {
	case e.Skipped:
		return time.Time{}
	case !e.At.IsZero():
		return e.At
	case m.At.Equal(e.AtUsed):
		return time.Time{}
	default:
		return m.At
	}
}

// startsItself reports whether the milestone at place i starts when it is its
// turn: not if a person, a task or a time decides that.
func (p *Plan) startsItself(i int) bool {
	return p.def.content.Milestones[i].Start != ByHand && p.pendingAt(i).IsZero() && !p.def.exposed[i]
}

// findExposed notes which milestones enabled Expose tasks start.
func (d *definition) findExposed() {
	d.exposed = make([]bool, len(d.content.Milestones))
	for _, phase := range d.phases {
		for _, j := range phase.own {
			if t := &phase.Tasks[j]; t.Kind == Expose && !t.Disabled {
				if i := d.exposes(t); i >= 0 {
					d.exposed[i] = true
				}
			}
		}
	}
}

// exposes returns the place of the milestone that an Expose task starts.
func (d *definition) exposes(t *Task) int {
	spec, err := exposeSpec(t.Spec)
	if err != nil {
		return -1
	}
	return d.content.milestone(spec.Milestone)
}

// following returns the place of the first milestone behind place i that is not
// skipped, or -1.
func (p *Plan) following(i int) int {
	for i++; i < len(p.def.content.Milestones); i++ {
		if !p.rollout().exposure(p.def.content.Milestones[i].ID).Skipped {
			return i
		}
	}
	return -1
}

// firstStart returns when the first milestone is about to start if nothing was live
// yet: when the plan's tasks are meant to be through. Zero: not known.
func (p *Plan) firstStart() time.Time {
	if r := p.rollout(); r.Live != "" || !r.Stopped.IsZero() || p.st.State.Final() {
		return time.Time{}
	}
	at := p.plannedStart()
	if s := p.def.content.Start; at.IsZero() && s.Mode == Scheduled {
		at = s.At
	}
	if at.IsZero() {
		return at
	}
	for i := range p.def.phases {
		at = p.phaseEnd(i, at)
	}
	return at
}
