package ical

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A line is one property, unfolded: NAME;PARAMETER=value:value.
type line struct {
	number int // of its first line in the file, from 1
	name   string
	params map[string]string
	value  string
	err    error // it is not a property
}

// lines takes a file apart. Line ends are CRLF or LF; a line that begins with a space or a tab goes
// on with the one before.
func lines(file []byte) []line {
	var all []line
	file = bytes.TrimPrefix(file, []byte("\ufeff"))
	for number := 1; len(file) > 0; {
		l := line{number: number}
		var text []byte
		for first := true; len(file) > 0 && (first || file[0] == ' ' || file[0] == '\t'); first = false {
			part, rest, _ := bytes.Cut(file, []byte("\n"))
			part = bytes.TrimSuffix(part, []byte("\r"))
			if !first {
				part = part[min(1, len(part)):]
			}
			text = append(text, part...) // folding may cut a character
			file = rest
			number++
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if utf8.Valid(text) {
			l.err = l.parse(string(text))
		} else {
			l.err = errors.New("must be UTF-8")
		}
		all = append(all, l)
	}
	return all
}

// parse fills in what a property consists of.
func (l *line) parse(text string) error {
	end := strings.IndexAny(text, ";:")
	if end <= 0 || strings.ContainsFunc(text[:end], func(c rune) bool { return c != '-' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') }) {
		return errors.New("is not NAME:value")
	}
	l.name, text = strings.ToUpper(text[:end]), text[end:]
	for text[0] == ';' {
		name, rest, ok := strings.Cut(text[1:], "=")
		name = strings.ToUpper(name)
		if !ok || strings.ContainsAny(name, `;:",`) {
			return errors.New("has a parameter that is not NAME=value")
		}
		value, rest, ok := parameter(rest)
		if !ok {
			return fmt.Errorf("has a parameter %s without an end", clip(name))
		}
		if _, twice := l.params[name]; twice {
			return fmt.Errorf("has the parameter %s twice", clip(name))
		}
		if l.params == nil {
			l.params = map[string]string{}
		}
		l.params[name], text = value, rest
	}
	l.value = text[1:]
	return nil
}

// parameter reads the value of a parameter up to the ; or : behind it, which begins the rest.
func parameter(text string) (value, rest string, ok bool) {
	quoted := false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ';' || c == ':'):
			return strings.ReplaceAll(text[:i], `"`, ""), text[i:], true
		}
	}
	return "", "", false
}

var escapes = strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, " ", `\N`, " ")

// plain returns the text of a value on one line.
func plain(value string) string {
	return strings.Join(strings.FieldsFunc(escapes.Replace(value), func(c rune) bool { return c <= ' ' || c == 0x7f }), " ")
}

// clip shortens what a file says before it is repeated.
func clip(s string) string {
	if utf8.RuneCountInString(s) <= 60 {
		return s
	}
	return string([]rune(s)[:60]) + "…"
}
