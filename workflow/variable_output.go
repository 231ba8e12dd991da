package workflow

import (
	"errors"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// Bounds of the outputs of one job.
const (
	MaxOutputs     = maxOutputs
	MaxOutputBytes = 1 << 20 // of all names and values together
)

// ValidateOutputs reports what is wrong with the outputs of a job: too many, a
// name that is not 1 to 64 letters, digits and _, a value of more than [MaxValue]
// bytes or that is not UTF-8. Each fault is an ErrInvalid, of which the field is
// the name; none tells a value.
func ValidateOutputs(outputs map[string]string) error {
	if len(outputs) > MaxOutputs {
		return penstock.Invalid("outputs", "%d are too many: at most %d", len(outputs), MaxOutputs)
	}
	var faults []error
	fault := func(name, format string, args ...any) {
		faults = append(faults, penstock.Invalid("outputs."+name, format, args...))
	}
	total := 0
	for _, name := range sortedKeys(outputs) {
		value := outputs[name]
		total += len(name) + len(value)
		switch {
		case !outputName.MatchString(name):
			faults = append(faults, penstock.Invalid("outputs", "the name %q is not 1 to 64 letters, digits and _", short(name)))
		case len(value) > MaxValue:
			fault(name, "%d bytes are too many: at most %d", len(value), MaxValue)
		case !utf8.ValidString(value):
			fault(name, "must be UTF-8")
		}
	}
	if len(faults) == 0 && total > MaxOutputBytes {
		return penstock.Invalid("outputs", "%d bytes in all are too many: at most %d", total, MaxOutputBytes)
	}
	return errors.Join(faults...)
}
