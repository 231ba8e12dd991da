package zadig

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// An executeRequest says what to start a task with.
type executeRequest struct {
	ProjectKey  string         `json:"project_key" need:"true"`
	WorkflowKey string         `json:"workflow_key" need:"true"`
	Parameters  []taskArgument `json:"parameters,omitempty" doc:"of the workflow; those that are not there keep their values"`
	Inputs      []taskInput    `json:"inputs" doc:"the jobs that run; the others are skipped, but for approvals of jobs that run"`
	Remark      string         `json:"remark,omitempty"`

	ApprovalTicketID string `json:"approval_ticket_id,omitempty" doc:"the pre-approval ticket that allows it"`
	ApprovalID       string `json:"approval_id,omitempty" doc:"the same, by the number that the other system gave it"`
}

type taskArgument struct {
	Name        string              `json:"name"`
	Type        string              `json:"type,omitempty" enum:"string,text,choice,multi-select,repo,secret" doc:"that of the parameter, if it is there"`
	Value       string              `json:"value,omitempty" doc:"of a multi-select joined by commas"`
	Repo        *workflow.RepoInput `json:"repo,omitempty" doc:"of a repo"`
	ChoiceValue []string            `json:"choice_value,omitempty" doc:"of a multi-select"`
}

type taskInput struct {
	JobName    string          `json:"job_name"`
	JobType    string          `json:"job_type,omitempty" doc:"that of the job, if it is there"`
	Parameters json.RawMessage `json:"parameters,omitempty" open:"true" doc:"by the type of the job; what is not said the workflow says"`
}

type executed struct {
	ProjectName  string `json:"project_name" doc:"the key of the project"`
	WorkflowName string `json:"workflow_name" doc:"the key of the workflow"`
	TaskID       int64  `json:"task_id"`
}

func taskExecuteOperations() []rest.Operation[*api] {
	return []rest.Operation[*api]{{Operation: openapi.Operation{
		Method: http.MethodPost, Path: "/openapi/workflows/custom/task", ID: "executeWorkflow", Tag: tagTasks, Summary: "Start a task of a workflow",
		Body: executeRequest{}, Fails: bodyFails, Answers: answers(executed{}),
	}, Handle: (*api).executeWorkflow, Keyed: true}}
}

func (a *api) executeWorkflow(c *rest.Call) error {
	var in executeRequest
	if err := c.Read(&in, false, false); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	run, err := a.startTask(c, &in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, executed{ProjectName: run.Resource().Project, WorkflowName: run.Workflow(), TaskID: run.Number()})
}

// check reports what no workflow can be started with.
func (in *executeRequest) check() error {
	err := required("project_key", in.ProjectKey, "workflow_key", in.WorkflowKey)
	if n := len(in.Inputs); n > workflow.MaxRunJobs {
		err = errors.Join(err, tooMany("inputs", n, workflow.MaxRunJobs))
	}
	if n := len(in.Parameters); n > workflow.MaxParams {
		err = errors.Join(err, tooMany("parameters", n, workflow.MaxParams))
	}
	if in.ApprovalTicketID != "" && in.ApprovalID != "" {
		err = errors.Join(err, penstock.Invalid("approval_id", "must not be there beside approval_ticket_id"))
	}
	return err
}

// ticket is what the request calls the pre-approval ticket.
func (in *executeRequest) ticket() string { return cmp.Or(in.ApprovalTicketID, in.ApprovalID) }

// maxStartTries bounds how often a start is decided on another version of the workflow.
const maxStartTries = 5

// startTask starts a task. Which jobs are skipped depends on the definition, so that it has to be
// that version which is started.
func (a *api) startTask(c *rest.Call, in *executeRequest) (*workflow.Run, error) {
	for try := 1; ; try++ {
		def, err := a.definition(c, in.WorkflowKey, in.ProjectKey)
		if err != nil {
			return nil, codeFindWorkflow.failing(err)
		}
		start, err := in.start(&def.Value)
		if err != nil {
			return nil, codeCreateTask.failing(err)
		}
		start.Version = def.Version
		start.Key, start.KeyFor = c.Key()
		run, err := a.Workflows.Start(c.Context(), in.WorkflowKey, start, c.Actor)
		switch {
		case err == nil:
			return run, committed(c, penstock.Execute, run, nil)
		case !errors.Is(err, penstock.ErrConflict) || try == maxStartTries:
			return nil, in.notStarted(&def.Value, err)
		}
	}
}

// start is what the definition is started with: the jobs that the request names.
func (in *executeRequest) start(d *workflow.Definition) (workflow.Start, error) {
	s := workflow.Start{Remark: in.Remark, Ticket: in.ticket()}
	for _, p := range in.Parameters {
		s.Params = append(s.Params, workflow.Argument{Name: p.Name, Type: workflow.ParamType(p.Type), Value: p.Value, Repo: p.Repo, Chosen: p.ChoiceValue})
	}
	if len(in.Inputs) == 0 {
		return s, penstock.Invalid("", "no stage found in workflow task: %s", d.Key)
	}
	skip := true
	s.Inputs = eachOf(in.Inputs, taskInput.given)
	left, err := in.left(d)
	for _, job := range left {
		s.Inputs = append(s.Inputs, workflow.JobInput{Job: job, Skip: &skip})
	}
	return s, err
}

// left returns the jobs that the request leaves out: those that it does not name. An approval has
// no parameters that a request would have to give, and is not left out as long as a job behind it runs.
func (in *executeRequest) left(d *workflow.Definition) (left []string, err error) {
	runs := make(map[string]bool, len(in.Inputs))
	for _, i := range in.Inputs {
		runs[i.JobName] = true
	}
	guards := false // something behind it runs
	for _, stage := range slices.Backward(d.Stages) {
		for _, job := range slices.Backward(stage.Jobs) {
			switch {
			case runs[job.Name]:
				guards = true
			case job.RunPolicy == workflow.ForceRun:
				return nil, penstock.Invalid("", "job %s skipped, but the run policy is set to force run", job.Name)
			case job.Type != "approval" || job.Skipped || !guards:
				left = append(left, job.Name)
			}
		}
	}
	slices.Reverse(left)
	return left, nil
}

// notStarted tells why a start was refused.
func (in *executeRequest) notStarted(d *workflow.Definition, err error) error {
	ticket := in.ticket()
	unknown, isName := errors.AsType[*workflow.UnknownNameError](err)
	switch {
	case errors.Is(err, penstock.ErrForbidden), rest.Status(err) >= http.StatusInternalServerError:
		return err
	case isName:
		return &failed{code: codeCreateTask, why: unknown.Error(), err: err}
	case errors.Is(err, penstock.ErrNotFound) && ticket != "":
		return &failed{code: codeCreateTask, why: fmt.Sprintf("cannot find approval ticket of id: %s, error: %s", named(ticket), noDocuments), err: err}
	case d.Disabled && errors.Is(err, penstock.ErrRefused):
		return &failed{code: codeCreateTask, why: "workflow is disabled", err: err}
	default:
		return codeCreateTask.failing(err)
	}
}
