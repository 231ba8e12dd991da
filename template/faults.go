package template

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// A validator collects faults, each once, and the first hundred of them.
type validator struct {
	faults []error
	told   map[string]bool
}

func (v *validator) fault(path, format string, args ...any) {
	if v.full() {
		return
	}
	f := penstock.Invalid(path, format, args...)
	if v.told == nil {
		v.told = make(map[string]bool)
	}
	if words := f.Error(); !v.told[words] {
		v.told[words] = true
		v.faults = append(v.faults, f)
	}
}

// full reports whether no more faults are told: there is no need to look for them.
func (v *validator) full() bool { return len(v.faults) >= maxFaults }

func (v *validator) err() error { return errors.Join(v.faults...) }

func (v *validator) most(path string, n, limit int) bool {
	if n > limit {
		v.fault(path, "%d are too many: at most %d", n, limit)
	}
	return n <= limit
}

func (v *validator) name(path, s string) {
	if s == "" {
		v.fault(path, "must not be empty")
	}
	v.short(path, s)
}

// short checks a text that may be empty but is no longer than a name.
func (v *validator) short(path, s string) {
	switch n := utf8.RuneCountInString(s); {
	case n > MaxName:
		v.fault(path, "%d characters are too many: at most %d", n, MaxName)
	case len(s) > maxNameBytes:
		v.fault(path, "%d bytes are too many: at most %d", len(s), maxNameBytes)
	case !utf8.ValidString(s):
		v.fault(path, "must be UTF-8")
	default:
		for _, r := range s {
			if unicode.IsControl(r) {
				v.fault(path, "must not hold control characters")
				return
			}
		}
	}
}

func (v *validator) text(path, s string, limit int) {
	switch {
	case len(s) > limit:
		v.fault(path, "%d bytes are too many: at most %d", len(s), limit)
	case !utf8.ValidString(s):
		v.fault(path, "must be UTF-8")
	}
}

// nest adds the faults of a part under the path of the part. Another error is
// added as it is.
func (v *validator) nest(path string, err error) {
	faults := penstock.Faults(err)
	if err != nil && len(faults) == 0 {
		v.faults = append(v.faults, err)
	}
	for _, f := range faults {
		v.fault(under(path, f.Field), "%s", f.Why)
	}
}

// under returns the path of a field of what is at path.
func under(path, field string) string {
	switch {
	case path == "" || field == "":
		return path + field
	case field[0] == '[':
		return path + field
	default:
		return path + "." + field
	}
}

// keyed returns the path of a member of a map.
func keyed(path, key string) string {
	for i := range len(key) {
		if c := key[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return fmt.Sprintf("%s[%q]", path, clip(key))
		}
	}
	return under(path, clip(key))
}

// clip shortens a text that an error shows.
func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
