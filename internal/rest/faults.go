package rest

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
)

// MaxFaults bounds how many faults of one request are told.
const MaxFaults = 100

// Join joins faults: the first [MaxFaults], and how many more there are. What is sent must not
// grow into an answer of many times its size.
func Join(faults []error) error {
	faults = leaves(nil, faults)
	if more := len(faults) - MaxFaults; more > 0 {
		faults = append(faults[:MaxFaults], penstock.Invalid("", "there are %d more faults", more))
	}
	return errors.Join(faults...)
}

// leaves appends errors, and what is joined in them, but for nil.
func leaves(all, faults []error) []error {
	for _, err := range faults {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			all = leaves(all, joined.Unwrap())
		} else if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// Renamed returns the faults of bad input with their fields under other names: those that they have
// in what was sent. An error that is more than bad input, or has no faults, stays as it is.
func Renamed(err error, name func(field string) string) error {
	faults := penstock.Faults(err)
	if len(faults) == 0 || Status(err) != http.StatusBadRequest {
		return err
	}
	all := make([]error, len(faults))
	for i, f := range faults {
		all[i] = penstock.Invalid(name(f.Field), "%s", f.Why)
	}
	return Join(all)
}

// Under is [Renamed] for fields of a part that lies at path.
func Under(path string, err error) error {
	return Renamed(err, func(field string) string {
		switch {
		case field == "":
			return path
		case path == "", field[0] == '[':
			return path + field
		default:
			return path + "." + field
		}
	})
}
