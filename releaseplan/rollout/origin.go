package rollout

import (
	"fmt"
	"slices"
)

// An origin says what a condition was made from; evaluation does not read it.
type origin struct {
	kind     originKind
	index    int // of the constraint; -1 if the segment is unknown
	segment  int
	name     string // of the parameter
	operator Operator
	inverted bool
	asked    []string // the first values of a constraint
	more     int      // how many values more there are
}

type originKind uint8

const (
	fromConstraint originKind = iota
	fromSegment
	fromParameter
	fromName     // of an unknown strategy
	fromDisabled // the strategy is
)

func (o *origin) String() string {
	switch {
	case o.kind == fromConstraint:
		return fmt.Sprintf("constraints[%d]", o.index)
	case o.kind == fromParameter:
		return "parameters." + o.name
	case o.kind == fromName:
		return "name"
	case o.kind == fromDisabled:
		return "disabled"
	case o.index < 0:
		return fmt.Sprintf("segment %d", o.segment)
	default:
		return fmt.Sprintf("segment %d constraints[%d]", o.segment, o.index)
	}
}

// originOf returns the origin of a constraint.
func originOf(kind originKind, segment, index int, c *Constraint) origin {
	const most = 5
	o := origin{kind: kind, segment: segment, index: index, operator: c.Operator, inverted: c.Inverted}
	if c.Operator.readsValues() {
		n := min(len(c.Values), most)
		o.asked, o.more = slices.Clone(c.Values[:n]), len(c.Values)-n
	} else {
		o.asked = []string{c.Value}
	}
	return o
}

// about is what [Evaluator.Explain] says of a strategy.
type about struct {
	index           int
	id, name, title string
	origins         []origin // of each condition
}
