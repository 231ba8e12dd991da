package rollout

import (
	"regexp/syntax"
	"strings"
)

// A writer writes a text that a pattern is found in, mostly: what stands for a
// place, not a character, is passed over.
type writer struct {
	text   strings.Builder
	choose func(n int) int // 0..n-1, where the pattern leaves a choice
	steps  int             // that are left, as empty parts may be repeated in one another
}

// textFor returns such a text, which is not long.
func textFor(re *syntax.Regexp, choose func(n int) int) string {
	w := writer{choose: choose, steps: 2000}
	w.write(re)
	return w.text.String()
}

func (w *writer) write(re *syntax.Regexp) {
	const longest, more = 200, 4
	if w.steps--; w.steps < 0 || w.text.Len() > longest {
		return
	}
	times := 0
	switch re.Op {
	case syntax.OpLiteral:
		w.text.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		w.writeOneOf(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.text.WriteByte(usual[w.choose(len(usual))])
	case syntax.OpStar:
		times = w.choose(more)
	case syntax.OpPlus:
		times = 1 + w.choose(more)
	case syntax.OpQuest:
		times = w.choose(2)
	case syntax.OpRepeat:
		times = re.Min + w.choose(more)
		if re.Max >= 0 {
			times = min(times, re.Max)
		}
	case syntax.OpAlternate:
		w.write(re.Sub[w.choose(len(re.Sub))])
	case syntax.OpConcat, syntax.OpCapture:
		for _, part := range re.Sub {
			w.write(part)
		}
	default: // a place
	}
	for range times {
		w.write(re.Sub[0])
	}
}

const usual = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.@ "

// writeOneOf writes a character of a class, which is a list of ranges: a usual
// one, if there is one.
func (w *writer) writeOneOf(ranges []rune) {
	if len(ranges) < 2 {
		return
	}
	start := w.choose(len(usual))
	for i := range len(usual) {
		r := rune(usual[(start+i)%len(usual)])
		for k := 0; k+1 < len(ranges); k += 2 {
			if ranges[k] <= r && r <= ranges[k+1] {
				w.text.WriteRune(r)
				return
			}
		}
	}
	k := 2 * w.choose(len(ranges)/2)
	w.text.WriteRune(ranges[k] + rune(w.choose(int(ranges[k+1]-ranges[k])+1)))
}
