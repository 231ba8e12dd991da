package rollout

import (
	"cmp"
	"strings"

	"github.com/penstock-go/penstock"
)

// A version is a semantic version 2.0, cut but not converted: numbers may have
// any length. Build metadata is left out, as it has no precedence.
type version struct{ major, minor, patch, pre string }

// A versions test compares versions.
type versions struct {
	is   relation
	than version
}

func (t *versions) match(value string) bool {
	v, ok := parseVersion(value)
	return ok && t.is.holds(v.compare(&t.than))
}

func newVersion(is relation, value string) (test, error) {
	than, ok := parseVersion(value)
	if !ok {
		return never, penstock.Invalid("value", "%q is not a semantic version", clip(value))
	}
	return &versions{is: is, than: than}, nil
}

// parseVersion takes three numbers, and no leading v.
func parseVersion(s string) (v version, ok bool) {
	if v.major, s, ok = cutNumber(s, '.'); !ok {
		return v, false
	}
	if v.minor, s, ok = cutNumber(s, '.'); !ok {
		return v, false
	}
	n := digits(s)
	v.patch = s[:n]
	if !numeric(v.patch) {
		return v, false
	}
	if s = s[n:]; s == "" {
		return v, true
	}
	if i := strings.IndexByte(s, '+'); i >= 0 {
		if !identifiers(s[i+1:], false) {
			return v, false
		}
		s = s[:i]
	}
	if s == "" {
		return v, true
	}
	v.pre = s[1:]
	return v, s[0] == '-' && identifiers(v.pre, true)
}

// cutNumber cuts s behind its first number, which must end with end.
func cutNumber(s string, end byte) (number, rest string, ok bool) {
	n := digits(s)
	if n == len(s) || s[n] != end || !numeric(s[:n]) {
		return "", s, false
	}
	return s[:n], s[n+1:], true
}

// numeric reports whether digits are a number without leading zeros.
func numeric(s string) bool { return s != "" && (s[0] != '0' || len(s) == 1) }

// identifiers reports whether s is a list of identifiers between dots. In a
// pre-release those that are numbers have no leading zeros.
func identifiers(s string, pre bool) bool {
	for more := true; more; {
		var id string
		id, s, more = strings.Cut(s, ".")
		if id == "" || pre && digits(id) == len(id) && !numeric(id) {
			return false
		}
		for i := range len(id) {
			if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' {
				return false
			}
		}
	}
	return true
}

// compare returns the order of v and w by precedence.
func (v *version) compare(w *version) int {
	if c := compareNumbers(v.major, w.major); c != 0 {
		return c
	}
	if c := compareNumbers(v.minor, w.minor); c != 0 {
		return c
	}
	if c := compareNumbers(v.patch, w.patch); c != 0 {
		return c
	}
	return comparePre(v.pre, w.pre)
}

// compareNumbers compares digits without leading zeros: the longer is greater.
func compareNumbers(a, b string) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

// comparePre compares pre-releases: a release is greater than its pre-releases,
// numbers are less than words, and of equal beginnings the longer is greater.
func comparePre(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return 1
	case b == "":
		return -1
	}
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		xn, yn := digits(x) == len(x), digits(y) == len(y)
		c := strings.Compare(x, y)
		switch {
		case xn && yn:
			c = compareNumbers(x, y)
		case xn:
			c = -1
		case yn:
			c = 1
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}
