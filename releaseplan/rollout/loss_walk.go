package rollout

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
)

// A walk reads all texts at once, short ones first, with several automata, and
// passes over those that are as good as another. So it comes upon a text for each
// way in which the patterns may be found together, if the work it may do suffices.
type walk struct {
	all   []*automaton
	asked syntax.EmptyOp
	runes []rune
	known map[string]struct{} // keys of where it was
	steps []walked
	work  int // that is left
}

// walked is the end of a text.
type walked struct {
	before int // the step before
	last   rune
	at     []places // of each automaton
}

func newWalk(all []*automaton, work int) *walk {
	w := &walk{all: all, known: make(map[string]struct{}), work: work}
	start := walked{before: -1, last: -1}
	for _, a := range all {
		w.asked |= a.asked
		start.at = append(start.at, a.start())
	}
	w.alphabet()
	w.steps = append(w.steps, start)
	return w
}

// run yields the first text for each way in which patterns are found together, and
// reports whether it came to an end.
func (w *walk) run(yield func(text string)) bool {
	ways := make(map[uint64]struct{})
	for i := 0; ; i++ {
		if i == len(w.steps) {
			return true
		}
		if w.work <= 0 {
			return false
		}
		if i > 0 { // a field without text is missing
			way := w.way(&w.steps[i])
			if _, known := ways[way]; !known {
				ways[way] = struct{}{}
				yield(w.text(i))
			}
		}
		if len(ways) == 1<<len(w.all) {
			return true
		}
		w.goOn(i)
	}
}

// way returns which patterns are found if the text ends there.
func (w *walk) way(s *walked) (way uint64) {
	around := syntax.EmptyOpContext(s.last, -1)
	for k, a := range w.all {
		w.work -= a.reach(s.at[k], around)
		if a.found {
			way |= 1 << k
		}
	}
	return way
}

// goOn adds the steps from a step to new places.
func (w *walk) goOn(i int) {
	from := w.steps[i]
	reached, ready := syntax.EmptyOp(0), false
	var key []byte
	for _, r := range w.runes {
		if around := syntax.EmptyOpContext(from.last, r) & w.asked; !ready || around != reached {
			for k, a := range w.all {
				w.work -= a.reach(from.at[k], around)
			}
			reached, ready = around, true
		}
		next := walked{before: i, last: r, at: make([]places, len(w.all))}
		key = append(key[:0], byte(syntax.EmptyOpContext(r, -1)&w.asked))
		for k, a := range w.all {
			next.at[k] = a.read(r)
			w.work -= len(a.reads) + len(next.at[k]) + 1
			key = appendPlaces(key, next.at[k])
		}
		if _, known := w.known[string(key)]; !known {
			w.known[string(key)] = struct{}{}
			w.steps = append(w.steps, next)
		}
	}
}

func appendPlaces(key []byte, at places) []byte {
	if at == nil {
		return append(key, 1)
	}
	key = append(key, 0)
	for _, word := range at {
		key = binary.LittleEndian.AppendUint64(key, word)
	}
	return key
}

// text returns the text that ends with the step.
func (w *walk) text(i int) string {
	var runes []rune
	for ; w.steps[i].before >= 0; i = w.steps[i].before {
		runes = append(runes, w.steps[i].last)
	}
	slices.Reverse(runes)
	return string(runes)
}
