package releaseplan

import (
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// startMilestone makes the milestone at place i live.
func (t *transition) startMilestone(a Action, i int, schedule time.Time, remark string) error {
	p := t.p
	m := &p.def.content.Milestones[i]
	serves, err := p.serves(i)
	if err != nil {
		return err
	}
	if schedule.IsZero() {
		schedule = p.pendingAt(i) // done by hand, it is not missed
	}
	return t.record(Change{Kind: ExposureStarted, Action: a, Milestone: m.ID, Name: m.Name, From: p.rollout().Name, To: m.Name,
		Serves: serves, Schedule: schedule, Remark: remark})
}

// serves returns the strategies of the milestone at place i as they go live: the
// enabled ones with defaults, and the weights of variants made to fit.
func (p *Plan) serves(i int) ([]rollout.Strategy, error) {
	c := &p.def.content
	var feature string
	if c.Target != nil {
		feature = c.Target.Feature
	}
	var v validator // what was edited after Lint, in a draft, can go live too
	var all []rollout.Strategy
	for j := range c.Milestones[i].Strategies {
		s := c.Milestones[i].Strategies[j]
		if s.Disabled {
			continue
		}
		v.lintStrategy(c, i, j)
		s = s.Clone().WithDefaults(feature, p.stickiness())
		variants, err := rollout.NormalizeWeights(s.Variants)
		v.nest(strategyPath(i, j)+".variants", err)
		s.Variants = variants
		all = append(all, s)
	}
	if c.Target != nil && len(all) == 0 { // to evaluators, no strategies means everybody
		v.fault(fmt.Sprintf("milestones[%d].strategies", i), "need one that is enabled")
	}
	if len(v.faults) > 0 {
		return nil, errors.Join(v.faults...)
	}
	return all, nil
}

// stickiness returns that of strategies that name none; empty: the default one.
func (p *Plan) stickiness() string {
	if p.rules == nil || p.rules.Stickiness == nil || p.def.content.Target == nil {
		return ""
	}
	return p.rules.Stickiness(p.def.content.Target.Project)
}

// servesAnew reports whether the live milestone would serve something else if it
// went live now.
func (p *Plan) servesAnew() bool {
	i := p.livePlace()
	if i < 0 {
		return false
	}
	serves, err := p.serves(i)
	return err == nil && !sameJSON(serves, p.rollout().Serves)
}

// startOrPause starts a milestone by itself. One that cannot be served, which
// Lint would have told, pauses the rollout instead, so that somebody looks.
func (t *transition) startOrPause(a Action, i int, schedule time.Time) error {
	err := t.startMilestone(a, i, schedule, t.said(a))
	if err == nil || !errors.Is(err, penstock.ErrInvalid) {
		return err
	}
	m := &t.p.def.content.Milestones[i]
	why := remarkOf(err, nil)
	if !schedule.IsZero() {
		if err := t.record(Change{Kind: ExposureMissed, Milestone: m.ID, Name: m.Name, Schedule: schedule, Remark: why}); err != nil {
			return err
		}
	}
	if !t.p.rollout().Paused.IsZero() {
		return nil
	}
	return t.record(Change{Kind: RolloutPaused, Action: a, Milestone: m.ID, Name: m.Name, Remark: why})
}

// goesOn reports whether milestones may start by themselves.
func (p *Plan) goesOn(at time.Time) bool {
	r := p.rollout()
	return p.st.State == Running && !p.Archived() && r.Paused.IsZero() && r.Stopped.IsZero() && len(r.Tripped) == 0 && p.def.content.Window.Open(at) && len(p.closures(at)) == 0
}

// beginRollout starts the first milestone when it is its turn.
func (t *transition) beginRollout() error {
	p := t.p
	if !p.rolloutPending() || !p.goesOn(t.at) {
		return nil
	}
	if i := p.following(-1); i >= 0 && p.startsItself(i) {
		return t.startOrPause(advanced, i, time.Time{})
	}
	return nil
}

// rolloutPending reports whether it is the turn of the first milestone, if the rollout goes on.
func (p *Plan) rolloutPending() bool {
	if len(p.def.content.Milestones) == 0 || p.rollout().Live != "" || p.open() > 0 || p.st.FinishAsked {
		return false
	}
	i := p.following(-1)
	return i >= 0 && p.startsItself(i)
}

// progress lets the live milestone be through, and the next one start.
func (t *transition) progress(a Action) error {
	r, live := t.p.rollout(), t.p.livePlace()
	if next := t.p.following(live); live >= 0 && next >= 0 && t.p.startsItself(next) {
		return t.startOrPause(a, next, time.Time{})
	}
	return t.record(Change{Kind: ExposureCompleted, Action: a, Milestone: r.Live, Name: r.Name, Remark: t.said(a)})
}

// said returns the remark of the command if it is what asks for an action.
func (t *transition) said(a Action) string {
	if t.asked(a) {
		return t.command.Remark
	}
	return ""
}

// appointment returns the place of the milestone whose time comes next, and that
// time; -1 if there is none.
func (p *Plan) appointment() (place int, at time.Time) {
	place = -1
	for i := range p.def.content.Milestones {
		if pending := p.pendingAt(i); !pending.IsZero() && (at.IsZero() || pending.Before(at)) {
			place, at = i, pending
		}
	}
	return place, at
}

// keepAppointment starts the milestone whose time has come, or records that it
// could not.
func (t *transition) keepAppointment() error {
	p := t.p
	i, at := p.appointment()
	m, live := &p.def.content.Milestones[i], p.livePlace()
	e := p.rollout().exposure(m.ID)
	byHand := !e.At.IsZero() // only a person goes back
	var why string
	switch {
	case i == live, i < live && !byHand: // it was started before its time
		e.At, e.AtUsed = time.Time{}, m.At
		return t.record(Change{Kind: ExposureChanged, Action: appointed, Milestone: m.ID, Name: m.Name, Exposure: &e, Schedule: at})
	case i < live && p.backApproved():
		return t.startOrPause(appointed, i, at)
	case p.st.State != Running:
		why = "the plan was " + words(string(p.st.State))
	case !p.rollout().Paused.IsZero():
		why = "the rollout was paused"
	case len(p.rollout().Tripped) > 0:
		why = "a safeguard had tripped"
	case !p.rollout().Stopped.IsZero():
		why = "the rollout was stopped"
	case !p.def.content.Window.Open(t.at):
		why = "the window was shut"
	case len(p.closures(t.at)) > 0:
		why = remarkOf(frozen(p.closures(t.at)), nil)
	default:
		return t.startOrPause(appointed, i, at)
	}
	return t.record(Change{Kind: ExposureMissed, Milestone: m.ID, Name: m.Name, Schedule: at, Remark: why})
}

// expose carries out an Expose task that has just started.
func (t *transition) expose(ref taskRef) error {
	i := t.p.def.exposes(t.p.def.task(ref))
	result, remark := TaskDone, ""
	switch live := t.p.livePlace(); {
	case i < 0: // cannot be: its definition was checked
		result, remark = TaskFailed, "there is no such milestone"
	case i <= live:
		remark = "that milestone, or a later one, is live already"
	case t.p.rollout().exposure(t.p.def.content.Milestones[i].ID).Skipped:
		remark = "that milestone was skipped"
	default:
		err := t.startMilestone(Start, i, time.Time{}, "")
		if err != nil && !errors.Is(err, penstock.ErrInvalid) {
			return err
		}
		if err != nil {
			result, remark = TaskFailed, remarkOf(err, nil)
		}
	}
	s := t.p.task(ref).clone()
	action, failure := Complete, ""
	if result == TaskFailed {
		action, failure = Fail, remark
	}
	s = s.ended(t.at, result, failure)
	s.Remark, s.ExecutedBy, s.ExecutedAt = remark, t.who(), t.at
	return t.setTask(TaskEnded, action, ref, result, s, remark)
}
