package workflow

import (
	"slices"
	"sort"
	"strings"
)

// forms are texts that are looked for, in order. However many there are, and however
// alike, to look one up takes few comparisons.
type forms struct {
	texts []string
	lead  []int // of each the longest other one that it begins with, or -1
}

// newForms takes texts, in any order; those that come twice count once.
func newForms(texts []string) forms {
	slices.Sort(texts)
	f := forms{texts: slices.Compact(texts)}
	f.lead = make([]int, len(f.texts))
	for i, text := range f.texts {
		at := i - 1 // all that text begins with is there, or what that begins with
		for at >= 0 && !strings.HasPrefix(text, f.texts[at]) {
			at = f.lead[at]
		}
		f.lead[i] = at
	}
	return f
}

// behind returns the place of the first text that comes after b.
func (f forms) behind(b []byte) int {
	return sort.Search(len(f.texts), func(i int) bool { return f.texts[i] > string(b) })
}

// match returns how long the longest text is that b begins with, or 0.
func (f forms) match(b []byte) int {
	at := f.behind(b) - 1 // all that b begins with is there, or what that begins with
	for at >= 0 {
		if text := f.texts[at]; len(text) <= len(b) && string(b[:len(text)]) == text {
			return len(text)
		}
		at = f.lead[at]
	}
	return 0
}

// goesOn reports whether a text begins with b and is longer.
func (f forms) goesOn(b []byte) bool {
	at := f.behind(b)
	return at < len(f.texts) && len(f.texts[at]) > len(b) && f.texts[at][:len(b)] == string(b)
}
