// Package excerpt makes of what people wrote as much as fits where it is told.
package excerpt

import (
	"strings"
	"unicode"
)

// Line returns at most n characters of s on one line, without control characters and
// with one blank between words. What was cut off leaves a … behind.
func Line(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	for i := range s { // by character, not by byte
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}
