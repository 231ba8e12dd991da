package canonical

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// string takes a string and returns what it says: a part of doc if it has no
// escapes, and else a part of text.
func (t *transformer) string() ([]byte, error) {
	start := t.pos + 1
	for i, c := range t.doc[start:] {
		switch {
		case c == '"':
			t.pos = start + i + 1
			t.out = append(t.out, t.doc[start-1:t.pos]...)
			return t.doc[start : start+i], nil
		case c == '\\':
			from := len(t.text)
			t.text = append(t.text, t.doc[start:start+i]...)
			t.pos = start + i
			if err := t.unescape(); err != nil {
				return nil, err
			}
			t.out = appendString(t.out, t.text[from:])
			return t.text[from:], nil
		case c < ' ':
			return nil, t.fault(start+i, "a control character in a string")
		}
	}
	return nil, t.fault(len(t.doc), "the text ends in a string")
}

// unescape appends the rest of a string to text.
func (t *transformer) unescape() error {
	for t.pos < len(t.doc) {
		c := t.doc[t.pos]
		switch {
		case c == '"':
			t.pos++
			return nil
		case c == '\\':
			r, err := t.escape()
			if err != nil {
				return err
			}
			t.text = utf8.AppendRune(t.text, r)
		case c < ' ':
			return t.fault(t.pos, "a control character in a string")
		default:
			t.text = append(t.text, c)
			t.pos++
		}
	}
	return t.fault(len(t.doc), "the text ends in a string")
}

// escape takes one escape; a surrogate pair is one.
func (t *transformer) escape() (rune, error) {
	at := t.pos
	if at+1 == len(t.doc) {
		return 0, t.fault(len(t.doc), "the text ends in a string")
	}
	t.pos += 2
	switch c := t.doc[at+1]; c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, ok := t.unit(at)
		if !ok {
			return 0, t.fault(at, `\u without four hexadecimal digits`)
		}
		t.pos = at + 6
		if !utf16.IsSurrogate(r) {
			return r, nil
		}
		low, _ := t.unit(t.pos)
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return 0, t.fault(at, "half of a surrogate pair")
		}
		t.pos += 6
		return r, nil
	default:
		return 0, t.fault(at, "an escape that JSON does not know")
	}
}

// unit returns the UTF-16 code unit that a \u escape at an offset of doc stands for.
func (t *transformer) unit(at int) (rune, bool) {
	if at+6 > len(t.doc) || t.doc[at] != '\\' || t.doc[at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range t.doc[at+2 : at+6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// appendString appends text as a string with the fewest escapes.
func appendString(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			if c < ' ' {
				dst = append(dst, `\u00`...)
				if c < 0x10 {
					dst = append(dst, '0')
				}
				dst = strconv.AppendUint(dst, uint64(c), 16)
				continue
			}
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
