package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A Change is one fact in the life of a plan: what a command, a rule or the time
// did. The changes of a plan, in order, are its audit trail, and [Fold] makes the
// plan of them again. Values in a change are whole and new, not differences.
type Change struct {
	Kind   ChangeKind     `json:"kind"`
	At     time.Time      `json:"at"`
	By     penstock.Party `json:"by,omitzero"` // who; the system for moves by rule
	Action Action         `json:"action,omitempty"`
	From   string         `json:"from,omitempty"` // the state before, of the plan or the task
	To     string         `json:"to,omitempty"`   // the state after
	Remark string         `json:"remark,omitempty"`

	Task   string      `json:"task,omitempty"`   // id
	Name   string      `json:"name,omitempty"`   // of the task, milestone or safeguard, for people
	Status *TaskStatus `json:"status,omitempty"` // of the task, after

	Birth     *Birth            `json:"birth,omitempty"`
	Revision  *Revision         `json:"revision,omitempty"`
	Effective *PlannedTime      `json:"effective_time,omitempty"`
	Request   *approval.Request `json:"approval,omitempty"`
	Vote      approval.Decision `json:"vote,omitempty"`
	Instance  string            `json:"instance,omitempty"` // of a request, at its provider
	Gate      *GateStatus       `json:"gate,omitempty"`
	Schedule  time.Time         `json:"schedule,omitzero"` // that was kept or missed

	Milestone string             `json:"milestone,omitempty"` // id
	Exposure  *Exposure          `json:"exposure,omitempty"`  // of the milestone, after
	Serves    []rollout.Strategy `json:"serves,omitempty"`    // of a milestone that goes live
	Trip      *Trip              `json:"trip,omitempty"`      // of a safeguard

	Override *Override `json:"override,omitempty"` // of a calendar

	def *definition // of Birth or Revision, on its way from Do to apply
}

// A ChangeKind is the name of the event that a change is recorded as.
type ChangeKind string

// The kinds of change.
const (
	PlanCreated   ChangeKind = "plan.created"   // Birth
	PlanEdited    ChangeKind = "plan.edited"    // Revision
	PlanMoved     ChangeKind = "plan.moved"     // From, To; perhaps Effective, Request, Schedule
	PlanMissed    ChangeKind = "plan.missed"    // Schedule: it could not be kept
	PlanFinishing ChangeKind = "plan.finishing" // the owner asked for the end
	PlanCommented ChangeKind = "plan.commented" // Remark
	PlanArchived  ChangeKind = "plan.archived"
	PlanRestored  ChangeKind = "plan.unarchived"
	PlanDeleted   ChangeKind = "plan.deleted" // the last one; the plan is gone

	ApprovalVoted    ChangeKind = "approval.voted"    // Vote, Request
	ApprovalReported ChangeKind = "approval.reported" // Request: the provider's answer
	ApprovalLapsed   ChangeKind = "approval.lapsed"   // Request

	ApprovalRetracted ChangeKind = "approval.retracted" // Instance: its provider has dropped it

	GateOpened   ChangeKind = "gate.opened"   // Gate, with the code
	GateAnswered ChangeKind = "gate.answered" // Gate

	CalendarOverridden ChangeKind = "calendar.overridden" // Override, Remark
	CalendarRestored   ChangeKind = "calendar.restored"   // Override: it was ended before its time

	ExposureStarted   ChangeKind = "milestone.started"   // Milestone, Serves; From: the one before; perhaps Schedule
	ExposureCompleted ChangeKind = "milestone.completed" // Milestone: it is through
	ExposureChanged   ChangeKind = "milestone.changed"   // Milestone, Exposure: skipped, scheduled, another interval
	ExposureMissed    ChangeKind = "milestone.missed"    // Milestone, Schedule: it could not be kept

	RolloutPaused  ChangeKind = "rollout.paused"
	RolloutResumed ChangeKind = "rollout.resumed"
	RolloutStopped ChangeKind = "rollout.stopped"

	SafeguardTripped ChangeKind = "safeguard.tripped" // Trip
	SafeguardCleared ChangeKind = "safeguard.cleared" // Trip: that is over; perhaps with the sample that says so

	TaskStarted ChangeKind = "task.started" // Status: a new attempt
	TaskLeased  ChangeKind = "task.leased"  // Status: a Runner has it
	TaskStopped ChangeKind = "task.stopping"
	TaskEnded   ChangeKind = "task.ended"   // Status: the attempt's outcome
	TaskMoved   ChangeKind = "task.moved"   // Status: skip, retry
	TaskChanged ChangeKind = "task.changed" // Status: hold, claim and the like
	TaskLate    ChangeKind = "task.late"    // Status: an outcome came after the attempt had ended
)

// Birth is what a plan starts with.
type Birth struct {
	ID      string  `json:"id"`
	Number  int64   `json:"number,omitempty"`
	Content Content `json:"content"` // with all ids given
}

// A Revision is an effective edit of the content.
type Revision struct {
	Version int64           `json:"version"`
	Hash    string          `json:"hash"`
	Plan    *Content        `json:"plan,omitempty"`   // without its phases, if that part changed
	Phases  []PhaseRevision `json:"phases,omitempty"` // all that there are now, if any changed
	Phased  bool            `json:"phased,omitempty"` // whether Phases tells
}

// A PhaseRevision is a phase after an edit: as it was, known by its id, or anew.
type PhaseRevision struct {
	ID  string `json:"id"`
	New *Phase `json:"new,omitempty"`
}
