package outbox

import (
	"bytes"
	"encoding/json"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTitle is the number of bytes after which a robot cuts a title.
const maxTitle = 256

// titleOf returns one line for people.
func titleOf(m *Message) string {
	title := m.Title
	if title == "" {
		title = m.Event
	}
	return cut(strings.Join(strings.Fields(plain(title)), " "), maxTitle)
}

// plain drops what cannot be seen.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// unmarked breaks up links, images, mentions and tags. It does so with spaces, because
// the chat systems do not agree on how a character is escaped.
func unmarked(s string) string {
	return strings.NewReplacer("](", "] (", "][", "] [", "]:", "] :", "<", "< ").Replace(s)
}

// cut shortens s to at most n bytes, the ellipsis included, between two characters.
func cut(s string, n int) string {
	const ellipsis = "…"
	if len(s) <= n {
		return s
	}
	n = max(n-len(ellipsis), 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + ellipsis
}

// fit writes the body that holds text, with as much of text as leaves it no longer than limit.
func fit(text string, limit int, body func(text string) any) ([]byte, error) {
	doc, err := compact(body(text))
	if err != nil || len(doc) <= limit {
		return doc, err
	}
	n := sort.Search(len(text), func(n int) bool { // how much a character takes depends on it
		doc, err := compact(body(cut(text, n+1)))
		return err != nil || len(doc) > limit
	})
	return compact(body(cut(text, n)))
}

// compact writes JSON without escaping what only matters in HTML: it counts against the limits.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// codeIn reads the first of the members that is there; some systems write
// numbers as strings.
func codeIn(members ...string) func(answer []byte) (int, bool) {
	return func(answer []byte) (int, bool) {
		var doc map[string]json.RawMessage
		if json.Unmarshal(answer, &doc) != nil {
			return 0, false
		}
		for _, name := range members {
			var code int
			if raw := bytes.Trim(doc[name], `"`); json.Unmarshal(raw, &code) == nil && string(raw) != "null" {
				return code, true
			}
		}
		return 0, false
	}
}
