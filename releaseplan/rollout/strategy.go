package rollout

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// The strategies that are built in. A host may add others, by name: [Options].
const (
	Everyone            = "default"                 // no parameters
	FlexibleRollout     = "flexibleRollout"         // rollout 0..100, stickiness, groupId
	UserWithID          = "userWithId"              // userIds, a comma-separated list
	GradualUserID       = "gradualRolloutUserId"    // percentage, groupId
	GradualSessionID    = "gradualRolloutSessionId" // percentage, groupId
	GradualRandom       = "gradualRolloutRandom"    // percentage
	RemoteAddress       = "remoteAddress"           // IPs, a comma-separated list of addresses and CIDR ranges
	ApplicationHostname = "applicationHostname"     // hostNames, a comma-separated list
)

// Values of stickiness besides the name of a context field.
const (
	StickyDefault = "default" // user id, else session id (for variants else remote address), else random
	StickyRandom  = "random"  // another draw each time
)

// A Strategy is one way for a feature to be on. It matches if its rule, all its
// constraints and all constraints of its segments hold. Parameters that its rule
// does not know are not read, but for groupId and stickiness: the variants of any
// strategy go by them.
type Strategy struct {
	ID          string       `json:"id,omitempty"`
	Name        string       `json:"name"` // which rule: one of the constants, or a custom one
	Title       string       `json:"title,omitempty"`
	SortOrder   float64      `json:"sortOrder,omitempty"` // kept as it was given; the order is that of the list
	Disabled    bool         `json:"disabled,omitempty"`  // never matches
	Parameters  Parameters   `json:"parameters,omitempty"`
	Constraints []Constraint `json:"constraints,omitempty"`
	Segments    []int        `json:"segments,omitempty"`
	Variants    []Variant    `json:"variants,omitempty"`
}

// WithDefaults returns s as it is stored for a feature: a flexibleRollout without
// a rollout gets 100, without stickiness the given one (or "default" if that is
// empty), and without a group the feature's name. Other strategies stay as they
// are. Parameters are copied, not changed; the rest is shared with s.
func (s Strategy) WithDefaults(feature, stickiness string) Strategy {
	if s.Name != FlexibleRollout {
		return s
	}
	p := maps.Clone(s.Parameters)
	if p == nil {
		p = make(Parameters, 3)
	}
	p["rollout"] = cmp.Or(p["rollout"], "100")
	p["stickiness"] = cmp.Or(p["stickiness"], stickiness, StickyDefault)
	p["groupId"] = cmp.Or(p["groupId"], feature)
	s.Parameters = p
	return s
}

// Clone returns a copy that shares nothing with s.
func (s Strategy) Clone() Strategy {
	s.Parameters = maps.Clone(s.Parameters)
	s.Segments = slices.Clone(s.Segments)
	s.Constraints = slices.Clone(s.Constraints)
	for i := range s.Constraints {
		s.Constraints[i].Values = slices.Clone(s.Constraints[i].Values)
	}
	s.Variants = slices.Clone(s.Variants)
	for i := range s.Variants {
		s.Variants[i] = s.Variants[i].clone()
	}
	return s
}

// Texts yields every text in s.
func (s *Strategy) Texts() iter.Seq[string] {
	return func(yield func(string) bool) {
		texts := []string{s.ID, s.Name, s.Title}
		for k, v := range s.Parameters {
			texts = append(texts, k, v)
		}
		for i := range s.Constraints {
			c := &s.Constraints[i]
			texts = append(append(texts, c.ContextName, string(c.Operator), c.Value), c.Values...)
		}
		for i := range s.Variants {
			v := &s.Variants[i]
			texts = append(texts, v.Name, string(v.WeightType), v.Stickiness)
			if v.Payload != nil {
				texts = append(texts, v.Payload.Type, v.Payload.Value)
			}
			for _, o := range v.Overrides {
				texts = append(append(texts, o.ContextName), o.Values...)
			}
		}
		for _, text := range texts {
			if !yield(text) {
				return
			}
		}
	}
}
