package releaseplan

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A Command is everything that can be asked of a plan: an Action, and what that
// action needs to know. Members that an action does not name are ignored.
type Command struct {
	Action  Action            `json:"action"`
	Task    string            `json:"task,omitempty"`    // id, of an action on a task
	Attempt string            `json:"attempt,omitempty"` // Complete, Fail, Interrupt: id of the attempt; empty: the one under way
	Remark  string            `json:"remark,omitempty"`  // why, or what is to be said; at most MaxRemark bytes
	Start   time.Time         `json:"start,omitzero"`    // Execute, late: the effective start; StartMilestone: when, if not now
	Code    string            `json:"code,omitempty"`    // AnswerGate: the one-time code
	Answer  GateAnswer        `json:"answer,omitempty"`  // AnswerGate
	Vote    approval.Decision `json:"vote,omitempty"`    // Vote; Remark is its comment

	Content   *Content         `json:"content,omitempty"`   // Edit: the whole content as it shall be
	Variables []Variable       `json:"variables,omitempty"` // SetVariables
	Assignee  *penstock.Party  `json:"assignee,omitempty"`  // Reassign; nil: nobody
	Lease     string           `json:"lease,omitempty"`     // Start, Lease: the Runner that carries the attempt out
	Report    *approval.Answer `json:"report,omitempty"`    // ReportApproval: what the provider says
	Instance  string           `json:"instance,omitempty"`  // ReportApproval, Retracted: the provider's id of the request
	Request   string           `json:"request,omitempty"`   // ReportApproval: id of the request it is about; empty: the open one

	Milestone string             `json:"milestone,omitempty"` // id or name, of an action on a milestone
	Interval  *penstock.Duration `json:"interval,omitempty"`  // SetInterval; nil: until somebody says so
	AtOnce    bool               `json:"at_once,omitempty"`   // SetInterval: the next milestone may start at once
	Safeguard string             `json:"safeguard,omitempty"` // id or name: ClearSafeguard, Observe
	Sample    *Sample            `json:"sample,omitempty"`    // Observe

	Calendar string    `json:"calendar,omitempty"` // OverrideCalendar, EndOverride: its name; empty: every one
	Until    time.Time `json:"until,omitzero"`     // OverrideCalendar: when it ends, at most 366 days ahead

	// Members are the users of the groups that the approval policy names, by
	// [penstock.Party.Key]. RequestApproval needs them; a Service asks its Directory.
	Members map[string][]penstock.Party `json:"members,omitempty"`

	// IfVersion refuses the command with an ErrConflict unless it is the plan's
	// content version; 0 asks nothing.
	IfVersion int64 `json:"if_version,omitempty"`

	// Then are commands that follow this one in the same commit: all of them happen,
	// or nothing. Each is decided on what those before it left. At most 16; none of them has a
	// Key, an IfVersion or a Then, and none is, or follows, a Delete.
	Then []Command `json:"then,omitempty"`

	// Key makes the command idempotent in a Service: the same command with the
	// same key has its effect once, and the first answer, the plan as it was then, is given
	// again, also by another process, while [Config.KeepKeys] lasts. A command that changes
	// nothing counts; one that fails does not. A key belongs to the actor and the plan.
	// From 1 to [penstock.MaxKey] bytes without control characters, not all blank; empty: none.
	Key string `json:"-"`

	// KeyFor says what the Key stands for, if that is not the command itself but what the command
	// is made from, a request for instance: commands with an equal KeyFor are the same. Only
	// a digest of it is stored.
	KeyFor string `json:"-"`
}

// String tells the action, its task and the remark.
func (c Command) String() string {
	s := string(c.Action)
	if c.Task != "" {
		s += " " + c.Task
	}
	if c.Remark != "" {
		s += " (" + c.Remark + ")"
	}
	return s
}

// Format writes what String returns, whatever the verb: a command may carry the
// value of a secret variable.
func (c Command) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }

// onTask reports whether an action is asked of a task.
func (a Action) onTask() bool {
	switch a {
	case Start, Complete, Fail, Skip, Retry, Abort, Hold, Release, Claim, ReleaseClaim, Reassign, Lease, Interrupt:
		return true
	default:
		return false
	}
}

// internal reports whether only the library itself asks for an action.
func (a Action) internal() bool {
	switch a {
	case Lease, Interrupt, ReportApproval, Retracted, Advance:
		return true
	default:
		return false
	}
}

// Right returns the right that an Authorizer is asked for before the action.
func (a Action) Right() penstock.Right {
	switch a {
	case Edit, SetVariables, Finalize, RequestApproval, Withdraw, Reopen:
		return penstock.Edit
	case Vote:
		return penstock.Approve
	case Archive, Unarchive, Delete:
		return penstock.Delete
	case OverrideCalendar, EndOverride:
		return penstock.Admin
	case Comment, Duplicate, ExportPlan:
		return penstock.Read
	default:
		return penstock.Execute
	}
}
