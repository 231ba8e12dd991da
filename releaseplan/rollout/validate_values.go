package rollout

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// name: as it stands in a URL.
func (v *validator) name(path, name string) {
	v.given(path, name)
	switch {
	case !utf8.ValidString(name): // told
	case name == "." || name == "..":
		v.fault(path, "%q means a folder in a URL", name)
	case strings.ContainsFunc(name, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.!~*'()", r)
	}):
		v.fault(path, "%q has characters other than letters, digits and -_.!~*'()", clip(name))
	}
}

// given: not empty, and short.
func (v *validator) given(path, s string) bool {
	if s == "" {
		v.fault(path, "must not be empty")
	}
	return v.short(path, s) && s != ""
}

// short: as long as a name may be.
func (v *validator) short(path, s string) bool { return v.characters(path, s, MaxName) }

func (v *validator) text(path, s string) bool { return v.characters(path, s, MaxText) }

func (v *validator) characters(path, s string, most int) bool {
	n := utf8.RuneCountInString(s)
	if n > most {
		v.fault(path, "has %d characters: at most %d", n, most)
	}
	return v.utf8(path, s) && n <= most
}

func (v *validator) bytes(path, s string, most int) {
	if len(s) > most {
		v.fault(path, "has %d bytes: at most %d", len(s), most)
	}
	v.utf8(path, s)
}

func (v *validator) utf8(path, s string) bool {
	ok := utf8.ValidString(s)
	if !ok {
		v.fault(path, "is not UTF-8")
	}
	return ok
}

// values: not more than most, none of them empty or long.
func (v *validator) values(path string, values []string, most int) {
	if !v.most(path, len(values), most) {
		return
	}
	for i, value := range values {
		v.given(fmt.Sprintf("%s[%d]", path, i), value)
	}
}
