package rollout

import "slices"

// An Evaluator answers who has which of the features that it was compiled from.
// It never changes and may be used by many goroutines at once. The zero Evaluator
// knows no feature; a nil one must not be asked, as [Live] never does.
type Evaluator struct {
	features map[string]*feature
	faults   error
}

// Enabled reports whether the context has the feature. A nil context is an empty
// one; a feature that is unknown is off.
func (e *Evaluator) Enabled(name string, ctx *Context) bool {
	f := e.features[name]
	if f == nil {
		return false
	}
	if ctx == nil {
		ctx = &Context{}
	}
	var m memo
	return f.decide(ctx, &m) != nil
}

// Variant returns the variant of the feature that the context has. Without one
// it is named "disabled" and not enabled.
func (e *Evaluator) Variant(name string, ctx *Context) Selection {
	f := e.features[name]
	if f == nil {
		return Selection{Name: disabled}
	}
	if ctx == nil {
		ctx = &Context{}
	}
	var m memo
	return f.variant(f.decide(ctx, &m), ctx, &m)
}

// Has reports whether the feature is known.
func (e *Evaluator) Has(name string) bool { return e.features[name] != nil }

// Faults returns everything in the features and segments that could not be
// understood and therefore has its defined result (the package's documentation
// lists all of it), as one joined error that is an ErrInvalid, with paths such as
// features[2].strategies[0].segments[1]; nil if there is nothing. It is not a
// validation: see [Validate].
func (e *Evaluator) Faults() error { return e.faults }

// A feature is a compiled Feature.
type feature struct {
	enabled    bool
	parents    []parent
	strategies []strategy // without any in the Feature: one that matches everyone
	variants   *picker
	open       bool // there are no strategies in the Feature
}

// decide returns the strategy that turns the feature on, or nil.
func (f *feature) decide(ctx *Context, m *memo) *strategy {
	if !f.enabled {
		return nil
	}
	for i := range f.parents {
		if !f.parents[i].holds(ctx, m) {
			return nil
		}
	}
	for i := range f.strategies {
		if f.strategies[i].matches(ctx, m) {
			return &f.strategies[i]
		}
	}
	return nil
}

// variant returns what the context gets after s was decided.
func (f *feature) variant(s *strategy, ctx *Context, m *memo) Selection {
	if s == nil {
		return Selection{Name: disabled}
	}
	p := f.variants
	if s.ownVariants {
		p = s.variants
	}
	if p == nil {
		return Selection{Name: disabled, FeatureEnabled: true}
	}
	return *p.pick(ctx, m)
}

// A strategy is a compiled Strategy: everything in it must hold.
type strategy struct {
	conditions  []condition
	percentage  *percentage
	custom      func(Context) bool
	variants    *picker
	ownVariants bool // the list is not empty, though its weights may be
	about       *about
}

func (s *strategy) matches(ctx *Context, m *memo) bool {
	for i := range s.conditions {
		if !s.conditions[i].holds(ctx, m) {
			return false
		}
	}
	return (s.percentage == nil || s.percentage.matches(ctx, m)) &&
		(s.custom == nil || s.custom(*ctx))
}

// A parent is a compiled Dependency.
type parent struct {
	name     string
	feature  *feature // nil if it can never be as it must be
	unfit    string   // why it cannot
	off      bool
	variants []string
}

func (p *parent) holds(ctx *Context, m *memo) bool {
	if p.feature == nil {
		return false
	}
	s := p.feature.decide(ctx, m)
	if s == nil || p.off {
		return s == nil && p.off
	}
	if len(p.variants) == 0 {
		return true
	}
	return slices.Contains(p.variants, p.feature.variant(s, ctx, m).Name)
}
