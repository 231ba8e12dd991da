package zadig

import "github.com/penstock-go/penstock/workflow"

// Words of this dialect for where tasks, stages and jobs are. What has not begun has none.
const (
	statusCreated   = "created"
	statusRunning   = "running"
	statusPassed    = "passed"
	statusSkipped   = "skipped"
	statusUnstable  = "unstable"
	statusFailed    = "failed"
	statusTimeout   = "timeout"
	statusCancelled = "cancelled"
	statusReject    = "reject"
	statusPause     = "pause"
	statusApproval  = "wait_for_approval"
	statusDeciding  = "wait_for_manual_error_handling"
)

// taskStatus is the word for the state of a run. One that is being canceled runs until that is done.
func taskStatus(s workflow.RunState) string {
	switch s {
	case workflow.RunQueued:
		return statusCreated
	case workflow.RunRunning, workflow.RunCanceling:
		return statusRunning
	case workflow.RunPaused:
		return statusPause
	case workflow.RunPassed:
		return statusPassed
	case workflow.RunSkipped:
		return statusSkipped
	case workflow.RunFailed:
		return statusFailed
	case workflow.RunTimedOut:
		return statusTimeout
	case workflow.RunCanceled:
		return statusCancelled
	case workflow.RunRejected:
		return statusReject
	default:
		return ""
	}
}

// stageStatus is the word for the state of a stage.
func stageStatus(s workflow.StageState) string {
	switch s {
	case workflow.StagePending:
		return ""
	case workflow.StageWaiting:
		return statusApproval
	case workflow.StagePaused:
		return statusPause
	case workflow.StageRunning:
		return statusRunning
	case workflow.StagePassed:
		return statusPassed
	case workflow.StageUnstable:
		return statusUnstable
	case workflow.StageSkipped:
		return statusSkipped
	case workflow.StageFailed:
		return statusFailed
	case workflow.StageTimedOut:
		return statusTimeout
	case workflow.StageCanceled:
		return statusCancelled
	case workflow.StageRejected:
		return statusReject
	default:
		return ""
	}
}

// jobStatus is the word for the state of a job. One that is being stopped runs until it has.
func jobStatus(s workflow.JobState) string {
	switch s {
	case workflow.JobPending:
		return ""
	case workflow.JobRunning, workflow.JobCanceling:
		return statusRunning
	case workflow.JobWaiting:
		return statusApproval
	case workflow.JobDeciding:
		return statusDeciding
	case workflow.JobPassed:
		return statusPassed
	case workflow.JobUnstable:
		return statusUnstable
	case workflow.JobSkipped:
		return statusSkipped
	case workflow.JobFailed:
		return statusFailed
	case workflow.JobTimedOut:
		return statusTimeout
	case workflow.JobCanceled:
		return statusCancelled
	case workflow.JobRejected:
		return statusReject
	default:
		return ""
	}
}
