package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// Params are values by the name of the parameter: of the Go types that [Type] tells, or as
// JSON. nil stands for a value that is not given.
type Params map[string]any

// UnmarshalJSON keeps the values as they are written, numbers with all their digits.
func (p *Params) UnmarshalJSON(doc []byte) error {
	var in map[string]json.RawMessage
	if err := json.Unmarshal(doc, &in); err != nil {
		return err
	}
	*p = make(Params, len(in))
	for name, raw := range in {
		(*p)[name] = raw
	}
	return nil
}

// A value is that of a parameter. The zero value is none.
type value struct {
	raw  json.RawMessage // as JSON, with its type; nil: there is no value
	text string          // in the middle of a text
}

// values returns those that are given and, for the others, the defaults. Faults never
// show a value: it may be a secret.
func (t *Template) values(given Params) (map[string]value, error) {
	var v validator
	all := make(map[string]value, len(t.Parameters))
	for i := range t.Parameters {
		p, why := &t.Parameters[i], ""
		raw, err := encode(given[p.Name])
		switch {
		case err != nil:
			why = err.Error()
		case raw != nil:
			all[p.Name], why = p.read(raw)
		case p.Default != nil:
			all[p.Name], why = p.read(p.Default)
		}
		if why == "" && p.Required && all[p.Name].missing(p) {
			why = "must be set"
		}
		if why != "" {
			v.fault("params."+p.Name, "%s", why)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if t.parameter(name) == nil {
			v.fault(keyed("params", name), "is no parameter of the template")
		}
	}
	return all, v.err()
}

// missing reports whether a required parameter has no value that counts.
func (x value) missing(p *Parameter) bool {
	return x.raw == nil || p.kind() == String && x.text == ""
}

// encode writes a given value as JSON; nil if it is none.
func encode(given any) (json.RawMessage, error) {
	switch x := given.(type) {
	case nil:
		return nil, nil
	case time.Duration:
		if x < 0 {
			return nil, errors.New("must not be negative")
		}
		given = penstock.FromTime(x)
	case penstock.Duration:
		if x.Months < 0 || x.Days < 0 || x.Time < 0 {
			return nil, errors.New("must not be negative")
		}
	}
	raw, err := json.Marshal(given)
	if err != nil {
		return nil, errors.New("cannot be written as JSON")
	}
	if _, written := given.(json.RawMessage); !written { // what is written is read as it is
		var v validator
		if v.sound(nil, reflect.ValueOf(given)); v.err() != nil {
			return nil, errors.New("must be UTF-8")
		}
	}
	if bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	return raw, nil
}

// read reads a value as JSON, or says why it is none of the parameter's.
func (p *Parameter) read(raw json.RawMessage) (value, string) {
	if len(raw) > MaxValue {
		return value{}, fmt.Sprintf("%d bytes are too many: at most %d", len(raw), MaxValue)
	}
	if !utf8.Valid(raw) {
		return value{}, "must be UTF-8"
	}
	switch p.kind() {
	case String, Choice:
		var s *string
		if json.Unmarshal(raw, &s) != nil || s == nil {
			return value{}, "must be a string"
		}
		return textValue(*s), p.suits(*s)
	case Number:
		return p.number(raw)
	case Bool:
		var b *bool
		if json.Unmarshal(raw, &b) != nil || b == nil {
			return value{}, "must be true or false"
		}
		text := strconv.FormatBool(*b)
		return value{json.RawMessage(text), text}, ""
	case Duration:
		var s string
		if json.Unmarshal(raw, &s) == nil {
			if d, err := penstock.ParseDuration(s); err == nil {
				return textValue(d.String()), ""
			}
		}
		return value{}, "must be an ISO 8601 duration such as P3D or PT1H30M"
	case Party:
		return party(raw)
	default:
		return value{}, "has no type that is known"
	}
}

// suits says why a text is no value.
func (p *Parameter) suits(s string) string {
	if p.kind() == Choice {
		if !slices.Contains(p.Choices, s) {
			return "must be one of the choices"
		}
		return ""
	}
	switch e, err := p.expression(); {
	case err != nil:
		return "cannot be checked: the pattern is no regular expression"
	case e != nil && !e.MatchString(s):
		return "must match " + p.Pattern
	}
	return ""
}

func (p *Parameter) number(raw json.RawMessage) (value, string) {
	const digits = 64
	var n json.Number
	if len(raw) > digits || json.Unmarshal(raw, &n) != nil || n == "" || strings.Contains(string(raw), `"`) {
		return value{}, fmt.Sprintf("must be a number of at most %d characters", digits)
	}
	x, err := n.Float64()
	switch {
	case err != nil || math.IsInf(x, 0):
		return value{}, "is out of range"
	case p.Min != nil && x < *p.Min:
		return value{}, fmt.Sprintf("must be at least %v", *p.Min)
	case p.Max != nil && x > *p.Max:
		return value{}, fmt.Sprintf("must be at most %v", *p.Max)
	}
	return value{json.RawMessage(n), n.String()}, ""
}

func party(raw json.RawMessage) (value, string) {
	var p penstock.Party
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.IsZero() {
		return value{}, "must be an object with type, id and name"
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return value{}, "must be one object"
	}
	switch p.Type {
	case "":
		p.Type = penstock.User
	case penstock.User, penstock.Group:
	default:
		return value{}, "must be a user or a group"
	}
	doc, err := plainJSON(p)
	if err != nil {
		return value{}, "cannot be written as JSON"
	}
	return value{doc, p.Label()}, ""
}

func textValue(s string) value {
	raw, _ := plainJSON(s) // a text can always be written
	return value{raw, s}
}

// plainJSON writes x as JSON, with <, > and & as they are.
func plainJSON(x any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(x); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
