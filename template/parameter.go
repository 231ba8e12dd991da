package template

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"unicode/utf8"
)

// A Parameter is what may differ from plan to plan.
type Parameter struct {
	Name        string          `json:"name"`           // [A-Za-z_][A-Za-z0-9_]{0,63}, but not featureName
	Type        Type            `json:"type,omitempty"` // default: String
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Default     json.RawMessage `json:"default,omitempty"`  // a value of the type, as JSON
	Required    bool            `json:"required,omitempty"` // it must be given unless there is a default, and a text must not be empty
	Pattern     string          `json:"pattern,omitempty"`  // of String: RE2, for the whole value
	Choices     []string        `json:"choices,omitempty"`  // of Choice: 1 to 100 different texts
	Min         *float64        `json:"min,omitempty"`      // of Number; inclusive
	Max         *float64        `json:"max,omitempty"`      // of Number; inclusive
}

// A Type says what values a parameter takes.
type Type string

// The types of parameters, with what their values are in JSON and in Go.
const (
	String   Type = "string"   // a string
	Number   Type = "number"   // a number: any Go number, or a json.Number
	Bool     Type = "bool"     // true or false
	Choice   Type = "choice"   // one of the choices
	Duration Type = "duration" // an ISO 8601 string: a penstock.Duration or time.Duration
	Party    Type = "party"    // an object with type, id and name: a penstock.Party
)

// FeatureName is the placeholder, in the groupId of strategies, that is built in.
const FeatureName = "featureName"

var parameterName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

func (p *Parameter) kind() Type {
	if p.Type == "" {
		return String
	}
	return p.Type
}

// expression returns the pattern for a whole value; nil if there is none.
func (p *Parameter) expression() (*regexp.Regexp, error) {
	if p.Pattern == "" {
		return nil, nil
	}
	if _, err := regexp.Compile(p.Pattern); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + p.Pattern + `)$`)
}

// parameters checks the declarations.
func (v *validator) parameters(all []Parameter) {
	if !v.most("parameters", len(all), MaxParameters) {
		return
	}
	seen := make(map[string]bool, len(all))
	for i := range all {
		p, path := &all[i], fmt.Sprintf("parameters[%d]", i)
		switch {
		case !parameterName.MatchString(p.Name):
			v.fault(path+".name", "%q is not a letter or _ and then at most 63 letters, digits or _", clip(p.Name))
		case p.Name == FeatureName:
			v.fault(path+".name", "%s is built in", FeatureName)
		case seen[p.Name]:
			v.fault(path+".name", "%q is there already", p.Name)
		}
		seen[p.Name] = true
		v.short(path+".title", p.Title)
		v.text(path+".description", p.Description, MaxDescription)
		v.parameter(path, p)
	}
}

func (v *validator) parameter(path string, p *Parameter) {
	before := len(v.faults)
	kind := p.kind()
	switch kind {
	case String, Number, Bool, Choice, Duration, Party:
	default:
		v.fault(path+".type", "%q is no type", clip(string(p.Type)))
	}
	v.pattern(path+".pattern", p)
	v.choices(path+".choices", p)
	for _, bound := range []struct {
		name  string
		value *float64
	}{{".min", p.Min}, {".max", p.Max}} {
		switch {
		case bound.value == nil:
		case kind != Number:
			v.fault(path+bound.name, "goes with type %s only", Number)
		case math.IsNaN(*bound.value) || math.IsInf(*bound.value, 0):
			v.fault(path+bound.name, "must be a number")
		}
	}
	if p.Min != nil && p.Max != nil && *p.Min > *p.Max {
		v.fault(path+".max", "must not be below the minimum")
	}
	if len(v.faults) == before && p.Default != nil {
		if _, why := p.read(p.Default); why != "" {
			v.fault(path+".default", "%s", why)
		}
	}
}

func (v *validator) pattern(path string, p *Parameter) {
	switch {
	case p.Pattern == "":
	case p.kind() != String:
		v.fault(path, "goes with type %s only", String)
	case len(p.Pattern) > MaxPattern:
		v.fault(path, "%d bytes are too many: at most %d", len(p.Pattern), MaxPattern)
	case !utf8.ValidString(p.Pattern):
		v.fault(path, "must be UTF-8")
	default:
		if _, err := p.expression(); err != nil {
			v.fault(path, "is no regular expression: %v", err)
		}
	}
}

func (v *validator) choices(path string, p *Parameter) {
	switch {
	case p.kind() != Choice:
		if len(p.Choices) > 0 {
			v.fault(path, "go with type %s only", Choice)
		}
		return
	case len(p.Choices) == 0:
		v.fault(path, "must not be empty")
	case !v.most(path, len(p.Choices), MaxChoices):
		return
	}
	for i, c := range p.Choices {
		at := fmt.Sprintf("%s[%d]", path, i)
		v.name(at, c)
		if slices.Contains(p.Choices[:i], c) {
			v.fault(at, "%q is there already", clip(c))
		}
	}
}
