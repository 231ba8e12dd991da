package template

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A reference is a record that a milestone names, and where it does.
type reference struct {
	rollout.Ref
	path string
}

// references returns the segments and custom strategies that milestones name, each
// once. A name that parameters are filled into is none.
func (t *Template) references() (all []reference) {
	seen := make(map[rollout.Ref]bool)
	add := func(kind, id, path string) {
		if ref := (rollout.Ref{Kind: kind, ID: id}); !seen[ref] {
			seen[ref] = true
			all = append(all, reference{ref, path})
		}
	}
	for i := range t.Content.Milestones {
		for j := range t.Content.Milestones[i].Strategies {
			s, path := &t.Content.Milestones[i].Strategies[j], fmt.Sprintf("content.milestones[%d].strategies[%d]", i, j)
			if !builtIn(s.Name) && len(names(s.Name)) == 0 {
				add(rollout.KindStrategy, s.Name, path+".name")
			}
			for k, id := range s.Segments {
				add(rollout.KindSegment, strconv.Itoa(id), fmt.Sprintf("%s.segments[%d]", path, k))
			}
		}
	}
	return all
}

// builtIn reports whether a strategy needs no definition.
func builtIn(name string) bool {
	return slices.Contains([]string{rollout.Everyone, rollout.FlexibleRollout, rollout.UserWithID, rollout.GradualUserID,
		rollout.GradualSessionID, rollout.GradualRandom, rollout.RemoteAddress, rollout.ApplicationHostname}, name)
}

// known looks up what milestones name.
func (t *Template) known(v *validator, catalogs []*rollout.Catalog) {
	all := t.references()
	for _, kind := range []string{rollout.KindSegment, rollout.KindStrategy} {
		n := 0
		for _, r := range all {
			if r.Kind == kind {
				n++
			}
		}
		if n > MaxReferences {
			v.fault("content.milestones", "name %d of kind %s: at most %d", n, kind, MaxReferences)
		}
	}
	for _, catalog := range catalogs {
		if catalog == nil {
			continue
		}
		for _, r := range all {
			switch r.Kind {
			case rollout.KindStrategy:
				if catalog.Strategy != nil && !catalog.Strategy(r.ID) {
					v.fault(r.path, "%s is unknown", clip(r.String()))
				}
			case rollout.KindSegment:
				id, err := strconv.Atoi(r.ID)
				if err != nil || catalog.Segment == nil {
					continue
				}
				if s := catalog.Segment(id); s == nil {
					v.fault(r.path, "%s is unknown", clip(r.String()))
				} else if t.Project != "" && s.Project != "" && s.Project != t.Project {
					v.fault(r.path, "segment %d belongs to another project", id)
				}
			}
		}
		t.customs(v, catalog)
	}
}

// customs checks the parameters of custom strategies, but for what is filled in: a
// number or a switch, it takes one of both.
func (t *Template) customs(v *validator, catalog *rollout.Catalog) {
	if catalog.Parameters == nil {
		return
	}
	for i := range t.Content.Milestones {
		for j := range t.Content.Milestones[i].Strategies {
			s := &t.Content.Milestones[i].Strategies[j]
			if builtIn(s.Name) || len(names(s.Name)) > 0 || catalog.Strategy != nil && !catalog.Strategy(s.Name) {
				continue
			}
			path := fmt.Sprintf("content.milestones[%d].strategies[%d].parameters", i, j)
			again := checked(catalog, s, "true")
			for _, f := range checked(catalog, s, "1") {
				if slices.ContainsFunc(again, func(g *penstock.InvalidError) bool { return *f == *g }) {
					v.fault(fault.Under(path, f.Field), "%s", f.Why)
				}
			}
		}
	}
}

// checked returns the faults of the parameters of a custom strategy with a sample in
// place of what is filled in.
func checked(catalog *rollout.Catalog, s *rollout.Strategy, sample string) []*penstock.InvalidError {
	filled := s.Clone()
	for name, value := range filled.Parameters {
		if len(names(value)) > 0 {
			filled.Parameters[name] = sample
		}
	}
	return penstock.Faults(catalog.Parameters(&filled))
}
