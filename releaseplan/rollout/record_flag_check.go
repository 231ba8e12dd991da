package rollout

import (
	"fmt"
	"reflect"
	"slices"
)

// sizes reports whether there is not too much of a feature to look up the rest.
func (v *validator) sizes(f *Flag, before *Flag) bool {
	ok := v.most("environments", len(f.Environments), mostReferred)
	ok = v.most("dependencies", len(f.Dependencies), max(MaxDependencies, len(before.Dependencies))) && ok
	for _, name := range f.environments() {
		path, had := keyed("environments", name)+".strategies", before.In(name)
		strategies := f.Environments[name].Strategies
		ok = v.most(path, len(strategies), max(MaxStrategies, len(had.Strategies))) && ok
		for i := range strategies {
			s := had.strategy(strategies[i].ID)
			ok = v.most(fmt.Sprintf("%s[%d].segments", path, i), len(strategies[i].Segments), max(MaxStrategySegments, len(s.Segments))) && ok
		}
	}
	return ok
}

// setting checks what a feature is in one environment. A strategy that stays as it is
// passes, whatever has become of its definition or the legal values: nothing may
// keep a feature from being turned off.
func (v *validator) setting(name string, f, before *Flag, known *neighbours) {
	path := keyed("environments", name)
	if !known.environments[name] {
		v.fault(path, "environment %q is unknown", clip(name))
	}
	catalog, had := known.catalog(), before.In(name)
	catalog.Before = &had
	v.project = &f.Project
	s := f.Environments[name]
	seen := make(map[string]bool, len(s.Strategies))
	for i := range s.Strategies {
		x, at := &s.Strategies[i], fmt.Sprintf("%s.strategies[%d]", path, i)
		v.unique(at+".id", seen[x.ID], x.ID)
		seen[x.ID] = true
		if f.Project == before.Project && reflect.DeepEqual(*x, had.strategy(x.ID)) {
			continue
		}
		v.strategy(at, x, catalog)
		v.definition(at, x, before, known)
	}
	v.variants(path+".variants", s.Variants, true)
}

// definition checks a custom strategy by its definition.
func (v *validator) definition(path string, s *Strategy, before *Flag, known *neighbours) {
	d := known.definitions[s.Name]
	if d == nil {
		return
	}
	v.faults = nest(v.faults, path+".parameters", d.Check(s.Parameters))
	if d.Deprecated && !slices.ContainsFunc(before.strategies(), func(old *Strategy) bool { return old.Name == s.Name }) {
		v.fault(path+".name", "strategy %q is deprecated", d.Name)
	}
}

// family checks a feature against those that it depends on and those that depend
// on it: all are of one project, and whom others depend on is not archived.
func (v *validator) family(f, before *Flag, known *neighbours) {
	v.project = &f.Project
	v.dependencies("", &Feature{Name: f.Name, Dependencies: f.Dependencies}, known.catalog())
	for i := range f.Dependencies {
		p, at := known.parents[f.Dependencies[i].Feature], fmt.Sprintf("dependencies[%d].feature", i)
		switch {
		case p == nil || p.Name == f.Name:
		case p.Archived:
			v.fault(at, "%q is archived", p.Name)
		case p.Project == "" && f.Project != "":
			v.fault(at, "belongs to another project")
		}
	}
	if before.Name != "" && before.Project != f.Project && len(known.children) > 0 {
		v.fault("project", "feature %q depends on this one and would be in another", known.children[0])
	}
}
