package rest

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// A Field is a member of what is read that may be left out: it tells nothing said from null,
// and null from a value.
type Field[T any] struct {
	Value T
	Set   bool // it is there
	Null  bool // and is null
}

// UnmarshalJSON reads the value.
func (f *Field[T]) UnmarshalJSON(text []byte) error {
	if f.Set = true; bytes.Equal(text, []byte("null")) {
		f.Null = true
		return nil
	}
	return json.Unmarshal(text, &f.Value)
}

// OpenAPI returns the schema: that of the value, or null.
func (f Field[T]) OpenAPI(of func(v any) any) any {
	return of(&f.Value)
}

// fieldOf returns what a Field holds.
func fieldOf(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() != reflect.Struct || t.NumField() != 3 || !bytes.HasPrefix([]byte(t.Name()), []byte("Field[")) || t.PkgPath() != reflect.TypeFor[Call]().PkgPath() {
		return nil, false
	}
	return t.Field(0).Type, true
}
