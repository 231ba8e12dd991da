package workflow

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

const (
	longestForm = 64 // bytes; what is longer is found part by part
	shortestRun = 6  // bytes of a part, or of base64, that only a secret makes likely
	base64Line  = 76 // characters, where programs break it
)

// secretForms returns the texts by which a secret is recognised.
func secretForms(secret string) []string {
	var forms []string
	add := func(texts ...string) {
		for _, t := range texts {
			forms = append(forms, parts(t)...)
		}
	}
	add(quotedForms(secret)...)
	add(encodedForms(secret)...)
	if trimmed := strings.TrimSpace(secret); trimmed != secret && len(trimmed) >= MinSecret {
		add(quotedForms(trimmed)...)
		add(encodedForms(trimmed)...)
	}
	if strings.ContainsAny(secret, "\r\n") {
		for line := range strings.FieldsFuncSeq(secret, func(r rune) bool { return r == '\r' || r == '\n' }) {
			add(quotedForms(strings.TrimSpace(line))...)
		}
	}
	return forms
}

// parts cuts a form into those that are looked for; together they cover it.
func parts(form string) []string {
	if len(form) < MinSecret {
		return nil
	}
	var all []string
	for rest := form; ; rest = rest[longestForm:] {
		switch {
		case len(rest) <= longestForm && len(all) > 0 && len(rest) < shortestRun: // by itself it may be anything
			return append(all, form[len(form)-longestForm:])
		case len(rest) <= longestForm:
			return append(all, rest)
		}
		all = append(all, rest[:longestForm])
	}
}

// quotedForms returns s as it is, and as programs quote it, without the quotes.
func quotedForms(s string) []string {
	forms := []string{s}
	other := func(form string) {
		if form != s {
			forms = append(forms, form)
		}
	}
	if text, err := json.Marshal(s); err == nil {
		other(string(text[1 : len(text)-1]))
	}
	if text := appendQuoted(nil, s); text != nil {
		other(string(text[1 : len(text)-1]))
	}
	goText := strconv.Quote(s)
	other(goText[1 : len(goText)-1])
	other(strings.ReplaceAll(s, "'", `'\''`))
	return forms
}

// encodedForms returns s in URLs and in base64.
func encodedForms(s string) []string {
	var forms []string
	query := url.QueryEscape(s)
	plus := strings.ReplaceAll(query, "+", "%20")
	for _, form := range []string{query, plus, url.PathEscape(s), asURIComponent.Replace(plus)} {
		if form != s {
			forms = append(forms, form, lowerEscapes(form))
		}
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		whole := encoding.EncodeToString([]byte(s))
		forms = append(forms, whole, strings.TrimRight(whole, "="))
		forms = append(forms, wrapped(whole)...)
		for before := range 3 { // bytes, of three, that something else fills
			text := encoding.EncodeToString(append(make([]byte, before), s...))
			if run := text[(8*before+5)/6 : 8*(before+len(s))/6]; len(run) >= shortestRun {
				forms = append(forms, run)
			}
		}
	}
	return forms
}

// wrapped returns the lines that programs break base64 into, if there are several.
func wrapped(text string) []string {
	var lines []string
	for len(text) > base64Line {
		lines, text = append(lines, text[:base64Line]), text[base64Line:]
	}
	if len(lines) > 0 && len(text) >= shortestRun {
		lines = append(lines, text)
	}
	return lines
}

// asURIComponent undoes the escapes that browsers do not make.
var asURIComponent = strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")

// lowerEscapes returns a text of a URL with %2f for %2F.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(s[i+1:i+3]))
			i += 2
		}
	}
	return string(b)
}
