package zadig

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

// Members that hold the value of a variable, that name it, and that are always secret.
var (
	valueMembers = []string{"value", "default", "choice_value"}
	nameMembers  = []string{"key", "name"}
	tokenMembers = []string{"oauth_token"}
)

// An inputSecret knows which values of an input are credentials.
type inputSecret struct {
	all   bool            // nothing is known: every value may be one
	names map[string]bool // the variables that are
}

// jobSecrets are those of the jobs of a definition.
type jobSecrets struct {
	hidden bool // nothing is known
	jobs   map[string]inputSecret
	any    inputSecret // of all jobs
}

// secretsOf returns what a definition, nil if none is known, says of the variables of its jobs.
func secretsOf(d *workflow.Definition) jobSecrets {
	s := jobSecrets{jobs: make(map[string]inputSecret), any: inputSecret{names: make(map[string]bool)}}
	if d == nil {
		return s
	}
	for _, stage := range d.Stages {
		for _, j := range stage.Jobs {
			one := inputSecret{names: make(map[string]bool)}
			if tree, err := decodeTree(j.Spec); err == nil {
				one.learn(tree)
			}
			s.jobs[j.Name] = one
			maps.Copy(s.any.names, one.names)
		}
	}
	return s
}

// of returns those of a job; of a job that is not known, of all.
func (s jobSecrets) of(job string) inputSecret {
	if one, ok := s.jobs[job]; ok {
		return one
	}
	return inputSecret{s.hidden, s.any.names}
}

// learn collects the names of variables that say that they are credentials.
func (s inputSecret) learn(tree any) {
	switch v := tree.(type) {
	case []any:
		for _, e := range v {
			s.learn(e)
		}
	case map[string]any:
		for member, e := range v {
			if isMember(member, nameMembers) && saysSecret(v) {
				if name, ok := e.(string); ok {
					s.names[name] = true
				}
			}
			s.learn(e)
		}
	}
}

// saysSecret reports whether a variable says that it is a credential.
func saysSecret(v map[string]any) bool {
	for member, e := range v {
		if strings.EqualFold(member, "is_credential") && e == true || strings.EqualFold(member, "type") && e == string(workflow.SecretParam) {
			return true
		}
	}
	return false
}

func isMember(name string, of []string) bool {
	return slices.ContainsFunc(of, func(m string) bool { return strings.EqualFold(m, name) })
}

// holds reports whether the values of a variable are secret.
func (s inputSecret) holds(v map[string]any) bool {
	if s.all || saysSecret(v) {
		return true
	}
	for member, e := range v {
		if name, ok := e.(string); ok && s.names[name] && isMember(member, nameMembers) {
			return true
		}
	}
	return false
}

// replace puts what f returns in the place of every secret that is not empty.
func (s inputSecret) replace(path string, tree any, f func(path string, secret any) any) any {
	switch v := tree.(type) {
	case []any:
		for i, e := range v {
			v[i] = s.replace(fmt.Sprintf("%s[%d]", path, i), e, f)
		}
	case map[string]any:
		holds := s.holds(v)
		for member, e := range v {
			at := path + "." + clipped(member)
			switch {
			case !isMember(member, tokenMembers) && !(holds && isMember(member, valueMembers)):
				v[member] = s.replace(at, e, f)
			case e != nil && e != "" && !isEmpty(e):
				v[member] = f(at, e)
			}
		}
	}
	return tree
}

func isEmpty(v any) bool {
	list, ok := v.([]any)
	return ok && len(list) == 0
}

// masked returns the parameters of an input without its secrets.
func (s inputSecret) masked(parameters json.RawMessage) json.RawMessage {
	tree, err := decodeTree(parameters)
	if err != nil {
		return parameters // there are none
	}
	out, err := json.Marshal(s.replace("", tree, func(_ string, secret any) any { return mask(secret) }))
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return out
}

// mask returns what is shown for a secret: for each of a list.
func mask(secret any) any {
	list, ok := secret.([]any)
	if !ok {
		return workflow.Masked
	}
	out := make([]any, len(list))
	for i := range list {
		out[i] = workflow.Masked
	}
	return out
}

// isMask reports whether what is sent for a secret is what is shown for one.
func isMask(secret any) bool {
	if list, ok := secret.([]any); ok {
		return !slices.ContainsFunc(list, func(e any) bool { return e != workflow.Masked })
	}
	return secret == workflow.Masked
}

// plainSecrets says which secrets are sent in plain. What a plan says is shown to all who may read it.
func plainSecrets(inputs []planInput, known jobSecrets) error {
	return secretFaults(eachOf(inputs, func(in planInput) workflow.JobInput {
		return workflow.JobInput{Job: in.Job, Parameters: in.Parameters.RawMessage}
	}), known, false, "is secret: it takes a secret variable of the plan")
}

// loneMasks says which masks stand for nothing that was stored.
func loneMasks(s runs.Spec, known jobSecrets) error {
	inputs := slices.Clone(s.Inputs)
	for i := range inputs {
		inputs[i].Parameters = replaced(asText, inputs[i].Parameters)
	}
	return secretFaults(inputs, known, true, "is the mask of no value that is stored")
}

func secretFaults(inputs []workflow.JobInput, known jobSecrets, masks bool, why string) error {
	var faults []error
	for i, in := range inputs {
		tree, err := decodeTree(in.Parameters)
		if len(in.Parameters) == 0 || err != nil {
			continue
		}
		known.of(in.Job).replace(fmt.Sprintf("workflow.inputs[%d].parameters", i), tree, func(path string, secret any) any {
			if isMask(secret) == masks {
				faults = append(faults, penstock.Invalid(path, "%s", why))
			}
			return secret
		})
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return rest.Join(faults)
}
