package workflow

import (
	"regexp"
	"slices"
	"strings"
)

// paramName is what {{.workflow.params.NAME}} can hold.
var paramName = regexp.MustCompile(`^[\p{L}\p{N}_-]{1,64}$`)

// check reports the faults of a parameter; seen has the names before it.
func (p *Param) check(c *Checker, seen map[string]bool) {
	if !paramName.MatchString(p.Name) {
		c.Fault("name", "%q is not 1 to 64 letters, digits, _ and -", short(p.Name))
	} else if seen[p.Name] {
		c.Fault("name", "%q is there already", p.Name)
	}
	seen[p.Name] = true
	c.Text("description", p.Description, MaxDescription)
	c.OneOf("type", string(p.Type), string(StringParam), string(TextParam), string(ChoiceParam), string(MultiParam),
		string(RepoParam), string(SecretParam))
	c.OneOf("source", string(p.Source), "", string(FromStart), string(FromFixed), string(FromReference))
	c.Text("value", p.Value, MaxValue)
	c.Text("default", p.Default, MaxValue)
	c.checkOptions(p.Type, p.Options)
	if p.Secret && (p.Type == ChoiceParam || p.Type == MultiParam || p.Type == RepoParam) {
		c.Fault("is_credential", "goes with a string or text only")
	}
	if p.Repo != nil {
		if p.Type == RepoParam {
			p.Repo.check(c.At("repo"))
		} else {
			c.Fault("repo", "goes with type %s only", RepoParam)
		}
	}
	switch p.Type {
	case StringParam, SecretParam:
		c.oneLine("value", p.Value)
		c.oneLine("default", p.Default)
	case ChoiceParam:
		for _, v := range []struct{ field, text string }{{"value", p.Value}, {"default", p.Default}} {
			if v.text != "" && !hasVariable(v.text) && !slices.Contains(p.Options, v.text) {
				c.Fault(v.field, "must be one of the options")
			}
		}
	case MultiParam:
		c.checkChosen("choice_value", p.Options, p.Chosen)
	case TextParam, RepoParam:
	}
	if len(p.Chosen) > 0 && p.Type != MultiParam {
		c.Fault("choice_value", "goes with type %s only", MultiParam)
	}
	if p.Required && !p.Settable() && p.missing() {
		c.Fault("value", "a required parameter that no start can give must have a value")
	}
}

func (c *Checker) oneLine(field, s string) {
	if strings.ContainsAny(s, "\r\n\x00") {
		c.Fault(field, "must be one line: type %s has several", TextParam)
	}
}

// missing reports whether p is required and has no value.
func (p *Param) missing() bool {
	switch {
	case !p.Required:
		return false
	case p.Type == MultiParam:
		return len(p.Chosen) == 0
	case p.Type == RepoParam:
		r := p.Repo
		return r == nil || first(r.Namespace, r.Owner) == "" || r.Name == "" || r.Ref() == "" && !r.pulls()
	default:
		return strings.TrimSpace(p.Text()) == ""
	}
}
