package rollout

import (
	"regexp"
	"strings"
)

// shape returns a pattern that is found in the texts that the constraint is about,
// before it is inverted; "" if it is about no texts, or about many.
func (c *Constraint) shape() string {
	const most = 1000 // bytes of values
	pattern := c.Value
	if c.Operator != MatchRegexp {
		var quoted []string
		left := most
		for _, v := range c.Values {
			if left -= len(v) + 1; left < 0 {
				return ""
			}
			quoted = append(quoted, regexp.QuoteMeta(v))
		}
		pattern = "(?:" + strings.Join(quoted, "|") + ")"
		if len(quoted) == 0 {
			return ""
		}
	}
	switch c.Operator {
	case In, NotIn:
		return `\A` + pattern + `\z`
	case StartsWith:
		pattern = `\A` + pattern
	case EndsWith:
		pattern += `\z`
	case Contains, MatchRegexp:
	default:
		return ""
	}
	if c.CaseInsensitive {
		return "(?i)" + pattern
	}
	return pattern
}

// together adds a text for each way in which the conditions may hold together.
func (c *chooser) together() {
	const most = 12 // conditions
	if c.hint.prefix.asked+c.hint.suffix.asked+c.hint.part.asked+c.hint.pattern.asked+c.hint.folded.asked == 0 {
		return // lists need nothing but their values
	}
	var all []*automaton
	for _, pattern := range c.hint.shape.all() {
		if len(all) == most {
			break
		}
		if a := newAutomaton(pattern); a != nil {
			all = append(all, a)
		}
	}
	if len(all) == 0 || c.walk(c.work/2, all...) || len(all) == 2 {
		return
	}
	// That is too much. Two of them are less.
	pairs := len(all) * (len(all) - 1) / 2
	for i, a := range all {
		for _, b := range all[:i] {
			c.walk(c.work/pairs, a, b)
			pairs--
		}
	}
}

// walk adds a text for each way in which the automata may find something, and
// reports whether there are no others. It does work up to a limit.
func (c *chooser) walk(work int, all ...*automaton) bool {
	w := newWalk(all, work)
	done := w.run(c.found)
	c.work -= work - w.work
	return done
}

// found adds a text, and others like it for percentages.
func (c *chooser) found(text string) {
	c.add(text)
	c.series = append(c.series, numbered(text))
}

// numbered returns texts that have a number somewhere in the given one.
func numbered(text string) func(n int) string {
	return func(n int) string {
		runes := []rune(text)
		at := n % (len(runes) + 1)
		return string(runes[:at]) + decimalOf(float64(n/(len(runes)+1)+1)) + string(runes[at:])
	}
}
