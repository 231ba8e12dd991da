package plantest

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// command returns something to ask of p, and who asks; mostly sensible.
func (s *stroll) command(p *releaseplan.Plan, now time.Time) (releaseplan.Command, penstock.Actor) {
	if s.Choose != nil {
		if c, by, ok := s.Choose(s.Rand, p, now); ok {
			return c, by
		}
	}
	if steps, _ := p.Next(now); len(steps) > 0 && s.oneIn(2) {
		return s.stepped(p, steps[s.IntN(len(steps))])
	}
	if len(p.Content().Milestones) > 0 && s.oneIn(4) {
		return s.onMilestone(p, now), s.somebody(p)
	}
	if s.oneIn(2) {
		return s.onTask(p), s.somebody(p)
	}
	do, by := pick(s.dice, planActions()...), s.somebody(p)
	if !s.oneIn(5) {
		do, by = s.onward(p, now), owner(p)
	}
	c := sane(p, do, "")
	switch do {
	case releaseplan.Vote:
		c.Vote, by = pick(s.dice, approval.Approve, approval.Approve, approval.Reject), s.voter(p)
	case releaseplan.AnswerGate:
		c.Answer = pick(s.dice, releaseplan.GatePass, releaseplan.GatePass, releaseplan.GateFail, releaseplan.GateProgress)
		if s.oneIn(5) {
			c.Code = "wrong"
		}
	case releaseplan.Edit:
		c.Content = s.edited(p.Content())
		if s.Edited != nil {
			s.Edited(s.Rand, c.Content)
		}
	default: // sane as it is
	}
	if s.oneIn(40) {
		c.IfVersion = p.Version() + int64(s.IntN(2))
	}
	return c, by
}

// owner returns who owns the plan.
func owner(p *releaseplan.Plan) penstock.Actor {
	switch o := p.Content().Owner; {
	case o.Type == penstock.Group:
		return penstock.Actor{ID: Owner().ID, Groups: []string{o.ID}}
	default:
		return penstock.Actor{ID: o.ID, Name: o.Name}
	}
}

// somebody is the owner, most of the time.
func (s *stroll) somebody(p *releaseplan.Plan) penstock.Actor {
	if !s.oneIn(4) {
		return owner(p)
	}
	people := s.People
	if people == nil {
		people = []penstock.Actor{Admin(), Stranger()}
	}
	return pick(s.dice, append(slices.Clip(people), Approvers()[0], penstock.System())...)
}

// voter is somebody who is asked, or was, or is not.
func (s *stroll) voter(p *releaseplan.Plan) penstock.Actor {
	r := p.Status().Request
	if r == nil || s.oneIn(6) {
		return pick(s.dice, append(Approvers(), Stranger())...)
	}
	missing := r.Explain(p.Status().Updated.At).Missing
	if len(missing) == 0 {
		return Stranger()
	}
	who := missing[s.IntN(len(missing))]
	return penstock.Actor{ID: who.ID, Name: who.Name}
}

// planActions are all that can be asked of a plan as a whole.
func planActions() []releaseplan.Action {
	return []releaseplan.Action{
		releaseplan.Finalize, releaseplan.RequestApproval, releaseplan.Withdraw, releaseplan.Execute, releaseplan.Pause, releaseplan.Resume,
		releaseplan.Recheck, releaseplan.Reopen, releaseplan.Cancel, releaseplan.Edit, releaseplan.SetVariables, releaseplan.Vote,
		releaseplan.AnswerGate, releaseplan.Finish, releaseplan.Comment, releaseplan.Archive, releaseplan.Unarchive, releaseplan.Duplicate,
		releaseplan.ExportPlan, releaseplan.Advance, releaseplan.ReportApproval, releaseplan.Retracted,
		releaseplan.OverrideCalendar, releaseplan.EndOverride,
	}
}

// taskActions are all that can be asked of a task.
func taskActions() []releaseplan.Action {
	return []releaseplan.Action{
		releaseplan.Start, releaseplan.Complete, releaseplan.Fail, releaseplan.Skip, releaseplan.Retry, releaseplan.Abort, releaseplan.Hold,
		releaseplan.Release, releaseplan.Claim, releaseplan.ReleaseClaim, releaseplan.Reassign, releaseplan.Lease, releaseplan.Interrupt,
	}
}

// milestoneActions are all that can be asked of milestones.
func milestoneActions() []releaseplan.Action {
	return []releaseplan.Action{
		releaseplan.StartMilestone, releaseplan.SkipMilestone, releaseplan.CompleteMilestone, releaseplan.SetInterval, releaseplan.PauseRollout,
		releaseplan.ResumeRollout, releaseplan.StopRollout, releaseplan.ClearSafeguard,
	}
}

// sane returns a command that asks for an action with arguments that are fine.
func sane(p *releaseplan.Plan, do releaseplan.Action, task string) releaseplan.Command {
	c := releaseplan.Command{Action: do, Task: task, Remark: "because"}
	switch do {
	case releaseplan.Edit:
		content := p.Content()
		content.Description += "."
		c.Content = &content
	case releaseplan.SetVariables:
		c.Variables = []releaseplan.Variable{{Name: "v0", Value: "2.5"}}
		if all := p.Content().Variables; len(all) > 0 {
			c.Variables[0] = releaseplan.Variable{Name: all[0].Name, Value: "2.5", Secret: all[0].Secret}
		}
	case releaseplan.Vote:
		c.Vote = approval.Approve
	case releaseplan.AnswerGate:
		c.Answer = releaseplan.GatePass
		if g := p.Status().Gate; g != nil {
			c.Code = g.Code
		}
	case releaseplan.RequestApproval:
		if policy := p.Content().Approval; policy != nil {
			for _, g := range policy.Groups() {
				c.Members = map[string][]penstock.Party{g.Key(): {penstock.UserParty(Approvers()[0].ID)}}
			}
		}
	case releaseplan.Lease:
		c.Lease = runner
	case releaseplan.OverrideCalendar:
		c.Until = p.Status().Updated.At.Add(time.Hour)
	case releaseplan.Reassign:
		who := penstock.UserParty(Stranger().ID)
		c.Assignee = &who
	default: // needs nothing more
	}
	return c
}

// onward returns something that is allowed; what ends a walk, or begins it anew, is rare.
func (s *stroll) onward(p *releaseplan.Plan, now time.Time) releaseplan.Action {
	var all []releaseplan.Action
	for _, v := range p.Can(owner(p), now) {
		weight := 20
		switch v.Action {
		case releaseplan.Comment, releaseplan.Duplicate, releaseplan.ExportPlan, releaseplan.Delete:
			weight = 0
		case releaseplan.Cancel, releaseplan.Archive, releaseplan.Reopen, releaseplan.Withdraw, releaseplan.OverrideCalendar:
			weight = 1
		case releaseplan.SetVariables, releaseplan.Pause:
			weight = 7
		case releaseplan.Edit:
			if p.State() == releaseplan.Draft {
				weight = 4
			}
		default: // as likely as any other
		}
		if v.Allowed || v.Action == releaseplan.Vote && p.State() == releaseplan.AwaitingApproval {
			all = append(all, slices.Repeat([]releaseplan.Action{v.Action}, weight)...)
		}
	}
	if len(all) == 0 {
		return releaseplan.Execute
	}
	return all[s.IntN(len(all))]
}

// stepped returns what a Runner does of a step.
func (s *stroll) stepped(p *releaseplan.Plan, step releaseplan.Step) (releaseplan.Command, penstock.Actor) {
	c := releaseplan.Command{Action: releaseplan.Advance, Task: step.Task, Attempt: step.Attempt}
	switch step.Kind {
	case releaseplan.StepStart:
		c.Action, c.Lease = releaseplan.Start, pick(s.dice, "", runner)
	case releaseplan.StepRun:
		c.Action, c.Lease = releaseplan.Lease, runner
	case releaseplan.StepStop:
		c.Action = pick(s.dice, releaseplan.Complete, releaseplan.Fail, releaseplan.Interrupt)
	case releaseplan.StepMeasure:
		c = s.measured(p, step.Safeguard)
	case releaseplan.StepRequest:
		c.Action, c.Instance = releaseplan.ReportApproval, "instance-1"
	case releaseplan.StepPoll:
		c.Action, c.Report = releaseplan.ReportApproval, &approval.Answer{Outcome: pick(s.dice, approval.Pending, approval.Approved, approval.Approved, approval.Rejected, approval.Canceled)}
	case releaseplan.StepRetract:
		c.Action, c.Instance = releaseplan.Retracted, step.Instance
	case releaseplan.StepCheck:
		c = sane(p, releaseplan.AnswerGate, "")
		c.Answer = pick(s.dice, releaseplan.GatePass, releaseplan.GatePass, releaseplan.GateFail, releaseplan.GateProgress)
	default: // to advance
	}
	return c, penstock.System()
}

func (s *stroll) onTask(p *releaseplan.Plan) releaseplan.Command {
	tasks := p.Tasks()
	if len(tasks) == 0 || s.oneIn(60) {
		return sane(p, releaseplan.Complete, "no task")
	}
	t := tasks[s.IntN(len(tasks))]
	if live := slices.DeleteFunc(slices.Clone(tasks), idle); len(live) > 0 && !s.oneIn(4) {
		t = live[s.IntN(len(live))]
	}
	if t.State == releaseplan.TaskFailed && !s.oneIn(3) {
		return sane(p, pick(s.dice, releaseplan.Retry, releaseplan.Skip), t.ID)
	}
	if t.State == releaseplan.TaskRunning || s.oneIn(2) {
		c := sane(p, pick(s.dice, releaseplan.Complete, releaseplan.Complete, releaseplan.Fail, releaseplan.Fail, releaseplan.Abort, releaseplan.Interrupt), t.ID)
		switch n := len(t.Status.Attempts); {
		case n > 0 && s.oneIn(3):
			c.Attempt = t.Status.Attempts[s.IntN(n)].ID
		case s.oneIn(10):
			c.Attempt = "of nobody"
		}
		return c
	}
	return sane(p, pick(s.dice, taskActions()...), t.ID)
}

// idle reports whether there is nothing to do for a task now.
func idle(t releaseplan.TaskView) bool {
	switch t.State {
	case releaseplan.TaskReady, releaseplan.TaskRunning, releaseplan.TaskCanceling, releaseplan.TaskFailed, releaseplan.TaskPaused:
		return false
	default:
		return true
	}
}

// onMilestone returns something to ask of the milestones of p.
func (s *stroll) onMilestone(p *releaseplan.Plan, now time.Time) releaseplan.Command {
	c := releaseplan.Command{Action: pick(s.dice, milestoneActions()...), Remark: "because"}
	if r := p.Status().Rollout; r != nil && len(r.Tripped) > 0 && s.oneIn(2) {
		c.Action, c.Safeguard = releaseplan.ClearSafeguard, r.Tripped[s.IntN(len(r.Tripped))].Name
	} else if s.oneIn(2) {
		c.Action = pick(s.dice, releaseplan.StartMilestone, releaseplan.StartMilestone, releaseplan.CompleteMilestone, releaseplan.ResumeRollout, releaseplan.SetInterval)
	}
	if !s.oneIn(3) {
		all := p.Content().Milestones
		m := all[s.IntN(len(all))]
		c.Milestone = pick(s.dice, m.ID, m.Name)
	}
	switch c.Action {
	case releaseplan.StartMilestone:
		if s.oneIn(4) {
			c.Start = now.Add(time.Duration(s.IntN(60)) * time.Minute)
		}
	case releaseplan.SetInterval:
		if !s.oneIn(4) {
			length := s.minutes(60)
			c.Interval = &length
		}
		c.AtOnce = s.oneIn(2)
	case releaseplan.ClearSafeguard:
		if all := p.Content().Safeguards; len(all) > 0 && c.Safeguard == "" {
			c.Safeguard = all[s.IntN(len(all))].Name
		}
	default: // needs nothing more
	}
	return c
}

// measured returns what a Runner does of a step that measures.
func (s *stroll) measured(p *releaseplan.Plan, safeguard string) releaseplan.Command {
	bound := 5.0
	for _, g := range p.Content().Safeguards {
		switch {
		case g.ID != safeguard:
		case g.Above != nil:
			bound = *g.Above
		default:
			bound = *g.Below
		}
	}
	return releaseplan.Command{Action: releaseplan.Observe, Safeguard: safeguard, Sample: &releaseplan.Sample{
		Value: bound + pick(s.dice, -1, -.5, 0, .5, 1), Count: pick[int64](s.dice, 0, 1, 10, 100), From: p.Status().Created.At.Add(time.Duration(s.IntN(200)) * time.Minute)}}
}
