package rollout

import (
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// nest appends the faults of a part to all, under the path of the part.
func nest(all []error, path string, err error) []error {
	for _, f := range penstock.Faults(err) {
		field := path
		switch {
		case f.Field == "":
		case path == "" || f.Field[0] == '[':
			field += f.Field
		default:
			field += "." + f.Field
		}
		all = append(all, &penstock.InvalidError{Field: field, Why: f.Why})
	}
	return all
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
