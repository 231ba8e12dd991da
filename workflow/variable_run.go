package workflow

import (
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// RunVariables are what the variables of a run stand for. It is a [Scope]:
//
//	project  project.id                  the key of the project
//	project.name                         its name
//	workflow.id  workflow.name           key and name of the workflow
//	workflow.task.id                     the number of the run
//	workflow.task.creator                who started it, by name
//	workflow.task.creator.id  .userId    by id
//	workflow.task.creator.email
//	workflow.task.is_release_plan_trigger  true or false
//	workflow.task.timestamp              when it was created: Unix seconds
//	workflow.task.datetime               the same in UTC: 2026-01-31 12:00:00
//	workflow.task.url
//	workflow.params.NAME                 a parameter; of a multi-select joined by commas
//	parameter.GROUP.KEY                  of the host
//	payload.trigger.branch …             what triggered the run; empty if nothing did
//	job.JOB.output.X                     an output of a job
//	job.JOB.status                       its state: passed, unstable, skipped
//	job.JOB.util.startTime               Unix seconds
//	job.JOB.X                            what it works on: IMAGE, BRANCH, a variable of its spec
//	job.JOB.SERVICE.MODULE.…             the same for one of several runs of a job
//	job.JOB.SERVICES                     module/service of each of them, joined by commas
//	job.JOB.BRANCHES  .GITURLS           joined by commas, in the same order
//	job.JOB.IMAGES                       the same, of those that have made one
//
// It remembers what it filled in: it is not to be changed once it was used, and is
// for one goroutine at a time.
type RunVariables struct {
	Project, ProjectName   string // the name; empty: the key
	Workflow, WorkflowName string // the name; empty: the key
	Number                 int64
	Creator                penstock.Actor
	FromPlan               bool
	Created                time.Time
	URL                    string

	Params  []Param           // with their values; those of FromReference may hold variables
	Host    map[string]string // GROUP.KEY → value
	Payload map[string]string // trigger.branch → value
	Jobs    []JobVariables    // in the order of the definition

	filled map[string]filledValue // of inputs and parameters that hold variables, by name
	unborn bool                   // the run has no number yet, and was not created
}

type filledValue struct {
	value string
	known bool
}

// JobVariables are what the variables of one job of a run stand for.
type JobVariables struct {
	Key     string            // build, or build.service.module
	Inputs  map[string]string // may hold variables; see [Piece]
	Outputs map[string]string // data
	Status  JobState
	Started time.Time // zero: it has not started
}

// maxNesting bounds how deep inputs of jobs can refer to inputs of others, and
// ends those that refer to each other.
const maxNesting = 32

// Lookup returns the value of a variable of the run.
func (r *RunVariables) Lookup(name string) (string, bool) { return nested{r, 0}.Lookup(name) }

// nested is a run in whose inputs variables are filled in.
type nested struct {
	*RunVariables
	depth int
}

// Lookup returns the value of a variable of the run.
func (r nested) Lookup(name string) (string, bool) {
	root, rest, _ := strings.Cut(name, ".")
	switch root {
	case "project":
		return r.project(rest)
	case "workflow":
		if param, ok := strings.CutPrefix(rest, "params."); ok {
			return r.param(param)
		}
		return r.workflow(rest)
	case "parameter":
		v, ok := r.Host[rest]
		return v, ok
	case "payload":
		v, ok := r.Payload[rest]
		return v, ok || isTrigger(rest)
	case "job":
		return r.job(parseJobVariable(rest))
	default:
		return "", false
	}
}

func (r nested) project(name string) (string, bool) {
	switch name {
	case "", "id":
		return r.Project, true
	case "name":
		return first(r.ProjectName, r.Project), true
	default:
		return "", false
	}
}

func (r nested) workflow(name string) (string, bool) {
	switch name {
	case "id":
		return r.Workflow, true
	case "name":
		return first(r.WorkflowName, r.Workflow), true
	case "task.id":
		return strconv.FormatInt(r.Number, 10), !r.unborn
	case "task.creator":
		return first(r.Creator.Name, r.Creator.ID), true
	case "task.creator.id", "task.creator.userId":
		return r.Creator.ID, true
	case "task.creator.email":
		return r.Creator.Email, true
	case "task.is_release_plan_trigger":
		return strconv.FormatBool(r.FromPlan), true
	case "task.timestamp":
		return strconv.FormatInt(r.Created.Unix(), 10), !r.unborn
	case "task.datetime":
		return r.Created.UTC().Format(time.DateTime), !r.unborn
	case "task.url":
		return r.URL, true
	default:
		return "", false
	}
}

func (r nested) param(name string) (string, bool) {
	for i := range r.Params {
		if p := &r.Params[i]; p.Name == name && p.Type != RepoParam {
			if p.Source == FromReference {
				return r.fill("workflow.params."+name, p.Text())
			}
			return p.Text(), true
		}
	}
	return "", false
}

// fill returns a text of the definition, which is the value of a name, with its
// variables filled in: each name once, so that no nesting costs more than its parts.
func (r nested) fill(name, template string) (string, bool) {
	if !strings.Contains(template, braces) {
		return template, true
	}
	if known, ok := r.filled[name]; ok || r.depth == maxNesting {
		return known.value, known.known
	}
	var f filledValue
	if value, err := Expand(template, nested{r.RunVariables, r.depth + 1}); err == nil && len(value) <= MaxValue {
		f = filledValue{value, true}
	}
	if r.filled == nil {
		r.filled = make(map[string]filledValue)
	}
	r.filled[name] = f
	return f.value, f.known
}

// isTrigger reports whether a name under payload is always known.
func isTrigger(name string) bool {
	switch name {
	case "trigger.branch", "trigger.target_branch", "trigger.pr", "trigger.commit_id", "trigger.commit_sha",
		"trigger.commit_message", "trigger.committer", "trigger.event":
		return true
	default:
		return false
	}
}
