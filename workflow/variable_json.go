package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// ExpandSpec returns a spec with the variables in its strings, at any depth,
// filled in as [Expand] does; names of members and everything else are unchanged,
// byte by byte. Whatever the values are, the JSON keeps its structure. A fault
// names its place in the spec: steps[2].spec.script. The result may share
// memory with spec, and holds the values of secrets.
//
// A shell script into which a value was filled in runs what the value says. A
// value that is not to be trusted belongs into an environment variable.
func ExpandSpec(spec json.RawMessage, scope Scope) (json.RawMessage, error) {
	all := []notation{inBraces(scope)}
	return expandJSON(spec, func(jsonPath) []notation { return all })
}

// expandJSON fills in the strings of doc, each with the notations of its place.
func expandJSON(doc json.RawMessage, notations func(jsonPath) []notation) (json.RawMessage, error) {
	f := filler{strictly: true}
	out, err := rewriteJSON(doc, func(at jsonPath, text string) string {
		f.notations = notations(at)
		return f.fill(at.String, text)
	})
	if faults := f.err(); faults != nil {
		return nil, faults
	}
	return out, err
}

// rewriteJSON returns doc with its strings as change has them, and what stays the
// same as it is.
func rewriteJSON(doc json.RawMessage, change func(at jsonPath, text string) string) (json.RawMessage, error) {
	if !mayVary(doc) {
		return doc, nil
	}
	var out []byte
	copied := 0
	err := walkJSON(doc, func(at jsonPath, start, end int) {
		raw := doc[start:end]
		if !mayVary(raw) {
			return
		}
		text := unquote(raw)
		next := change(at, text)
		if next == text {
			return
		}
		if out = append(out, doc[copied:start]...); len(out) <= MaxExpanded {
			out = appendQuoted(out, next)
		}
		copied = end
	})
	switch {
	case err != nil:
		return nil, err
	case copied == 0:
		return doc, nil
	case len(out)+len(doc)-copied > MaxExpanded:
		return nil, penstock.Invalid("", "has more than %d bytes when its variables are filled in", MaxExpanded)
	}
	return append(out, doc[copied:]...), nil
}

// mayVary reports whether a JSON string can hold a variable: one that stands
// there, or one whose characters are escaped.
func mayVary(raw []byte) bool {
	return bytes.Contains(raw, []byte(braces)) || bytes.Contains(raw, []byte("$(")) || bytes.Contains(raw, []byte(`\u00`))
}

// A jsonPath is a place in a JSON text: names of members as they are written,
// quotes included, and indexes.
type jsonPath []jsonStep

type jsonStep struct {
	member []byte // nil: an element
	index  int
}

// is reports whether the step is the member with that name.
func (s jsonStep) is(name string) bool { return s.member != nil && unquote(s.member) == name }

// String returns the path as faults have it: steps[2].spec.script.
func (p jsonPath) String() string {
	var b strings.Builder
	for _, s := range p {
		if s.member == nil {
			fmt.Fprintf(&b, "[%d]", s.index)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(short(unquote(s.member)))
	}
	return b.String()
}

// walkJSON calls visit for every string of doc that is a value, with its place
// and where it stands, quotes included. A text that is no JSON, is no UTF-8, or is
// nested too deeply is an ErrInvalid.
func walkJSON(doc json.RawMessage, visit func(at jsonPath, start, end int)) error {
	if !json.Valid(doc) || !utf8.Valid(doc) {
		return penstock.Invalid("", "must be JSON in UTF-8")
	}
	w := jsonWalk{doc: doc, visit: visit}
	w.value()
	if w.deep {
		return penstock.Invalid("", "is nested more than %d deep", maxJSONDepth)
	}
	return nil
}

const maxJSONDepth = 100

// A jsonWalk reads a text that is known to be JSON.
type jsonWalk struct {
	doc   []byte
	pos   int
	path  jsonPath
	visit func(at jsonPath, start, end int)
	deep  bool
}

// token passes over what separates values, and returns the byte behind it.
func (w *jsonWalk) token() byte {
	for {
		switch c := w.doc[w.pos]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			w.pos++
		default:
			return c
		}
	}
}

func (w *jsonWalk) value() {
	switch w.token() {
	case '"':
		start := w.pos
		w.string()
		w.visit(w.path, start, w.pos)
	case '{':
		w.inside('}', func(int) jsonStep {
			start := w.pos
			w.string()
			return jsonStep{member: w.doc[start:w.pos]}
		})
	case '[':
		w.inside(']', func(i int) jsonStep { return jsonStep{index: i} })
	default:
		for w.pos < len(w.doc) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(w.doc[w.pos])) {
			w.pos++
		}
	}
}

// inside reads the values of an object or array, and the step to each.
func (w *jsonWalk) inside(end byte, step func(i int) jsonStep) {
	if len(w.path) == maxJSONDepth {
		w.deep = true
	}
	w.pos++
	for i := 0; !w.deep && w.token() != end; i++ {
		w.path = append(w.path, step(i))
		w.value()
		w.path = w.path[:len(w.path)-1]
	}
	w.pos++
}

// string passes over a string.
func (w *jsonWalk) string() {
	for w.pos++; w.doc[w.pos] != '"'; w.pos++ {
		if w.doc[w.pos] == '\\' {
			w.pos++
		}
	}
	w.pos++
}

// unquote returns what a JSON string says.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is known to be a string
	return s
}

// appendQuoted appends text, which is UTF-8, as a JSON string.
func appendQuoted(out []byte, text string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	plain := 0 // from here on nothing was appended yet
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[plain:i]...)
		plain = i + 1
		switch {
		case c >= ' ':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c == '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(out, text[plain:]...), '"')
}
