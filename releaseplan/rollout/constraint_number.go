package rollout

import (
	"cmp"
	"math"
	"strconv"

	"github.com/penstock-go/penstock"
)

// A number compares finite decimal numbers.
type number struct {
	is   relation
	than float64
}

func (n number) match(value string) bool {
	x, ok := parseNumber(value)
	return ok && n.is.holds(cmp.Compare(x, n.than))
}

func newNumber(is relation, value string) (test, error) {
	than, ok := parseNumber(value)
	if !ok {
		return never, penstock.Invalid("value", "%q is not a number", clip(value))
	}
	return number{is: is, than: than}, nil
}

// parseNumber returns a finite decimal number. It knows no hexadecimal digits,
// infinities, underscores or spaces, which other languages read in other ways.
func parseNumber(s string) (float64, bool) {
	if !decimal(s) {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil && !math.IsInf(x, 0)
}

// decimal reports whether s is [+-] digits [. digits] [e [+-] digits], with a
// digit on one side of the point.
func decimal(s string) bool {
	s = signless(s)
	whole := digits(s)
	s = s[whole:]
	fraction := 0
	if s != "" && s[0] == '.' {
		fraction = digits(s[1:])
		s = s[1+fraction:]
	}
	if whole+fraction == 0 {
		return false
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = signless(s[1:])
	return s != "" && digits(s) == len(s)
}

func signless(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

// digits returns how many digits s begins with.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}
