package approval

import (
	"errors"

	"github.com/penstock-go/penstock"
)

// A Checker is a [Provider] that can tell of a policy, before anybody is asked, what its
// system has no word for. Whoever accepts policies for it refuses those then.
type Checker interface {
	// Check returns what p asks for that Create is certain to refuse: a
	// [*penstock.InvalidError] for each fault, all of them joined, whose fields are paths in p such
	// as nodes[0].k. The policy is enabled and valid. Who is in its groups, and whom the
	// separation of duties excludes, is not known yet: see [Policy.Voters]. It
	// calls nobody, and always says the same of the same policy.
	Check(p Policy) error
}

// Check returns what from, as a [Checker], has against a policy: nil if it is none, and for
// a policy that asks for nothing. An error that is no ErrInvalid is made one.
func Check(from Provider, p Policy) error {
	checker, ok := from.(Checker)
	if !ok || !p.Required() {
		return nil
	}
	err := checker.Check(p)
	if err != nil && !errors.Is(err, penstock.ErrInvalid) {
		return penstock.Invalid("", "%v", err)
	}
	return err
}

// Voters returns the least and the most people who can come to have a vote in a
// node, as far as p tells: groups have 1 to MaxVoters members, who may be those that are
// named beside them, and each switch of the separation of duties may
// exclude one. Nobody is never enough, so the least is 1.
func (p Policy) Voters(node int) (least, most int) {
	users := make(map[string]bool)
	groups := false
	for _, a := range p.Nodes[node].Approvers {
		if a.Type == penstock.Group {
			groups = true
		} else {
			users[a.ID] = true
		}
	}
	least, most = len(users), len(users)
	if p.Separation.NotAuthor {
		least--
	}
	if p.Separation.NotLastEditor {
		least--
	}
	if groups {
		most = MaxVoters
	}
	return max(1, least), most
}

// Asks reports in which of the two plain ways a node can be asked that has from least to most
// voters: all of them, or any one. A node of k of n can be asked in neither, unless k is 1, or n.
func (n Node) Asks(least, most int) (all, anyOne bool) {
	one := least <= 1 && 1 <= most
	switch n.Need {
	case All:
		return true, one
	case Any:
		return one, true
	case KOf:
		return least <= n.K && n.K <= most, n.K == 1
	default:
		return false, false
	}
}
