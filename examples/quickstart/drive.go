package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A question is what a person has to decide or do before the plan can go on.
type question struct {
	who     penstock.Actor
	text    string
	options []option // the first is the usual one
	routine bool     // there is nothing to think about
}

// An option is one answer, and the command that it gives.
type option struct {
	word    string
	command releaseplan.Command
}

// routine is a question that answers itself.
func routine(who penstock.Actor, c releaseplan.Command) question {
	return question{who: who, options: []option{{command: c}}, routine: true}
}

// People answer questions. The command has the remark that they make.
type people interface {
	answer(ctx context.Context, q question) (releaseplan.Command, error)
}

// drive lets people do their part, each time that all was told, until ctx ends.
func (s *session) drive(ctx context.Context, told <-chan struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-told:
		}
		p, err := s.plans.Get(ctx, s.id, s.operator)
		if err != nil {
			return unless(ctx, err)
		}
		q, ok := s.question(p)
		if !ok {
			continue
		}
		c := q.options[0].command
		if !q.routine {
			if c, err = s.people.answer(ctx, q); err != nil {
				return unless(ctx, err)
			}
		}
		_, err = s.plans.Do(ctx, s.id, c, q.who)
		if errors.Is(err, penstock.ErrRefused) && s.moved(ctx, p) {
			continue // it was overtaken, and what overtook it will be told
		}
		if err != nil {
			return unless(ctx, err)
		}
	}
}

// moved reports whether anything happened since p.
func (s *session) moved(ctx context.Context, p *releaseplan.Plan) bool {
	now, err := s.plans.Get(ctx, s.id, s.operator)
	return err == nil && now.Status().Changes > p.Status().Changes
}

// unless returns err, or nothing if ctx has ended: nobody is asked any more.
func unless(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// question returns what the plan waits for, if it waits for people.
func (s *session) question(p *releaseplan.Plan) (question, bool) {
	status, content := p.Status(), p.Content()
	switch p.State() {
	case releaseplan.Draft:
		return routine(s.operator, releaseplan.Command{Action: releaseplan.Finalize}), true
	case releaseplan.Finalized:
		if content.Approval != nil && content.Approval.Required() {
			return routine(s.operator, releaseplan.Command{Action: releaseplan.RequestApproval}), true
		}
		return s.start(p)
	case releaseplan.AwaitingApproval:
		return vote(p)
	case releaseplan.Approved:
		return s.start(p)
	case releaseplan.FinalizeCheck, releaseplan.ExecuteCheck, releaseplan.CompleteCheck:
		if status.Gate == nil {
			return question{}, false
		}
		answer := func(a releaseplan.GateAnswer) option {
			return option{string(a), releaseplan.Command{Action: releaseplan.AnswerGate, Code: status.Gate.Code, Answer: a}}
		}
		return question{who: s.operator, text: fmt.Sprintf("what does the %s check say?", status.Gate.On),
			options: []option{answer(releaseplan.GatePass), answer(releaseplan.GateFail)}}, true
	case releaseplan.Running:
		return s.running(p)
	case releaseplan.Failed:
		return s.failed(p)
	default:
		return question{}, false
	}
}

// start asks for the execution of a plan that does not start by itself.
func (s *session) start(p *releaseplan.Plan) (question, bool) {
	execute := releaseplan.Command{Action: releaseplan.Execute}
	switch p.Content().Start.Mode {
	case releaseplan.Scheduled:
		if p.Status().Scheduled.IsZero() {
			return question{}, false // its time will come
		}
	case releaseplan.OnApproval:
		return routine(s.operator, execute), true // it could not start by itself
	default: // by hand
	}
	return question{who: s.operator, text: "start now?", options: []option{
		{"execute", execute}, {"cancel", releaseplan.Command{Action: releaseplan.Cancel}},
	}}, true
}

// vote asks the next approver.
func vote(p *releaseplan.Plan) (question, bool) {
	request := p.Status().Request
	if request == nil {
		return question{}, false
	}
	missing := request.Explain(time.Now()).Missing
	if len(missing) == 0 {
		return question{}, false
	}
	return question{who: actor(missing[0]), text: fmt.Sprintf("do you approve of %q?", p.Name()), options: []option{
		{"approve", releaseplan.Command{Action: releaseplan.Vote, Vote: "approve"}},
		{"reject", releaseplan.Command{Action: releaseplan.Vote, Vote: "reject"}},
	}}, true
}

// running asks for what people do in a plan that runs.
func (s *session) running(p *releaseplan.Plan) (question, bool) {
	phases, tasks := p.Content().Phases, p.Tasks()
	on := func(t releaseplan.TaskView, a releaseplan.Action) releaseplan.Command {
		return releaseplan.Command{Action: a, Task: t.ID}
	}
	for _, t := range tasks {
		byHand := t.Start == releaseplan.ByHand || phases[t.Phase].Kind == releaseplan.Free
		switch {
		case t.State != releaseplan.TaskReady:
		case t.Kind == releaseplan.Manual:
			return routine(s.doer(p, t), on(t, releaseplan.Start)), true
		case byHand:
			return question{who: s.doer(p, t), text: fmt.Sprintf("%q is ready.", t.Name), options: []option{
				{"start", on(t, releaseplan.Start)}, {"skip", on(t, releaseplan.Skip)},
			}}, true
		}
	}
	for _, t := range tasks {
		if t.State == releaseplan.TaskRunning && t.Kind == releaseplan.Manual {
			return question{who: s.doer(p, t), text: fmt.Sprintf("%q is yours to do.", t.Name), options: []option{
				{"done", on(t, releaseplan.Complete)}, {"fail", on(t, releaseplan.Fail)},
			}}, true
		}
	}
	if n := p.TaskCount(); n.Todo+n.Running+n.Canceling+n.Failed == 0 {
		return routine(s.operator, releaseplan.Command{Action: releaseplan.Finish}), true // it has milestones
	}
	return question{}, false
}

// failed asks how to go on with the first task that failed.
func (s *session) failed(p *releaseplan.Plan) (question, bool) {
	for _, t := range p.Tasks() {
		if t.State == releaseplan.TaskFailed {
			return question{who: s.operator, text: fmt.Sprintf("%q failed (%s). How shall it go on?", t.Name, firstLine(t.Status.Remark)), options: []option{
				{"retry", releaseplan.Command{Action: releaseplan.Retry, Task: t.ID}},
				{"skip", releaseplan.Command{Action: releaseplan.Skip, Task: t.ID}},
				{"abort", releaseplan.Command{Action: releaseplan.Cancel}},
			}}, true
		}
	}
	return question{}, false
}

// doer returns who does a task: its owner, that of its phase, or the operator.
func (s *session) doer(p *releaseplan.Plan, t releaseplan.TaskView) penstock.Actor {
	for _, owner := range []penstock.Party{t.Owner, p.Content().Phases[t.Phase].Owner} {
		if !owner.IsZero() {
			return actor(owner)
		}
	}
	return s.operator
}

// actor returns who acts for a party. A group acts through its first member, who
// has no name here.
func actor(p penstock.Party) penstock.Actor {
	if p.Type == penstock.Group {
		return penstock.Actor{ID: "somebody of " + p.ID, Groups: []string{p.ID}}
	}
	return penstock.Actor{ID: p.ID, Name: p.Name}
}
