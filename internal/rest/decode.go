package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
)

// Decode reads valid JSON into v, a pointer. A value of another type than its place has is an
// ErrInvalid with its path; so is every member of v that is there twice, in letters of another
// case, and, unless open, every member that v does not know.
func Decode(text json.RawMessage, v any, open bool) error {
	if err := json.Unmarshal(text, v); err != nil {
		return decodeFault(err)
	}
	var faults []error
	misplaced(&faults, "", text, reflect.TypeOf(v), open)
	return Join(faults)
}

func decodeFault(err error) error {
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return penstock.Invalid(kind.Field, "must be %s, not %s", inWords(kind.Type), kind.Value)
	}
	if errors.Is(err, penstock.ErrInvalid) {
		return err
	}
	return penstock.Invalid("", "has a value that cannot be read") // what Go says of it means nothing to others
}

// inWords names what JSON a Go type is read from.
func inWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return inWords(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

var reader = reflect.TypeFor[json.Unmarshaler]()

// misplaced collects the members of text that values of t have no place for, unless open, and those
// whose place is taken.
func misplaced(faults *[]error, path string, text json.RawMessage, t reflect.Type, open bool) {
	for t.Kind() == reflect.Pointer {
		if t.Implements(reader) && t.Elem().Kind() != reflect.Struct {
			return
		}
		t = t.Elem()
	}
	if inner, ok := fieldOf(t); ok {
		t = inner
	} else if reflect.PointerTo(t).Implements(reader) {
		return
	}
	switch t.Kind() {
	case reflect.Slice:
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) == nil {
			for i, e := range elements {
				misplaced(faults, fmt.Sprintf("%s[%d]", path, i), e, t.Elem(), open)
			}
		}
	case reflect.Struct:
		var members map[string]json.RawMessage
		if json.Unmarshal(text, &members) != nil {
			return
		}
		open = open || isOpen(t)
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
				continue
			}
			if name == "" {
				name = f.Name
			}
			taken := false
			for _, key := range sortedKeys(members) {
				if !strings.EqualFold(key, name) {
					continue
				}
				if taken {
					*faults = append(*faults, penstock.Invalid(join(path, name), "is there twice"))
				}
				taken = true
				misplaced(faults, join(path, name), members[key], f.Type, open)
				delete(members, key)
			}
		}
		if open {
			return
		}
		for _, key := range sortedKeys(members) {
			*faults = append(*faults, penstock.Invalid(join(path, excerpt.Line(key, 100)), "is not known"))
		}
	default: // has no members
	}
}

// isOpen reports whether a struct says that there can be other members.
func isOpen(t reflect.Type) bool {
	for f := range t.Fields() {
		if f.Name == "_" && f.Tag.Get("open") == "true" {
			return true
		}
	}
	return false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
