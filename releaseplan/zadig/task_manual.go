package zadig

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// A manualExec tells which stage of a task waits to be executed by hand, if any does.
type manualExec struct {
	ProjectKey  string           `json:"project_key"`
	WorkflowKey string           `json:"workflow_key"`
	TaskID      int64            `json:"task_id"`
	Status      string           `json:"status" enum:"created,running,passed,skipped,failed,timeout,cancelled,reject,pause"`
	StageName   string           `json:"stage_name" doc:"empty: none waits"`
	CanExecute  bool             `json:"can_execute" doc:"whether who asks may execute it"`
	Executors   []manualExecutor `json:"executors"`
}

type manualExecutor struct {
	Type      string `json:"type" enum:"user,group,task_creator"`
	UserID    string `json:"user_id"`
	UserName  string `json:"user_name"`
	GroupID   string `json:"group_id"`
	GroupName string `json:"group_name"`
}

type manualRequest struct {
	StageName string      `json:"stage_name" need:"true"`
	Inputs    []taskInput `json:"inputs,omitempty" doc:"in the place of those that the task was started with, if the stage lets them be changed"`
}

func taskManualOperations() []rest.Operation[*api] {
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{
			Method: http.MethodGet, Path: pathTask + "/manual-exec", ID: "getManualExec", Tag: tagTasks, Summary: "The stage that waits to be executed by hand",
			Query: []openapi.Param{projectKey}, Answers: answers(manualExec{}),
		}, Handle: (*api).getManualExec},
		{Operation: openapi.Operation{
			Method: http.MethodPost, Path: pathTask + "/manual-exec", ID: "executeStage", Tag: tagTasks, Summary: "Execute the stage that waits for it",
			Query: []openapi.Param{projectKey}, Body: manualRequest{}, Fails: bodyFails, Answers: answers(success{}),
		}, Handle: (*api).executeStage, Keyed: true},
	}
}

func (a *api) getManualExec(c *rest.Call) error {
	run, err := a.taskInPath(c)
	if err != nil {
		return err
	}
	out := shownManualExec(run)
	if out.StageName == "" {
		return c.JSON(http.StatusOK, out)
	}
	verdicts, err := a.Workflows.Can(c.Context(), run.ID(), c.Actor)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		out.CanExecute = out.CanExecute || v.Action == workflow.ExecuteStage && v.Allowed
	}
	return c.JSON(http.StatusOK, out)
}

func shownManualExec(run *workflow.Run) manualExec {
	out := manualExec{
		ProjectKey: run.Resource().Project, WorkflowKey: run.Workflow(), TaskID: run.Number(), Status: taskStatus(run.State()),
		Executors: []manualExecutor{},
	}
	for _, s := range run.Stages() {
		if gate, err := run.Gate(s.Name); err == nil && s.State == workflow.StagePaused {
			out.StageName, out.Executors = s.Name, eachOf(gate.Manual.Users, shownExecutor)
		}
	}
	return out
}

func shownExecutor(p penstock.Party) manualExecutor {
	switch p.Type {
	case workflow.Starter:
		return manualExecutor{Type: string(p.Type)}
	case penstock.Group:
		return manualExecutor{Type: string(p.Type), GroupID: p.ID, GroupName: p.Name}
	default:
		return manualExecutor{Type: string(penstock.User), UserID: p.ID, UserName: p.Name}
	}
}

func (a *api) executeStage(c *rest.Call) error {
	var in manualRequest
	if err := c.Read(&in, false, false); err != nil {
		return err
	}
	if err := required("stage_name", in.StageName); err != nil {
		return err
	}
	if n := len(in.Inputs); n > workflow.MaxRunJobs {
		return tooMany("inputs", n, workflow.MaxRunJobs)
	}
	run, err := a.taskInPath(c)
	if err != nil {
		return err
	}
	if shownManualExec(run).StageName != in.StageName {
		return &failed{code: codeBadRequest, why: fmt.Sprintf("stage %s is not waiting for manual execution", named(in.StageName)), err: penstock.ErrRefused}
	}
	err = a.do(c, run, workflow.Command{Action: workflow.ExecuteStage, Stage: in.StageName, Inputs: eachOf(in.Inputs, taskInput.given)})
	if errors.Is(err, penstock.ErrForbidden) {
		return &failed{code: codeForbidden, why: fmt.Sprintf("user %s is not allowed to manually execute stage %s", userName(c.Actor), in.StageName), err: err}
	}
	return succeed(c, err)
}

// given is what a request says of a job.
func (in taskInput) given() workflow.JobInput {
	run := false
	return workflow.JobInput{Job: in.JobName, Type: in.JobType, Parameters: in.Parameters, Skip: &run}
}
