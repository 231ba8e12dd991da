package releaseplan

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
)

// task carries out an action on a task.
func (t *transition) task() error {
	c := t.command
	ref, err := t.p.find(c.Task)
	if err != nil {
		return err
	}
	if late, err := t.late(ref); late || err != nil {
		return err
	}
	s := t.p.task(ref).clone()
	to, err := taskLife.Next(t.on(ref, &s), s.State, c.Action)
	if err != nil {
		return err
	}
	kind := TaskMoved
	switch c.Action {
	case Start:
		kind = TaskStarted
		s = t.p.attempt(ref, s, c.Lease, t.at)
	case Complete:
		kind = TaskEnded
		if s.State == TaskTodo { // a person did it without saying when it began
			s = t.p.attempt(ref, s, "", t.at)
		}
		s = s.ended(t.at, TaskDone, "")
		s.Remark = c.Remark
	case Fail, Interrupt:
		kind = TaskEnded
		s = s.ended(t.at, TaskFailed, c.Remark)
		s.Remark = c.Remark
		if n := len(s.Attempts); n > 0 {
			s.Attempts[n-1].Interrupted = c.Action == Interrupt
		}
	case Abort:
		kind = TaskStopped
		s.Stopping, s.Remark = StopAbort, c.Remark
	case Skip:
		s.Remark, s.Ended, s.NotBefore = c.Remark, t.at, time.Time{}
	case Retry:
		s.Failures, s.NotBefore, s.Stopping = 0, time.Time{}, ""
	case Lease:
		kind = TaskLeased
		s.Attempts[len(s.Attempts)-1].Lease = c.Lease
	case Hold, Release:
		kind, s.Held = TaskChanged, c.Action == Hold
	case Claim:
		kind, s.Claim = TaskChanged, penstock.Party{Type: penstock.User, ID: t.by.ID, Name: t.by.Name}
	case ReleaseClaim:
		kind, s.Claim = TaskChanged, penstock.Party{}
	case Reassign:
		var who penstock.Party
		if c.Assignee != nil {
			who = *c.Assignee
		}
		if who == s.Assignee {
			return nil
		}
		kind, s.Assignee = TaskChanged, who
	default:
		return penstock.Invalid("action", "%q is no action on a task", short(string(c.Action)))
	}
	if to.settled() || to == TaskFailed {
		s.ExecutedBy, s.ExecutedAt = t.who(), t.at
	}
	if err := t.setTask(kind, c.Action, ref, to, s, c.Remark); err != nil {
		return err
	}
	if c.Action == Start && t.p.def.task(ref).Kind == Expose {
		return t.expose(ref)
	}
	return t.settleTask(ref, c.Action == Interrupt)
}

// on is what the guards of a task look at.
func (t *transition) on(ref taskRef, s *TaskStatus) *taskSituation {
	return &taskSituation{p: t.p, ref: ref, s: s, at: t.at}
}

// setTask records that a task is in state to now, with status s. It is where
// the state of a task changes, but for what a plan's cancel and reopen do to all.
func (t *transition) setTask(kind ChangeKind, a Action, ref taskRef, to TaskState, s TaskStatus, remark string) error {
	from := t.p.task(ref).State
	s.State = to
	task := t.p.def.task(ref)
	return t.record(Change{Kind: kind, Action: a, Task: task.ID, Name: task.Name, From: string(from), To: string(to), Status: &s, Remark: remark})
}

// late records the outcome of an attempt that is not the one under way. An
// attempt that never was is an ErrInvalid.
func (t *transition) late(ref taskRef) (bool, error) {
	c := t.command
	if c.Attempt == "" || c.Action != Complete && c.Action != Fail && c.Action != Interrupt && c.Action != Lease {
		return false, nil
	}
	s := t.p.task(ref).clone()
	if a := s.current(); a != nil && a.ID == c.Attempt && a.Ended.IsZero() {
		return false, nil
	}
	i := slices.IndexFunc(s.Attempts, func(a Attempt) bool { return a.ID == c.Attempt })
	if i < 0 && !t.p.wasAttempt(ref, s.Count, c.Attempt) {
		return false, penstock.Invalid("attempt", "%q is no attempt of the task", short(c.Attempt))
	}
	if i < 0 || s.Attempts[i].Late || c.Action == Interrupt || c.Action == Lease {
		return true, nil // it is known already, or nobody waits for it
	}
	if a := s.Attempts[i]; t.by.ID == penstock.SystemID && s.ExecutedBy.ID == penstock.SystemID && a.Error == c.Remark && (a.Result == TaskDone) == (c.Action == Complete) {
		return true, nil // the same outcome again: the answer to the first was lost
	}
	s.Attempts[i].Late = true
	return true, t.setTask(TaskLate, c.Action, ref, s.State, s, c.Remark)
}

// attempt returns the status of a task of which a new attempt begins.
func (p *Plan) attempt(ref taskRef, s TaskStatus, lease string, at time.Time) TaskStatus {
	s.Count++
	s.Started, s.Ended, s.Deadline, s.NotBefore, s.Stopping, s.Remark = at, time.Time{}, time.Time{}, time.Time{}, "", ""
	s.Attempts = append(s.Attempts, Attempt{ID: p.attemptID(ref, s.Count), N: s.Count, Lease: lease, Started: at})
	if extra := len(s.Attempts) - keptAttempts; extra > 0 {
		s.Attempts = slices.Delete(s.Attempts, 0, extra)
	}
	task := p.def.task(ref)
	if !task.Timeout.IsZero() {
		s.Deadline = instant(task.Timeout.AddTo(at))
	}
	if task.Kind == Wait {
		s.Deadline = waitUntil(task, at)
	}
	return s
}

// waitUntil returns when a Wait task that starts at at passes.
func waitUntil(task *Task, at time.Time) time.Time {
	w, err := waitSpec(task.Spec)
	switch {
	case err != nil: // cannot be: its definition was checked
		return at
	case w.Until.IsZero():
		return instant(w.For.AddTo(at))
	default:
		return later(at, instant(w.Until))
	}
}

// attemptID returns the id of the n-th attempt at a task.
func (p *Plan) attemptID(ref taskRef, n int) string {
	return p.derivedID("attempt/"+p.def.task(ref).ID, int64(n))
}

// wasAttempt reports whether id is that of one of a task's first n attempts.
func (p *Plan) wasAttempt(ref taskRef, n int, id string) bool {
	for ; n > 0; n-- {
		if p.attemptID(ref, n) == id {
			return true
		}
	}
	return false
}

// ended returns the status of a task of which the attempt under way has ended.
func (s TaskStatus) ended(at time.Time, result TaskState, why string) TaskStatus {
	s.Ended, s.Deadline = at, time.Time{}
	if n := len(s.Attempts); n > 0 {
		a := &s.Attempts[n-1]
		a.Ended, a.Result, a.Error = at, result, why
	}
	return s
}

// settleTask applies the moves by rule of one task until none holds.
func (t *transition) settleTask(ref taskRef, crashed bool) error {
	return t.asSystem(func() error {
		for {
			s := t.p.task(ref).clone()
			sit := t.on(ref, &s)
			sit.crashed = crashed
			do, to, ok := taskLife.Settle(sit, s.State)
			if !ok {
				return nil
			}
			kind, remark := TaskMoved, ""
			switch do {
			case stop:
				kind, s.Stopping = TaskStopped, StopCancel
			case timeout:
				kind, s.Stopping, remark = TaskStopped, StopTimeout, "ran out of time"
			case abandon, drop:
				kind = TaskEnded
				if a := s.current(); a != nil && a.Ended.IsZero() {
					s = s.ended(t.at, to, string(s.Stopping))
				}
				s.Deadline = time.Time{}
			case repeat:
				s.Failures++
				if s.NotBefore = t.p.def.task(ref).Retry.delay(s.Failures, t.at); !s.NotBefore.After(t.at) || crashed {
					s.NotBefore = time.Time{}
				}
				remark = fmt.Sprintf("attempt %d of %d failed", s.Count, t.p.def.task(ref).Retry.Max+1)
				if crashed {
					s.Failures--
					remark = "its process is gone; it is repeated"
				}
				s.Stopping = ""
			default:
				return fmt.Errorf("task %s: no rule for %q", t.p.def.task(ref).ID, do)
			}
			crashed = false
			if err := t.setTask(kind, do, ref, to, s, remark); err != nil {
				return err
			}
		}
	})
}

// taskDue lets happen whatever is due of tasks, all of it before the plan settles:
// a put-off ends, a Wait task passes, another one runs out of time.
func (t *transition) taskDue() error {
	isDue := func(at time.Time) bool { return !at.IsZero() && !at.After(t.at) }
	for i := range t.p.phases {
		if !isDue(t.p.phases[i].due) {
			continue
		}
		for j := range t.p.def.phases[i].Tasks {
			ref := taskRef{i, j}
			if isDue(t.p.task(ref).due()) {
				if err := t.oneTaskDue(ref); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (t *transition) oneTaskDue(ref taskRef) error {
	s := t.p.task(ref).clone()
	switch {
	case s.State != TaskRunning:
		s.NotBefore = time.Time{}
		return t.setTask(TaskChanged, repeat, ref, s.State, s, "its delay is over")
	case t.p.def.task(ref).Kind == Wait:
		s = s.ended(t.at, TaskDone, "")
		s.ExecutedBy, s.ExecutedAt = penstock.Party{ID: penstock.SystemID}, t.at
		return t.setTask(TaskEnded, Complete, ref, TaskDone, s, "")
	default:
		return t.settleTask(ref, false)
	}
}

// settleTasks starts the tasks that are ready and need no Runner.
func (t *transition) settleTasks() error {
	i := t.p.current()
	if t.p.st.State != Running || i == len(t.p.phases) || t.p.Archived() {
		return nil
	}
	for _, j := range t.p.def.phases[i].own {
		ref := taskRef{i, j}
		if !t.p.automatic(ref) || !t.p.ready(ref) {
			continue
		}
		s := t.p.task(ref).clone()
		to, err := taskLife.Next(t.on(ref, &s), s.State, Start)
		if err != nil {
			continue // outside the window: what is ready stays so
		}
		if err := t.setTask(TaskStarted, Start, ref, to, t.p.attempt(ref, s, "", t.at), ""); err != nil {
			return err
		}
		if t.p.def.task(ref).Kind == Expose {
			if err := t.expose(ref); err != nil {
				return err
			}
		}
	}
	return nil
}
