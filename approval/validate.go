package approval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// The bounds of policies and requests.
const (
	MaxNodes     = 50        // nodes of a policy
	MaxApprovers = 500       // users and groups that a node names
	MaxVoters    = 1_000     // people of a node, with its groups expanded
	MaxText      = 4_096     // bytes of a description, comment, name or id
	MaxTimeout   = 525_600   // minutes: a year
	MaxOther     = 64 * 1024 // bytes of the configuration of a kind that is not selected
	MaxKinds     = 16        // kinds that are not selected
)

const (
	maxNodesDingTalk = 20
	maxKind          = 64 // bytes of the name of a kind
)

// Validate reports everything that is wrong with p, as joined
// [*penstock.InvalidError] whose fields are paths such as nodes[0].k. The
// people of a policy that is not enabled are not looked at, sizes always are.
// Whether a quorum can be reached once groups are expanded is for [Open] to say.
func (p Policy) Validate() error { return p.check().join() }

func (p Policy) check() (f faults) {
	f.text("kind", string(p.Kind), maxKind)
	if p.Enabled && p.Kind == "" {
		f.add("kind", "must not be empty")
	}
	f.text("description", p.Description, MaxText)
	f.text("approval_id", p.App, MaxText)
	if p.TimeoutMinutes < 0 || p.TimeoutMinutes > MaxTimeout {
		f.add("timeout", "must be from 0 to %d minutes", MaxTimeout)
	}
	if p.Initiator != nil {
		f.under("initiator", checkParty(*p.Initiator, p.Enabled))
	}
	f = append(f, p.checkNodes()...)
	f = append(f, p.checkOther()...)
	return f
}

func (p Policy) checkNodes() (f faults) {
	switch n := len(p.Nodes); {
	case p.Enabled && p.Kind == Native && n != 1:
		f.add("nodes", "must be exactly one for a native approval, not %d", n)
	case p.Enabled && n == 0:
		f.add("nodes", "must not be empty")
	case p.Enabled && p.Kind == DingTalk && n > maxNodesDingTalk:
		f.add("nodes", "must be at most %d for DingTalk, not %d", maxNodesDingTalk, n)
	case n > MaxNodes:
		f.add("nodes", "must be at most %d, not %d", MaxNodes, n)
	}
	if len(p.Nodes) > MaxNodes {
		return f // the bound is there so that nobody has to read them all
	}
	nodeOf := map[string]int{} // DingTalk: where somebody was named first
	for i, node := range p.Nodes {
		if sub := node.check(p.Enabled); sub != nil {
			f.under(fmt.Sprintf("nodes[%d]", i), sub)
		}
		if !p.Enabled || p.Kind != DingTalk {
			continue
		}
		for j, a := range node.Approvers {
			if first, named := nodeOf[a.Key()]; named && first != i {
				f.add(fmt.Sprintf("nodes[%d].approvers[%d]", i, j), "%s is in nodes[%d] already", a.Label(), first)
			} else {
				nodeOf[a.Key()] = i
			}
		}
	}
	return f
}

func (n Node) check(enabled bool) (f faults) {
	f.text("need", string(n.Need), maxKind)
	if len(n.Approvers) > MaxApprovers {
		f.add("approvers", "must be at most %d, not %d", MaxApprovers, len(n.Approvers))
		return f
	}
	for i, a := range n.Approvers {
		if sub := checkParty(a, enabled); sub != nil {
			f.under(fmt.Sprintf("approvers[%d]", i), sub)
		}
	}
	if !enabled {
		return f
	}
	if len(n.Approvers) == 0 {
		f.add("approvers", "must not be empty")
	}
	switch n.Need {
	case All, Any:
		if n.K != 0 {
			f.add("k", "must be left out unless the need is %s", KOf)
		}
	case KOf:
		distinct, groups := n.count()
		if n.K < 1 {
			f.add("k", "must be at least 1")
		} else if n.K > distinct && !groups {
			f.add("k", "must be at most the %d distinct approvers, not %d", distinct, n.K)
		}
	default:
		f.add("need", "must be %s, %s or %s", All, Any, KOf)
	}
	return f
}

// count returns how many different approvers are named, and if one is a group.
func (n Node) count() (distinct int, groups bool) {
	seen := make(map[string]bool, len(n.Approvers))
	for _, a := range n.Approvers {
		seen[a.Key()] = true
		groups = groups || a.Type == penstock.Group
	}
	return len(seen), groups
}

func (p Policy) checkOther() (f faults) {
	if len(p.Other) > MaxKinds {
		f.add("other", "must be at most %d kinds, not %d", MaxKinds, len(p.Other))
		return f
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Other)) {
		path, config := "other."+string(kind), p.Other[kind]
		if kind == "" || len(kind) > maxKind || !utf8.ValidString(string(kind)) {
			f.add("other", "must have names of 1 to %d bytes of UTF-8", maxKind)
			continue
		}
		switch {
		case len(config) > MaxOther:
			f.add(path, "must be at most %d bytes", MaxOther)
		case !json.Valid(config) || !utf8.Valid(config) || bytes.TrimLeft(config, " \t\r\n")[0] != '{':
			f.add(path, "must be a JSON object")
		}
	}
	return f
}

// checkParty looks at sizes and, if somebody must be named, at who it is.
func checkParty(p penstock.Party, named bool) (f faults) {
	f.text("id", p.ID, MaxText)
	f.text("name", p.Name, MaxText)
	f.text("identity_type", p.IdentityType, MaxText)
	f.text("type", string(p.Type), maxKind)
	if !named {
		return f
	}
	if p.ID == "" {
		f.add("id", "must not be empty")
	}
	if p.Type != "" && p.Type != penstock.User && p.Type != penstock.Group {
		f.add("type", "must be %s or %s", penstock.User, penstock.Group)
	}
	return f
}

// faults are InvalidErrors in the order in which they were found.
type faults []error

func (f *faults) add(field, format string, args ...any) {
	*f = append(*f, penstock.Invalid(field, format, args...))
}

// under adds the faults of a part, whose path is path.
func (f *faults) under(path string, part faults) {
	for _, fault := range penstock.Faults(part.join()) {
		f.add(path+"."+fault.Field, "%s", fault.Why)
	}
}

// join returns nil if there are none.
func (f faults) join() error { return errors.Join(f...) }

func (f *faults) text(field, s string, limit int) {
	if len(s) > limit {
		f.add(field, "must be at most %d bytes", limit)
	}
	if !utf8.ValidString(s) {
		f.add(field, "must be valid UTF-8")
	}
}
