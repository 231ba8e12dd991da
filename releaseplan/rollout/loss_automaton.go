package rollout

import "regexp/syntax"

// An automaton reads a text one character after the other and tells whether a
// pattern is found in it.
type automaton struct {
	prog  *syntax.Prog
	asked syntax.EmptyOp // about what is around a place

	// What reach found last.
	found bool
	reads []uint32 // the places that read the next character

	seen  bitset
	stack []uint32
}

// places are where in its program an automaton may be, before it goes on to what
// reads a character; nil says that the pattern is found, whatever follows.
type places = bitset

// newAutomaton returns nil if the pattern is bad or very long.
func newAutomaton(pattern string) *automaton {
	const most = 4000
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || lengthOf(re) > most {
		return nil
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	a := &automaton{prog: prog, seen: newBits(len(prog.Inst))}
	for i := range prog.Inst {
		if in := &prog.Inst[i]; in.Op == syntax.InstEmptyWidth {
			a.asked |= syntax.EmptyOp(in.Arg)
		}
	}
	return a
}

// start returns where it is before a text.
func (a *automaton) start() places { return newBits(len(a.prog.Inst)) }

// reach goes on to the places that read a character, or finds the pattern. It may
// begin anywhere, so that its start is always one of the places. Around says what
// is before and behind. It returns how much work that was.
func (a *automaton) reach(from places, around syntax.EmptyOp) (work int) {
	clear(a.seen)
	a.found, a.reads = from == nil, a.reads[:0]
	a.stack = append(a.stack[:0], uint32(a.prog.Start)) //nolint:gosec // places of a program are few
	for i := range from.all() {
		a.stack = append(a.stack, uint32(i)) //nolint:gosec // as above
	}
	for work = len(from); len(a.stack) > 0 && !a.found; work++ {
		i := a.stack[len(a.stack)-1]
		a.stack = a.stack[:len(a.stack)-1]
		if a.seen.has(int(i)) {
			continue
		}
		a.seen.set(int(i))
		switch in := &a.prog.Inst[i]; in.Op {
		case syntax.InstMatch:
			a.found = true
		case syntax.InstAlt, syntax.InstAltMatch:
			a.stack = append(a.stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			a.stack = append(a.stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^around == 0 {
				a.stack = append(a.stack, in.Out)
			}
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			a.reads = append(a.reads, i)
		case syntax.InstFail:
		}
	}
	return work
}

// read returns the places behind the character, from what was reached last.
func (a *automaton) read(r rune) places {
	if a.found {
		return nil
	}
	next := newBits(len(a.prog.Inst))
	for _, i := range a.reads {
		if in := &a.prog.Inst[i]; in.MatchRune(r) {
			next.set(int(in.Out))
		}
	}
	return next
}
