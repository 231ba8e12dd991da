package releaseplan

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// apply makes a fact so. It is the only place that writes a plan's status, and
// both Do and Fold go through it, so that a replay cannot differ. p is a fresh
// copy that nobody else has seen; what it shares with other values is replaced,
// never written to.
func (p *Plan) apply(c *Change) error {
	p.st.Changes++
	p.st.Updated = Stamp{By: c.By, At: c.At}
	p.secrets = nil
	if err := p.applyKind(c); err != nil {
		return err
	}
	p.keepTime(c.At)
	return nil
}

func (p *Plan) applyKind(c *Change) error {
	switch c.Kind {
	case PlanCreated:
		return p.applyBirth(c)
	case PlanEdited:
		return p.applyRevision(c)
	case PlanMoved:
		p.applyMove(c)
	case PlanMissed:
		p.st.Scheduled = c.Schedule
	case PlanFinishing:
		p.st.FinishAsked = true
	case PlanArchived:
		p.st.Archived = c.At
	case PlanRestored:
		p.st.Archived = time.Time{}
	case PlanCommented:
	case PlanDeleted:
		p.deleted = true
	case ApprovalVoted, ApprovalReported, ApprovalLapsed:
		p.setRequest(c)
	case ApprovalRetracted:
		p.st.Retract = slices.DeleteFunc(slices.Clone(p.st.Retract), func(r Retraction) bool { return r.Instance == c.Instance })
	case GateOpened:
		p.st.Rounds++
		p.st.Gate = copyOf(c.Gate)
	case GateAnswered:
		p.st.Gate = copyOf(c.Gate)
	case CalendarOverridden, CalendarRestored:
		return p.applyOverride(c)
	case ExposureStarted, ExposureCompleted, ExposureChanged, ExposureMissed, RolloutPaused, RolloutResumed, RolloutStopped, SafeguardTripped, SafeguardCleared:
		return p.applyRollout(c)
	case TaskStarted, TaskLeased, TaskStopped, TaskEnded, TaskMoved, TaskChanged, TaskLate:
		ref, ok := p.def.index[c.Task]
		if !ok || c.Status == nil {
			return penstock.Invalid("task", "change %d is about %q, which is no task of the plan", p.st.Changes, short(c.Task))
		}
		var v validator
		if v.taskStatus("status", c.Status); len(v.faults) > 0 {
			return errors.Join(v.faults...)
		}
		p.setTask(ref, c.Status.clone())
	default:
		return penstock.Invalid("kind", "change %d is of the unknown kind %q", p.st.Changes, short(string(c.Kind)))
	}
	return nil
}

func (p *Plan) applyBirth(c *Change) error {
	if c.Birth == nil || p.def != nil {
		return penstock.Invalid("birth", "a plan begins with one birth")
	}
	def := c.def
	if def == nil {
		var err error
		if def, err = define(c.Birth.Content.clone(), c.Birth.ID, 1); err != nil {
			return err
		}
	}
	p.id, p.number, p.def = c.Birth.ID, c.Birth.Number, def
	p.st.Created, p.st.Edited = p.st.Updated, p.st.Updated
	for _, phase := range def.phases {
		p.phases = append(p.phases, newPhaseStatus(phase))
	}
	p.recount()
	p.enter(planLife.Initial, c)
	return nil
}

// applyMove is where the state of a plan changes.
func (p *Plan) applyMove(c *Change) {
	to := State(c.To)
	if c.Request != nil {
		p.setRequest(c)
	}
	if !c.Schedule.IsZero() {
		p.st.Scheduled = c.Schedule
	}
	if c.Effective != nil {
		p.st.Effective = c.Effective.clone()
	}
	p.leave(c)
	p.enter(to, c)
	switch to {
	case Draft:
		p.begin()
	case Running:
		if p.st.Started.IsZero() {
			p.st.Started = c.At
		}
	case Canceling:
		p.cancelTasks(c)
	case Completed, Canceled:
		p.st.Ended = c.At
	default: // nothing but the state changes
	}
}

// setRequest replaces the request. One that was closed here and not by its
// provider has to be dropped there too.
func (p *Plan) setRequest(c *Change) {
	before, r := p.st.Request, c.Request
	p.st.Request = r
	here := c.Kind != ApprovalReported && before != nil && before.ID() == r.ID() && before.State() == approval.Pending && r.State() != approval.Pending
	if here && r.Kind().Remote() && r.Instance() != "" {
		p.st.Retract = append(slices.Clone(p.st.Retract), Retraction{Kind: r.Kind(), Instance: r.Instance()})
	}
}

func (p *Plan) leave(c *Change) {
	p.st.Visits = slices.Clone(p.st.Visits)
	p.st.Visits[len(p.st.Visits)-1].Left = c.At
}

func (p *Plan) enter(to State, c *Change) {
	p.st.Visits = slices.DeleteFunc(slices.Clone(p.st.Visits), func(v Visit) bool { return v.State == to })
	p.st.Visits = append(p.st.Visits, Visit{State: to, Entered: c.At})
	p.st.State = to
}

// begin starts the life of a reopened plan anew. Votes are void, gates closed,
// effective times gone. A task that is done stays so, until an edit changes it
// or what it needs; every other one is to be done again.
func (p *Plan) begin() {
	p.st.Request, p.st.Gate, p.st.Effective, p.st.FinishAsked, p.st.Overrides = nil, nil, nil, false, nil
	p.st.Started, p.st.Ended = time.Time{}, time.Time{}
	if r := p.st.Rollout; r != nil && r.Live == "" { // a rollout that was stopped begins anew
		again := *r
		again.Stopped = time.Time{}
		p.st.Rollout = &again
	}
	if p.st.Scheduled.After(p.st.Updated.At) {
		p.st.Scheduled = time.Time{} // executed early, by hand: the schedule is still to come
	}
	p.eachTask(func(_ taskRef, s TaskStatus) (TaskStatus, bool) {
		if s.State == TaskTodo && s.Failures == 0 && s.NotBefore.IsZero() {
			return s, false
		}
		if s.State != TaskTodo { // or else the result before an earlier reopen is still the latest
			s.LastStatus, s.Updated = s.State, false
		}
		if s.State != TaskDone {
			s = s.again()
		}
		return s, true
	})
}

// again is the status of a task that is to be done once more: its attempts are
// kept, its result is not.
func (s TaskStatus) again() TaskStatus {
	return TaskStatus{State: taskLife.Initial, Held: s.Held, Assignee: s.Assignee, Count: s.Count, Attempts: s.Attempts,
		LastStatus: s.LastStatus, Updated: s.Updated}
}

// cancelTasks tells what runs to stop, and drops what did not start.
func (p *Plan) cancelTasks(c *Change) {
	p.eachTask(func(r taskRef, s TaskStatus) (TaskStatus, bool) {
		changed := false
		for {
			do, to, ok := taskLife.Settle(&taskSituation{p: p, ref: r, s: &s, at: c.At}, s.State)
			if !ok {
				return s, changed
			}
			changed = true
			if do == stop {
				s.Stopping = StopCancel
			} else {
				if a := s.current(); a != nil && a.Ended.IsZero() {
					s = s.ended(c.At, TaskCanceled, string(StopCancel))
				}
				s.Ended, s.NotBefore, s.Deadline = c.At, time.Time{}, time.Time{}
			}
			s.State = to
		}
	})
}

// eachTask gives every task to which something happened, and every one that is
// todo, another status.
func (p *Plan) eachTask(next func(taskRef, TaskStatus) (TaskStatus, bool)) {
	for i, phase := range p.def.phases {
		for j := range phase.Tasks {
			r := taskRef{i, j}
			if s, changed := next(r, p.task(r).clone()); changed {
				p.setTask(r, s)
			}
		}
	}
}

// setTask replaces the status of one task.
func (p *Plan) setTask(r taskRef, s TaskStatus) {
	p.phases = slices.Clone(p.phases)
	before := p.phases[r.phase]
	after := before.with(p.def.phases[r.phase], r.task, s)
	for i := range p.totals {
		p.totals[i] += after.counts[i] - before.counts[i]
	}
	p.phases[r.phase] = after
}

// recount adds up the counters of the phases.
func (p *Plan) recount() {
	p.totals = [len(taskStates)]int32{}
	for _, s := range p.phases {
		for i, n := range s.counts {
			p.totals[i] += n
		}
	}
}

// Format writes what String returns, whatever the verb: none prints a secret. Its
// receiver is a value, so that it stands for a Plan that is not behind a pointer too.
func (p Plan) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.String()) }

// String tells a plan's name and state.
func (p *Plan) String() string { return fmt.Sprintf("%s: %s", p.Name(), words(string(p.st.State))) }
