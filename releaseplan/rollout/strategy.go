package rollout

import (
	"cmp"
	"maps"
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
	Disabled    bool         `json:"disabled,omitempty"` // never matches
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
