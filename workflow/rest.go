package workflow

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"strings"
)

// Rest is embedded in the struct of a spec, and in the structs that this holds,
// so that members that they do not know survive when a spec is read, changed and
// written again. So do members that are there but empty.
type Rest struct {
	members map[string]json.RawMessage // read only, as copies of the struct share it
}

// Equal reports whether two specs hold the same members that nobody knows, byte for byte.
func (r Rest) Equal(other Rest) bool {
	return maps.EqualFunc(r.members, other.members, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

var restType = reflect.TypeFor[Rest]()

// decodeOpen reads text into v, a pointer, and what v does not know into the
// Rest of the struct that it was found in.
func decodeOpen(text []byte, v any) error {
	if err := json.Unmarshal(text, v); err != nil {
		return err
	}
	keepRest(text, reflect.ValueOf(v))
	return nil
}

// keepRest fills every Rest in v, which was read from text.
func keepRest(text json.RawMessage, v reflect.Value) {
	switch {
	case !holdsRest(v.Type()):
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			keepRest(text, v.Elem())
		}
	case v.Kind() == reflect.Slice:
		var elements []json.RawMessage
		if json.Unmarshal(text, &elements) == nil {
			for i := range min(len(elements), v.Len()) {
				keepRest(elements[i], v.Index(i))
			}
		}
	default:
		keepMembers(text, v)
	}
}

func keepMembers(text json.RawMessage, v reflect.Value) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil {
		return
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, ok := member(f)
		value, err := v.FieldByIndexErr(f.Index)
		if !ok || err != nil {
			continue
		}
		for key, text := range members {
			if !strings.EqualFold(key, name) { // as encoding/json matches them
				continue
			}
			keepRest(text, value)
			if !empty(value) {
				delete(members, key)
			}
		}
	}
	if len(members) > 0 {
		rest := Rest{members}
		v.FieldByName("Rest").Set(reflect.ValueOf(rest))
	}
}

// encodeOpen writes v with what its Rests hold.
func encodeOpen(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return addRest(text, reflect.ValueOf(v))
}

// addRest adds what the Rests in v hold to text, which is v without them.
func addRest(text json.RawMessage, v reflect.Value) (json.RawMessage, error) {
	switch {
	case !holdsRest(v.Type()):
		return text, nil
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return text, nil
		}
		return addRest(text, v.Elem())
	case v.Kind() == reflect.Slice:
		var elements []json.RawMessage
		if err := json.Unmarshal(text, &elements); err != nil || elements == nil {
			return text, err
		}
		for i := range elements {
			var err error
			if elements[i], err = addRest(elements[i], v.Index(i)); err != nil {
				return nil, err
			}
		}
		return json.Marshal(elements)
	default:
		return addMembers(text, v)
	}
}

func addMembers(text json.RawMessage, v reflect.Value) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, ok := member(f)
		inner, written := members[name]
		value, err := v.FieldByIndexErr(f.Index)
		if !ok || !written || err != nil {
			continue
		}
		if members[name], err = addRest(inner, value); err != nil {
			return nil, err
		}
	}
	written := make(map[string]bool, len(members))
	for name := range members {
		written[strings.ToLower(name)] = true
	}
	if rest, ok := reflect.TypeAssert[Rest](v.FieldByName("Rest")); ok {
		for name, value := range rest.members {
			if !written[strings.ToLower(name)] {
				members[name] = value
			}
		}
	}
	return json.Marshal(members)
}

// holdsRest reports whether values of t, or what they point to or list, embed a Rest.
func holdsRest(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	f, ok := t.FieldByName("Rest")
	return ok && f.Type == restType && len(f.Index) == 1
}

// member returns the name of a field in JSON, and false if it has none.
func member(f reflect.StructField) (name string, ok bool) {
	name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported() || name == "-" || f.Anonymous:
		return "", false
	case name == "":
		return f.Name, true
	default:
		return name, true
	}
}

// empty reports whether omitempty or omitzero leave v out.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array, reflect.String:
		return v.Len() == 0
	default:
		return v.IsZero()
	}
}
