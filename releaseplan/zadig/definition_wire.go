package zadig

import (
	"encoding/json"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A workflowList is the answer of the list of the workflows of a project.
type workflowList struct {
	Workflows []workflowEntry `json:"workflows"`
}

type workflowEntry struct {
	Key     string `json:"workflow_key" doc:"the identifier"`
	Name    string `json:"workflow_name" doc:"for people"`
	By      string `json:"update_by"`
	Updated int64  `json:"update_time" doc:"Unix time in seconds"`
	Type    string `json:"type" enum:"custom"`
}

func fromWorkflow(w workflow.Workflow) workflowEntry {
	return workflowEntry{Key: w.Key, Name: w.Name, By: w.Updated.By.Label(), Updated: seconds(w.Updated.At), Type: "custom"}
}

// A definitionList is what is known of definitions without reading them.
type definitionList struct {
	Workflows []definitionEntry `json:"workflow_list"`
	Total     int               `json:"total"`
}

type definitionEntry struct {
	Name        string `json:"name" doc:"the identifier"`
	DisplayName string `json:"display_name" doc:"for people"`
	Project     string `json:"project"`
	Description string `json:"description"`
	Disabled    bool   `json:"disabled" doc:"it cannot be started"`
	made
}

func toDefinitionEntry(w workflow.Workflow) definitionEntry {
	return definitionEntry{w.Key, w.Name, w.Project, w.Description, w.Disabled, madeOf(w.Created, w.Updated)}
}

// made says who made something, and when.
type made struct {
	CreatedBy string `json:"created_by"`
	Created   int64  `json:"create_time" doc:"Unix time in seconds"`
	UpdatedBy string `json:"updated_by"`
	Updated   int64  `json:"update_time" doc:"Unix time in seconds"`
}

func madeOf(created, updated workflow.Stamp) made {
	return made{created.By.Label(), seconds(created.At), updated.By.Label(), seconds(updated.At)}
}

// instant reads what seconds writes.
func instant(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

// A workflowParam is a parameter of a workflow.
type workflowParam struct {
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Type        string           `json:"type" enum:"string,text,choice,multi-select,repo,secret"`
	Value       string           `json:"value" doc:"masked if it is a secret"`
	Repo        *paramRepository `json:"repo"`
	Options     []string         `json:"choice_option,omitempty"`
	Chosen      []string         `json:"choice_value,omitempty"`
	Default     string           `json:"default" doc:"masked if it is a secret"`
	Secret      bool             `json:"is_credential"`
	Source      string           `json:"source,omitempty" enum:"runtime,fixed,reference"`
	Required    bool             `json:"required,omitempty"`
}

// A paramRepository is that of a parameter. Members behind submission_id are those that are rare.
type paramRepository struct {
	Source        string `json:"source"`
	Owner         string `json:"repo_owner"`
	Namespace     string `json:"repo_namespace"`
	Name          string `json:"repo_name"`
	Remote        string `json:"remote_name"`
	Branch        string `json:"branch"`
	Hidden        bool   `json:"hidden"`
	Primary       bool   `json:"is_primary"`
	CodeHost      int64  `json:"codehost_id"`
	Token         string `json:"oauth_token" doc:"masked"`
	Address       string `json:"address"`
	SourceFrom    string `json:"source_from"`
	ParamName     string `json:"param_name"`
	JobName       string `json:"job_name"`
	ServiceName   string `json:"service_name"`
	ServiceModule string `json:"service_module"`
	Index         int    `json:"repo_index"`
	SubmissionID  string `json:"submission_id"`

	CodeHostName  string `json:"codehost_name,omitempty"`
	Tag           string `json:"tag,omitempty"`
	PR            int    `json:"pr,omitempty"`
	PRs           []int  `json:"prs,omitempty"`
	EnableCommit  bool   `json:"enable_commit,omitempty"`
	CommitID      string `json:"commit_id,omitempty"`
	CommitMessage string `json:"commit_message,omitempty"`
	CheckoutPath  string `json:"checkout_path,omitempty"`
	Submodules    bool   `json:"submodules,omitempty"`
	AuthorName    string `json:"author_name,omitempty"`
	Stream        string `json:"stream,omitempty"`
	ViewMapping   string `json:"view_mapping,omitempty"`
	ChangelistID  int    `json:"changelist_id,omitempty"`
	ShelveID      int    `json:"shelve_id,omitempty"`
}

// An anyObject is JSON that is kept as it was sent.
type anyObject struct{ json.RawMessage }

// MarshalJSON writes it as it is, and {} if there is none.
func (o anyObject) MarshalJSON() ([]byte, error) {
	if len(o.RawMessage) == 0 {
		return []byte("{}"), nil
	}
	return o.RawMessage, nil
}

// OpenAPI returns the schema: an object.
func (anyObject) OpenAPI(func(any) any) any { return map[string]any{"type": "object"} }

// eachOf returns what f makes of each element, never nil.
func eachOf[A, B any](all []A, f func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = f(a)
	}
	return out
}

// every returns all items of a list that is read page by page, never nil.
func every[T any](read func(penstock.Page) (penstock.List[T], error)) ([]T, error) {
	all := []T{}
	for {
		l, err := read(penstock.Page{Offset: len(all), Limit: penstock.MaxLimit})
		if err != nil {
			return nil, err
		}
		if all = append(all, l.Items...); len(l.Items) == 0 || len(all) >= l.Total {
			return all, nil
		}
	}
}
