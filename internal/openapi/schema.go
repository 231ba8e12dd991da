package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A Schemer is a type whose schema its Go type does not tell.
type Schemer interface {
	// OpenAPI returns the schema, as encoding/json writes it. of returns that of another value.
	OpenAPI(of func(v any) any) any
}

// schemas are those of the types that were met.
type schemas struct {
	named object // by name
	types map[string]reflect.Type
	fault error
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	rawType    = reflect.TypeFor[json.RawMessage]()
	schemer    = reflect.TypeFor[Schemer]()
	textWriter = reflect.TypeFor[encoding.TextMarshaler]()
	jsonWriter = reflect.TypeFor[json.Marshaler]()
)

// of returns the schema of values like v.
func (s *schemas) of(v any) (any, error) {
	out := s.typed(reflect.TypeOf(v))
	return out, s.fault
}

func (s *schemas) typed(t reflect.Type) any {
	switch {
	case t == nil:
		return object{}
	case t.Implements(schemer) && t.Kind() != reflect.Pointer:
		if own, ok := reflect.TypeAssert[Schemer](reflect.Zero(t)); ok {
			return own.OpenAPI(func(v any) any { return s.typed(reflect.TypeOf(v)) })
		}
		return object{}
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t == rawType:
		return object{}
	case t.Kind() == reflect.Pointer:
		return orNull(s.typed(t.Elem()))
	case t.Implements(jsonWriter):
		s.fail("%s writes its own JSON and does not tell its schema", t)
		return object{}
	case t.Implements(textWriter):
		return object{"type": "string"}
	}
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice, reflect.Array:
		return object{"type": "array", "items": s.typed(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.typed(t.Elem())}
	case reflect.Interface:
		return object{}
	case reflect.Struct:
		return s.structured(t)
	default:
		s.fail("%s has no schema", t)
		return object{}
	}
}

func (s *schemas) fail(format string, args ...any) {
	if s.fault == nil {
		s.fault = fmt.Errorf(format, args...)
	}
}

// structured returns the schema of a struct: a reference, if the type has a name.
func (s *schemas) structured(t reflect.Type) any {
	if t.Name() == "" {
		return s.members(t)
	}
	name := exported(t.Name())
	switch s.types[name] {
	case t:
	case nil:
		s.types[name] = t
		s.named[name] = object{} // it may refer to itself
		s.named[name] = s.members(t)
	default:
		s.fail("two types have the name %s: %s and %s", name, s.types[name], t)
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// exported is a name as a reader of the description sees it.
func exported(name string) string {
	name, _, _ = strings.Cut(name, "[")
	r := []rune(name)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

func (s *schemas) members(t reflect.Type) object {
	properties, required := make(object), []string{}
	out := object{"type": "object", "additionalProperties": false}
	s.fields(t, properties, &required, out)
	if out["properties"] = properties; len(required) > 0 {
		slices.Sort(required)
		out["required"] = slices.Compact(required)
	}
	return out
}

func (s *schemas) fields(t reflect.Type, properties object, required *[]string, out object) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Name == "_" && f.Tag.Get("open") == "true" {
			out["additionalProperties"] = true
		}
		switch {
		case f.Anonymous && name == "":
			if e := f.Type; e.Kind() == reflect.Struct {
				s.fields(e, properties, required, out)
			} else if e.Kind() == reflect.Pointer && e.Elem().Kind() == reflect.Struct {
				s.fields(e.Elem(), properties, required, out)
			}
			continue
		case !f.IsExported() || name == "-":
			continue
		case name == "":
			name = f.Name
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		properties[name] = s.member(f, optional)
		if !optional && f.Tag.Get("need") != "false" || f.Tag.Get("need") == "true" {
			*required = append(*required, name)
		}
	}
}

// member returns the schema of a member of a struct. What is left out if it is nil is never null.
func (s *schemas) member(f reflect.StructField, optional bool) any {
	t := f.Type
	if t.Kind() == reflect.Pointer && optional {
		t = t.Elem()
	}
	schema := s.typed(t)
	if f.Tag.Get("open") == "true" {
		schema = object{}
	}
	doc, enum, format := f.Tag.Get("doc"), f.Tag.Get("enum"), f.Tag.Get("format")
	m, ok := schema.(object)
	if !ok || doc == "" && enum == "" && format == "" {
		return schema
	}
	if doc != "" {
		m["description"] = doc // beside a $ref too, since 3.1
	}
	if enum != "" {
		target := m
		if items, ok := m["items"].(object); ok {
			target = items
		}
		target["enum"] = strings.Split(enum, ",")
	}
	if format != "" {
		m["format"] = format
	}
	return m
}

// orNull allows null besides.
func orNull(schema any) any {
	m, ok := schema.(object)
	if !ok {
		return schema
	}
	switch kind := m["type"].(type) {
	case string:
		m["type"] = []string{kind, "null"}
		return m
	case []string:
		return m
	}
	if len(m) == 0 {
		return m
	}
	return object{"anyOf": []any{m, object{"type": "null"}}}
}
