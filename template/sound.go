package template

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan"
)

// sound finds what JSON cannot hold, in the words of a plan: writing it would
// change or refuse it. It looks at the value as it is given, before anything copies
// or walks through it, and so at the size of documents too.
func (v *validator) sound(at *place, x reflect.Value) {
	switch given := x.Interface().(type) {
	case time.Time:
		if y := given.UTC().Year(); !given.IsZero() && (y < 1 || y > 9999) {
			v.fault(at.String(), "must be a time in the years 1 to 9999")
		}
		return
	case penstock.Duration:
		if given.Months < 0 || given.Days < 0 || given.Time < 0 {
			v.fault(at.String(), "must not be negative")
		}
		return
	case json.RawMessage:
		if given != nil {
			v.document(at, given)
		}
		return
	}
	switch x.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !x.IsNil() {
			v.sound(at, x.Elem())
		}
	case reflect.Struct:
		for i := range x.NumField() {
			if f := x.Type().Field(i); f.IsExported() {
				v.sound(at.field(jsonName(f)), x.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range x.Len() {
			v.sound(at.element(i), x.Index(i))
		}
	case reflect.Map:
		for _, key := range sortedKeys(x) {
			member := at.member(key.String())
			v.sound(member, key)
			v.sound(member, x.MapIndex(key))
		}
	case reflect.String:
		if !utf8.ValidString(x.String()) {
			v.fault(at.String(), "must be UTF-8")
		}
	case reflect.Float32, reflect.Float64:
		if n := x.Float(); math.IsNaN(n) || math.IsInf(n, 0) {
			v.fault(at.String(), "must be a number")
		}
	default:
	}
}

// document checks a JSON document: an object, or a text that a party becomes one in.
func (v *validator) document(at *place, raw json.RawMessage) {
	switch body := bytes.TrimSpace(raw); {
	case len(raw) > releaseplan.MaxSpec:
		v.fault(at.String(), "%d bytes are too many: at most %d", len(raw), releaseplan.MaxSpec)
	case len(body) == 0 || body[0] != '{' && body[0] != '"' || !json.Valid(body):
		v.fault(at.String(), "must be a JSON object")
	case fault.Depth(body) > maxDepth:
		v.fault(at.String(), "is nested more than %d deep", maxDepth)
	case !utf8.Valid(body):
		v.fault(at.String(), "must be UTF-8")
	}
}
