package workflow

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A Change is one fact about a run. All of them in order are its trail, and [Fold]
// makes its status of them again. Values in a change are whole and new.
type Change struct {
	Kind   ChangeKind     `json:"kind"`
	At     time.Time      `json:"at"`
	By     penstock.Party `json:"by,omitzero"`
	Action Action         `json:"action,omitempty"`
	From   string         `json:"from,omitempty"`
	To     string         `json:"to,omitempty"`
	Remark string         `json:"remark,omitempty"`

	Stage   string            `json:"stage,omitempty"`
	Job     string            `json:"job,omitempty"` // key
	Status  *JobStatus        `json:"status,omitempty"`
	Outputs map[string]string `json:"outputs,omitempty"` // secrets are masked in what people see of it
	Request *approval.Request `json:"approval,omitempty"`
	Vote    approval.Decision `json:"vote,omitempty"`

	Instance string `json:"instance,omitempty"` // a provider's id of a request
	Inputs   int    `json:"inputs,omitempty"`   // of StageExecuted: how many of Start.Later count from now on; 0: none came with it
}

// A ChangeKind is the name of the event that a change is recorded as.
type ChangeKind string

// The kinds of change.
const (
	RunCreated    ChangeKind = "run.created"
	RunMoved      ChangeKind = "run.moved" // From, To
	RunCommented  ChangeKind = "run.commented"
	RunRetracted  ChangeKind = "run.retracted"  // Instance: its provider has dropped it
	RunForgotten  ChangeKind = "run.forgotten"  // what its jobs have shared was removed
	RunDeleted    ChangeKind = "run.deleted"    // the last one; the run is gone
	StageGranted  ChangeKind = "stage.granted"  // Stage: approved with the release plan, as Remark tells
	StageExecuted ChangeKind = "stage.executed" // Stage: by hand
	StageAsked    ChangeKind = "stage.asked"    // Stage, Request: opened, voted on, answered, lapsed
	JobMoved      ChangeKind = "job.moved"      // Job, Status; perhaps Outputs
)

// String tells the change to people, without its time.
func (c Change) String() string {
	var b strings.Builder
	switch {
	case c.Job != "":
		fmt.Fprintf(&b, "job %s ", c.Job)
	case c.Stage != "":
		fmt.Fprintf(&b, "stage %q ", c.Stage)
	default:
		b.WriteString("run ")
	}
	switch {
	case c.Vote != "":
		fmt.Fprintf(&b, "vote: %s", c.Vote)
	case c.From != c.To && c.From != "":
		fmt.Fprintf(&b, "%s → %s", c.From, c.To)
	default:
		_, verb, _ := strings.Cut(string(c.Kind), ".")
		b.WriteString(verb)
	}
	if who := c.By.Label(); who != "" && who != penstock.SystemID {
		fmt.Fprintf(&b, " by %s", who)
	}
	if c.Remark != "" {
		fmt.Fprintf(&b, " (%s)", c.Remark)
	}
	return b.String()
}
