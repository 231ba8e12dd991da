package releaseplan

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
)

// onMilestone reports whether an action may name a milestone.
func (a Action) onMilestone() bool {
	return a == StartMilestone || a == SkipMilestone || a == CompleteMilestone || a == SetInterval
}

// place returns the place of the milestone that an action is about, or -1. An
// action that names none is about the live one, or the one that is next.
func (p *Plan) place(a Action, named string) int {
	switch {
	case !a.onMilestone():
		return p.livePlace()
	case named != "":
		return p.def.content.milestone(named)
	case a == SetInterval || a == CompleteMilestone:
		return p.livePlace()
	default:
		return p.following(p.livePlace())
	}
}

// milestone carries out an action on the milestones.
func (t *transition) milestone() error {
	c := t.command
	i := t.p.place(c.Action, c.Milestone)
	switch c.Action {
	case StartMilestone:
		if c.later(t.at) {
			return t.appoint(i, instant(c.Start))
		}
		if !c.Start.IsZero() && instant(c.Start).Before(t.at) {
			return penstock.Invalid("start", "must not be in the past; leave it out for now")
		}
		return t.startMilestone(c.Action, i, time.Time{}, c.Remark)
	case SkipMilestone:
		e := t.p.rollout().exposure(t.p.def.content.Milestones[i].ID)
		e.Skipped, e.At = true, time.Time{}
		return t.changeExposure(i, e)
	case CompleteMilestone:
		return t.progress(c.Action)
	case SetInterval:
		return t.setInterval(i)
	case PauseRollout:
		return t.record(Change{Kind: RolloutPaused, Action: c.Action, Remark: c.Remark})
	case ResumeRollout:
		return t.record(Change{Kind: RolloutResumed, Action: c.Action, Remark: c.Remark})
	case StopRollout:
		r := t.p.rollout()
		return t.record(Change{Kind: RolloutStopped, Action: c.Action, Milestone: r.Live, Name: r.Name, From: r.Name, Remark: c.Remark})
	case ClearSafeguard:
		return t.clearSafeguard()
	case Observe:
		return t.observe()
	default:
		return penstock.Invalid("action", "%q is no action on milestones", short(string(c.Action)))
	}
}

// later reports whether a command is to start a milestone at a later time than at.
func (c *Command) later(at time.Time) bool {
	return c.Action == StartMilestone && instant(c.Start).After(at)
}

// appoint lets a milestone start at a later time.
func (t *transition) appoint(i int, at time.Time) error {
	if !t.p.def.content.Window.Open(at) {
		return penstock.Invalid("start", "must lie in the window")
	}
	e := t.p.rollout().exposure(t.p.def.content.Milestones[i].ID)
	e.At, e.Skipped = at, false
	return t.changeExposure(i, e)
}

// setInterval gives a milestone another interval. One that is over already would
// let the next one start at once, which has to be said.
func (t *transition) setInterval(i int) error {
	c := t.command
	m := &t.p.def.content.Milestones[i]
	e := t.p.rollout().exposure(m.ID).clone()
	e.After = &penstock.Duration{}
	if c.Interval != nil {
		e.After = copyOf(c.Interval)
	}
	if r := t.p.rollout(); i == t.p.livePlace() && !r.Through && c.Interval != nil && !c.AtOnce {
		if gone := t.p.elapsed(t.at); c.Interval.AddTo(r.Since).Sub(r.Since) <= gone {
			return &penstock.RefusedError{Action: string(c.Action), State: string(t.p.st.State),
				Needs: []string{fmt.Sprintf("an interval longer than the %s that have passed, or at_once", gone.Truncate(time.Second))}}
		}
	}
	return t.changeExposure(i, e)
}

func (t *transition) changeExposure(i int, e Exposure) error {
	m := &t.p.def.content.Milestones[i]
	if sameJSON(e, t.p.rollout().exposure(m.ID)) {
		return nil
	}
	e = e.clone()
	return t.record(Change{Kind: ExposureChanged, Action: t.command.Action, Milestone: m.ID, Name: m.Name, Exposure: &e, Remark: t.command.Remark})
}

// CanMilestone is Can for every action on one milestone, which is named by its id
// or name. A milestone that is not of this plan is an ErrNotFound.
func (p *Plan) CanMilestone(named string, by penstock.Actor, at time.Time) ([]Verdict, error) {
	if p.def.content.milestone(named) < 0 {
		return nil, p.noMilestone(named)
	}
	at = later(instant(at), p.st.Updated.At)
	q := p.At(at).pin()
	var all []Verdict
	for _, a := range planActions() {
		if a.onMilestone() {
			all = append(all, q.can(Command{Action: a, Milestone: named}, by, at))
		}
	}
	return all, nil
}

// jumps reports that an edit would shorten the interval of the live milestone to
// what has passed of it, so that the next one would start at once without anybody
// having said so.
func (p *Plan) jumps(next *definition, at time.Time) error {
	r, live := p.rollout(), next.content.milestoneID(p.rollout().Live)
	if live < 0 || r.Through {
		return nil
	}
	after, before := next.content.Milestones[live].After, p.livePlace()
	if after == nil || before >= 0 && sameJSON(after, p.def.content.Milestones[before].After) {
		return nil
	}
	if gone := p.elapsed(at); after.AddTo(r.Since).Sub(r.Since) <= gone {
		return penstock.Invalid(fmt.Sprintf("milestones[%d].after", live), "must be longer than the %s that have passed: the milestone is live", gone.Truncate(time.Second))
	}
	return nil
}
