package rollout

import (
	"time"

	"github.com/penstock-go/penstock"
)

// A test is the compiled right side of a constraint. It is asked about values
// that are not empty. What it was made of did not parse: then it is never.
type test interface{ match(value string) bool }

// A constant is a test whose result is known.
type constant bool

func (c constant) match(string) bool { return bool(c) }

const never = constant(false)

// A relation is the part of an operator that is the same for all that has an
// order.
type relation uint8

const (
	equal relation = iota
	greater
	greaterOrEqual
	less
	lessOrEqual
)

// holds reports whether the relation is that of a comparison's result.
func (r relation) holds(cmp int) bool {
	switch r {
	case equal:
		return cmp == 0
	case greater:
		return cmp > 0
	case greaterOrEqual:
		return cmp >= 0
	case less:
		return cmp < 0
	default:
		return cmp <= 0
	}
}

// newTest compiles what an operator does with its values. It returns a test
// with the defined result, or none if the operator is unknown; the error says
// what could not be understood. NOT_IN is IN, inverted by its condition.
func newTest(c *Constraint, now func() time.Time) (test, error) {
	switch c.Operator {
	case In, NotIn:
		return newSet(c.Values), nil
	case StartsWith:
		return newText(atStart, c.Values, c.CaseInsensitive), nil
	case EndsWith:
		return newText(atEnd, c.Values, c.CaseInsensitive), nil
	case Contains:
		return newText(anywhere, c.Values, c.CaseInsensitive), nil
	case InCIDR:
		return newAddresses("values", c.Values)
	case NumEQ:
		return newNumber(equal, c.Value)
	case NumGT:
		return newNumber(greater, c.Value)
	case NumGTE:
		return newNumber(greaterOrEqual, c.Value)
	case NumLT:
		return newNumber(less, c.Value)
	case NumLTE:
		return newNumber(lessOrEqual, c.Value)
	case DateAfter:
		return newDate(greater, c.Value, now)
	case DateBefore:
		return newDate(less, c.Value, now)
	case SemverEQ:
		return newVersion(equal, c.Value)
	case SemverGT:
		return newVersion(greater, c.Value)
	case SemverGTE:
		return newVersion(greaterOrEqual, c.Value)
	case SemverLT:
		return newVersion(less, c.Value)
	case SemverLTE:
		return newVersion(lessOrEqual, c.Value)
	case MatchRegexp:
		return newPattern(c.Value, c.CaseInsensitive)
	default:
		return nil, penstock.Invalid("operator", "%q is unknown", clip(string(c.Operator)))
	}
}
