package rollout

import "slices"

// only is a set of one value.
type only string

func (s only) match(value string) bool { return value == string(s) }

// few is a set of so few values that looking at each is faster than hashing.
type few []string

func (s few) match(value string) bool { return slices.Contains(s, value) }

// many is a set of many values.
type many map[string]struct{}

func (s many) match(value string) bool {
	_, ok := s[value]
	return ok
}

// newSet returns the set of values that IN looks into.
func newSet(values []string) test {
	if len(values) == 1 {
		return only(values[0])
	}
	if len(values) <= 8 {
		return few(slices.Clone(values))
	}
	s := make(many, len(values))
	for _, v := range values {
		s[v] = struct{}{}
	}
	return s
}
