package sqlstore

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fields are stored as JSON, {"name":["value",…],…} with the names in order:
// so the database can look into them, and equal fields are equal bytes. Reading
// a page decodes hundreds, so both ways are written by hand.

func encodeFields(fields map[string][]string) string {
	b := make([]byte, 0, 64)
	b = append(b, '{')
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		values := fields[name]
		if len(values) == 0 {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = list(append(quote(b, name), ':'), values)
	}
	return string(append(b, '}'))
}

// encodeValues writes values as a JSON array.
func encodeValues(values []string) string { return string(list(nil, values)) }

func list(b []byte, values []string) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = quote(b, v)
	}
	return append(b, ']')
}

func quote(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// decodeFields reads what encodeFields wrote, and nothing else.
func decodeFields(s string) (map[string][]string, error) {
	if s == "{}" {
		return nil, nil
	}
	d := decoder{rest: s}
	fields := make(map[string][]string, 1+strings.Count(s, `],"`))
	all := make([]string, 0, strings.Count(s, `"`)/2) // one array for the values of all fields
	for begun := false; !begun || d.rest != "}"; begun = true {
		if !begun {
			d.skip('{')
		} else {
			d.skip(',')
		}
		name := d.text()
		d.skip(':')
		d.skip('[')
		first := len(all)
		all = append(all, d.text())
		for !d.failed && d.rest != "" && d.rest[0] == ',' {
			d.skip(',')
			all = append(all, d.text())
		}
		d.skip(']')
		if d.failed {
			return nil, fmt.Errorf("%w: fields %.80q", ErrCorrupt, s)
		}
		fields[name] = all[first:len(all):len(all)]
	}
	return fields, nil
}

type decoder struct {
	rest   string
	failed bool
}

func (d *decoder) skip(c byte) {
	if d.failed || d.rest == "" || d.rest[0] != c {
		d.failed = true
		return
	}
	d.rest = d.rest[1:]
}

func (d *decoder) text() string {
	d.skip('"')
	end := strings.IndexByte(d.rest, '"')
	if d.failed || end < 0 {
		d.failed = true
		return ""
	}
	if s := d.rest[:end]; strings.IndexByte(s, '\\') < 0 {
		d.rest = d.rest[end+1:]
		return s
	}
	return d.escaped()
}

func (d *decoder) escaped() string {
	var b []byte
	for i := 0; i < len(d.rest); i++ {
		switch c := d.rest[i]; c {
		case '"':
			d.rest = d.rest[i+1:]
			return string(b)
		case '\\':
			if i++; i < len(d.rest) && d.rest[i] != 'u' {
				b = append(b, d.rest[i])
				continue
			}
			if i+5 > len(d.rest) {
				d.failed = true
				return ""
			}
			n, err := strconv.ParseUint(d.rest[i+1:i+5], 16, 8)
			d.failed = d.failed || err != nil
			b = append(b, byte(n))
			i += 4
		default:
			b = append(b, c)
		}
	}
	d.failed = true
	return ""
}

// backwards returns s with its characters in reverse, so that a suffix becomes
// a prefix.
func backwards(s string) string {
	b := make([]byte, len(s))
	for i, at := 0, len(s); i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		at -= size
		copy(b[at:], s[i:i+size])
		i += size
	}
	return string(b)
}

// behind returns the least string that is greater than all that begin with
// prefix; ok is false if there is none.
func behind(prefix string) (next string, ok bool) {
	for prefix != "" {
		r, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		if r++; r == 0xD800 {
			r = 0xE000 // what lies between is no text
		}
		if r <= utf8.MaxRune {
			return prefix + string(r), true
		}
	}
	return "", false
}
