package workflow

import (
	"slices"
	"strings"
)

// An Argument is the value that a start gives to a parameter.
type Argument struct {
	Name   string     `json:"name"`
	Type   ParamType  `json:"type,omitempty"`         // empty, or the type of the parameter
	Value  string     `json:"value,omitempty"`        // of a multi-select: joined by commas, if Chosen is empty
	Repo   *RepoInput `json:"repo,omitempty"`         // of a repo
	Chosen []string   `json:"choice_value,omitempty"` // of a multi-select
}

// Arguments returns the parameters of the definition with the values of a start:
// those given, and the definition's for the others. Everything that is wrong, also
// a required value that nobody gives, is an ErrInvalid with the path of the
// argument, parameters[1].value, or of the parameter, params[0]. The result is the
// caller's own but for repositories and options, which are shared with d.
func (d *Definition) Arguments(given []Argument) ([]Param, error) {
	var c Checker
	if !c.Count("parameters", len(given), MaxParams) {
		return nil, c.Faults()
	}
	params := slices.Clone(d.Params)
	seen := make(map[string]bool, len(given))
	bad := make(map[string]bool)
	for i := range given {
		a, at := &given[i], c.At("parameters[%d]", i)
		j := slices.IndexFunc(params, func(p Param) bool { return p.Name == a.Name })
		switch {
		case j < 0:
			at.Fault("name", "the workflow has no parameter %q", short(a.Name))
		case seen[a.Name]:
			at.Fault("name", "%q is given twice", a.Name)
		default:
			before := at.count()
			params[j] = params[j].take(at, a)
			bad[a.Name] = at.count() > before
		}
		seen[a.Name] = true
	}
	for i := range params {
		if p := &params[i]; !bad[p.Name] && p.missing() {
			c.Fault("params["+decimal(i)+"]", "workflow param %s is required", p.Name)
		}
	}
	if err := c.Faults(); err != nil {
		return nil, err
	}
	return params, nil
}

// take returns p with the value of a.
func (p Param) take(c *Checker, a *Argument) Param {
	switch {
	case a.Type != "" && a.Type != p.Type && (a.Type != SecretParam && p.Type != SecretParam || p.IsSecret() != (a.Type == SecretParam)):
		c.Fault("type", "%q is of type %s", p.Name, p.Type)
		return p
	case !p.Settable():
		c.Fault("name", "%q is set by the workflow", p.Name)
		return p
	case a.Repo != nil && p.Type != RepoParam:
		c.Fault("repo", "goes with type %s only", RepoParam)
	case len(a.Chosen) > 0 && p.Type != MultiParam:
		c.Fault("choice_value", "goes with type %s only", MultiParam)
	}
	c.Text("value", a.Value, MaxValue)
	switch p.Type {
	case RepoParam:
		return p.takeRepo(c, a)
	case MultiParam:
		chosen := a.Chosen
		field := "choice_value"
		if len(chosen) == 0 && a.Value != "" {
			chosen, field = strings.Split(a.Value, ","), "value"
		}
		c.checkChosen(field, p.Options, chosen)
		p.Chosen, p.Value = slices.Clone(chosen), ""
		return p
	case ChoiceParam:
		if !slices.Contains(p.Options, a.Value) {
			c.Fault("value", "must be one of the options")
		}
	case StringParam, SecretParam:
		c.oneLine("value", a.Value)
	case TextParam:
	}
	p.Value = a.Value
	return p
}

func (p Param) takeRepo(c *Checker, a *Argument) Param {
	if a.Repo == nil {
		c.Fault("repo", "must be given")
		return p
	}
	at := c.At("repo")
	at.checkRepoInput(*a.Repo)
	var r Repository
	if p.Repo != nil && a.Repo.names(*p.Repo) {
		r = *p.Repo
	}
	r = a.Repo.onto(r)
	if first(r.Namespace, r.Owner) == "" {
		at.Fault("repo_namespace", "must not be empty")
	}
	p.Repo = &r
	return p
}
