package zadig

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/workflow"
)

// A workflowDetail is a workflow as it is shown.
type workflowDetail struct {
	Key         string          `json:"workflow_key" doc:"the identifier"`
	Name        string          `json:"workflow_name" doc:"for people"`
	Project     string          `json:"project_key"`
	Description string          `json:"description"`
	Params      []workflowParam `json:"params"`
	Stages      []stageDetail   `json:"stages"`
	Notify      []anyObject     `json:"notify_ctls"`
	Storages    []anyObject     `json:"share_storages"`
	Limit       int             `json:"concurrency_limit" doc:"how many tasks can run at once; -1: any number"`
	made
}

type stageDetail struct {
	Name     string          `json:"name"`
	Parallel bool            `json:"parallel"`
	Approval *approvalDetail `json:"approval,omitempty"`
	Jobs     []jobDetail     `json:"jobs"`
}

type jobDetail struct {
	Name      string      `json:"name"`
	Type      string      `json:"type"`
	Skipped   bool        `json:"skipped"`
	Spec      anyObject   `json:"spec" doc:"its members depend on the type"`
	RunPolicy string      `json:"run_policy" enum:",default_not_run,force_run,skip"`
	Modules   []anyObject `json:"service_modules"`
}

// An approvalDetail is who must approve before a stage starts. The members of types other than
// native are those that were sent.
type approvalDetail struct {
	Enabled     bool             `json:"enabled"`
	Type        string           `json:"type"`
	Description string           `json:"description"`
	Native      *nativeDetail    `json:"native_approval,omitempty"`
	Lark        *anyObject       `json:"lark_approval,omitempty"`
	LarkIntl    *anyObject       `json:"lark_intl_approval,omitempty"`
	DingTalk    *anyObject       `json:"dingtalk_approval,omitempty"`
	WorkWX      *anyObject       `json:"workwx_approval,omitempty"`
	Separation  *stageSeparation `json:"separation,omitempty"`
}

// A stageSeparation says who has no say in their own work.
type stageSeparation struct {
	NotAuthor     bool `json:"not_author,omitempty"`
	NotLastEditor bool `json:"not_last_editor,omitempty"`
	NotExecutor   bool `json:"not_executor,omitempty"`
}

// A nativeDetail has two members that are spelled otherwise than where they are sent.
type nativeDetail struct {
	Timeout int             `json:"Timeout" doc:"minutes; 0: never"`
	Users   []stageApprover `json:"approve_users"`
	Needed  int             `json:"NeededApprovers"`
	Need    string          `json:"need,omitempty" enum:"all,any" doc:"in place of a number"`
}

// A stageApprover is a user or a group.
type stageApprover struct {
	Type      string `json:"type,omitempty" enum:"user,group"`
	UserID    string `json:"user_id,omitempty"`
	UserName  string `json:"user_name,omitempty"`
	GroupID   string `json:"group_id,omitempty"`
	GroupName string `json:"group_name,omitempty"`
	Identity  string `json:"identity_type,omitempty"`
}

// toDetail returns a definition as it is shown.
func toDetail(r workflow.Record[workflow.Definition]) (workflowDetail, error) {
	s, err := toStored(r)
	if err != nil {
		return workflowDetail{}, err
	}
	d := workflowDetail{
		Key: s.Name, Name: s.DisplayName, Project: s.Project, Description: s.Description, made: s.made,
		Params: s.Params, Stages: make([]stageDetail, len(s.Stages)), Notify: s.Notify, Storages: s.Storages, Limit: s.Limit,
	}
	for i, stage := range s.Stages {
		d.Stages[i] = stageDetail{Name: stage.Name, Parallel: stage.Parallel, Jobs: eachOf(stage.Jobs, toJobDetail)}
		if stage.Approval == nil {
			continue
		}
		if d.Stages[i].Approval, err = toApprovalDetail(stage.Approval.RawMessage); err != nil {
			return workflowDetail{}, fmt.Errorf("show the approval of stage %s of workflow %s: %w", stage.Name, s.Name, err)
		}
	}
	return d, nil
}

func toJobDetail(j storedJob) jobDetail {
	return jobDetail{j.Name, j.Type, j.Skipped, j.Spec, j.RunPolicy, j.Modules}
}

// toApprovalDetail reads the JSON of the domain.
func toApprovalDetail(text json.RawMessage) (*approvalDetail, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	for name, kind := range members {
		if strings.HasSuffix(name, "_approval") {
			members[name] = respelled(kind)
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	a := new(approvalDetail)
	if err := json.Unmarshal(text, a); err != nil {
		return nil, err
	}
	if a.Native != nil && a.Native.Users == nil {
		a.Native.Users = []stageApprover{}
	}
	return a, nil
}

// respelled spells members of the approval of one type as that system shows them.
func respelled(kind json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(kind, &members) != nil {
		return kind
	}
	for sent, shown := range map[string]string{"timeout": "Timeout", "needed_approvers": "NeededApprovers"} {
		if v, ok := members[sent]; ok {
			delete(members, sent)
			members[shown] = v
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return kind
	}
	return text
}
