package rollout

import (
	"errors"

	"github.com/penstock-go/penstock"
)

// A condition is a compiled constraint. Strategies that are no more than a list
// of values, such as userWithId, are conditions too.
type condition struct {
	of       field
	test     test
	inverted bool
	always   bool // the test is also asked about a missing value
}

// holds reports whether the condition holds.
func (c *condition) holds(ctx *Context, m *memo) bool {
	v := m.read(ctx, &c.of)
	if v == "" && !c.always {
		return c.inverted
	}
	return c.test.match(v) != c.inverted
}

// condition always returns a condition with the defined result; the error says
// what could not be understood.
func (c *compiler) condition(in *Constraint) (condition, error) {
	t, err := newTest(in, c.Now)
	if in.ContextName == "" {
		err = errors.Join(noField(), err)
	}
	of := c.fields.of(in.ContextName)
	if t == nil {
		return condition{of: of, test: unknownOperator{}, always: true}, err
	}
	_, dated := t.(*date)
	return condition{
		of:       of,
		test:     t,
		inverted: in.Inverted != (in.Operator == NotIn),
		always:   dated && of.at == currentTime,
	}, err
}

func noField() error { return penstock.Invalid("contextName", "must not be empty") }

// An unknownOperator is false, inverted or not.
type unknownOperator struct{}

func (unknownOperator) match(string) bool { return false }

// decided returns a condition whose result is known.
func decided(holds bool) condition { return condition{test: constant(holds), always: true} }
