package rollout

import (
	"maps"
	"reflect"
	"slices"
)

// A Flag is a feature as it is stored: in all environments. [Flag.In] is the
// [Feature] of one.
type Flag struct {
	Name           string             `json:"name"` // unique among all projects
	Type           string             `json:"type,omitempty"`
	Description    string             `json:"description,omitempty"`
	Project        string             `json:"project,omitempty"`
	Stale          bool               `json:"stale,omitempty"`
	ImpressionData bool               `json:"impressionData,omitempty"`
	Archived       bool               `json:"archived,omitempty"` // in no State; its name stays taken
	Dependencies   []Dependency       `json:"dependencies,omitempty"`
	Environments   map[string]Setting `json:"environments,omitempty"` // by name; off in all others
}

// A Setting is what a feature is in one environment. Strategies that an update
// leaves as they are are not checked again, so that a feature can always be turned off.
type Setting struct {
	Enabled    bool       `json:"enabled"`
	Strategies []Strategy `json:"strategies,omitempty"` // if there are none, it is on for everyone
	Variants   []Variant  `json:"variants,omitempty"`   // for strategies without variants of their own
}

// In returns the feature in an environment. It shares the parts of f.
func (f *Flag) In(environment string) Feature {
	s := f.Environments[environment]
	if s.Strategies == nil {
		s.Strategies = []Strategy{}
	}
	return Feature{Name: f.Name, Type: f.Type, Description: f.Description, Project: f.Project, Stale: f.Stale, ImpressionData: f.ImpressionData,
		Dependencies: f.Dependencies, Enabled: s.Enabled, Strategies: s.Strategies, Variants: s.Variants}
}

// environments returns the names of those that have a setting, sorted.
func (f *Flag) environments() []string { return slices.Sorted(maps.Keys(f.Environments)) }

// strategies returns those of all environments.
func (f *Flag) strategies() (all []*Strategy) {
	for _, name := range f.environments() {
		s := f.Environments[name].Strategies
		for i := range s {
			all = append(all, &s[i])
		}
	}
	return all
}

// withDefaults returns f with the defaults of its strategies in place, and ids for
// those that have none. Settings and strategies are copied, not changed.
func (f Flag) withDefaults(stickiness string, newID func() string) Flag {
	f.Environments = maps.Clone(f.Environments)
	for name, s := range f.Environments {
		s.Strategies = slices.Clone(s.Strategies)
		for i := range s.Strategies {
			s.Strategies[i] = s.Strategies[i].WithDefaults(f.Name, stickiness)
			if s.Strategies[i].ID == "" {
				s.Strategies[i].ID = newID()
			}
		}
		f.Environments[name] = s
	}
	return f
}

// normalize makes the weights of all variants sum up. It writes to settings and
// strategies.
func (f *Flag) normalize(before *Flag) (err error) {
	for name, s := range f.Environments {
		had := before.In(name)
		for i := range s.Strategies {
			x := &s.Strategies[i]
			if x.Variants, err = weigh(x.Variants, had.strategy(x.ID).Variants); err != nil {
				return err
			}
		}
		if s.Variants, err = weigh(s.Variants, had.Variants); err != nil {
			return err
		}
		f.Environments[name] = s
	}
	return nil
}

// weigh normalizes variants but for those that are stored as they are: what does
// not divide could fall to others now, and people with it.
func weigh(variants, stored []Variant) ([]Variant, error) {
	if reflect.DeepEqual(variants, stored) {
		return variants, nil
	}
	return NormalizeWeights(variants)
}
