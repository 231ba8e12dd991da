package rollout

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A text finds any of its values in one place.
type text struct {
	in     spot
	values []string
}

// A folded text does so in lower case.
type folded struct {
	in     spot
	values [][]byte
}

// A spot is where a text is looked for.
type spot uint8

const (
	anywhere spot = iota
	atStart
	atEnd
)

func (t *text) match(value string) bool {
	for _, part := range t.values {
		var ok bool
		switch t.in {
		case atStart:
			ok = strings.HasPrefix(value, part)
		case atEnd:
			ok = strings.HasSuffix(value, part)
		default:
			ok = strings.Contains(value, part)
		}
		if ok {
			return true
		}
	}
	return false
}

func (t *folded) match(value string) bool {
	var room [256]byte // so that a value of usual length stays on the stack
	lower := appendLower(room[:0], value)
	for _, part := range t.values {
		var ok bool
		switch t.in {
		case atStart:
			ok = bytes.HasPrefix(lower, part)
		case atEnd:
			ok = bytes.HasSuffix(lower, part)
		default:
			ok = bytes.Contains(lower, part)
		}
		if ok {
			return true
		}
	}
	return false
}

func newText(in spot, values []string, fold bool) test {
	if !fold {
		return &text{in: in, values: slices.Clone(values)}
	}
	t := &folded{in: in, values: make([][]byte, len(values))}
	for i, v := range values {
		t.values[i] = appendLower(nil, v)
	}
	return t
}

// appendLower appends s in lower case, as [strings.ToLower] has it.
func appendLower(b []byte, s string) []byte {
	for _, r := range s {
		b = utf8.AppendRune(b, unicode.ToLower(r))
	}
	return b
}
