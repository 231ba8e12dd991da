package releaseplan

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
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
	Name   string      `json:"name,omitempty"`   // of the task, for people
	Status *TaskStatus `json:"status,omitempty"` // of the task, after

	Birth     *Birth            `json:"birth,omitempty"`
	Revision  *Revision         `json:"revision,omitempty"`
	Effective *PlannedTime      `json:"effective_time,omitempty"`
	Request   *approval.Request `json:"approval,omitempty"`
	Vote      approval.Decision `json:"vote,omitempty"`
	Instance  string            `json:"instance,omitempty"` // of a request, at its provider
	Gate      *GateStatus       `json:"gate,omitempty"`
	Schedule  time.Time         `json:"schedule,omitzero"` // that was kept or missed

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

// String tells the change to people, without its time.
func (c Change) String() string {
	var b strings.Builder
	subject := "plan"
	if c.Task != "" {
		subject = fmt.Sprintf("task %q", c.Name)
	}
	fmt.Fprintf(&b, "%s ", subject)
	switch {
	case c.Kind == PlanCommented:
		b.WriteString("comment")
	case c.Kind == ApprovalVoted:
		fmt.Fprintf(&b, "vote: %s", c.Vote)
	case c.Gate != nil:
		fmt.Fprintf(&b, "%s check", c.Gate.On)
		if c.Gate.Answer != "" {
			fmt.Fprintf(&b, ": %s", c.Gate.Answer)
		}
	case c.From != c.To && c.From != "":
		fmt.Fprintf(&b, "%s → %s", words(c.From), words(c.To))
	default:
		_, verb, _ := strings.Cut(string(c.Kind), ".")
		b.WriteString(verb)
		if c.Action != "" && c.Kind == TaskChanged {
			fmt.Fprintf(&b, ": %s", words(string(c.Action)))
		}
	}
	if who := c.By.Label(); who != "" && who != penstock.SystemID {
		fmt.Fprintf(&b, " by %s", who)
	}
	if c.Remark != "" {
		fmt.Fprintf(&b, " (%s)", c.Remark)
	}
	return b.String()
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }
