package plantest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// Held is the kind of the task that is under way in the situations in which a Runner
// carries one out: [TaskLeased], [TaskCanceling] and releaseplan.Canceling.
const Held = "held"

// Checked is the name of the Check that answers the gate of [CheckOpen].
const Checked = "checked"

// runner is who carries out what fixtures leave under a lease.
const runner = "runner-1"

// maxMoves bounds the way into a situation.
const maxMoves = 50_000

// A life is a plan on its way into a situation. It is led by commands that anybody
// with the rights could send: by its methods, each of which does nothing after an
// error, and returns it.
type life struct {
	p    *releaseplan.Plan
	now  func() time.Time
	pass func(until time.Time) error                          // lets time pass, and happen what is due by then
	send func(c releaseplan.Command, by penstock.Actor) error // replaces p
	team func(group penstock.Party) ([]penstock.Party, error) // who is in a group; nil: the Service knows
	hold func(t releaseplan.TaskView) error                   // starts a task as a Runner does
}

// do sends a command of who owns the plan.
func (l *life) do(c releaseplan.Command) error {
	by := Owner()
	if o := l.p.Content().Owner; o.Type == penstock.Group {
		by.Groups = []string{o.ID}
	} else if o.ID != by.ID {
		by = penstock.Actor{ID: o.ID, Name: o.Name}
	}
	return l.doAs(by, c)
}

func (l *life) doAs(by penstock.Actor, c releaseplan.Command) error {
	if err := l.send(c, by); err != nil {
		return fmt.Errorf("%s of a plan that is %s: %w", c, l.p.State(), err)
	}
	return nil
}

func (l *life) then(err error, c releaseplan.Command) error {
	if err != nil {
		return err
	}
	return l.do(c)
}

// stations are the states on the way of a plan that succeeds.
func stations() []releaseplan.State {
	return []releaseplan.State{
		releaseplan.Draft, releaseplan.FinalizeCheck, releaseplan.Finalized, releaseplan.AwaitingApproval, releaseplan.Approved,
		releaseplan.ExecuteCheck, releaseplan.Running, releaseplan.CompleteCheck, releaseplan.Completed,
	}
}

// to leads the plan to a station.
func (l *life) to(station releaseplan.State) error {
	goal := slices.Index(stations(), station)
	for range maxMoves {
		switch at := slices.Index(stations(), l.p.State()); {
		case at == goal:
			return nil
		case at < 0:
			return fmt.Errorf("on its way to %s the plan became %s", station, l.p.State())
		case at > goal:
			return fmt.Errorf("the plan does not stay in %s: its content lets it go on to %s", station, l.p.State())
		}
		if err := l.onward(); err != nil {
			return err
		}
	}
	return fmt.Errorf("it takes more than %d commands to %s", maxMoves, station)
}

// onward makes one step of a plan that succeeds.
func (l *life) onward() error {
	switch s := l.p.State(); s {
	case releaseplan.Draft:
		return l.do(releaseplan.Command{Action: releaseplan.Finalize})
	case releaseplan.Finalized:
		if policy := l.p.Content().Approval; policy != nil && policy.Required() {
			return l.request(policy)
		}
		return l.do(releaseplan.Command{Action: releaseplan.Execute})
	case releaseplan.Approved:
		return l.do(releaseplan.Command{Action: releaseplan.Execute})
	case releaseplan.AwaitingApproval:
		return l.vote(approval.Approve)
	case releaseplan.FinalizeCheck, releaseplan.ExecuteCheck, releaseplan.CompleteCheck:
		return l.check(nil, releaseplan.GatePass)
	case releaseplan.Running:
		return l.work()
	default:
		return fmt.Errorf("nothing leads on from %s", s)
	}
}

// request asks for an approval. A group has the first approver as its member, unless a
// Service knows better.
func (l *life) request(policy *approval.Policy) error {
	c := releaseplan.Command{Action: releaseplan.RequestApproval}
	for _, g := range policy.Groups() {
		if l.team == nil {
			break
		}
		members, err := l.team(g)
		if err != nil {
			return err
		}
		if c.Members == nil {
			c.Members = make(map[string][]penstock.Party)
		}
		c.Members[g.Key()] = members
	}
	return l.do(c)
}

// vote lets one of those vote who are still asked: not the owner, if it need not be.
func (l *life) vote(d approval.Decision) error {
	missing := l.p.Status().Request.Explain(l.now()).Missing
	if len(missing) == 0 {
		return errors.New("there is nobody left to vote")
	}
	who := missing[0]
	for _, m := range missing {
		if m.ID != l.p.Content().Owner.ID {
			who = m
			break
		}
	}
	return l.doAs(penstock.Actor{ID: who.ID, Name: who.Name}, releaseplan.Command{Action: releaseplan.Vote, Vote: d, Remark: "for a test"})
}

func (l *life) deny(err error) error {
	if err != nil {
		return err
	}
	return l.vote(approval.Reject)
}

// check answers the open gate.
func (l *life) check(err error, answer releaseplan.GateAnswer) error {
	if err != nil {
		return err
	}
	g := l.p.Status().Gate
	if g == nil {
		return errors.New("there is no open check")
	}
	return l.do(releaseplan.Command{Action: releaseplan.AnswerGate, Code: g.Code, Answer: answer, Remark: "for a test"})
}

// task returns the first task in one of the states that waits for nobody but a
// person or a Runner.
func (l *life) task(states ...releaseplan.TaskState) (releaseplan.TaskView, bool) {
	for _, t := range l.p.Tasks() {
		if slices.Contains(states, t.State) && t.Kind != releaseplan.Wait {
			return t, true
		}
	}
	return releaseplan.TaskView{}, false
}

// onTask does things to one task, one after another: to the first that is under way, or
// else ready, or else to do.
func (l *life) onTask(err error, actions ...releaseplan.Action) error {
	if err != nil {
		return err
	}
	t, ok := l.task(releaseplan.TaskRunning)
	if !ok {
		t, ok = l.task(releaseplan.TaskReady)
	}
	if !ok {
		return errors.New("no task can start")
	}
	for _, do := range actions {
		if err := l.do(releaseplan.Command{Action: do, Task: t.ID, Remark: "for a test"}); err != nil {
			return err
		}
	}
	return nil
}

// lease starts a task as a Runner does.
func (l *life) lease(err error) error {
	if err != nil {
		return err
	}
	t, ok := l.task(releaseplan.TaskReady)
	if !ok {
		return errors.New("no task can start")
	}
	return l.hold(t)
}

// work makes one step of a plan that runs.
func (l *life) work() error {
	if t, ok := l.task(releaseplan.TaskRunning); ok {
		return l.do(releaseplan.Command{Action: releaseplan.Complete, Task: t.ID})
	}
	if t, ok := l.task(releaseplan.TaskReady); ok {
		return l.do(releaseplan.Command{Action: releaseplan.Start, Task: t.ID})
	}
	if n := l.p.TaskCount(); n.Todo+n.Running+n.Canceling+n.Failed == 0 && !l.p.Status().FinishAsked {
		return l.do(releaseplan.Command{Action: releaseplan.Finish})
	}
	if _, wake := l.p.Next(l.now()); !wake.IsZero() {
		return l.pass(wake)
	}
	return errors.New("nothing can go on, and nothing is due")
}

// fail lets tasks fail until the plan does.
func (l *life) fail(err error) error {
	for range maxMoves {
		if err != nil || l.p.State() == releaseplan.Failed {
			return err
		}
		switch t, ok := l.task(releaseplan.TaskRunning, releaseplan.TaskReady); {
		case ok && t.State == releaseplan.TaskReady:
			err = l.do(releaseplan.Command{Action: releaseplan.Start, Task: t.ID})
		case ok:
			err = l.do(releaseplan.Command{Action: releaseplan.Fail, Task: t.ID, Remark: "for a test"})
		default:
			err = l.work() // a wait is to pass first
		}
	}
	return fmt.Errorf("it takes more than %d commands to fail", maxMoves)
}

// until lets time pass.
func (l *life) until(at time.Time) error { return l.pass(at) }

// expire lets the window end.
func (l *life) expire(err error) error {
	switch w := l.p.Content().Window; {
	case err != nil:
		return err
	case w == nil || w.End.IsZero():
		return errors.New("the window has no end")
	default:
		return l.until(w.End.Add(time.Second))
	}
}

// edit changes what an approval is bound to.
func (l *life) edit(err error) error {
	if err != nil {
		return err
	}
	c := l.p.Content()
	c.Variables = append(c.Variables, releaseplan.Variable{Name: "edited", Value: "yes"})
	return l.do(releaseplan.Command{Action: releaseplan.Edit, Content: &c})
}

// live leads to the first milestone, and then does things to what is live.
func (l *life) live(actions ...releaseplan.Action) error {
	err := l.to(releaseplan.Running)
	for range maxMoves {
		if err != nil {
			return err
		}
		if r := l.p.Status().Rollout; r != nil && r.Live != "" {
			break
		}
		if n := l.p.TaskCount(); n.Todo+n.Running == 0 {
			err = l.do(releaseplan.Command{Action: releaseplan.StartMilestone})
		} else {
			err = l.work()
		}
	}
	for _, do := range actions {
		err = l.then(err, releaseplan.Command{Action: do, Remark: "for a test"})
	}
	return err
}

// served lets every milestone have its time.
func (l *life) served() error {
	err := l.live()
	for range maxMoves {
		if err != nil {
			return err
		}
		_, wake := l.p.Next(l.now())
		if wake.IsZero() {
			return nil
		}
		err = l.pass(wake)
	}
	return fmt.Errorf("the milestones take more than %d steps", maxMoves)
}

// trip measures what makes the first safeguard trip.
func (l *life) trip(err error) error {
	all := l.p.Content().Safeguards
	switch {
	case err != nil:
		return err
	case len(all) == 0:
		return errors.New("there is no safeguard")
	}
	g := all[0]
	if err := l.pass(l.now().Add(time.Minute)); err != nil {
		return err
	}
	q, ok := l.p.Query(g.ID, l.now())
	if !ok {
		return errors.New("nothing is measured now")
	}
	s := releaseplan.Sample{Count: max(g.MinSamples, 1), From: q.From, To: q.To}
	if g.Above != nil {
		s.Value = *g.Above + 1
	} else {
		s.Value = *g.Below - 1
	}
	return l.do(releaseplan.Command{Action: releaseplan.Observe, Safeguard: g.ID, Sample: &s})
}
