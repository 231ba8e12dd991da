package rollout

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/penstock-go/penstock"
)

func (v *validator) strategy(path string, s *Strategy, known *Catalog) {
	before := known.before(s.ID)
	v.short(under(path, "id"), s.ID)
	v.text(under(path, "title"), s.Title)
	if math.IsNaN(s.SortOrder) || math.IsInf(s.SortOrder, 0) {
		v.fault(under(path, "sortOrder"), "must be finite")
	}
	v.rule(path, s, known)
	if v.most(under(path, "constraints"), len(s.Constraints), max(MaxConstraints, len(before.Constraints))) {
		for i := range s.Constraints {
			var had *Constraint
			if len(before.Constraints) == len(s.Constraints) {
				had = &before.Constraints[i]
			}
			v.constraint(fmt.Sprintf("%s[%d]", under(path, "constraints"), i), &s.Constraints[i], had, known)
		}
	}
	if v.most(under(path, "segments"), len(s.Segments), max(MaxStrategySegments, len(before.Segments))) {
		v.segments(under(path, "segments"), s.Segments, known)
	}
	v.variants(under(path, "variants"), s.Variants, false)
}

// before returns the strategy as it is stored now; an empty one if it is not.
func (c *Catalog) before(id string) Strategy {
	if c == nil || c.Before == nil {
		return Strategy{}
	}
	return c.Before.strategy(id)
}

// strategy returns that with id; an empty one if there is none.
func (f *Feature) strategy(id string) Strategy {
	for i := range f.Strategies {
		if id != "" && f.Strategies[i].ID == id {
			return f.Strategies[i]
		}
	}
	return Strategy{}
}

func (v *validator) segments(path string, ids []int, known *Catalog) {
	for i, id := range ids {
		at := fmt.Sprintf("%s[%d]", path, i)
		v.unique(at, slices.Contains(ids[:i], id), fmt.Sprint(id))
		if known == nil || known.Segment == nil {
			continue
		}
		if s := known.Segment(id); s != nil {
			v.shared(at, s.Project)
		} else {
			v.fault(at, "segment %d is unknown", id)
		}
	}
}

// rule checks the name and the parameters that belong to it.
func (v *validator) rule(path string, s *Strategy, known *Catalog) {
	v.given(under(path, "name"), s.Name)
	at := under(path, "parameters")
	if !v.most(at, len(s.Parameters), MaxStrategyParameters) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
		v.given(keyed(at, name), name)
		v.bytes(keyed(at, name), s.Parameters[name], MaxParameterBytes)
	}
	v.short(at+".stickiness", s.Parameters["stickiness"])
	switch s.Name {
	case "", Everyone:
	case FlexibleRollout:
		v.percentage(at+".rollout", s.Parameters["rollout"])
	case GradualUserID, GradualSessionID, GradualRandom:
		v.percentage(at+".percentage", s.Parameters["percentage"])
	case UserWithID:
		v.items(at+".userIds", s.Parameters["userIds"])
	case ApplicationHostname:
		v.items(at+".hostNames", s.Parameters["hostNames"])
	case RemoteAddress:
		v.items(at+".IPs", s.Parameters["IPs"])
		_, err := newAddresses(at+".IPs", list(s.Parameters["IPs"]))
		v.faults = nest(v.faults, "", err)
	default:
		v.custom(path, s, known)
	}
}

func (v *validator) custom(path string, s *Strategy, known *Catalog) {
	if known == nil {
		return
	}
	if known.Strategy != nil && !known.Strategy(s.Name) {
		v.fault(under(path, "name"), "strategy %q is unknown", clip(s.Name))
	} else if known.Parameters != nil {
		err := known.Parameters(s)
		if at := under(path, "parameters"); err != nil && penstock.Faults(err) == nil {
			v.fault(at, "%v", err)
		} else {
			v.faults = nest(v.faults, at, err)
		}
	}
}

func (v *validator) percentage(path, s string) {
	if x, ok := parseNumber(s); !ok || x < 0 || x > 100 {
		v.fault(path, "%q is not a number from 0 to 100", clip(s))
	}
}

func (v *validator) items(path, s string) {
	if len(list(s)) == 0 {
		v.fault(path, "must name something")
	}
}
