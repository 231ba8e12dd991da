package template

import (
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
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
func (v *validator) short(path, s string) { v.words(path, fault.Short(s, MaxName, maxNameBytes)) }

func (v *validator) text(path, s string, limit int) { v.words(path, fault.Text(s, limit)) }

// words adds a fault that is in words already; none are no fault.
func (v *validator) words(path, why string) {
	if why != "" {
		v.fault(path, "%s", why)
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
		v.fault(fault.Under(path, f.Field), "%s", f.Why)
	}
}

// keyed returns the path of a member of a map.
func keyed(path, key string) string {
	for i := range len(key) {
		if c := key[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return fmt.Sprintf("%s[%q]", path, clip(key))
		}
	}
	return fault.Under(path, clip(key))
}

// clip shortens a text that an error shows.
func clip(s string) string { return fault.Clip(s, 60) }
