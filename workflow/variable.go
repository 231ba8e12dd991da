package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of variables.
const (
	MaxVariable = 1_024   // bytes of the name of a variable
	MaxSegments = 16      // that the dots of a name separate
	MaxExpanded = 1 << 20 // bytes of a text or spec after its variables were filled in
)

// A notation is one way to write a variable in a text.
type notation struct {
	open, close string
	literal     string // what stands for itself as open, literal, close
	strict      bool   // what opens is meant as a variable; otherwise only with one of the roots behind
	scope       Scope
}

// roots are the first segments of every variable of a run.
var roots = []string{"project", "workflow", "job", "payload", "parameter"}

// inBraces is {{.workflow.params.x}}, with values from scope.
func inBraces(scope Scope) notation {
	return notation{open: "{{.", close: "}}", literal: braces, scope: scope}
}

// A variable is one place of a text where a notation stands.
type variable struct {
	*notation
	name       string
	start, end int    // of the text
	literal    bool   // it is no variable, but stands for what would begin one
	fault      string // what is wrong with how it is written; empty: nothing
}

// String returns the variable as it is written.
func (v *variable) String() string { return v.open + short(v.name) + v.close }

// A scanner finds the variables of a text, from left to right, in linear time.
type scanner struct {
	text      string
	notations []notation
	found     []int // where each of the notations opens next
	at        int   // what is before was looked at
}

func scan(text string, notations ...notation) *scanner {
	return &scanner{text: text, notations: notations, found: slices.Repeat([]int{-1}, len(notations))}
}

// open returns where the next notation opens, and nil if none does.
func (s *scanner) open() (start int, first *notation) {
	for i := range s.notations {
		if s.found[i] < s.at {
			s.found[i] = len(s.text)
			if at := strings.Index(s.text[s.at:], s.notations[i].open); at >= 0 {
				s.found[i] = s.at + at
			}
		}
		if s.found[i] < len(s.text) && (first == nil || s.found[i] < start) {
			start, first = s.found[i], &s.notations[i]
		}
	}
	return start, first
}

// next returns the next variable, and false if there is none. What begins like
// one but cannot be one is plain text, unless it was surely meant.
func (s *scanner) next() (variable, bool) {
	for {
		start, n := s.open()
		if n == nil {
			return variable{}, false
		}
		inside := s.text[start+len(n.open):]
		if n.literal != "" && strings.HasPrefix(inside, n.literal+n.close) {
			s.at = start + len(n.open+n.literal+n.close)
			return variable{notation: n, start: start, end: s.at, literal: true}, true
		}
		name := variableName(inside)
		v := variable{notation: n, name: name, start: start, end: start + len(n.open) + len(name)}
		closed := name != "" && strings.HasPrefix(s.text[v.end:], n.close)
		switch {
		case closed:
			v.end += len(n.close)
			if len(name) > MaxVariable || strings.Count(name, ".") >= MaxSegments {
				v.fault = fmt.Sprintf("the name of a variable has at most %d bytes in at most %d segments", MaxVariable, MaxSegments)
			}
		case n.strict || isRooted(name):
			v.fault = fmt.Sprintf("%s is missing after %s%s: a name is letters, digits, - and _, in segments that dots separate", n.close, n.open, short(name))
		default:
			s.at = start + 1
			continue
		}
		s.at = v.end
		return v, true
	}
}

// variableName returns the longest beginning of s that is the name of a variable.
func variableName(s string) string {
	end, segment := 0, false
	for i, r := range s {
		switch {
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			segment = true
			end = i + utf8.RuneLen(r)
		case r == '.' && segment:
			segment = false
		default:
			return s[:end]
		}
	}
	return s[:end]
}

// isRooted reports whether a name is one of a run's variables, known or not.
func isRooted(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	return slices.Contains(roots, first)
}

// braces are what begins a variable, and what {{.{{}} stands for.
const braces = "{{"

// Quote returns a text that [Expand] turns into text, whatever is in it.
func Quote(text string) string {
	return strings.ReplaceAll(text, braces, inBraces(nil).open+braces+"}}")
}

// QuoteSpec returns JSON of which [ExpandSpec] fills in no string: as Quote does
// for each. What is not JSON in UTF-8 is an ErrInvalid.
func QuoteSpec(spec json.RawMessage) (json.RawMessage, error) {
	return rewriteJSON(spec, func(_ jsonPath, text string) string { return Quote(text) })
}

// References returns the names of the variables in a text, each once, in the
// order in which they come first: workflow.params.x for {{.workflow.params.x}}.
//
// A variable is {{. and }} around a name of letters of any script, digits, - and _,
// in segments that dots separate. Anything else is plain text: with a blank
// behind the braces, {{ .Names }} is left to the program that it is meant for.
// {{.{{}} stands for {{ itself.
func References(text string) []string {
	var names []string
	seen := make(map[string]bool)
	s := scan(text, inBraces(nil))
	for v, ok := s.next(); ok; v, ok = s.next() {
		if v.literal || v.fault != "" || seen[v.name] {
			continue
		}
		seen[v.name] = true
		names = append(names, v.name)
	}
	return names
}
