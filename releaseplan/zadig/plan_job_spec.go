package zadig

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

// What a client of this dialect sends is data, while texts in a runs.Spec can hold variables of
// the plan: so braces are doubled on the way in, and halved on the way out.
var (
	asData = strings.NewReplacer("{", "{{", "}", "}}")
	asText = strings.NewReplacer("{{", "{", "}}", "}")
)

// toJobWorkflow shows a spec. Of the definition, nil if it is not known, come the project and which
// values are secret.
func toJobWorkflow(s runs.Spec, d *workflow.Definition, secrets jobSecrets) planWorkflow {
	out := planWorkflow{Name: s.Workflow, Params: []planParam{}, Remark: asText.Replace(s.Remark)}
	if d != nil {
		out.Project = d.Project
	}
	for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
		v := s.Parameters[name]
		p := planParam{Name: name, Value: asText.Replace(v.Text), Chosen: eachOf(v.Chosen, asText.Replace), Repo: repoWith(asText, v.Repo)}
		var known *workflow.Param
		if d != nil {
			known = d.Param(name)
		}
		switch {
		case known != nil:
			p.Type = string(known.Type)
		case v.Repo != nil:
			p.Type = string(workflow.RepoParam)
		case v.Chosen != nil:
			p.Type = string(workflow.MultiParam)
		default:
			p.Type = string(workflow.StringParam)
		}
		if secret := known != nil && known.IsSecret(); secrets.hidden || secret {
			p.Value, p.Chosen = maskedText(p.Value), eachOf(p.Chosen, maskedText)
			if secret {
				p.Repo = nil // it takes none
			}
		}
		out.Params = append(out.Params, p)
	}
	out.Inputs = eachOf(s.Inputs, func(in workflow.JobInput) planInput {
		shown := replaced(asText, in.Parameters)
		if len(shown) > 0 {
			shown = secrets.of(in.Job).masked(shown)
		}
		return planInput{Job: in.Job, Type: in.Type, Parameters: anyObject{shown}, Skip: in.Skip}
	})
	return out
}

func maskedText(text string) string {
	if text == "" {
		return ""
	}
	return workflow.Masked
}

// repoWith returns a repository with its texts replaced.
func repoWith(r *strings.Replacer, in *workflow.RepoInput) *workflow.RepoInput {
	if in == nil {
		return nil
	}
	out := *in
	for _, text := range []*string{&out.CodeHostName, &out.Namespace, &out.Name, &out.Branch, &out.Tag, &out.CommitID, &out.Remote, &out.CheckoutPath, &out.Stream, &out.ViewMapping} {
		*text = r.Replace(*text)
	}
	return &out
}

// replaced returns JSON with its texts replaced, but for the names of members.
func replaced(r *strings.Replacer, text json.RawMessage) json.RawMessage {
	if len(text) == 0 {
		return nil
	}
	tree, err := decodeTree(text)
	if err != nil {
		return text // it is none
	}
	out, err := json.Marshal(replacedTree(r, tree))
	if err != nil {
		return text
	}
	return out
}

func replacedTree(r *strings.Replacer, tree any) any {
	switch v := tree.(type) {
	case string:
		return r.Replace(v)
	case []any:
		for i := range v {
			v[i] = replacedTree(r, v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = replacedTree(r, v[name])
		}
	}
	return tree
}

// fromJobWorkflow returns the spec that was sent. What is sent as it was shown is kept as it is: a
// mask keeps the secret, and a text keeps its variables.
func fromJobWorkflow(w planWorkflow, before *runs.Spec, shown *planWorkflow) (runs.Spec, error) {
	s := runs.Spec{Workflow: w.Name, Remark: asData.Replace(w.Remark)}
	var faults []error
	if w.Name == "" {
		faults = append(faults, penstock.Invalid("workflow.name", "must not be empty"))
	}
	same := before != nil && before.Workflow == w.Name
	if same {
		s.Ticket, s.PassApproval = before.Ticket, before.PassApproval
		if w.Remark == shown.Remark {
			s.Remark = before.Remark
		}
	}
	if len(w.Params) > 0 {
		s.Parameters = make(map[string]runs.Value, len(w.Params))
	}
	for i, p := range w.Params {
		path := fmt.Sprintf("workflow.params[%d]", i)
		if _, twice := s.Parameters[p.Name]; twice || p.Name == "" {
			faults = append(faults, penstock.Invalid(path+".name", "must be there, and once"))
		}
		s.Parameters[p.Name] = p.value()
		if !same {
			continue
		}
		if old, ok := before.Parameters[p.Name]; ok && p.sameAs(shown.param(p.Name)) {
			s.Parameters[p.Name] = old
		}
	}
	if same && sameInputs(w.Inputs, shown.Inputs) {
		s.Inputs = before.Inputs
		return s, rest.Join(faults)
	}
	for i, in := range w.Inputs {
		if in.Job == "" {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("workflow.inputs[%d].job_name", i), "must not be empty"))
		}
		if text := in.Parameters.RawMessage; len(text) > 0 && text[0] != '{' {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("workflow.inputs[%d].parameters", i), "must be an object"))
		}
		parameters := replaced(asData, in.Parameters.RawMessage)
		if same {
			parameters = keptInput(in, shown.Inputs, before.Inputs)
		}
		s.Inputs = append(s.Inputs, workflow.JobInput{Job: in.Job, Type: in.Type, Parameters: parameters, Skip: in.Skip})
	}
	return s, rest.Join(faults)
}

// value is what a parameter is given. A multi-select is a list even if nothing was chosen.
func (p planParam) value() runs.Value {
	switch {
	case p.Repo != nil:
		return runs.Value{Repo: repoWith(asData, p.Repo)}
	case len(p.Chosen) > 0, p.Type == string(workflow.MultiParam) && p.Value == "":
		return runs.Value{Chosen: eachOf(p.Chosen, asData.Replace)}
	default:
		return runs.Value{Text: asData.Replace(p.Value)}
	}
}

func (w *planWorkflow) param(name string) planParam {
	i := slices.IndexFunc(w.Params, func(p planParam) bool { return p.Name == name })
	if i < 0 {
		return planParam{}
	}
	return w.Params[i]
}

func (p planParam) sameAs(shown planParam) bool {
	return p.Value == shown.Value && slices.Equal(p.Chosen, shown.Chosen) && reflect.DeepEqual(p.Repo, shown.Repo)
}

func sameInputs(a, b []planInput) bool {
	return slices.EqualFunc(a, b, func(x, y planInput) bool {
		return x.Job == y.Job && x.Type == y.Type && reflect.DeepEqual(x.Skip, y.Skip) && sameTree(x.Parameters, y.Parameters)
	})
}

func sameTree(a, b anyObject) bool {
	x, errX := a.MarshalJSON()
	y, errY := b.MarshalJSON()
	if errX != nil || errY != nil {
		return false
	}
	treeX, errX := decodeTree(x)
	treeY, errY := decodeTree(y)
	return errX == nil && errY == nil && reflect.DeepEqual(treeX, treeY)
}
