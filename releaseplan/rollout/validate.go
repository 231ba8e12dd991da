package rollout

import (
	"fmt"
	"slices"
)

func (v *validator) feature(path string, f *Feature, known *Catalog) {
	v.project = &f.Project
	defer func() { v.project = nil }()
	v.name(under(path, "name"), f.Name)
	v.short(under(path, "type"), f.Type)
	v.short(under(path, "project"), f.Project)
	v.text(under(path, "description"), f.Description)
	var before Feature
	if known != nil && known.Before != nil && known.Before.Name == f.Name {
		before = *known.Before
	}
	if v.most(under(path, "strategies"), len(f.Strategies), max(MaxStrategies, len(before.Strategies))) {
		for i := range f.Strategies {
			v.strategy(fmt.Sprintf("%s[%d]", under(path, "strategies"), i), &f.Strategies[i], known)
		}
	}
	v.variants(under(path, "variants"), f.Variants, true)
	if v.most(under(path, "dependencies"), len(f.Dependencies), max(MaxDependencies, len(before.Dependencies))) {
		v.dependencies(path, f, known)
	}
}

// dependencies: no feature depends on itself, nor on one that depends on another.
func (v *validator) dependencies(path string, f *Feature, known *Catalog) {
	if len(f.Dependencies) == 0 {
		return
	}
	if known != nil && known.Dependents != nil {
		children := slices.DeleteFunc(slices.Clone(known.Dependents(f.Name)), func(name string) bool { return name == f.Name })
		if len(children) > 0 {
			v.fault(under(path, "dependencies"), "%q depends on this feature, which then must not depend on others", clip(children[0]))
		}
	}
	seen := make(map[string]bool, len(f.Dependencies))
	for i := range f.Dependencies {
		d, at := &f.Dependencies[i], fmt.Sprintf("%s[%d]", under(path, "dependencies"), i)
		v.unique(at+".feature", seen[d.Feature], d.Feature)
		seen[d.Feature] = true
		if d.wantsOff() && len(d.Variants) > 0 {
			v.fault(at+".variants", "a feature that must be off has none")
		}
		if v.most(at+".variants", len(d.Variants), MaxValues) {
			for j, name := range d.Variants {
				v.given(fmt.Sprintf("%s.variants[%d]", at, j), name)
			}
		}
		if v.given(at+".feature", d.Feature) {
			v.parent(at+".feature", d.Feature, f, known)
		}
	}
}

func (v *validator) parent(path, name string, f *Feature, known *Catalog) {
	if name == f.Name {
		v.fault(path, "a feature cannot depend on itself")
		return
	}
	if known == nil || known.Feature == nil {
		return
	}
	p := known.Feature(name)
	if why := unfit(p != nil, p != nil && len(p.Dependencies) > 0); why != "" {
		v.fault(path, "feature %q %s", clip(name), why)
	}
	if p != nil {
		v.shared(path, p.Project)
	}
}

func (v *validator) segment(path string, s *Segment, known *Catalog) {
	v.given(under(path, "name"), s.Name)
	v.text(under(path, "description"), s.Description)
	v.short(under(path, "project"), s.Project)
	if s.ID < 0 {
		v.fault(under(path, "id"), "%d is below 0", s.ID)
	}
	if !v.most(under(path, "constraints"), len(s.Constraints), MaxConstraints) {
		return
	}
	n := 0
	for i := range s.Constraints {
		n += len(s.Constraints[i].Values)
		v.constraint(fmt.Sprintf("%s[%d]", under(path, "constraints"), i), &s.Constraints[i], nil, known)
	}
	if n > MaxSegmentValues {
		v.fault(under(path, "constraints"), "%d values are too many: at most %d", n, MaxSegmentValues)
	}
}
