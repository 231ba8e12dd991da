package releaseplan

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/penstock-go/penstock"
)

// Do makes p do c at the time at, asked by an actor, and returns the next plan
// with what changed, in order. p itself stays as it is.
//
// First, everything that is due at or before at happens: a window ends, a
// request for approval lapses, a task runs out of time. Then comes the command,
// then all moves by rule that follow from it. A time before the plan's latest
// change counts as that time. A command that changes nothing returns p and no
// changes.
//
// A refused command returns p and one of: [*penstock.RefusedError] if the state
// or a guard says no, [*penstock.InvalidError], perhaps several, if the command
// itself is wrong, [*penstock.ForbiddenError], an ErrConflict if IfVersion is
// stale, or an ErrNotFound if the task, milestone or safeguard is not of this plan.
func (p *Plan) Do(c Command, by penstock.Actor, at time.Time) (*Plan, []Change, error) {
	if err := c.check(); err != nil {
		return p, nil, err
	}
	next, changes, err := p.do(c, by, at)
	for i := range c.Then {
		if err != nil {
			return p, nil, err
		}
		var more []Change
		next, more, err = next.doNext(c.Then[i], by, at)
		changes = append(changes, more...)
	}
	if err != nil {
		return p, nil, err
	}
	return next, changes, nil
}

// doNext is do behind another command, in the same commit: what that one left to
// be put away is not lost.
func (p *Plan) doNext(c Command, by penstock.Actor, at time.Time) (*Plan, []Change, error) {
	next, changes, err := p.do(c, by, at)
	if err != nil || next == p || len(p.secrets) == 0 {
		return next, changes, err
	}
	q := *next
	q.secrets = maps.Clone(p.secrets)
	maps.Copy(q.secrets, next.secrets)
	return &q, changes, nil
}

// do carries out one command, without what follows it.
func (p *Plan) do(c Command, by penstock.Actor, at time.Time) (*Plan, []Change, error) {
	if c.IfVersion != 0 && c.IfVersion != p.def.version {
		return p, nil, fmt.Errorf("plan %s has version %d, not %d: %w", p.id, p.def.version, c.IfVersion, penstock.ErrConflict)
	}
	if err := p.permit(by, c); err != nil {
		return p, nil, err
	}
	t := &transition{p: p.pin(), by: by, at: later(instant(at), p.st.Updated.At), command: &c}
	// An outcome counts as earlier than what is due at the same instant.
	limit, outcome := t.at, c.Action == Complete || c.Action == Fail
	if outcome {
		limit = limit.Add(-tick)
	}
	now := t.at
	if err := t.advance(limit); err != nil {
		return p, nil, err
	}
	t.at, t.by = now, by
	if err := t.run(); err != nil {
		return p, nil, err
	}
	if outcome { // and so do all others of that instant
		if err := t.asSystem(t.taskDue); err != nil {
			return p, nil, err
		}
	}
	if err := t.settle(); err != nil {
		return p, nil, err
	}
	if err := t.advance(now); err != nil {
		return p, nil, err
	}
	if len(t.changes) == 0 {
		return p, nil, nil
	}
	t.p.pinned = nil // nobody has seen it yet
	return t.p, t.changes, nil
}

// At returns the plan as it is at a time: with everything that is due by then.
func (p *Plan) At(at time.Time) *Plan {
	if !p.isDue(at) {
		return p
	}
	next, _, err := p.Do(Command{Action: Advance}, penstock.System(), at)
	if err != nil {
		return p
	}
	return next
}

// A transition is one Do under way.
type transition struct {
	p       *Plan // as it is by now; replaced with each change
	by      penstock.Actor
	at      time.Time
	command *Command
	changes []Change
}

// record makes a fact so and adds it to the changes.
func (t *transition) record(c Change) error {
	c.At, c.By = t.at, t.who()
	next, secrets := *t.p, t.p.secrets
	if err := next.apply(&c); err != nil {
		return err
	}
	c.def = nil
	if next.secrets == nil && len(t.changes) > 0 {
		next.secrets = secrets
	}
	t.p, t.changes = &next, append(t.changes, c)
	return nil
}

// who is the actor as a party; the system is of no type.
func (t *transition) who() penstock.Party {
	who := penstock.Party{ID: t.by.ID, Name: t.by.Name}
	if who.ID != "" && who.ID != penstock.SystemID {
		who.Type = penstock.User
	}
	return who
}

func (t *transition) situation() *situation {
	return &situation{p: t.p, by: t.by, at: t.at, place: t.p.place(t.command.Action, t.command.Milestone), later: t.command.later(t.at)}
}

// asSystem runs f for the library itself.
func (t *transition) asSystem(f func() error) error {
	by := t.by
	t.by = penstock.System()
	defer func() { t.by = by }()
	return f()
}

// run carries the command out.
func (t *transition) run() error {
	c := t.command
	switch {
	case c.Action == Advance:
		return nil
	case t.p.Archived() && !allowedArchived(c.Action):
		return &penstock.RefusedError{Action: string(c.Action), State: string(t.p.st.State), Needs: []string{"the plan to be unarchived first"}}
	case c.Action.onTask():
		return t.task()
	}
	if rule, ok := standing[c.Action]; ok {
		if c.Action.onMilestone() && c.Milestone != "" && t.p.def.content.milestone(c.Milestone) < 0 {
			return t.p.noMilestone(c.Milestone)
		}
		if err := t.stands(c.Action, rule); err != nil {
			return err
		}
		return t.stand()
	}
	return t.move(c.Action, planLife.Next)
}

// allowedArchived reports whether an archived plan takes an action.
func allowedArchived(a Action) bool {
	switch a {
	case Unarchive, Duplicate, ExportPlan, Comment, Delete, Retracted:
		return true
	default:
		return false
	}
}

// stands reports as an error why an action that keeps the state cannot be done.
func (t *transition) stands(a Action, rule standingRule) error {
	refusals := rule.refusals(t.situation())
	if len(refusals) == 0 {
		return nil
	}
	e := &penstock.RefusedError{Action: string(a), State: string(t.p.st.State)}
	var faults []error
	for _, r := range refusals {
		if r.Rule == "state" {
			e.Needs = nil
			e.Allowed = t.p.allowed(t.by, t.at)
			return e
		}
		e.Needs, e.Earliest, faults = append(e.Needs, r.Needs), later(e.Earliest, r.Earliest), append(faults, r.Err)
	}
	e.Err = errors.Join(faults...)
	return e
}

// asked reports whether an action is what the command asks for, and not a move
// by rule that comes before or after it.
func (t *transition) asked(a Action) bool {
	return a == t.command.Action && t.by.ID != penstock.SystemID
}

// move takes the plan along one row of the table.
func (t *transition) move(a Action, along func(*situation, State, Action) (State, error)) error {
	from := t.p.st.State
	to, err := along(t.situation(), from, a)
	if err != nil {
		return err
	}
	c := Change{Kind: PlanMoved, Action: a, From: string(from), To: string(to)}
	if t.asked(a) {
		c.Remark = t.command.Remark
	}
	if err := t.prepare(&c); err != nil {
		return err
	}
	if err := t.record(c); err != nil {
		return err
	}
	if r := t.p.rollout(); to == Canceling && r.Live != "" {
		if err := t.record(Change{Kind: RolloutStopped, Action: a, Milestone: r.Live, Name: r.Name, From: r.Name}); err != nil {
			return err
		}
	}
	return t.openGate(to)
}
