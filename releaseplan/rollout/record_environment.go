package rollout

import (
	"context"
	"errors"
)

// An Environment is a place that features are on or off in.
type Environment struct {
	Name      string `json:"name"`
	Type      string `json:"type,omitempty"` // development, test, production, … ; not evaluated
	SortOrder int    `json:"sortOrder,omitempty"`
}

type environmentRules struct{}

func (environmentRules) key(name string) string                      { return nameKey(name) }
func (environmentRules) id(e *Environment) *string                   { return &e.Name }
func (environmentRules) named(e *Environment) (name, project string) { return e.Name, "" }
func (environmentRules) index(*Environment) map[string][]string      { return make(map[string][]string) }
func (environmentRules) sort(e *Environment) int64                   { return int64(e.SortOrder) }
func (environmentRules) happened(_, _ *Environment) string           { return "updated" }

func (environmentRules) check(_ context.Context, _ *change, _ *Environment, e Environment) (Environment, error) {
	var v validator
	v.name("name", e.Name)
	v.short("type", e.Type)
	return e, errors.Join(v.faults...)
}

// nameKey is the key of what is known by its name.
func nameKey(name string) string {
	if !validName(name) {
		return ""
	}
	return name
}
