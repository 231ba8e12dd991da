package workflow

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
)

// A Checker collects faults, each with the path of the field; no more than 1,000.
// The zero Checker is ready to use.
type Checker struct {
	path   string
	faults *[]error
}

// At returns a Checker whose paths begin with a field of c: At("repos[%d]", 1).
// What it finds is c's.
func (c *Checker) At(field string, args ...any) *Checker {
	return &Checker{path: c.join(fmt.Sprintf(field, args...)), faults: c.list()}
}

// Fault adds a fault; an empty field is the whole.
func (c *Checker) Fault(field, format string, args ...any) {
	list := c.list()
	if len(*list) >= maxFaults {
		return
	}
	*list = append(*list, penstock.Invalid(c.join(field), format, args...))
}

// Err adds the faults of err under field. An error that is no [penstock.InvalidError]
// becomes one fault.
func (c *Checker) Err(field string, err error) {
	if err == nil {
		return
	}
	faults := penstock.Faults(err)
	if len(faults) == 0 {
		c.Fault(field, "%v", err)
	}
	at := c.At("%s", field)
	for _, f := range faults {
		at.Fault(f.Field, "%s", f.Why)
	}
}

// Faults returns what was found as one joined error, or nil.
func (c *Checker) Faults() error {
	if c.faults == nil {
		return nil
	}
	return errors.Join(*c.faults...)
}

// Required reports a text that is missing, is no UTF-8, or is longer than limit
// bytes.
func (c *Checker) Required(field, s string, limit int) {
	if s == "" {
		c.Fault(field, "must not be empty")
	}
	c.Text(field, s, limit)
}

// Text reports a text that is no UTF-8 or is longer than limit bytes.
func (c *Checker) Text(field, s string, limit int) {
	c.told(field, fault.Text(s, limit))
}

// Name reports a text that is empty, is longer than a name, is no UTF-8, or has
// control characters.
func (c *Checker) Name(field, s string) {
	if s == "" {
		c.Fault(field, "must not be empty")
		return
	}
	c.Short(field, s)
}

// Short is [Checker.Name] for a text that may be empty.
func (c *Checker) Short(field, s string) {
	c.told(field, fault.Short(s, MaxName, maxNameBytes))
}

// told adds a fault that is in words already; none are no fault.
func (c *Checker) told(field, why string) {
	if why != "" {
		c.Fault(field, "%s", why)
	}
}

// OneOf reports a text that is not one of those allowed.
func (c *Checker) OneOf(field, s string, allowed ...string) {
	if !slices.Contains(allowed, s) {
		c.Fault(field, "%q is not %s", short(s), either(allowed))
	}
}

// Range reports a number that is not from low to high.
func (c *Checker) Range(field string, n, low, high int) {
	if n < low || n > high {
		c.Fault(field, "must be from %d to %d", low, high)
	}
}

// Count reports a list that is too long, and returns false then.
func (c *Checker) Count(field string, n, limit int) bool {
	if n > limit {
		c.Fault(field, "%d are too many: at most %d", n, limit)
	}
	return n <= limit
}

func (c *Checker) join(field string) string { return fault.Under(c.path, field) }

func (c *Checker) list() *[]error {
	if c.faults == nil {
		c.faults = new([]error)
	}
	return c.faults
}

// either lists words: a, b or c. An empty one is left out.
func either(words []string) string {
	text, rest := "", slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
	for i, w := range rest {
		switch {
		case i == 0:
		case i == len(rest)-1:
			text += " or "
		default:
			text += ", "
		}
		text += w
	}
	return text
}

// short keeps what a stranger wrote short enough to repeat.
func short(s string) string { return fault.Clip(s, 40) }

// maxFaults is how many faults are told at once.
const maxFaults = 1_000

// typeName is what a host can call a job type.
var typeName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)

// faultList returns what was found.
func (c *Checker) faultList() []*penstock.InvalidError { return penstock.Faults(c.Faults()) }

// count returns how much was found.
func (c *Checker) count() int { return len(*c.list()) }
