package rollout

import (
	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
)

// nest appends the faults of a part to all, under the path of the part.
func nest(all []error, path string, err error) []error {
	for _, f := range penstock.Faults(err) {
		all = append(all, &penstock.InvalidError{Field: fault.Under(path, f.Field), Why: f.Why})
	}
	return all
}

// clip shortens a text that an error shows.
func clip(s string) string { return fault.Clip(s, 60) }
