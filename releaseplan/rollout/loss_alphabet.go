package rollout

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// alphabet sets a character for each kind of them that the automata tell apart,
// usual ones first.
func (w *walk) alphabet() {
	var all []*syntax.Inst
	for _, a := range w.all {
		for i := range a.prog.Inst {
			if in := &a.prog.Inst[i]; reads(in) {
				all = append(all, in)
			}
		}
	}
	kinds := make(map[string]struct{})
	var kind []byte
	for _, r := range candidates(all) {
		if w.work -= len(all); w.work < 0 {
			return
		}
		kind = append(kind[:0], byte(syntax.EmptyOpContext('a', r)&w.asked))
		for _, in := range all {
			kind = append(kind, 0)
			if in.MatchRune(r) {
				kind[len(kind)-1] = 1
			}
		}
		if _, known := kinds[string(kind)]; !known {
			kinds[string(kind)] = struct{}{}
			w.runes = append(w.runes, r)
		}
	}
}

// candidates returns the usual characters, and those where something begins or
// ends that is read, though not of long lists all.
func candidates(all []*syntax.Inst) []rune {
	const most = 512
	runes := []rune(usual + "\n")
	known := make(map[rune]struct{})
	for _, r := range runes {
		known[r] = struct{}{}
	}
	add := func(r rune) {
		if _, there := known[r]; !there && len(runes) < most && utf8.ValidRune(r) {
			known[r] = struct{}{}
			runes = append(runes, r)
		}
	}
	for _, in := range all {
		if len(in.Rune) == 1 {
			add(in.Rune[0])
			for r := unicode.SimpleFold(in.Rune[0]); r != in.Rune[0]; r = unicode.SimpleFold(r) {
				add(r)
			}
			continue
		}
		for k := 0; k+1 < len(in.Rune); k += 2 {
			add(in.Rune[k])
			add(in.Rune[k+1] + 1)
		}
	}
	return runes
}

func reads(in *syntax.Inst) bool {
	switch in.Op {
	case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	default:
		return false
	}
}
