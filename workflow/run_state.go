package workflow

// A RunState is where a run is in its life.
type RunState string

// The states of a run. Passed and skipped are final; failed, timeout, canceled
// and rejected have ended, and only a retry leaves them.
const (
	RunQueued    RunState = "queued"  // it waits for its turn
	RunRunning   RunState = "running" // a stage is under way
	RunPaused    RunState = "paused"  // a stage waits to be executed by hand
	RunCanceling RunState = "canceling"
	RunPassed    RunState = "passed"
	RunSkipped   RunState = "skipped" // every job was
	RunFailed    RunState = "failed"
	RunTimedOut  RunState = "timeout"
	RunCanceled  RunState = "canceled"
	RunRejected  RunState = "rejected" // an approval was denied
)

// Ended reports whether nothing more happens to the run by itself.
func (s RunState) Ended() bool {
	switch s {
	case RunPassed, RunSkipped, RunFailed, RunTimedOut, RunCanceled, RunRejected:
		return true
	default:
		return false
	}
}

// known reports whether s is a state of a run.
func (s RunState) known() bool {
	_, moves := runLife.Rules[s]
	return moves || runLife.IsFinal(s)
}

// A StageState is derived from the jobs of a stage; it is never stored.
type StageState string

// The states of a stage.
const (
	StagePending  StageState = "pending" // its turn has not come
	StageWaiting  StageState = "waiting" // for its approval
	StagePaused   StageState = "paused"  // to be executed by hand
	StageRunning  StageState = "running"
	StagePassed   StageState = "passed"
	StageUnstable StageState = "unstable" // passed, with a failure that its job's policy ignores
	StageSkipped  StageState = "skipped"
	StageFailed   StageState = "failed"
	StageTimedOut StageState = "timeout"
	StageCanceled StageState = "canceled"
	StageRejected StageState = "rejected"
)

// A JobState is where a job of a run is in its life.
type JobState string

// The states of a job.
const (
	JobPending   JobState = "pending"
	JobRunning   JobState = "running"
	JobWaiting   JobState = "waiting"  // for an approval
	JobDeciding  JobState = "deciding" // it failed, and a person says whether that matters
	JobCanceling JobState = "canceling"
	JobPassed    JobState = "passed"
	JobUnstable  JobState = "unstable" // it failed, which its policy or a person ignores
	JobSkipped   JobState = "skipped"
	JobFailed    JobState = "failed"
	JobTimedOut  JobState = "timeout"
	JobCanceled  JobState = "canceled"
	JobRejected  JobState = "rejected"
)

// settled reports whether what follows a job may go on.
func (s JobState) settled() bool { return s == JobPassed || s == JobUnstable || s == JobSkipped }

// bad reports whether a job has ended so that what follows does not go on.
func (s JobState) bad() bool {
	return s == JobFailed || s == JobTimedOut || s == JobCanceled || s == JobRejected
}

// active reports whether an attempt is under way.
func (s JobState) active() bool { return s == JobRunning || s == JobCanceling }

// open reports whether something is still to come of a job by itself or by a person.
func (s JobState) open() bool { return s.active() || s == JobWaiting || s == JobDeciding }

// known reports whether s is a state of a job.
func (s JobState) known() bool {
	_, moves := jobLife.Rules[s]
	return moves || jobLife.IsFinal(s)
}
