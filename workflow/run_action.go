package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// An Action is a verb asked of a run, or made by rule.
type Action string

// The actions that people ask for.
const (
	CancelRun    Action = "cancel"        // Command.Remark may say why
	RetryRun     Action = "retry"         // what passed is kept
	ExecuteStage Action = "execute_stage" // Command.Stage, which waits to be executed by hand; perhaps with Command.Inputs
	Vote         Action = "vote"          // Command.Stage or Command.Job, Command.Vote
	Ignore       Action = "ignore"        // Command.Job: its failure does not matter
	Uphold       Action = "uphold"        // Command.Job: its failure does
	Comment      Action = "comment"       // Command.Remark
	DeleteRun    Action = "delete"        // one that has ended; the last that is asked of it
)

// The actions that the library itself asks for.
const (
	Admit     Action = "admit"    // its turn has come
	Lease     Action = "lease"    // a process takes Command.Job: Command.Lease
	Complete  Action = "complete" // Command.Job, Command.Attempt, Command.Outputs
	Fail      Action = "fail"     // Command.Job, Command.Attempt, Command.Remark: why
	Interrupt Action = "interrupt"
	Report    Action = "report"    // what an approval's provider says: Command.Request, Command.Instance, Command.Answer
	Retracted Action = "retracted" // a provider has dropped Command.Instance, since nobody waits for it
	Forgotten Action = "forgotten" // executors have forgotten what jobs have shared: see Forgetter
	Advance   Action = "advance"   // only what time does by itself
)

// The moves by rule: nobody asks for them.
const (
	begin  Action = "start" // a job, when it is its turn
	open   Action = "open"  // the request of an approval
	grant  Action = "grant" // an approval, by that of the run's plan
	skip   Action = "skip"
	hold   Action = "pause" // a stage is to be executed by hand
	pass   Action = "pass"
	fail   Action = "fail_by_rule"
	expire Action = "expire"
	reject Action = "reject"
	excuse Action = "excuse" // a failure that the error policy ignores
	ask    Action = "ask"    // a person decides
	again  Action = "again"  // a failed job, by its error policy
	repeat Action = "repeat" // a job whose process is gone
	stop   Action = "stop"
	settle Action = "settle"
	drop   Action = "drop"
)

// A Command is everything that can be asked of a run: an Action, and what that
// action needs to know. Members that an action does not name are ignored.
type Command struct {
	Action  Action            `json:"action"`
	Stage   string            `json:"stage,omitempty"`   // by name
	Job     string            `json:"job,omitempty"`     // by key
	Attempt string            `json:"attempt,omitempty"` // Complete, Fail, Interrupt, Lease: its id
	Lease   string            `json:"lease,omitempty"`
	Remark  string            `json:"remark,omitempty"`
	Vote    approval.Decision `json:"vote,omitempty"`
	Outputs map[string]string `json:"outputs,omitempty"` // Complete, Fail, Interrupt

	// Inputs are what the jobs of a stage that is executed by hand get in the place of what the
	// start gave them; jobs that are not named keep that. They can be secrets.
	Inputs  []JobInput                  `json:"inputs,omitempty"`
	Members map[string][]penstock.Party `json:"-"` // as those of a Start; a Service looks them up itself

	Answer   *approval.Answer `json:"answer,omitempty"`
	Instance string           `json:"instance,omitempty"` // the provider's id of the request
	Request  string           `json:"request,omitempty"`  // Report: id of the request that it is about; empty: the open one

	// Key makes the command idempotent in a Service: the same command with the same key has its effect
	// once, and the first answer, the run as it was then, is given again, also by another
	// process, while [Config.KeepKeys] lasts. A command that changes nothing counts; one that
	// fails does not. A key belongs to the actor and the run. From 1 to [penstock.MaxKey]
	// bytes without control characters, not all blank; empty: none.
	Key string `json:"-"`

	// KeyFor says what the Key stands for, if that is not the command itself but what the command is
	// made from, a request for instance: commands with an equal KeyFor are the same. Only a
	// digest of it is stored.
	KeyFor string `json:"-"`
}

// String tells the action and what it is about; no output is in it.
func (c Command) String() string {
	parts := []string{string(c.Action), c.Stage, c.Job, c.Remark}
	if c.Remark != "" {
		parts[3] = "(" + c.Remark + ")"
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// Format writes what String returns, whatever the verb: an output may be a secret.
func (c Command) Format(f fmt.State, _ rune) { fmt.Fprint(f, c.String()) }
