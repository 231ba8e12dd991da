package template

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A step goes from a part of the content to a part of it: to a field, or to an
// element if the name is empty.
type step struct {
	name  string
	index int
}

// parsePath reads a path such as phases[0].tasks[1].timeout.
func parsePath(path string) ([]step, bool) {
	if path == "" || len(path) > MaxPath {
		return nil, false
	}
	var steps []step
	for part := range strings.SplitSeq(path, ".") {
		name, rest, indexed := strings.Cut(part, "[")
		if name == "" {
			return nil, false
		}
		steps = append(steps, step{name: name})
		for indexed {
			number, more, closed := strings.Cut(rest, "]")
			n, err := strconv.Atoi(number)
			if !closed || err != nil || n < 0 || strconv.Itoa(n) != number {
				return nil, false
			}
			steps = append(steps, step{index: n})
			if more == "" {
				break
			}
			if more[0] != '[' {
				return nil, false
			}
			rest = more[1:]
		}
	}
	return steps, true
}

// given are the fields that the plan or the Service gives, or that say what is secret.
var given = regexp.MustCompile(`^(variables\[\d+\]\.secret|origin(\..*)?|phases\[\d+\](\.tasks\[\d+\])?\.number)$`)

// locate returns the field of the content at a path, making what is missing on the
// way, or says why there is none that can be bound.
func locate(c *releaseplan.Content, path string) (field reflect.Value, why string) {
	const (
		unknown = "is no field of a plan's content"
		texts   = "holds texts: write {{name}} into it"
	)
	steps, ok := parsePath(path)
	if !ok {
		return field, "must be a path such as phases[0].tasks[1].timeout"
	}
	if given.MatchString(path) {
		return field, "is not for parameters to set"
	}
	x := reflect.ValueOf(c).Elem()
	for _, s := range steps {
		if x.Kind() == reflect.Pointer {
			if x.IsNil() {
				x.Set(reflect.New(x.Type().Elem()))
			}
			x = x.Elem()
		}
		switch {
		case x.Kind() == reflect.Map || x.Type() == reflect.TypeFor[json.RawMessage]():
			return field, texts
		case s.name == "":
			if x.Kind() != reflect.Slice {
				return field, unknown
			}
			if s.index >= x.Len() {
				return field, "is an element that the content does not have"
			}
			x = x.Index(s.index)
		case x.Kind() != reflect.Struct || x.Type() == reflect.TypeFor[time.Time]():
			return field, unknown
		default:
			if x = member(x, s.name); !x.IsValid() {
				return field, unknown
			}
		}
	}
	if x.Kind() == reflect.String || x.Kind() == reflect.Map || x.Type() == reflect.TypeFor[json.RawMessage]() {
		return field, texts
	}
	return x, ""
}

// member returns the field of a struct by its name in JSON. A duration is one
// value: it has none.
func member(x reflect.Value, name string) (none reflect.Value) {
	if x.Type() == reflect.TypeFor[penstock.Duration]() {
		return none
	}
	for i := range x.NumField() {
		if f := x.Type().Field(i); f.IsExported() && jsonName(f) == name {
			return x.Field(i)
		}
	}
	return none
}

// assign sets a field to a value, and reports whether it takes it.
func assign(field reflect.Value, raw json.RawMessage) bool {
	to := reflect.New(field.Type())
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(to.Interface()) != nil {
		return false
	}
	field.Set(to.Elem())
	return true
}

// binds sets the fields that are bound to the first of the values of a parameter
// that they take; one without values leaves them alone.
func (t *Template) binds(v *validator, c *releaseplan.Content, of func(*Parameter) []json.RawMessage) {
	for _, b := range t.Bindings {
		p := t.parameter(b.Parameter)
		if p == nil {
			continue // a fault of the template
		}
		values := of(p)
		if len(values) == 0 {
			continue
		}
		field, why := locate(c, b.Path)
		if why == "" && !slices.ContainsFunc(values, func(raw json.RawMessage) bool { return assign(field, raw) }) {
			why = "does not take the value of parameter " + p.Name
		}
		if why != "" {
			v.fault(b.Path, "%s", why)
		}
	}
}
