package runs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// A Spec is what a task wants to have run, the [releaseplan.Task.Spec] of its kind. Every
// text in it, but for names of members, may hold variables of the plan: {version}, and
// {{ and }} for braces, as [releaseplan.Variable] tells. Variables of the workflow are not
// for it: what a start says is data.
type Spec struct {
	Workflow   string              `json:"workflow"`             // its key
	Parameters map[string]Value    `json:"parameters,omitempty"` // by name; default: those of the workflow
	Inputs     []workflow.JobInput `json:"inputs,omitempty"`     // for its jobs
	Remark     string              `json:"remark,omitempty"`
	Ticket     string              `json:"ticket,omitempty"` // a pre-approval ticket: its id or approval id

	// PassApproval lets the plan's approval count for all that the run would ask people
	// to approve: see [workflow.Granted]. The plan has to require one.
	PassApproval bool `json:"pass_approval,omitempty"`
}

// A Value is that of a parameter: exactly one of a text, the chosen ones of a
// multi-select, or a repository. In JSON it is a string, a list of strings, or an object.
type Value struct {
	Text   string
	Chosen []string
	Repo   *workflow.RepoInput
}

// MarshalJSON writes the one that is set; an empty text if none is.
func (v Value) MarshalJSON() ([]byte, error) {
	switch {
	case v.Repo != nil:
		return json.Marshal(v.Repo)
	case v.Chosen != nil:
		return json.Marshal(v.Chosen)
	default:
		return json.Marshal(v.Text)
	}
}

// UnmarshalJSON reads what [Value.MarshalJSON] writes, and nothing else: its error is an ErrInvalid.
func (v *Value) UnmarshalJSON(text []byte) error {
	*v = Value{}
	switch text = bytes.TrimSpace(text); {
	case len(text) > 0 && text[0] == '"':
		return json.Unmarshal(text, &v.Text)
	case len(text) > 0 && text[0] == '{':
		v.Repo = new(workflow.RepoInput)
		return workflow.DecodeInput(text, v.Repo)
	}
	var list []*string
	if len(text) == 0 || text[0] != '[' || json.Unmarshal(text, &list) != nil || slices.Contains(list, nil) {
		return penstock.Invalid("", "must be a text, a list of texts or a repository")
	}
	v.Chosen = make([]string, len(list))
	for i, chosen := range list {
		v.Chosen[i] = *chosen
	}
	return nil
}

// argument returns the value for a parameter.
func (v Value) argument(name string) workflow.Argument {
	return workflow.Argument{Name: name, Value: v.Text, Chosen: v.Chosen, Repo: v.Repo}
}

// maxTicket bounds the name of a ticket, in bytes.
const maxTicket = 255

// decode reads a spec, and refuses what it does not know. Every fault is told with its path.
func decode(text []byte) (*Spec, error) {
	var raw struct {
		Workflow     string                     `json:"workflow"`
		Parameters   map[string]json.RawMessage `json:"parameters"`
		Inputs       []workflow.JobInput        `json:"inputs"`
		Remark       string                     `json:"remark"`
		Ticket       string                     `json:"ticket"`
		PassApproval bool                       `json:"pass_approval"`
	}
	unknown := workflow.DecodeInput(text, &raw)
	if unknown != nil && json.Unmarshal(text, &raw) != nil { // it is not only that there are members too many
		return nil, unknown
	}
	s := &Spec{Workflow: raw.Workflow, Inputs: raw.Inputs, Remark: raw.Remark, Ticket: raw.Ticket, PassApproval: raw.PassApproval}
	var c workflow.Checker
	c.Err("", unknown)
	c.Name("workflow", s.Workflow)
	c.Text("remark", s.Remark, workflow.MaxRemark)
	c.Text("ticket", s.Ticket, maxTicket)
	if c.Count("parameters", len(raw.Parameters), workflow.MaxParams) && len(raw.Parameters) > 0 {
		s.Parameters = make(map[string]Value, len(raw.Parameters))
		for _, name := range slices.Sorted(maps.Keys(raw.Parameters)) {
			var v Value
			if err := v.UnmarshalJSON(raw.Parameters[name]); err != nil {
				c.Err("parameters."+short(name), err)
			}
			s.Parameters[name] = v
		}
	}
	if c.Count("inputs", len(s.Inputs), workflow.MaxRunJobs) {
		for i, in := range s.Inputs {
			c.Name(fmt.Sprintf("inputs[%d].job_name", i), in.Job)
		}
	}
	return s, c.Faults()
}

// Check reports everything that is wrong with the specs of a plan's tasks of a kind, as far
// as it can be known before the plan runs: an ErrInvalid with the path in the
// content, phases[0].tasks[1].spec.workflow, for each fault. Whether there are such
// workflows, and what they take, is found when the task starts.
func Check(content releaseplan.Content, kind string) error {
	var c workflow.Checker
	values := make(sets, 2)
	for i := range values {
		values[i] = make(map[string]string, len(content.Variables))
	}
	for _, v := range content.Variables {
		if values[blank][v.Name] = ""; v.Secret {
			values[marked][v.Name] = mark
		} else {
			values[marked][v.Name] = ""
		}
	}
	for i, phase := range content.Phases {
		for j, task := range phase.Tasks {
			if task.Kind != kind {
				continue
			}
			at := c.At("phases[%d].tasks[%d].spec", i, j)
			spec, err := decode(task.Spec)
			at.Err("", err)
			if json.Valid(task.Spec) { // otherwise that was told
				_, err = fill(task.Spec, values)
				at.Err("", err)
			}
			if spec != nil && spec.PassApproval && (content.Approval == nil || !content.Approval.Required()) {
				at.Fault("pass_approval", "the plan requires no approval that could be passed on")
			}
		}
	}
	return c.Faults()
}

// short keeps what somebody wrote short enough to repeat.
func short(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
