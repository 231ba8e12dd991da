package zadig

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// An approveRequest says yes or no; it says no unless it says yes.
type approveRequest struct {
	TaskID      int64  `json:"task_id" need:"true"`
	WorkflowKey string `json:"workflow_key" need:"true"`
	StageName   string `json:"stage_name" need:"true" doc:"a stage, or an approval job"`
	Approve     bool   `json:"approve,omitempty"`
	Comment     string `json:"comment,omitempty"`
}

type remarkRequest struct {
	Remark string `json:"remark"`
}

// A jobErrorRequest decides whether the failure of a job matters.
type jobErrorRequest struct {
	WorkflowName string `json:"workflow_name" doc:"the key of the workflow"`
	TaskID       int64  `json:"task_id"`
	JobName      string `json:"job_name"`
	Decision     string `json:"decision" enum:"ignore,reject"`
}

const pathTask = "/openapi/workflows/custom/{workflowKey}/task/{taskID}"

func taskCommandOperations() []rest.Operation[*api] {
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{
			Method: http.MethodDelete, Path: "/openapi/workflows/custom/task", ID: "cancelTask", Tag: tagTasks, Summary: "Cancel a task",
			Query: taskQuery(), Answers: answers(success{}),
		}, Handle: (*api).cancelTask, Keyed: true},
		{Operation: openapi.Operation{
			Method: http.MethodPost, Path: pathTask, ID: "retryTask", Tag: tagTasks, Summary: "Retry a task that has ended otherwise than well; what passed is kept",
			Query: []openapi.Param{projectKey}, Answers: answers(success{}),
		}, Handle: (*api).retryTask, Keyed: true},
		{Operation: openapi.Operation{
			Method: http.MethodPut, Path: pathTask, ID: "remarkTask", Tag: tagTasks, Summary: "Add a remark to the trail of a task",
			Query: []openapi.Param{projectKey}, Body: remarkRequest{}, Fails: bodyFails, Answers: answers(success{}),
		}, Handle: (*api).remarkTask, Keyed: true},
		{Operation: openapi.Operation{
			Method: http.MethodPost, Path: "/openapi/workflows/custom/task/approve", ID: "approveTask", Tag: tagTasks, Summary: "Approve or reject a stage or job that waits for it",
			Body: approveRequest{}, Fails: bodyFails, Answers: answers(success{}),
		}, Handle: (*api).approveTask, Keyed: true},
		{Operation: openapi.Operation{
			Method: http.MethodPost, Path: "/api/aslan/workflow/v4/workflowtask/handle/error", ID: "decideJobError", Tag: tagTasks, Summary: "Say whether the failure of a job matters",
			Body: jobErrorRequest{}, Fails: bodyFails, Answers: answers(success{}),
		}, Handle: (*api).decideJobError, Keyed: true},
	}
}

func (a *api) cancelTask(c *rest.Call) error {
	run, err := a.task(c, c.Query("workflowKey"), int64(c.Int("taskId", 0)))
	if err == nil {
		err = a.do(c, run, workflow.Command{Action: workflow.CancelRun})
	}
	if refused, ok := errors.AsType[*penstock.RefusedError](err); ok {
		state := workflow.RunState(refused.State)
		if state == workflow.RunCanceling { // it is so already
			return succeed(c, nil)
		}
		err = &failed{code: codeCancelTask, why: fmt.Sprintf("task: %s:%d is %s, cannot cancel", run.Workflow(), run.Number(), taskStatus(state)), err: err}
	}
	return succeed(c, codeCancelTask.failing(err))
}

func (a *api) retryTask(c *rest.Call) error {
	run, err := a.taskInPath(c)
	if err != nil {
		return err
	}
	err = a.do(c, run, workflow.Command{Action: workflow.RetryRun})
	if refused, ok := errors.AsType[*penstock.RefusedError](err); ok && len(refused.Needs) == 0 {
		err = &failed{code: codeRetryTask, why: fmt.Sprintf("task: %s:%d is %s, cannot retry", run.Workflow(), run.Number(), taskStatus(workflow.RunState(refused.State))), err: err}
	}
	return succeed(c, codeRetryTask.failing(err))
}

func (a *api) remarkTask(c *rest.Call) error {
	var in remarkRequest
	if err := c.Read(&in, false, false); err != nil {
		return err
	}
	run, err := a.taskInPath(c)
	if err != nil {
		return err
	}
	return succeed(c, a.do(c, run, workflow.Command{Action: workflow.Comment, Remark: in.Remark}))
}

func (a *api) approveTask(c *rest.Call) error {
	var in approveRequest
	if err := c.Read(&in, false, false); err != nil {
		return err
	}
	if err := required("workflow_key", in.WorkflowKey, "stage_name", in.StageName); err != nil {
		return err
	}
	run, err := a.task(c, in.WorkflowKey, in.TaskID)
	if errors.Is(err, penstock.ErrNotFound) {
		return &failed{code: codeApproveTask, why: fmt.Sprintf("can not find approved workflow: %s, taskID: %d,jobName: %s", named(in.WorkflowKey), in.TaskID, named(in.StageName)), err: err}
	}
	if err != nil {
		return err
	}
	vote, waits := voteOn(run, in.StageName)
	if !waits {
		return &failed{code: codeApproveTask, why: fmt.Sprintf("workflow %s ID %d stage %s do not need approve", run.Workflow(), run.Number(), named(in.StageName)), err: penstock.ErrRefused}
	}
	vote.Vote, vote.Remark = approval.Reject, in.Comment
	if in.Approve {
		vote.Vote = approval.Approve
	}
	switch err = a.do(c, run, vote); {
	case errors.Is(err, penstock.ErrForbidden):
		err = &failed{code: codeForbidden, why: fmt.Sprintf("user %s has no authority to Approve", userName(c.Actor)), err: err}
	case errors.Is(err, penstock.ErrRefused):
		if before := voteOf(run, vote, c.Actor); before != "" {
			err = &failed{code: codeApproveTask, why: fmt.Sprintf("%s have %s already", userName(c.Actor), before), err: err}
		}
	}
	return succeed(c, codeApproveTask.failing(err))
}

// voteOf returns how somebody has voted already on what a vote is on.
func voteOf(run *workflow.Run, on workflow.Command, who penstock.Actor) approval.Decision {
	var request *approval.Request
	if on.Job != "" {
		if j, err := run.Job(on.Job); err == nil {
			request = j.Status.Request
		}
	}
	for _, s := range run.Stages() {
		if s.Name == on.Stage {
			request = s.Status.Request
		}
	}
	if request != nil {
		for _, v := range request.Votes() {
			if v.Who.ID == who.ID {
				return v.Decision
			}
		}
	}
	return ""
}

// voteOn returns the vote on what has a name, a stage or an approval job, and whether that waits for
// votes.
func voteOn(run *workflow.Run, name string) (vote workflow.Command, waits bool) {
	for _, s := range run.Stages() {
		if gate, err := run.Gate(s.Name); s.Name == name && err == nil && gate.Approval.Required() {
			return workflow.Command{Action: workflow.Vote, Stage: name}, s.State == workflow.StageWaiting
		}
	}
	j, ok := findJob(run, name)
	return workflow.Command{Action: workflow.Vote, Job: j.Key}, ok && j.State == workflow.JobWaiting
}

func (a *api) decideJobError(c *rest.Call) error {
	var in jobErrorRequest
	if err := c.Read(&in, false, false); err != nil {
		return err
	}
	if err := required("workflow_name", in.WorkflowName, "job_name", in.JobName); err != nil {
		return err
	}
	decide := workflow.Command{Action: workflow.Ignore}
	switch in.Decision {
	case "ignore":
	case "reject":
		decide.Action = workflow.Uphold
	default:
		return penstock.Invalid("decision", "must be ignore or reject")
	}
	run, err := a.task(c, in.WorkflowName, in.TaskID)
	if err != nil {
		return codeApproveTask.failing(err)
	}
	job, ok := findJob(run, in.JobName)
	if !ok {
		return &failed{code: codeApproveTask, why: fmt.Sprintf("can not find job %s", named(in.JobName)), err: penstock.ErrNotFound}
	}
	decide.Job = job.Key
	switch err := a.do(c, run, decide); {
	case errors.Is(err, penstock.ErrForbidden):
		return &failed{code: codeForbidden, why: fmt.Sprintf("user %s is not authorized to perform error handling", userName(c.Actor)), err: err}
	case errors.Is(err, penstock.ErrRefused):
		return &failed{code: codeApproveTask, why: fmt.Sprintf("job %s does not support manual error handling", job.Key), err: err}
	default:
		return succeed(c, codeApproveTask.failing(err))
	}
}

// do makes a run do a command.
func (a *api) do(c *rest.Call, run *workflow.Run, command workflow.Command) error {
	command.Key, command.KeyFor = c.Key()
	_, err := a.Workflows.Do(c.Context(), run.ID(), command, c.Actor)
	return committed(c, command.Action.Right(), run, err)
}

// required says which members of a body are missing: names and values by turns.
func required(members ...string) error {
	var faults []error
	for i := 0; i+1 < len(members); i += 2 {
		if members[i+1] == "" {
			faults = append(faults, &rest.ParamError{Name: members[i], Why: "is required"})
		}
	}
	return errors.Join(faults...)
}

// named is a name that somebody sends, as far as it fits where it is told.
func named(text string) string { return excerpt.Line(text, 100) }

// userName is how people know who asks.
func userName(who penstock.Actor) string {
	return penstock.Party{ID: who.ID, Name: who.Name}.Label()
}
