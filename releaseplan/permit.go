package releaseplan

import (
	"errors"
	"math"

	"github.com/penstock-go/penstock"
)

// permit asks the host's rule, or the rules of ownership.
func (p *Plan) permit(by penstock.Actor, c Command) error {
	if c.Action.internal() && by.ID != penstock.SystemID {
		return &penstock.ForbiddenError{Right: penstock.Admin, On: p.Resource()}
	}
	if p.rules != nil && p.rules.Permit != nil && by.ID != penstock.SystemID {
		return p.rules.Permit(by, c, p)
	}
	return Owners(by, c, p)
}

// Owners is the rule of who may do what: an admin and the plan's owner
// everything, the owner of a task, who is assigned to it and who claimed it
// everything with that task. An owner that is a group means its members. To vote
// is up to the approvers that the request lists, and nobody else; to answer a
// check is up to who has its code; everyone may comment, duplicate and export.
func Owners(by penstock.Actor, c Command, p *Plan) error {
	switch c.Action {
	case Vote, AnswerGate, Comment, Duplicate, ExportPlan:
		return nil
	default: // everything else is up to owners
	}
	if by.Admin || by.Is(p.def.content.Owner) {
		return nil
	}
	if c.Action.onTask() {
		ref, err := p.find(c.Task)
		if err != nil {
			return err
		}
		s := p.task(ref)
		if by.Is(p.def.task(ref).Owner) || by.Is(s.Assignee) || by.Is(s.Claim) || by.Is(p.def.phases[ref.phase].Owner) {
			return nil
		}
	}
	return &penstock.ForbiddenError{Right: c.Action.Right(), On: p.Resource()}
}

// check reports every fault of a command that no plan would take.
func (c *Command) check() error {
	var v validator
	if !c.Action.known() {
		v.fault("action", "%q is no action", short(string(c.Action)))
	}
	v.text("remark", c.Remark, MaxRemark)
	v.short("lease", c.Lease)
	v.short("milestone", c.Milestone)
	v.short("safeguard", c.Safeguard)
	v.instant("start", c.Start)
	if len(c.Code) > MaxName {
		v.fault("code", "is too long")
	}
	if err := penstock.CheckKey("key", c.Key); c.Key != "" && err != nil {
		v.faults = append(v.faults, err)
	}
	v.script(c)
	c.checkOverride(&v)
	if c.IfVersion < 0 {
		v.fault("if_version", "must not be negative")
	}
	switch c.Action {
	case Edit:
		if c.Content == nil {
			v.fault("content", "must be set")
		} else {
			v.sizes(c.Content)
		}
	case SetVariables:
		if len(c.Variables) == 0 || len(c.Variables) > MaxVariables {
			v.fault("variables", "must be from 1 to %d", MaxVariables)
		}
	case AnswerGate:
		if c.Answer != GatePass && c.Answer != GateFail && c.Answer != GateProgress {
			v.fault("answer", "%q is not pass, fail or progress", short(string(c.Answer)))
		}
	case Skip, Comment:
		if c.Remark == "" {
			v.fault("remark", "must not be empty: %s what for", c.Action)
		}
	case Lease:
		if c.Lease == "" {
			v.fault("lease", "must not be empty")
		}
	case SkipMilestone, ClearSafeguard:
		if c.Remark == "" {
			v.fault("remark", "must not be empty: %s what for", c.Action)
		}
	case SetInterval:
		if v.duration("interval", c.Interval) && c.Interval != nil && c.Interval.IsZero() {
			v.fault("interval", "must be more than nothing; leave it out for none")
		}
	case Observe:
		v.sample("sample", c.Sample)
	case Reassign:
		if c.Assignee != nil {
			v.party("assignee", *c.Assignee)
		}
	default: // nothing else has members of its own
	}
	if (c.Action == Observe || c.Action == ClearSafeguard) && c.Safeguard == "" {
		v.fault("safeguard", "must name a safeguard")
	}
	if c.Action.onTask() && c.Task == "" {
		v.fault("task", "must name a task")
	}
	return errors.Join(v.faults...)
}

// sample checks what was measured.
func (v *validator) sample(path string, s *Sample) {
	if s == nil {
		v.fault(path, "must be set")
		return
	}
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		v.fault(path+".value", "must be a number")
	}
	v.number(path+".count", s.Count)
	if !s.From.IsZero() && !s.To.IsZero() && s.From.After(s.To) {
		v.fault(path+".to", "must not be before from")
	}
	v.instant(path+".from", s.From)
	v.instant(path+".to", s.To)
}

// known reports whether an action can be asked for at all.
func (a Action) known() bool {
	if _, stands := standing[a]; stands || a == Advance || a.onTask() {
		return true
	}
	_, moves := askedIn()[a]
	return moves
}
