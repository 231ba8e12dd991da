package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// Status is what happened to a plan so far, as opposed to its [Content].
type Status struct {
	State     State        `json:"state"`
	Visits    []Visit      `json:"visits"`                   // the latest stay in each state it was in, in order of entry
	Effective *PlannedTime `json:"effective_time,omitempty"` // the planned time, as execute moved it
	Started   time.Time    `json:"started,omitzero"`
	Ended     time.Time    `json:"ended,omitzero"`

	Request     *approval.Request `json:"approval,omitempty"` // the latest request
	Retract     []Retraction      `json:"retract,omitempty"`  // requests that providers are still to drop
	Gate        *GateStatus       `json:"gate,omitempty"`     // the latest check
	Rounds      int               `json:"gate_rounds,omitempty"`
	FinishAsked bool              `json:"finish_asked,omitempty"`
	Scheduled   time.Time         `json:"schedule_used,omitzero"` // the schedule that was kept or missed

	Rollout *RolloutStatus `json:"rollout,omitempty"` // nil: no milestone was ever touched

	Overrides []Override `json:"overrides,omitempty"` // of calendars, each the latest one, that had not ended when the next one came

	Archived time.Time `json:"archived,omitzero"`
	Created  Stamp     `json:"created"`
	Edited   Stamp     `json:"edited"`  // the latest effective edit of the content
	Updated  Stamp     `json:"updated"` // the latest change of any kind
	Changes  int64     `json:"changes"` // how many there were
}

// A Retraction is a request that was closed here while its provider still asks
// people about it.
type Retraction struct {
	Kind     approval.Kind `json:"kind"`
	Instance string        `json:"instance"`
}

// A Stamp says who did something, and when.
type Stamp struct {
	By penstock.Party `json:"by,omitzero"`
	At time.Time      `json:"at,omitzero"`
}

// A Visit is one stay in a state. Left is zero while it lasts.
type Visit struct {
	State   State     `json:"state"`
	Entered time.Time `json:"entered"`
	Left    time.Time `json:"left,omitzero"`
}

// GateStatus is a check by someone outside.
type GateStatus struct {
	On       GateKind   `json:"on"`
	Code     string     `json:"code"` // used once: a new round has a new one
	Opened   time.Time  `json:"opened"`
	Deadline time.Time  `json:"deadline,omitzero"`
	Answer   GateAnswer `json:"answer,omitempty"`
	Note     string     `json:"note,omitempty"` // why it failed, or how far it is
	Answered time.Time  `json:"answered,omitzero"`
}

// A GateAnswer is what a check answers.
type GateAnswer string

// The answers of a check.
const (
	GatePass     GateAnswer = "pass"
	GateFail     GateAnswer = "fail"
	GateProgress GateAnswer = "progress" // not yet; the note says how far it is
)

// open reports whether the check waits for an answer.
func (g *GateStatus) open() bool { return g != nil && g.Answer != GatePass && g.Answer != GateFail }

// TaskStatus is what happened to a task so far.
type TaskStatus struct {
	State      TaskState      `json:"state,omitempty"` // empty: TaskTodo
	Held       bool           `json:"held,omitempty"`
	Remark     string         `json:"remark,omitempty"`
	Assignee   penstock.Party `json:"assignee,omitzero"`    // given by the owner
	Claim      penstock.Party `json:"claim,omitzero"`       // taken by who wants to do it
	ExecutedBy penstock.Party `json:"executed_by,omitzero"` // who brought it to its latest result
	ExecutedAt time.Time      `json:"executed_at,omitzero"`
	Started    time.Time      `json:"started,omitzero"` // of the latest attempt
	Ended      time.Time      `json:"ended,omitzero"`
	Count      int            `json:"count,omitempty"`    // attempts so far
	Failures   int            `json:"failures,omitempty"` // that were retried by themselves, since a person last said so
	Attempts   []Attempt      `json:"attempts,omitempty"` // the latest 16, oldest first
	LastStatus TaskState      `json:"last_status,omitempty"`
	Updated    bool           `json:"updated,omitempty"`   // the content changed since LastStatus
	NotBefore  time.Time      `json:"not_before,omitzero"` // a retry is put off until then
	Deadline   time.Time      `json:"deadline,omitzero"`   // of the attempt; of a Wait task, when it passes
	Stopping   StopReason     `json:"stopping,omitempty"`  // why it was told to stop
}

// A StopReason says why a running task was told to stop.
type StopReason string

// The reasons to stop.
const (
	StopAbort   StopReason = "abort"
	StopTimeout StopReason = "timeout"
	StopCancel  StopReason = "cancel" // of the plan
)

// An Attempt is one go at a task. Its id is the idempotency key of its effect.
type Attempt struct {
	ID      string    `json:"id"`              // a UUID
	N       int       `json:"n"`               // from 1
	Lease   string    `json:"lease,omitempty"` // the Runner that carries it out
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Result  TaskState `json:"result,omitempty"` // TaskDone, TaskFailed or TaskCanceled
	Error   string    `json:"error,omitempty"`
	Late    bool      `json:"late,omitempty"` // an outcome came after it had ended

	Interrupted bool `json:"interrupted,omitempty"` // the process that carried it out is gone: nobody knows what came of it
}

// current returns the attempt that is under way, or nil.
func (s *TaskStatus) current() *Attempt {
	if !s.State.active() || len(s.Attempts) == 0 {
		return nil
	}
	return &s.Attempts[len(s.Attempts)-1]
}

// clone returns a copy that shares nothing that is written.
func (s TaskStatus) clone() TaskStatus {
	s.Attempts = append([]Attempt(nil), s.Attempts...)
	return s
}
