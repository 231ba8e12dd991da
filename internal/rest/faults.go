package rest

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
)

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
	return errors.Join(all...)
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
