package store

import (
	"strings"
	"time"
	"unicode/utf8"
)

// What is valid is told here without building the paths that only faults need:
// this runs on every Commit.

func (op *Op) valid() bool {
	if op.Kind < Put || op.Kind > Check || op.Version < 0 || op.Version == 0 && op.Kind == Delete || !op.Key.valid() {
		return false
	}
	if op.Kind == Put && !op.Record.valid() {
		return false
	}
	for i := range op.Events {
		if !op.Events[i].valid() {
			return false
		}
	}
	return true
}

func (r *Record) valid() bool {
	if len(r.Body) > MaxBody || len(r.Fields) > MaxFields {
		return false
	}
	for name, values := range r.Fields {
		if !validName(name) || len(values) > MaxValues {
			return false
		}
		for _, v := range values {
			if !validValue(v) {
				return false
			}
		}
	}
	return true
}

func (e *Event) valid() bool {
	return e.Seq > 0 && len(e.Body) <= MaxBody && validName(e.Name) && validTime(e.At) &&
		(e.Subject == Key{} || e.Subject.valid())
}

func (k Key) valid() bool {
	return k.Kind != "" && k.ID != "" && len(k.Kind)+1+len(k.ID) <= MaxKey &&
		validText(k.Kind) && validText(k.ID) && strings.IndexByte(k.Kind, '/') < 0
}

func validName(s string) bool  { return s != "" && len(s) <= MaxName && validText(s) }
func validValue(s string) bool { return len(s) <= MaxValue && validText(s) }
func validText(s string) bool  { return strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) }

func validTime(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}
