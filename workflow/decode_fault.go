package workflow

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/penstock-go/penstock"
)

// decodeFault returns err, of reading text into v, as faults with their paths
// under field.
func decodeFault(field string, text []byte, v any, err error) error {
	c := Checker{path: field}
	if !json.Valid(text) {
		c.Fault("", "must be JSON: %v", err)
	} else {
		c.locate(text, reflect.TypeOf(v).Elem(), err)
	}
	return c.Faults()
}

// locate reports the parts of text that cannot be read as a t, because of which
// the whole gives err. Unlike encoding/json it tells all of them, with indexes,
// also inside of types that read themselves.
func (c *Checker) locate(text []byte, t reflect.Type, err error) {
	before := c.count()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) == nil {
			for i, element := range elements {
				c.At("[%d]", i).try(element, t.Elem())
			}
		}
	case reflect.Struct:
		var members map[string]json.RawMessage
		if json.Unmarshal(text, &members) != nil {
			break
		}
		for _, f := range reflect.VisibleFields(t) {
			name, ok := member(f)
			for key, value := range members {
				if ok && strings.EqualFold(key, name) {
					c.At("%s", name).try(value, f.Type)
				}
			}
		}
	default: // has no parts
	}
	if c.count() > before {
		return
	}
	var mistyped *json.UnmarshalTypeError
	switch {
	case len(penstock.Faults(err)) > 0:
		c.Err("", err)
	case errors.As(err, &mistyped):
		c.Fault("", "must not be a JSON %s", mistyped.Value)
	default:
		c.Fault("", "cannot be read")
	}
}

// try reports why text cannot be read as a t, if it cannot.
func (c *Checker) try(text []byte, t reflect.Type) {
	if err := json.Unmarshal(text, reflect.New(t).Interface()); err != nil {
		c.locate(text, t, err)
	}
}
