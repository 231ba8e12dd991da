package zadig

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// Words for where a release plan is in its life.
const (
	planPlanning       = "planning"
	planFinished       = "finish_planning"
	planAwaits         = "wait_for_approval"
	planExecuting      = "executing"
	planDenied         = "denied"
	planTimeout        = "timeout"
	planSuccess        = "success"
	planCancel         = "cancel"
	planFinishCheck    = "wait_for_finish_planning_external_check"
	planFinishFailed   = "wait_for_finish_planning_external_check_failed"
	planExecuteCheck   = "wait_for_execute_external_check"
	planExecuteFailed  = "wait_for_execute_external_check_failed"
	planCompleteCheck  = "wait_for_all_done_external_check"
	planCompleteFailed = "wait_for_all_done_external_check_failed"
)

// planWords lists them.
var planWords = []string{planPlanning, planFinished, planAwaits, planExecuting, planDenied, planTimeout, planSuccess, planCancel,
	planFinishCheck, planFinishFailed, planExecuteCheck, planExecuteFailed, planCompleteCheck, planCompleteFailed}

// planStates are the states behind each word.
var planStates = map[string][]releaseplan.State{
	planPlanning:       {releaseplan.Draft},
	planFinishCheck:    {releaseplan.FinalizeCheck},
	planFinishFailed:   {releaseplan.FinalizeCheckFailed},
	planFinished:       {releaseplan.Finalized},
	planAwaits:         {releaseplan.AwaitingApproval},
	planDenied:         {releaseplan.Denied},
	planExecuteCheck:   {releaseplan.ExecuteCheck},
	planExecuteFailed:  {releaseplan.ExecuteCheckFailed},
	planExecuting:      {releaseplan.Approved, releaseplan.Running, releaseplan.Paused, releaseplan.Failed},
	planCompleteCheck:  {releaseplan.CompleteCheck},
	planCompleteFailed: {releaseplan.CompleteCheckFailed},
	planTimeout:        {releaseplan.Expired},
	planSuccess:        {releaseplan.Completed},
	planCancel:         {releaseplan.Canceling, releaseplan.Canceled},
}

// planWord is the word for a state of a plan.
func planWord(s releaseplan.State) string {
	for _, word := range planWords {
		if slices.Contains(planStates[word], s) {
			return word
		}
	}
	return ""
}

// jobWord is the word for a state of a task, which is a job of its plan here. It is empty
// before the plan runs.
func jobWord(s releaseplan.TaskState) string {
	switch s {
	case releaseplan.TaskWaiting, releaseplan.TaskReady, releaseplan.TaskPaused, releaseplan.TaskTodo:
		return "todo"
	case releaseplan.TaskRunning, releaseplan.TaskCanceling:
		return "running"
	case releaseplan.TaskDone:
		return "done"
	case releaseplan.TaskFailed:
		return "failed"
	case releaseplan.TaskSkipped, releaseplan.TaskCanceled, releaseplan.TaskDisabled:
		return "skipped"
	case releaseplan.TaskPending:
		return ""
	default:
		return ""
	}
}

// Kinds of jobs.
const (
	jobText     = "text"     // a person does it
	jobWorkflow = "workflow" // a workflow does it
)

// kindWord is what kind of job a task is. Kinds of others that are called like those of here get
// another name.
func (a *api) kindWord(kind string) string {
	switch kind {
	case releaseplan.Manual, "":
		return jobText
	case a.WorkflowKind:
		return jobWorkflow
	case jobText, jobWorkflow:
		return "kind:" + kind
	default:
		return kind
	}
}

// seconds is how this dialect writes an instant: in Unix time, 0 if there is none.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
