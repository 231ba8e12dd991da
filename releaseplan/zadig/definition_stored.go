package zadig

import (
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock/workflow"
)

// A definitionBody is what a workflow is created from, and replaced by. It is read by
// [workflow.ParseDefinition], which knows more members.
type definitionBody struct {
	_           struct{}    `open:"true"`
	Name        string      `json:"name" doc:"the identifier: 1 to 63 letters, digits and hyphens"`
	DisplayName string      `json:"display_name" doc:"for people; empty: the identifier"`
	Project     string      `json:"project" doc:"the key of the project"`
	Description string      `json:"description,omitempty"`
	Limit       int         `json:"concurrency_limit" doc:"how many tasks can run at once; -1 is any number, and with 0, which is the default, none can be started"`
	Stages      []stageBody `json:"stages,omitempty"`
}

type stageBody struct {
	_        struct{}    `open:"true"`
	Name     string      `json:"name" doc:"unique in the workflow"`
	Parallel bool        `json:"parallel" doc:"all jobs at once, not one after another"`
	Jobs     []anyObject `json:"jobs" doc:"which members their specs have depends on their types"`
}

// fromDefinition reads a definition. Without a concurrency_limit none of its tasks can be started.
func fromDefinition(body []byte) (workflow.Definition, error) {
	d, err := workflow.ParseDefinition(body)
	if d.ConcurrencyLimit == nil {
		d.ConcurrencyLimit = new(int)
	}
	return d, err
}

// A storedDefinition is a workflow as it is sent to replace it.
type storedDefinition struct {
	Name           string          `json:"name"`
	DisplayName    string          `json:"display_name"`
	Project        string          `json:"project"`
	Description    string          `json:"description"`
	Disabled       bool            `json:"disabled" doc:"it cannot be started"`
	Params         []workflowParam `json:"params"`
	Stages         []storedStage   `json:"stages"`
	Limit          int             `json:"concurrency_limit" doc:"how many tasks can run at once; -1 is any number, and with 0 none can be started"`
	Storages       []anyObject     `json:"share_storages"`
	Notify         []anyObject     `json:"notify_ctls"`
	RemarkRequired bool            `json:"remark_required" doc:"who starts a task has to say why"`
	TicketRequired bool            `json:"enable_approval_ticket" doc:"who starts a task has to name a pre-approval ticket"`
	made
}

// A storedStage is a step of a workflow.
type storedStage struct {
	ID       string      `json:"id,omitempty"`
	Name     string      `json:"name"`
	Parallel bool        `json:"parallel"`
	Approval *anyObject  `json:"approval,omitempty" doc:"enabled, type, description, and a member for each type: native_approval and its like"`
	Manual   *anyObject  `json:"manual_exec,omitempty" doc:"who may start the stage"`
	Jobs     []storedJob `json:"jobs"`
}

// A storedJob is one thing to do.
type storedJob struct {
	ID        string      `json:"id,omitempty"`
	Name      string      `json:"name"`
	Type      string      `json:"type"`
	Skipped   bool        `json:"skipped"`
	Spec      anyObject   `json:"spec" doc:"its members depend on the type, and those that nobody knows are kept"`
	RunPolicy string      `json:"run_policy" enum:",default_not_run,force_run,skip"`
	Error     *anyObject  `json:"error_policy,omitempty" doc:"what a failure leads to"`
	Execute   *anyObject  `json:"execute_policy,omitempty" doc:"when it runs at all"`
	Crash     string      `json:"crash_policy,omitempty" enum:"fail,repeat"`
	Modules   []anyObject `json:"service_modules"`
	Notify    []anyObject `json:"notify_ctls,omitempty"`
}

// toStored returns a definition as it is sent: the JSON of the domain, with every member that
// scripts may look for.
func toStored(r workflow.Record[workflow.Definition]) (storedDefinition, error) {
	text, err := json.Marshal(r.Value)
	if err != nil {
		return storedDefinition{}, fmt.Errorf("encode workflow %s: %w", r.Value.Key, err)
	}
	s := storedDefinition{
		Limit: -1, Params: []workflowParam{}, Stages: []storedStage{}, Storages: []anyObject{}, Notify: []anyObject{}, made: madeOf(r.Created, r.Updated),
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return storedDefinition{}, fmt.Errorf("show workflow %s: %w", r.Value.Key, err)
	}
	s.DisplayName = r.Value.DisplayName()
	for i := range s.Stages {
		if s.Stages[i].Jobs == nil {
			s.Stages[i].Jobs = []storedJob{}
		}
		for j := range s.Stages[i].Jobs {
			if job := &s.Stages[i].Jobs[j]; job.Modules == nil {
				job.Modules = []anyObject{}
			}
		}
	}
	return s, nil
}
