package zadig

import "maps"

// Times are Unix seconds; 0 is none.

type taskList struct {
	Total int       `json:"total"`
	Tasks []taskRow `json:"workflow_tasks"`
}

// A taskRow is what a list shows of a task.
type taskRow struct {
	WorkflowKey  string `json:"workflow_key"`
	WorkflowName string `json:"workflow_name"`
	ProjectKey   string `json:"project_key"`
	TaskID       int64  `json:"task_id" doc:"its number among the tasks of the workflow, from 1"`
	CreateTime   int64  `json:"create_time"`
	TaskCreator  string `json:"task_creator"`
	StartTime    int64  `json:"start_time"`
	EndTime      int64  `json:"end_time"`
	Status       string `json:"status" enum:"created,running,passed,skipped,failed,timeout,cancelled,reject,pause"`
}

type task struct {
	TaskID      int64       `json:"task_id" doc:"its number among the tasks of the workflow, from 1"`
	WorkflowKey string      `json:"workflow_key"`
	Params      []taskParam `json:"params" doc:"the parameters of the workflow with their values; secrets are masked"`
	Status      string      `json:"status" enum:"created,running,passed,skipped,failed,timeout,cancelled,reject,pause"`
	TaskCreator string      `json:"task_creator"`
	CreateTime  int64       `json:"create_time"`
	StartTime   int64       `json:"start_time"`
	EndTime     int64       `json:"end_time"`
	Stages      []taskStage `json:"stages"`
	ProjectKey  string      `json:"project_key"`
	Remark      string      `json:"remark,omitempty" doc:"what it was started with"`
}

// A taskParam is a parameter of a workflow, or an input of a plugin.
type taskParam struct {
	Name         string    `json:"name"`
	Description  string    `json:"description"`
	Type         string    `json:"type"`
	Value        string    `json:"value"`
	Repo         *taskRepo `json:"repo,omitempty"`
	ChoiceOption []string  `json:"choice_option,omitempty"`
	ChoiceValue  []string  `json:"choice_value,omitempty"`
	Default      string    `json:"default"`
	IsCredential bool      `json:"is_credential"`
}

type taskStage struct {
	Name      string        `json:"name"`
	Status    string        `json:"status" enum:",wait_for_approval,pause,running,passed,unstable,skipped,failed,timeout,cancelled,reject" doc:"empty: its turn has not come"`
	StartTime int64         `json:"start_time"`
	EndTime   int64         `json:"end_time"`
	Approval  *taskApproval `json:"approval,omitempty" doc:"who has to approve the stage before it starts"`
	Jobs      []typedJob    `json:"jobs"`
}

type taskApproval struct {
	Enabled         bool           `json:"enabled"`
	ApproveUsers    []taskApprover `json:"approve_users"`
	Timeout         int            `json:"timeout" doc:"minutes; 0: none"`
	NeededApprovers int            `json:"needed_approvers"`
	Description     string         `json:"description"`
	RejectOrApprove string         `json:"reject_or_approve" enum:",approve,reject" doc:"what came of it; empty: nothing yet"`
}

type taskApprover struct {
	UserName        string `json:"user_name"`
	RejectOrApprove string `json:"reject_or_approve" enum:",approve,reject"`
	Comment         string `json:"comment"`
	OperationTime   int64  `json:"operation_time"`
}

type taskJob struct {
	Name      string  `json:"name"`
	Type      string  `json:"type"`
	Status    string  `json:"status" enum:",wait_for_approval,wait_for_manual_error_handling,running,passed,unstable,skipped,failed,timeout,cancelled,reject" doc:"empty: its turn has not come"`
	StartTime int64   `json:"start_time"`
	EndTime   int64   `json:"end_time"`
	Error     *string `json:"error,omitempty"`
	Spec      any     `json:"spec" open:"true" doc:"by the type; of those that are not described as the workflow has it, with masked secrets"`
}

// typedJob is a taskJob of which the type says what the spec is.
type typedJob taskJob

// OpenAPI returns the schema.
func (typedJob) OpenAPI(of func(v any) any) any {
	var all []any
	for _, t := range []struct {
		types []string
		spec  any
	}{
		{[]string{"zadig-build", "freestyle"}, taskCodeSpec{}}, {[]string{"zadig-test"}, taskTestSpec{}}, {[]string{"zadig-scanning"}, taskScanningSpec{}},
		{[]string{"zadig-deploy"}, taskDeploySpec{}}, {[]string{"plugin"}, taskPluginSpec{}},
	} {
		all = append(all, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"type": map[string]any{"enum": t.types}}},
			"then": map[string]any{"properties": map[string]any{"spec": of(t.spec)}},
		})
	}
	schema := map[string]any{"allOf": all}
	if base, ok := of(taskJob{}).(map[string]any); ok {
		maps.Copy(schema, base)
	}
	return schema
}

// A taskCodeSpec is what is shown of a build, and of a script.
type taskCodeSpec struct {
	Repos         []taskRepo `json:"repos"`
	Image         string     `json:"image" doc:"that a build has made, or is to make"`
	ServiceName   string     `json:"service_name"`
	ServiceModule string     `json:"service_module"`
	Envs          []taskEnv  `json:"envs"`
}

type taskTestSpec struct {
	TestingName   string     `json:"testing_name"`
	Repos         []taskRepo `json:"repos"`
	ServiceName   string     `json:"service_name"`
	ServiceModule string     `json:"service_module"`
	Envs          []taskEnv  `json:"envs"`
}

type taskScanningSpec struct {
	ScanningName  string     `json:"scanning_name"`
	Repos         []taskRepo `json:"repos"`
	ServiceName   string     `json:"service_name"`
	ServiceModule string     `json:"service_module"`
	Envs          []taskEnv  `json:"envs"`
}

type taskRepo struct {
	Source        string `json:"source"`
	RepoOwner     string `json:"repo_owner"`
	RepoNamespace string `json:"repo_namespace"`
	RepoName      string `json:"repo_name"`
	RemoteName    string `json:"remote_name"`
	Branch        string `json:"branch"`
	Tag           string `json:"tag,omitempty"`
	PRs           []int  `json:"prs,omitempty"`
	CommitID      string `json:"commit_id"`
	CommitMessage string `json:"commit_message"`
	Address       string `json:"address"`
	AuthorName    string `json:"author_name"`
}

type taskEnv struct {
	Key          string `json:"key"`
	Value        string `json:"value" doc:"masked if it is a credential"`
	Type         string `json:"type"`
	IsCredential bool   `json:"is_credential"`
}

type taskDeploySpec struct {
	Env                string             `json:"env"`
	SkipCheckRunStatus bool               `json:"skip_check_run_status"`
	ServiceAndImages   []taskServiceImage `json:"service_and_images"`
}

type taskServiceImage struct {
	ServiceName   string `json:"service_name"`
	ServiceModule string `json:"service_module"`
	Image         string `json:"image"`
}

type taskPluginSpec struct {
	Name        string          `json:"name"`
	IsOfficial  bool            `json:"is_offical"` //nolint:misspell // so it is written
	Description string          `json:"description"`
	RepoURL     string          `json:"repo_url"`
	Version     string          `json:"version"`
	Image       string          `json:"image"`
	Args        []string        `json:"args"`
	Cmds        []string        `json:"cmds"`
	Envs        []taskPluginEnv `json:"envs"`
	Inputs      []taskParam     `json:"inputs"`
	Outputs     []taskOutput    `json:"outputs"`
}

type taskPluginEnv struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type taskOutput struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}
