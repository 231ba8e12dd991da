package rollout

import "regexp/syntax"

// The sizes of what is compared. They stand for the time that it takes to compile.
const (
	lossSize      = 32 << 20 // of two lists, in bytes; larger ones are not compared
	sizeOfRule    = 4 << 10  // what a strategy counts, besides its texts
	sizeOfValue   = 16
	sizeOfPattern = 64 // what each character counts that a pattern stands for
)

// size returns how large the two lists are, with the segments they refer to.
func (c *comparison) size() (n int) {
	for _, all := range [][]Strategy{c.before.strategies, c.after.strategies} {
		for i := range all {
			n += sizeOfRule
			for _, v := range all[i].Parameters {
				n += sizeOfValue + len(v)
			}
			n += sizeOfAll(all[i].Constraints)
		}
	}
	for i := range c.segments {
		n += sizeOfAll(c.segments[i].Constraints)
	}
	return n
}

func sizeOfAll(constraints []Constraint) (n int) {
	for i := range constraints {
		k := &constraints[i]
		n += sizeOfValue + len(k.ContextName) + len(k.Value)
		for _, v := range k.Values {
			n += sizeOfValue + len(v)
		}
		if k.Operator == MatchRegexp && n < lossSize {
			n += sizeOfPattern * k.weight()
		}
	}
	return n
}

// weight returns how much of a constraint is gone through for each byte that it is
// asked about, at worst.
func (c *Constraint) weight() int {
	switch c.Operator {
	case StartsWith, EndsWith, Contains, InCIDR:
		return 1 + len(c.Values)
	case MatchRegexp:
		re, err := syntax.Parse(c.Value, syntax.Perl)
		if err != nil {
			return 1
		}
		return lengthOf(re)
	default:
		return 1
	}
}

// lengthOf returns how long the program of a pattern is, about.
func lengthOf(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, part := range re.Sub {
		n += lengthOf(part)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}

// referred returns the segments that the strategies refer to.
func referred(segments []Segment, lists ...[]Strategy) (all []Segment) {
	asked := make(map[int]bool)
	for _, list := range lists {
		for i := range list {
			for _, id := range list[i].Segments {
				asked[id] = true
			}
		}
	}
	for i := range segments {
		if asked[segments[i].ID] {
			all = append(all, segments[i])
		}
	}
	return all
}
