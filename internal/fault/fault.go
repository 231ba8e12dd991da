// Package fault says what is wrong with what people write, in the words in which every
// package tells it. An empty answer means that nothing is.
package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/penstock-go/penstock/internal/canonical"
)

// Short is about a text on one line of at most so many characters and bytes.
func Short(s string, characters, size int) string {
	switch n := utf8.RuneCountInString(s); {
	case n > characters:
		return tooMany(n, "characters", characters)
	case len(s) > size:
		return tooMany(len(s), "bytes", size)
	case !utf8.ValidString(s):
		return notText
	case strings.ContainsFunc(s, unicode.IsControl):
		return "must not hold control characters"
	default:
		return ""
	}
}

// Text is about a text of at most so many bytes.
func Text(s string, size int) string {
	switch {
	case len(s) > size:
		return tooMany(len(s), "bytes", size)
	case !utf8.ValidString(s):
		return notText
	default:
		return ""
	}
}

// Object is about one JSON object of at most so many bytes and values in each other,
// which has to mean the same to every reader.
func Object(raw json.RawMessage, size, deepest int) string {
	switch body := bytes.TrimSpace(raw); {
	case len(raw) > size:
		return tooMany(len(raw), "bytes", size)
	case len(body) == 0 || body[0] != '{' || !json.Valid(body):
		return "must be a JSON object"
	case Depth(body) > deepest:
		return fmt.Sprintf("is nested more than %d deep", deepest)
	case !utf8.Valid(body):
		return notText
	default:
		if _, err := canonical.Transform(body); err != nil {
			return fmt.Sprintf("does not mean the same to every reader: %v", err)
		}
		return ""
	}
}

const notText = "must be UTF-8"

func tooMany(n int, what string, most int) string {
	return fmt.Sprintf("%d %s are too many: at most %d", n, what, most)
}

// Depth returns how deep valid JSON is nested: 0 for a number, 1 for [].
func Depth(doc []byte) (deepest int) {
	level, quoted := 0, false
	for i := 0; i < len(doc); i++ {
		switch c := doc[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}

// Under returns the path of a field of what is at path; each may be empty.
func Under(path, field string) string {
	if path == "" || field == "" || field[0] == '[' {
		return path + field
	}
	return path + "." + field
}

// Clip keeps what a stranger wrote short enough to repeat: about so many bytes.
func Clip(s string, size int) string {
	if len(s) <= size {
		return s
	}
	n := size
	for n > max(0, size-utf8.UTFMax) && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
