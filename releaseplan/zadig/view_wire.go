package zadig

import (
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// duplicateKey is how that system says that a name is taken.
const duplicateKey = "mongo duplicate key error"

// A view is an ordered list of workflows.
type view struct {
	Name      string         `json:"name"`
	Project   string         `json:"project_key"`
	Workflows []viewWorkflow `json:"workflows"`
	Updated   int64          `json:"update_time" doc:"Unix time in seconds"`
	By        string         `json:"update_by"`
}

type viewWorkflow struct {
	Key  string `json:"workflow_key" doc:"the identifier"`
	Type string `json:"workflow_type" enum:"custom"`
}

// A viewCreation is what a view is created from.
type viewCreation struct {
	_         struct{}       `open:"true"`
	Project   string         `json:"project_key"`
	Name      string         `json:"name" doc:"unique in the project"`
	Workflows []viewWorkflow `json:"workflow_list"`
}

// A viewChange says which workflows are to be in a view, and which are not; others stay as they are.
type viewChange struct {
	_         struct{}     `open:"true"`
	Workflows []viewMember `json:"workflow_list"`
}

type viewMember struct {
	_       struct{} `open:"true"`
	Key     string   `json:"workflow_key" doc:"the identifier"`
	Type    string   `json:"workflow_type" enum:"custom"`
	Enabled *bool    `json:"enabled" need:"true" doc:"whether it is to be in the view"`
}

func toView(r workflow.Record[workflow.View]) view {
	return view{
		Name: r.Value.Name, Project: r.Value.Project, Updated: seconds(r.Updated.At), By: r.Updated.By.Label(),
		Workflows: eachOf(r.Value.Workflows, func(key string) viewWorkflow { return viewWorkflow{key, "custom"} }),
	}
}

// fromViewCreation returns the view that is to be created. Whether its workflows are there is not
// looked at.
func fromViewCreation(body viewCreation) (workflow.View, error) {
	var faults []error
	if body.Project == "" {
		faults = append(faults, penstock.Invalid("", "projectKey cannot be empty"))
	}
	if body.Name == "" {
		faults = append(faults, penstock.Invalid("", "view name cannot be empty"))
	}
	if body.Workflows == nil {
		faults = append(faults, penstock.Invalid("workflow_list", "is required"))
	}
	if n := len(body.Workflows); n > workflow.MaxView {
		return workflow.View{}, errors.Join(append(faults, tooMany("workflow_list", n, workflow.MaxView))...)
	}
	v := workflow.View{Project: body.Project, Name: body.Name}
	for i, w := range body.Workflows {
		faults = append(faults, wantCustom(i, w.Type))
		v.Workflows = append(v.Workflows, w.Key)
	}
	return v, rest.Join(faults)
}

// tooMany says that a list of workflows is too long to be looked at.
func tooMany(field string, n, most int) error {
	return penstock.Invalid(field, "%d are too many: at most %d", n, most)
}

// maxChange bounds a change: it can take out everything that there is, and put in as much.
const maxChange = 2 * workflow.MaxView

// check reports what a change does not say.
func (c viewChange) check() error {
	if c.Workflows == nil {
		return penstock.Invalid("workflow_list", "is required")
	}
	if n := len(c.Workflows); n > maxChange {
		return tooMany("workflow_list", n, maxChange)
	}
	var faults []error
	seen := make(map[string]bool, len(c.Workflows))
	for i, w := range c.Workflows {
		at := fmt.Sprintf("workflow_list[%d]", i)
		if faults = append(faults, wantCustom(i, w.Type)); w.Enabled == nil {
			faults = append(faults, penstock.Invalid(at+".enabled", "must be true or false"))
		}
		if seen[w.Key] {
			faults = append(faults, penstock.Invalid(at, "workflow name duplicated"))
		}
		seen[w.Key] = true
	}
	return rest.Join(faults)
}

// apply makes a checked change.
func (c viewChange) apply(v *workflow.View) {
	for _, w := range c.Workflows {
		v.Enable(w.Key, *w.Enabled)
	}
}

// wantCustom refuses types of workflows that are not there.
func wantCustom(i int, kind string) error {
	if kind == "custom" {
		return nil
	}
	return penstock.Invalid(fmt.Sprintf("workflow_list[%d].workflow_type", i), "workflow type must be custom")
}
