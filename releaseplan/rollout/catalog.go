package rollout

import (
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
)

// A Catalog knows what a write may refer to. A nil function lets everything pass,
// and so does a nil Catalog. A segment or feature without a project is for all
// projects; one of a project is for the features of that project only.
type Catalog struct {
	Segment    func(id int) *Segment          // nil if there is none
	Strategy   func(name string) bool         // whether the host has the custom strategy
	Feature    func(name string) *Feature     // nil if there is none
	Dependents func(feature string) []string  // the features that depend on it
	Parameters func(strategy *Strategy) error // whether a custom strategy takes its parameters

	// Legal returns the values that a context field can have; none: any. Patterns
	// (REGEX) and address ranges (IN_CIDR) may be others, parts of values (STR_…)
	// may not.
	Legal func(field string) []string

	// Before is a feature as it is stored now. Sizes of the feature of that name,
	// of its strategies (found by id) and of their constraints (by index, if there
	// are as many) that are above a limit there may stay, but not grow.
	Before *Feature

	// Project is that of a strategy that is validated by itself. Empty: it is not
	// known, and segments of any project pass.
	Project string
}

// Validate returns every fault of a whole state as one joined error that is an
// ErrInvalid, with paths such as features[0].strategies[1].constraints[2].value;
// nil if there is none. The state knows its own segments and features; the
// catalog is asked about others. At most [MaxFeatures] features and [MaxSegments]
// segments are looked at.
//
// Here and in the other Validate methods, a list that is too long is one fault,
// and what is in it is not looked at.
func Validate(features []Feature, segments []Segment, catalog *Catalog) error {
	var v validator
	v.most("features", len(features), MaxFeatures)
	v.most("segments", len(segments), MaxSegments)
	if v.faults != nil {
		return errors.Join(v.faults...)
	}
	known := within(features, segments, catalog)
	names, ids := make(map[string]bool, len(segments)), make(map[int]bool, len(segments))
	for i := range segments {
		s, path := &segments[i], fmt.Sprintf("segments[%d]", i)
		v.segment(path, s, known)
		v.unique(path+".name", names[s.Name], s.Name)
		v.unique(path+".id", ids[s.ID], fmt.Sprint(s.ID))
		names[s.Name], ids[s.ID] = true, true
	}
	seen := make(map[string]bool, len(features))
	for i := range features {
		f, path := &features[i], fmt.Sprintf("features[%d]", i)
		v.feature(path, f, known)
		v.unique(path+".name", seen[f.Name], f.Name)
		seen[f.Name] = true
	}
	return errors.Join(v.faults...)
}

// within returns the catalog under the state, which wins.
func within(features []Feature, segments []Segment, catalog *Catalog) *Catalog {
	var outer Catalog
	if catalog != nil {
		outer = *catalog
	}
	known := outer
	byID := make(map[int]*Segment, len(segments))
	for i := range segments {
		byID[segments[i].ID] = &segments[i]
	}
	known.Segment = func(id int) *Segment {
		if s := byID[id]; s != nil || outer.Segment == nil {
			return s
		}
		return outer.Segment(id)
	}
	byName, children := make(map[string]*Feature, len(features)), make(map[string][]string)
	for i := range features {
		byName[features[i].Name] = &features[i]
		for _, d := range features[i].Dependencies {
			children[d.Feature] = append(children[d.Feature], features[i].Name)
		}
	}
	known.Feature = func(name string) *Feature {
		if f := byName[name]; f != nil || outer.Feature == nil {
			return f
		}
		return outer.Feature(name)
	}
	known.Dependents = func(name string) []string {
		all := children[name]
		if outer.Dependents == nil {
			return all
		}
		for _, child := range outer.Dependents(name) {
			if byName[child] == nil {
				all = append(all, child)
			}
		}
		return all
	}
	return &known
}

// Validate returns every fault of the feature as one joined error that is an
// ErrInvalid, with paths; nil if there is none.
func (f *Feature) Validate(catalog *Catalog) error {
	var v validator
	v.feature("", f, catalog)
	return errors.Join(v.faults...)
}

// Validate returns every fault of the strategy as one joined error that is an
// ErrInvalid, with paths; nil if there is none. Apply [Strategy.WithDefaults]
// first.
func (s *Strategy) Validate(catalog *Catalog) error {
	var v validator
	if catalog != nil && catalog.Project != "" {
		v.project = &catalog.Project
	}
	v.strategy("", s, catalog)
	return errors.Join(v.faults...)
}

// Validate returns every fault of the segment as one joined error that is an
// ErrInvalid, with paths; nil if there is none.
func (s *Segment) Validate(catalog *Catalog) error {
	var v validator
	v.segment("", s, catalog)
	return errors.Join(v.faults...)
}

// Validate returns every fault of the constraint as one joined error that is an
// ErrInvalid, with paths; nil if there is none.
func (c *Constraint) Validate(catalog *Catalog) error {
	var v validator
	v.constraint("", c, nil, catalog)
	return errors.Join(v.faults...)
}

// A validator collects faults.
type validator struct {
	faults  []error
	project *string // of the feature or strategy; nil if it is not known
}

func (v *validator) fault(path, format string, args ...any) {
	v.faults = append(v.faults, penstock.Invalid(path, format, args...))
}

func (v *validator) most(path string, n, limit int) bool {
	if n > limit {
		v.fault(path, "%d are too many: at most %d", n, limit)
	}
	return n <= limit
}

func (v *validator) unique(path string, seen bool, name string) {
	if seen {
		v.fault(path, "%q is there already", clip(name))
	}
}

// shared: what has a project is for that project only.
func (v *validator) shared(path, project string) {
	if v.project != nil && project != "" && project != *v.project {
		v.fault(path, "belongs to another project")
	}
}

// under returns the path of a field of what is at path.
func under(path, field string) string {
	if path == "" {
		return field
	}
	return path + "." + field
}

// keyed returns the path of a member of a map.
func keyed(path, key string) string {
	for i := range len(key) {
		if c := key[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return fmt.Sprintf("%s[%q]", path, clip(key))
		}
	}
	return path + "." + clip(key)
}
