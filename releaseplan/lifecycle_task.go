package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock/internal/lifecycle"
)

// A taskSituation is what the guards of a task look at. The status is the
// task's own, or one that is about to be: of a command that moves it twice.
type taskSituation struct {
	p   *Plan
	ref taskRef
	s   *TaskStatus
	at  time.Time

	crashed bool // the process that carried the attempt out is gone
}

type (
	taskRule  = lifecycle.Rule[*taskSituation, TaskState]
	taskGuard = lifecycle.Guard[*taskSituation]
)

// taskLife is everything that can happen to a task's state. A reopened plan
// begins it anew.
var taskLife = lifecycle.Machine[*taskSituation, TaskState, Action]{
	Initial: TaskTodo,
	Final:   []TaskState{TaskDone, TaskSkipped, TaskCanceled},
	ByRule:  []Action{drop, abandon, stop, timeout, repeat},
	Rules: map[TaskState]map[Action]taskRule{
		TaskTodo: {
			Start:        {To: TaskRunning, If: []taskGuard{taskEnabled, planRuns, taskWindowOpen, taskCalendarsOpen, notHeld, notPutOff, taskReady, attemptsLeft, rolloutFree}},
			Complete:     {To: TaskDone, If: []taskGuard{taskEnabled, isManual, planRuns, taskWindowOpen, taskCalendarsOpen, notHeld, taskReady, attemptsLeft}},
			Skip:         {To: TaskSkipped, If: []taskGuard{taskEnabled, planUnderWay}},
			Hold:         {To: TaskTodo, If: []taskGuard{notHeld, planAlive}},
			Release:      {To: TaskTodo, If: []taskGuard{held, planAlive}},
			Claim:        {To: TaskTodo, If: []taskGuard{unclaimed, planAlive}},
			ReleaseClaim: {To: TaskTodo, If: []taskGuard{claimed, planAlive}},
			Reassign:     {To: TaskTodo, If: []taskGuard{planAlive}},
			drop:         {To: TaskCanceled, If: []taskGuard{taskEnabled, planCanceling}},
		},
		TaskRunning: {
			Complete:     {To: TaskDone},
			Fail:         {To: TaskFailed},
			Interrupt:    {To: TaskFailed},
			Abort:        {To: TaskCanceling},
			Lease:        {To: TaskRunning, If: []taskGuard{notLeased, planRuns, taskWindowOpen, taskCalendarsOpen, taskApproved}},
			Claim:        {To: TaskRunning, If: []taskGuard{unclaimed}},
			ReleaseClaim: {To: TaskRunning, If: []taskGuard{claimed}},
			Reassign:     {To: TaskRunning},
			stop:         {To: TaskCanceling, If: []taskGuard{planCanceling}},
			timeout:      {To: TaskCanceling, If: []taskGuard{overdue}},
		},
		TaskCanceling: {
			Complete:  {To: TaskCanceling},
			Fail:      {To: TaskCanceling},
			Interrupt: {To: TaskCanceling},
			abandon:   {To: TaskFailed, If: []taskGuard{hasStopped, notForCancel}},
			drop:      {To: TaskCanceled, If: []taskGuard{hasStopped, forCancel}},
		},
		TaskFailed: {
			Retry:  {To: TaskTodo, If: []taskGuard{planUnderWay, attemptsLeft}},
			Skip:   {To: TaskSkipped, If: []taskGuard{planUnderWay}},
			repeat: {To: TaskTodo, If: []taskGuard{planGoesOn, retriesLeft}},
		},
	},
}

// TaskDiagram returns the life of a task as a Mermaid state diagram.
func TaskDiagram() string { return taskLife.Mermaid() }

var (
	taskEnabled = taskGuard{Rule: "enabled", Needs: "to be enabled",
		Holds: func(s *taskSituation) bool { return !s.p.def.task(s.ref).Disabled }}
	planRuns = taskGuard{Rule: "plan_running", Needs: "a running plan",
		Holds: func(s *taskSituation) bool { return s.p.st.State == Running }}
	planUnderWay = taskGuard{Rule: "plan_under_way", Needs: "a plan that is running, paused or failed",
		Holds: func(s *taskSituation) bool {
			return s.p.st.State == Running || s.p.st.State == Paused || s.p.st.State == Failed
		}}
	planGoesOn = taskGuard{Rule: "plan_goes_on", Needs: "a plan that is running or paused",
		Holds: func(s *taskSituation) bool { return s.p.st.State == Running || s.p.st.State == Paused }}
	planAlive = taskGuard{Rule: "plan_alive", Needs: "a plan that is not at its end",
		Holds: func(s *taskSituation) bool { return !s.p.st.State.Final() && s.p.st.State != Canceling }}
	planCanceling = taskGuard{Rule: "plan_canceling", Needs: "a plan that is being canceled",
		Holds: func(s *taskSituation) bool { return s.p.st.State == Canceling }}
	taskWindowOpen = taskGuard{Rule: "window_open", Needs: "an open window",
		Holds:  func(s *taskSituation) bool { return s.p.def.content.Window.Open(s.at) },
		Clears: func(s *taskSituation) time.Time { return s.p.def.content.Window.opens(s.at) }}
	taskCalendarsOpen = taskGuard{Rule: "calendars_open", Needs: "every calendar to be open",
		Holds:  func(s *taskSituation) bool { return len(s.p.closuresOf(s.ref, s.at)) == 0 },
		Clears: func(s *taskSituation) time.Time { return s.p.calendarsOpenFor(s.ref, s.at) },
		Fault:  func(s *taskSituation) error { return frozen(s.p.closuresOf(s.ref, s.at)) }}
	taskApproved = taskGuard{Rule: "content_approved", Needs: "an approval of the content as it is",
		Holds: func(s *taskSituation) bool { return s.p.contentApproved() }}
	taskReady = taskGuard{Rule: "ready", Needs: "what comes before it to be done or skipped",
		Holds: func(s *taskSituation) bool { return s.p.ready(s.ref) }}
	isManual = taskGuard{Rule: "manual", Needs: "to be started first",
		Holds: func(s *taskSituation) bool { return s.p.def.task(s.ref).Kind == Manual }}

	held = taskGuard{Rule: "held", Needs: "to be held",
		Holds: func(s *taskSituation) bool { return s.s.Held }}
	notHeld = taskGuard{Rule: "not_held", Needs: "to be released",
		Holds: func(s *taskSituation) bool { return !s.s.Held }}
	notPutOff = taskGuard{Rule: "not_put_off", Needs: "the end of its delay",
		Holds:  func(s *taskSituation) bool { return s.s.NotBefore.IsZero() },
		Clears: func(s *taskSituation) time.Time { return s.s.NotBefore }}
	claimed = taskGuard{Rule: "claimed", Needs: "to be claimed",
		Holds: func(s *taskSituation) bool { return !s.s.Claim.IsZero() }}
	unclaimed = taskGuard{Rule: "unclaimed", Needs: "its claim to be released",
		Holds: func(s *taskSituation) bool { return s.s.Claim.IsZero() }}
	attemptsLeft = taskGuard{Rule: "attempts_left", Needs: "fewer than 1,000 attempts",
		Holds: func(s *taskSituation) bool { return s.s.Count < MaxAttempts }}
	retriesLeft = taskGuard{Rule: "retries_left", Needs: "a retry policy with retries left",
		Holds: func(s *taskSituation) bool {
			t := s.p.def.task(s.ref)
			again := s.s.Failures < t.Retry.Max
			if s.crashed { // a crash is not a failure of the task: its own policy decides
				again = t.Crash == RepeatOnCrash
			}
			return again && s.s.Stopping != StopAbort && s.s.Count < MaxAttempts
		}}
	notLeased = taskGuard{Rule: "not_leased", Needs: "an attempt that nobody carries out",
		Holds: func(s *taskSituation) bool { a := s.s.current(); return a != nil && a.Lease == "" }}
	overdue = taskGuard{Rule: "overdue", Needs: "its deadline",
		Holds:  func(s *taskSituation) bool { return !s.s.Deadline.IsZero() && !s.at.Before(s.s.Deadline) },
		Clears: func(s *taskSituation) time.Time { return s.s.Deadline }}
	hasStopped = taskGuard{Rule: "has_stopped", Needs: "its handler to stop",
		Holds: func(s *taskSituation) bool {
			a := s.s.current()
			return a == nil || !a.Ended.IsZero() || !s.s.stoppable()
		}}
	forCancel = taskGuard{Rule: "for_cancel", Needs: "a canceled plan",
		Holds: func(s *taskSituation) bool { return s.s.Stopping == StopCancel || s.p.st.State == Canceling }}
	notForCancel = taskGuard{Rule: "not_for_cancel", Needs: "a plan that goes on",
		Holds: func(s *taskSituation) bool { return s.s.Stopping != StopCancel && s.p.st.State != Canceling }}
)

// stoppable reports whether somebody has to tell that a task has stopped: the
// Runner that has it under a lease.
func (s *TaskStatus) stoppable() bool {
	a := s.current()
	return a != nil && a.Lease != "" && a.Ended.IsZero()
}
