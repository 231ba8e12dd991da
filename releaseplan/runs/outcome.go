package runs

import (
	"fmt"

	"github.com/penstock-go/penstock/workflow"
)

// outcome returns what a run that has ended makes of its task: nil if that is done.
func outcome(run *workflow.Run) error {
	var verb string
	switch run.State() {
	case workflow.RunPassed, workflow.RunSkipped:
		return nil
	case workflow.RunTimedOut:
		verb = "ran out of time"
	case workflow.RunRejected:
		verb = "was rejected"
	case workflow.RunCanceled:
		verb = "was canceled"
		if who := run.Status().Canceler.By.Label(); who != "" {
			verb += " by " + who
		}
	default:
		verb = string(run.State())
	}
	if why := firstFailure(run); why != "" {
		verb += ": " + why
	}
	return fmt.Errorf("%s %s", label(run), verb)
}

// firstFailure tells which job, or stage, went wrong first in the order of the workflow, and why.
func firstFailure(run *workflow.Run) string {
	for _, stage := range run.Stages() {
		for _, job := range stage.Jobs {
			switch job.State {
			case workflow.JobFailed, workflow.JobTimedOut, workflow.JobRejected:
				if job.Status.Error == "" {
					return "job " + job.Key
				}
				return fmt.Sprintf("job %s: %s", job.Key, job.Status.Error)
			default: // not what it ended with
			}
		}
		if stage.State == workflow.StageRejected || stage.State == workflow.StageTimedOut {
			return fmt.Sprintf("the approval of stage %q", stage.Name)
		}
	}
	return ""
}
