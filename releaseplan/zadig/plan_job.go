package zadig

import (
	"encoding/json"

	"github.com/penstock-go/penstock/workflow"
)

// A planJob is one thing to do in a plan: a textJob, a workflowJob or an otherJob.
type planJob struct{ is any }

// MarshalJSON writes the job.
func (j planJob) MarshalJSON() ([]byte, error) { return json.Marshal(j.is) }

// OpenAPI returns the schema: exactly one of the three.
func (planJob) OpenAPI(of func(any) any) any {
	return map[string]any{"oneOf": []any{of(textJob{}), of(workflowJob{}), of(otherJob{})}}
}

// A jobHead is what every job has.
type jobHead struct {
	ID           string `json:"id" format:"uuid"`
	Name         string `json:"name"`
	Manager      string `json:"manager,omitempty" doc:"who is in charge of the job, if somebody is"`
	ManagerID    string `json:"manager_id,omitempty"`
	Status       string `json:"status" enum:",todo,running,done,failed,skipped" doc:"empty before the plan is executed"`
	LastStatus   string `json:"last_status" enum:",running,done,failed,skipped" doc:"what it was when the plan went back to planning"`
	Updated      bool   `json:"updated" doc:"it, or before its first result the plan, was edited since"`
	ExecutedBy   string `json:"executed_by"`
	ExecutedTime int64  `json:"executed_time" doc:"Unix time in seconds; 0: not yet"`
}

// A textJob is for a person.
type textJob struct {
	jobHead
	Type string   `json:"type" enum:"text"`
	Spec textSpec `json:"spec"`
}

type textSpec struct {
	Content string `json:"content" doc:"what there is to do"`
	Remark  string `json:"remark,omitempty" doc:"what was said when it was done or skipped"`
}

// A workflowJob is for a workflow.
type workflowJob struct {
	jobHead
	Type string       `json:"type" enum:"workflow"`
	Spec workflowSpec `json:"spec"`
}

type workflowSpec struct {
	Workflow planWorkflow `json:"workflow"`
	Status   string       `json:"status" doc:"of the workflow task; empty if there is none"`
	TaskID   int64        `json:"task_id" doc:"0: none that is known"`
}

// A planWorkflow is which workflow a job starts, and with what.
type planWorkflow struct {
	Name    string      `json:"name" doc:"the key of the workflow"`
	Project string      `json:"project" doc:"empty if the workflow is not known"`
	Params  []planParam `json:"params"`
	Inputs  []planInput `json:"inputs"`
	Remark  string      `json:"remark"`
}

type planParam struct {
	Name   string              `json:"name"`
	Type   string              `json:"type,omitempty"`
	Value  string              `json:"value" doc:"of a secret, a mask; who sends that keeps the value"`
	Chosen []string            `json:"choice_value,omitempty" doc:"of a multi-select"`
	Repo   *workflow.RepoInput `json:"repo,omitempty"`
}

type planInput struct {
	Job        string    `json:"job_name"`
	Type       string    `json:"job_type,omitempty"`
	Parameters anyObject `json:"parameters"`
	Skip       *bool     `json:"skip,omitempty"`
}

// An otherJob is of a kind that this dialect does not know.
type otherJob struct {
	jobHead
	Type otherKind `json:"type"`
	Spec anyObject `json:"spec"`
}

// An otherKind is a kind of job that is neither of the two above.
type otherKind string

// OpenAPI returns the schema.
func (otherKind) OpenAPI(func(any) any) any {
	return map[string]any{"type": "string", "not": map[string]any{"enum": []string{jobText, jobWorkflow}}}
}

// A jobBody is a job as it is sent.
type jobBody struct {
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name" need:"true"`
	Type      string          `json:"type,omitempty" need:"true"`
	Manager   string          `json:"manager,omitempty"`
	ManagerID string          `json:"manager_id,omitempty"`
	Spec      json.RawMessage `json:"spec,omitempty" open:"true" doc:"of a text job {content}; of a workflow job {workflow: {name, project, params}} or {workflow_key, project_key, parameters, inputs, remark}"`
	_         struct{}        `open:"true"`
}

// A workflowBody is the spec of a workflow job as it is sent, in either form.
type workflowBody struct {
	Workflow *struct {
		Name    string      `json:"name"`
		Project string      `json:"project"`
		Params  []planParam `json:"params"`
		Inputs  []planInput `json:"inputs"`
		Remark  string      `json:"remark"`
	} `json:"workflow"`
	Key        string      `json:"workflow_key"`
	Project    string      `json:"project_key"`
	Parameters []planParam `json:"parameters"`
	Inputs     []planInput `json:"inputs"`
	Remark     string      `json:"remark"`
}

// planned returns what was sent in the one form.
func (b workflowBody) planned() planWorkflow {
	if w := b.Workflow; w != nil {
		return planWorkflow{Name: w.Name, Project: w.Project, Params: w.Params, Inputs: w.Inputs, Remark: w.Remark}
	}
	return planWorkflow{Name: b.Key, Project: b.Project, Params: b.Parameters, Inputs: b.Inputs, Remark: b.Remark}
}
