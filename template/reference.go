package template

import (
	"fmt"
	"slices"
	"strconv"

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
func (t *Template) known(v *validator, catalog *rollout.Catalog) {
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
	if catalog == nil {
		return
	}
	for _, r := range all {
		switch r.Kind {
		case rollout.KindStrategy:
			if catalog.Strategy != nil && !catalog.Strategy(r.ID) {
				v.fault(r.path, "strategy %q is unknown", clip(r.ID))
			}
		case rollout.KindSegment:
			id, err := strconv.Atoi(r.ID)
			if err != nil || catalog.Segment == nil {
				continue
			}
			if s := catalog.Segment(id); s == nil {
				v.fault(r.path, "segment %d is unknown", id)
			} else if t.Project != "" && s.Project != "" && s.Project != t.Project {
				v.fault(r.path, "segment %d belongs to another project", id)
			}
		}
	}
}
