package workflow

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// A Scope knows the values of variables.
type Scope interface {
	// Lookup returns the value of a variable by its name, without braces, and
	// false if it is not known. Values are data: nothing in them is looked up.
	Lookup(name string) (value string, known bool)
}

// MapScope is a [Scope] of a map.
type MapScope map[string]string

// Lookup returns the value under name.
func (s MapScope) Lookup(name string) (string, bool) {
	v, ok := s[name]
	return v, ok
}

// Expand returns text with its variables, as [References] finds them, filled in.
// A value comes into the text as it is, and is not searched for variables. A name
// that scope does not know, one of the library's own that is not written well, and
// a result of more than [MaxExpanded] bytes are ErrInvalid; every fault is told,
// and none tells a value.
func Expand(text string, scope Scope) (string, error) {
	f := filler{notations: []notation{inBraces(scope)}}
	filled := f.fill(whole, text)
	if err := f.err(); err != nil {
		return "", err
	}
	return filled, nil
}

const maxVariableFaults = 100 // told at once

// A filler fills in variables and collects what is wrong with them.
type filler struct {
	notations []notation
	strictly  bool // values must be UTF-8
	faults    []error
	seen      map[penstock.InvalidError]bool
}

// fill returns text filled in; with faults it is not to be used.
func (f *filler) fill(field func() string, text string) string {
	s := scan(text, f.notations...)
	v, ok := s.next()
	if !ok {
		return text
	}
	var b strings.Builder
	at := 0
	for ; ok; v, ok = s.next() {
		b.WriteString(text[at:v.start])
		b.WriteString(f.value(field, &v))
		if at = v.end; b.Len() > MaxExpanded {
			break
		}
	}
	b.WriteString(text[at:])
	if b.Len() > MaxExpanded {
		f.fault(field, fmt.Sprintf("has more than %d bytes when its variables are filled in", MaxExpanded))
	}
	return b.String()
}

func (f *filler) value(field func() string, v *variable) string {
	if v.literal {
		return v.notation.literal
	}
	if v.fault != "" {
		f.fault(field, v.fault)
		return ""
	}
	value, known := v.scope.Lookup(v.name)
	switch {
	case known && f.strictly && !utf8.ValidString(value):
		f.fault(field, "the value of "+v.String()+" is not UTF-8")
	case known:
		return value
	case v.strict || isRooted(v.name):
		f.fault(field, "the variable "+v.String()+" has no value")
	default:
		f.fault(field, v.foreign())
	}
	return ""
}

// foreign is what is wrong with a name that no run can know.
func (v *variable) foreign() string {
	return "there is no variable " + v.String() + "; for a text that another program fills in, put a blank behind the braces: {{ ." + short(v.name) + " }}"
}

func (f *filler) fault(field func() string, why string) {
	if len(f.faults) == maxVariableFaults {
		return
	}
	invalid := penstock.InvalidError{Field: field(), Why: why}
	if f.seen[invalid] {
		return
	}
	if f.seen == nil {
		f.seen = make(map[penstock.InvalidError]bool)
	}
	f.seen[invalid] = true
	f.faults = append(f.faults, &invalid)
}

// whole is the field of a text that has no place.
func whole() string { return "" }

func (f *filler) err() error { return errors.Join(f.faults...) }
