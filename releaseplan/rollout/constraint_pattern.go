package rollout

import (
	"regexp"
	"strings"

	"github.com/penstock-go/penstock"
)

// A pattern is found anywhere in the value. Its time is linear in the value's
// length, whatever the pattern is.
type pattern struct{ *regexp.Regexp }

func (p pattern) match(value string) bool { return p.MatchString(value) }

func newPattern(value string, fold bool) (test, error) {
	if fold {
		value = "(?i)" + value
	}
	re, err := regexp.Compile(value)
	if err != nil {
		return never, penstock.Invalid("value", "is not a regular expression in RE2 syntax: %s", strings.ToValidUTF8(clip(err.Error()), "\uFFFD"))
	}
	return pattern{re}, nil
}
