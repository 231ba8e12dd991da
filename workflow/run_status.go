package workflow

import (
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// RunStatus is what happened to a run so far.
type RunStatus struct {
	State     RunState      `json:"state"`
	Created   Stamp         `json:"created"`
	Updated   time.Time     `json:"updated"`
	Queued    time.Time     `json:"queued,omitzero"`  // since when it waits, or waited, for its turn
	Started   time.Time     `json:"started,omitzero"` // the latest time
	Ended     time.Time     `json:"ended,omitzero"`
	Retries   int           `json:"retries,omitempty"`
	Remark    string        `json:"remark,omitempty"`
	Canceler  Stamp         `json:"canceler,omitzero"`   // who asked for the cancel
	Retract   []Retraction  `json:"retract,omitempty"`   // requests that providers are still to drop
	Forgotten bool          `json:"forgotten,omitempty"` // what its jobs have shared was removed
	Stages    []StageStatus `json:"stages"`
	Jobs      []JobStatus   `json:"jobs"` // of all stages, in order
	Changes   int64         `json:"changes"`
}

// A Retraction is a request that was closed here while its provider still asks
// people.
type Retraction struct {
	Kind     approval.Kind `json:"kind"`
	Instance string        `json:"instance"`
}

// A Stamp says who did something, and when.
type Stamp struct {
	By penstock.Party `json:"by,omitzero"`
	At time.Time      `json:"at,omitzero"`
}

// StageStatus is what happened to a stage as a whole.
type StageStatus struct {
	Started  time.Time         `json:"started,omitzero"`
	Ended    time.Time         `json:"ended,omitzero"`
	Executed Stamp             `json:"executed,omitzero"` // by hand
	Granted  time.Time         `json:"granted,omitzero"`  // since when the approval of the run's plan counts for it
	Request  *approval.Request `json:"approval,omitempty"`
}

// JobStatus is what happened to a job of a run.
type JobStatus struct {
	State     JobState          `json:"state,omitempty"`    // empty: JobPending
	Attempt   Attempt           `json:"attempt,omitzero"`   // the latest
	Count     int               `json:"count,omitempty"`    // attempts so far
	Failures  int               `json:"failures,omitempty"` // that were tried again by the error policy, since the run was started or retried
	Started   time.Time         `json:"started,omitzero"`
	Ended     time.Time         `json:"ended,omitzero"`
	NotBefore time.Time         `json:"not_before,omitzero"` // the next attempt is put off until then
	Deadline  time.Time         `json:"deadline,omitzero"`   // of the attempt, from when it was leased; of a wait, when it passes
	Error     string            `json:"error,omitempty"`
	Result    JobState          `json:"result,omitempty"`   // while a person decides: JobFailed or JobTimedOut
	Stopping  StopReason        `json:"stopping,omitempty"` // why it was told to stop
	Decided   Stamp             `json:"decided,omitzero"`   // who said whether a failure matters
	Request   *approval.Request `json:"approval,omitempty"` // of an approval job
}

// An Attempt is one go at a job. Its id is the idempotency key of its effect.
type Attempt struct {
	ID    string `json:"id"`
	Lease string `json:"lease,omitempty"` // the process that carries it out
	Ended bool   `json:"ended,omitempty"`
}

// A StopReason says why a running job was told to stop.
type StopReason string

// The reasons to stop.
const (
	StopTimeout StopReason = "timeout"
	StopCancel  StopReason = "cancel" // of the run
)

// state is the stored state, which may be left out.
func (s *JobStatus) state() JobState {
	if s.State == "" {
		return JobPending
	}
	return s.State
}
