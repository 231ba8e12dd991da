package rollout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Definition tells of a custom strategy: which parameters it takes. What it does
// is up to the host: [Options].Strategies.
type Definition struct {
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Parameters  []Parameter `json:"parameters,omitempty"`
	Deprecated  bool        `json:"deprecated,omitempty"` // features that have it keep it; no others get it
}

// A Parameter of a custom strategy. Its values are strings all the same.
type Parameter struct {
	Name        string        `json:"name"`
	Type        ParameterType `json:"type"`
	Description string        `json:"description,omitempty"`
	Required    bool          `json:"required,omitempty"` // must not be empty
}

// A ParameterType says what a parameter's value must look like if it is not empty.
type ParameterType string

// The types of parameters.
const (
	StringParameter     ParameterType = "string"
	PercentageParameter ParameterType = "percentage" // a number from 0 to 100
	ListParameter       ParameterType = "list"       // items between commas, one at least
	NumberParameter     ParameterType = "number"
	BooleanParameter    ParameterType = "boolean" // true or false
)

// Check returns every fault of the parameters of a strategy as one joined error
// that is an ErrInvalid, with the name of each as its path; nil if there is none.
// Any strategy may have a groupId and a stickiness, for its variants.
func (d *Definition) Check(parameters map[string]string) error {
	var v validator
	for i := range d.Parameters {
		p := &d.Parameters[i]
		value, at := parameters[p.Name], strings.TrimPrefix(keyed("", p.Name), ".")
		if value == "" {
			if p.Required {
				v.fault(at, "must not be empty")
			}
			continue
		}
		switch p.Type {
		case PercentageParameter:
			v.percentage(at, value)
		case ListParameter:
			v.items(at, value)
		case NumberParameter:
			if _, ok := parseNumber(value); !ok {
				v.fault(at, "%q is not a number", clip(value))
			}
		case BooleanParameter:
			if value != "true" && value != "false" {
				v.fault(at, "%q is not true or false", clip(value))
			}
		case StringParameter:
		}
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if name == "groupId" || name == "stickiness" {
			continue
		}
		if !slices.ContainsFunc(d.Parameters, func(p Parameter) bool { return p.Name == name }) {
			v.fault(strings.TrimPrefix(keyed("", name), "."), "is no parameter of %q", d.Name)
		}
	}
	return errors.Join(v.faults...)
}

// builtIn reports whether a strategy needs no definition.
func builtIn(name string) bool {
	switch name {
	case Everyone, FlexibleRollout, UserWithID, GradualUserID, GradualSessionID, GradualRandom, RemoteAddress, ApplicationHostname:
		return true
	default:
		return false
	}
}

type definitionRules struct{}

func (definitionRules) key(name string) string                     { return nameKey(name) }
func (definitionRules) id(d *Definition) *string                   { return &d.Name }
func (definitionRules) named(d *Definition) (name, project string) { return d.Name, "" }
func (definitionRules) index(*Definition) map[string][]string      { return make(map[string][]string) }
func (definitionRules) sort(*Definition) int64                     { return 0 }

func (definitionRules) happened(before, after *Definition) string {
	switch {
	case before.Deprecated == after.Deprecated:
		return "updated"
	case after.Deprecated:
		return "deprecated"
	default:
		return "reactivated"
	}
}

// check looks at the definition alone: strategies that have other parameters are
// told of when they change.
func (definitionRules) check(_ context.Context, _ *change, _ *Definition, d Definition) (Definition, error) {
	var v validator
	v.name("name", d.Name)
	if builtIn(d.Name) {
		v.fault("name", "%q is built in", d.Name)
	}
	v.text("description", d.Description)
	if !v.most("parameters", len(d.Parameters), MaxParameters) {
		return d, errors.Join(v.faults...)
	}
	seen := make(map[string]bool, len(d.Parameters))
	for i := range d.Parameters {
		p, at := &d.Parameters[i], fmt.Sprintf("parameters[%d]", i)
		v.given(at+".name", p.Name)
		v.unique(at+".name", seen[p.Name], p.Name)
		seen[p.Name] = true
		v.text(at+".description", p.Description)
		switch p.Type {
		case StringParameter, PercentageParameter, ListParameter, NumberParameter, BooleanParameter:
		default:
			v.fault(at+".type", "%q is no type", clip(string(p.Type)))
		}
	}
	return d, errors.Join(v.faults...)
}
