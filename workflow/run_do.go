package workflow

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// Do makes r do c at the time at, asked by an actor, and returns the next run
// with what changed, in order. r itself stays as it is. First, everything that is
// due at or before at happens, then the command, then all moves by rule that follow
// from it. A time before the run's latest change counts as that time. A command
// that changes nothing returns r and no changes.
//
// A refused command returns r and one of: [*penstock.RefusedError] if the state or
// a guard says no, [*penstock.InvalidError], perhaps several, if the command itself
// is wrong, [*penstock.ForbiddenError], or an ErrNotFound if the job or stage is not of this run.
func (r *Run) Do(c Command, by penstock.Actor, at time.Time) (*Run, []Change, error) {
	if err := c.check(); err != nil {
		return r, nil, err
	}
	t := &transition{r: r, by: by, at: later(instant(at), r.st.Updated), command: &c}
	// An outcome counts as earlier than what is due at the same instant.
	now, limit := t.at, t.at
	if c.Action == Complete || c.Action == Fail {
		limit = limit.Add(-tick)
	}
	if err := t.advance(limit); err != nil {
		return r, nil, err
	}
	t.at, t.by = now, by
	if err := t.r.permit(by, c); err != nil { // time may have brought another stage, with other people
		return r, nil, err
	}
	if err := t.run(); err != nil {
		return r, nil, err
	}
	if err := t.settle(); err != nil {
		return r, nil, err
	}
	if err := t.advance(now); err != nil {
		return r, nil, err
	}
	if len(t.changes) == 0 {
		return r, nil, nil
	}
	return t.r, t.changes, nil
}

// At returns the run as it is at a time: with everything that is due by then.
func (r *Run) At(at time.Time) *Run {
	if due := r.due(); due.IsZero() || due.After(at) {
		return r
	}
	next, _, err := r.Do(Command{Action: Advance}, penstock.System(), at)
	if err != nil {
		return r
	}
	return next
}

// A transition is one Do under way.
type transition struct {
	r       *Run // as it is by now: with the first change, a copy that nobody else sees
	by      penstock.Actor
	at      time.Time
	command *Command
	changes []Change

	onJob jobSituation // of the guard that is asked
	onRun runSituation
}

// record makes a fact so and adds it to the changes.
func (t *transition) record(c Change) error {
	c.At, c.By = t.at, partyOf(t.by)
	if len(t.changes) == 0 {
		t.r, t.changes = t.r.copy(), make([]Change, 0, 4)
	}
	t.r.hide(&c)
	if err := t.r.apply(&c); err != nil {
		return err
	}
	t.changes = append(t.changes, c)
	return nil
}

// situation is what the guards of the run look at.
func (t *transition) situation() *runSituation {
	t.onRun = runSituation{r: t.r}
	return &t.onRun
}

// partyOf is the actor as a party; the system is of no type.
func partyOf(by penstock.Actor) penstock.Party {
	who := penstock.Party{ID: by.ID, Name: by.Name}
	if who.ID != "" && who.ID != penstock.SystemID {
		who.Type = penstock.User
	}
	return who
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
	switch c.Action {
	case Advance:
		return nil
	case Comment:
		return t.record(Change{Kind: RunCommented, Action: c.Action, Remark: c.Remark})
	case Vote, Report:
		return t.answer()
	case Retracted:
		if !slices.ContainsFunc(t.r.st.Retract, func(x Retraction) bool { return x.Instance == c.Instance }) {
			return nil
		}
		return t.record(Change{Kind: RunRetracted, Action: c.Action, Instance: c.Instance})
	case ExecuteStage:
		return t.executeStage()
	case DeleteRun:
		return t.delete()
	case Forgotten:
		if !t.r.forgettable() {
			return nil
		}
		return t.record(Change{Kind: RunForgotten, Action: c.Action})
	case Lease, Complete, Fail, Interrupt, Ignore, Uphold:
		return t.job()
	default:
		return t.move(c.Action, runLife.Next)
	}
}

// move takes the run along one row of the table.
func (t *transition) move(a Action, along func(*runSituation, RunState, Action) (RunState, error)) error {
	from := t.r.st.State
	to, err := along(t.situation(), from, a)
	if err != nil {
		return t.r.named(err)
	}
	c := Change{Kind: RunMoved, Action: a, From: string(from), To: string(to)}
	if a == t.command.Action {
		c.Remark = t.command.Remark
	}
	if err := t.record(c); err != nil {
		return err
	}
	if t.r.st.State == RunCanceling || t.r.st.State == RunCanceled {
		return t.cancelRequests()
	}
	return nil
}

// cancelRequests closes the request of the stage that was to be approved. Those of
// jobs are closed as the jobs are.
func (t *transition) cancelRequests() error {
	i := t.r.current()
	if i == len(t.r.graph.stages) {
		return nil
	}
	request := t.r.st.Stages[i].Request
	if request == nil || request.State() != approval.Pending {
		return nil
	}
	closed, err := request.Cancel(t.at)
	if err != nil {
		return err
	}
	return t.record(Change{Kind: StageAsked, Action: t.command.Action, Stage: t.r.graph.stages[i].Name, Request: closed})
}

// executeStage lets a stage go on that waits to be executed by hand.
func (t *transition) executeStage() error {
	i, c := t.r.current(), t.command
	if t.r.st.State == RunPaused && c.Stage != "" && c.Stage != t.r.graph.stages[i].Name {
		if t.r.graph.stage(c.Stage) < 0 {
			return fmt.Errorf("stage %q of run %s: %w", short(c.Stage), t.r.id, penstock.ErrNotFound)
		}
		return &penstock.RefusedError{Action: string(c.Action), State: string(t.r.st.State),
			Needs: []string{fmt.Sprintf("stage %q to be executed first", t.r.graph.stages[i].Name)}}
	}
	if err := t.move(ExecuteStage, runLife.Next); err != nil {
		return err
	}
	executed := Change{Kind: StageExecuted, Action: c.Action, Stage: t.r.graph.stages[i].Name, Remark: c.Remark}
	if len(c.Inputs) > 0 {
		if err := t.give(i); err != nil {
			return err
		}
		executed.Inputs = len(t.r.start.Later)
	}
	if err := t.record(executed); err != nil {
		return err
	}
	if len(c.Inputs) > 0 {
		if err := errors.Join(t.r.canAsk(t.at), t.r.unknown()); err != nil {
			return err
		}
	}
	for j := t.r.graph.stages[i].first; j < t.r.graph.stages[i].end; j++ {
		if t.r.graph.nodes[j].job.RunPolicy == SkipManual && t.r.jobs[j].state() == JobPending {
			s := *t.r.jobs[j]
			s.Started, s.Ended = t.at, t.at
			if err := t.setJob(skip, j, JobSkipped, s, "its stage was executed by hand", nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle applies moves by rule until none holds.
func (t *transition) settle() error {
	return t.asSystem(func() error {
		for {
			before := len(t.changes)
			if err := t.settleStage(); err != nil {
				return err
			}
			if do, _, ok := runLife.Settle(t.situation(), t.r.st.State); ok {
				if err := t.move(do, runLife.Follow); err != nil {
					return err
				}
			}
			if len(t.changes) == before {
				return nil
			}
		}
	})
}

// settleStage opens the request of the current stage, and applies moves by rule to its jobs.
func (t *transition) settleStage() error {
	i := t.r.current()
	if i == len(t.r.graph.stages) {
		return nil
	}
	if t.r.st.State == RunRunning && !t.r.byHand(i) && t.r.awaitsApproval(i) && t.r.st.Stages[i].Request == nil {
		if t.r.granted() {
			return t.grantStage(i) // and then settles again
		}
		request, err := t.r.request(*t.r.graph.stages[i].Approval, fmt.Sprintf("stage/%d", i), t.at)
		if err != nil {
			return err
		}
		if err := t.record(Change{Kind: StageAsked, Action: open, Stage: t.r.graph.stages[i].Name, Request: request}); err != nil {
			return err
		}
	}
	for j := t.r.graph.stages[i].first; j < t.r.graph.stages[i].end; j++ {
		if err := t.settleJob(j, false); err != nil {
			return err
		}
	}
	return nil
}

// due returns when time does the next thing by itself; zero if never.
func (r *Run) due() (at time.Time) {
	i := r.current()
	if i == len(r.graph.stages) || r.st.State != RunRunning {
		return time.Time{}
	}
	if request := r.st.Stages[i].Request; request != nil && request.State() == approval.Pending {
		at = request.Deadline()
	}
	for j := r.graph.stages[i].first; j < r.graph.stages[i].end; j++ {
		at = earlier(at, r.jobs[j].due())
	}
	return at
}

// due returns when time alone does something to a job.
func (s *JobStatus) due() time.Time {
	switch s.state() {
	case JobRunning:
		return s.Deadline
	case JobPending:
		return s.NotBefore
	case JobWaiting:
		if s.Request != nil && s.Request.State() == approval.Pending {
			return s.Request.Deadline()
		}
	default: // nothing comes of time
	}
	return time.Time{}
}

// advance lets everything happen that is due at or before limit.
func (t *transition) advance(limit time.Time) error {
	return t.asSystem(func() error {
		for {
			when := t.r.due()
			if when.IsZero() || when.After(limit) {
				return nil
			}
			before := len(t.changes)
			t.at = later(when, t.r.st.Updated)
			if err := t.happen(); err != nil {
				return err
			}
			if err := t.settle(); err != nil {
				return err
			}
			if len(t.changes) == before {
				return fmt.Errorf("run %s: what is due at %s changed nothing", t.r.id, when)
			}
		}
	})
}

// happen does what is due, but for the moves by rule that follow from it.
func (t *transition) happen() error {
	i := t.r.current()
	if request := t.r.st.Stages[i].Request; request != nil && isDue(request.Deadline(), t.at) && request.State() == approval.Pending {
		lapsed, err := request.Lapse(t.at)
		if err != nil {
			return err
		}
		if err := t.record(Change{Kind: StageAsked, Action: expire, Stage: t.r.graph.stages[i].Name, Request: lapsed}); err != nil {
			return err
		}
	}
	for j := t.r.graph.stages[i].first; j < t.r.graph.stages[i].end; j++ {
		if isDue(t.r.jobs[j].due(), t.at) {
			if err := t.jobDue(j); err != nil {
				return err
			}
		}
	}
	return nil
}
