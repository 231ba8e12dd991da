package rollout

import (
	"iter"
	"math/bits"
	"slices"
)

// A bitset is a set of places in a list.
type bitset []uint64

func newBits(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int)   { b[i/64] |= 1 << (i % 64) }
func (b bitset) clear(i int) { b[i/64] &^= 1 << (i % 64) }

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bitset) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

// meets reports whether both have a place; leaves whether b has one that x has not.
func (b bitset) meets(x bitset) bool {
	for i := range b {
		if b[i]&x[i] != 0 {
			return true
		}
	}
	return false
}

func (b bitset) leaves(x bitset) bool {
	for i := range b {
		if b[i]&^x[i] != 0 {
			return true
		}
	}
	return false
}

// all yields the places in order.
func (b bitset) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// A domain is the values that each field may still have.
type domain []bitset

// A goal is a rule within a domain where it is known which id counts.
type goal struct {
	clauses []clause
	open    bool // reaching all clauses is not enough: a chance or a custom rule decides
}

// starts returns the domains to look into. Where an id may be missing and another
// takes its place, each case is one: people with a user id come first.
func (s *search) starts() []domain {
	whole := make(domain, len(s.values))
	for f, values := range s.values {
		whole[f] = newBits(len(values))
		for i := range values {
			whole[f].set(i)
		}
		if s.names[f] == "currentTime" && s.timeless() {
			whole[f].clear(0) // a missing one is now, whenever that is
		}
	}
	all := []domain{whole}
	for _, r := range slices.Concat(s.before, s.after) {
		if len(r.ids) < 2 {
			continue
		}
		rest := whole
		all = nil
		for _, id := range r.ids { // all that have several have the same
			there, missing := slices.Clone(rest), slices.Clone(rest)
			there[id.field] = slices.Clone(rest[id.field])
			there[id.field].clear(0)
			missing[id.field] = newBits(len(s.values[id.field]))
			missing[id.field].set(0)
			all = append(all, there)
			rest = missing
		}
		return append(all, rest)
	}
	return all
}

// goal returns the rule within d; false if it cannot match.
func (d domain) goal(r *rule) (g goal, ok bool) {
	g = goal{clauses: r.clauses, open: r.custom}
	if r.share == nil {
		return g, true
	}
	for _, id := range r.ids {
		if d[id.field].hasOnlyMissing() {
			continue
		}
		g.clauses = append(slices.Clip(g.clauses), id)
		return g, true
	}
	g.open = g.open || r.share.upTo < 100
	return g, r.share.orDraw
}

// hasOnlyMissing reports whether the field of these values is missing.
func (b bitset) hasOnlyMissing() bool {
	for i := range b.all() {
		if i > 0 {
			return false
		}
	}
	return true
}

// and returns the domain in which all clauses hold; false if it is empty.
func (d domain) and(clauses []clause) (domain, bool) {
	d = slices.Clone(d)
	for _, k := range clauses {
		d[k.field] = slices.Clone(d[k.field])
		for i := range d[k.field] {
			d[k.field][i] &= k.takes[i]
		}
		if d[k.field].empty() {
			return nil, false
		}
	}
	return d, true
}

// without returns the domain in which the clause does not hold; false if it is
// empty.
func (d domain) without(k clause) (domain, bool) {
	if !d[k.field].leaves(k.takes) {
		return nil, false
	}
	d = slices.Clone(d)
	d[k.field] = slices.Clone(d[k.field])
	for i := range d[k.field] {
		d[k.field][i] &^= k.takes[i]
	}
	return d, true
}

// ways returns in how many ways the goal can be missed, and whether it can be
// reached at all.
func (d domain) ways(g *goal) (n int, reachable bool) {
	for _, k := range g.clauses {
		if !d[k.field].meets(k.takes) {
			return 0, false
		}
		if d[k.field].leaves(k.takes) {
			n++
		}
	}
	if g.open {
		n++
	}
	return n, true
}
