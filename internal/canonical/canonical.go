package canonical

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// MaxDepth is how deep arrays and objects can lie in each other.
const MaxDepth = 100

// JSON returns the canonical form of v as [json.Marshal] writes it. What cannot
// be written so is an ErrInvalid. As json.Marshal does, it writes U+FFFD for the
// bytes of a string that are not UTF-8.
func JSON(v any) ([]byte, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", penstock.ErrInvalid, err)
	}
	return Transform(doc)
}

// Transform returns the canonical form of a JSON text. A text that is no JSON,
// or that has no canonical form, is a [*penstock.InvalidError] that names the
// offset of the first fault in bytes. The result is the caller's own; doc is
// only read.
func Transform(doc []byte) ([]byte, error) {
	if !utf8.Valid(doc) {
		return nil, penstock.Invalid("", "the text is not UTF-8")
	}
	t := transformer{doc: doc, out: make([]byte, 0, len(doc))}
	if err := t.value(0); err != nil {
		return nil, err
	}
	if t.space(); t.pos < len(doc) {
		return nil, t.fault(t.pos, "something follows the value")
	}
	return t.out, nil
}

// A transformer reads doc once, from left to right, and appends the canonical
// form of each value to out. Objects are put in order when they end.
type transformer struct {
	doc     []byte
	pos     int // of the next byte of doc
	out     []byte
	members []member // of the objects that are open, the innermost last
	text    []byte   // names whose escapes were resolved
	spare   []byte   // where an object is put in order
}

// fault returns the error that tells what is wrong at an offset of doc.
func (t *transformer) fault(at int, format string, args ...any) error {
	return penstock.Invalid("", "byte %d: %s", at, fmt.Sprintf(format, args...))
}

// space passes over white space.
func (t *transformer) space() {
	for t.pos < len(t.doc) {
		switch t.doc[t.pos] {
		case ' ', '\t', '\n', '\r':
			t.pos++
		default:
			return
		}
	}
}

// next passes over white space and returns the byte behind it without taking
// it, or 0 at the end.
func (t *transformer) next() byte {
	t.space()
	if t.pos == len(t.doc) {
		return 0
	}
	return t.doc[t.pos]
}

// value takes one value that lies in depth arrays and objects.
func (t *transformer) value(depth int) error {
	switch c := t.next(); c {
	case '{', '[':
		if depth == MaxDepth {
			return t.fault(t.pos, "more than %d arrays and objects in each other", MaxDepth)
		}
		if c == '{' {
			return t.object(depth + 1)
		}
		return t.array(depth + 1)
	case '"':
		names := len(t.text)
		_, err := t.string()
		t.text = t.text[:names]
		return err
	case 't':
		return t.literal("true")
	case 'f':
		return t.literal("false")
	case 'n':
		return t.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return t.number()
	default:
		return t.unexpected("a value")
	}
}

// unexpected returns the error for a byte, or an end, that is not what was wanted.
func (t *transformer) unexpected(wanted string) error {
	if t.pos >= len(t.doc) {
		return t.fault(len(t.doc), "the text ends where %s should be", wanted)
	}
	r, _ := utf8.DecodeRune(t.doc[t.pos:])
	return t.fault(t.pos, "%q where %s should be", r, wanted)
}

func (t *transformer) literal(word string) error {
	end := t.pos + len(word)
	if end > len(t.doc) || string(t.doc[t.pos:end]) != word {
		return t.unexpected("a value")
	}
	t.pos = end
	t.out = append(t.out, word...)
	return nil
}

func (t *transformer) array(depth int) error {
	t.pos++
	t.out = append(t.out, '[')
	if t.next() == ']' {
		t.pos++
		t.out = append(t.out, ']')
		return nil
	}
	for {
		if err := t.value(depth); err != nil {
			return err
		}
		c := t.next()
		if c != ',' && c != ']' {
			return t.unexpected("a comma or the end of the array")
		}
		t.pos++
		t.out = append(t.out, c)
		if c == ']' {
			return nil
		}
	}
}
