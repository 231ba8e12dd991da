package plantest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
)

// Walks takes plans with contents of yours through random walks, one for each seed from 0 on, and
// holds every step against [CheckStep] and the checks: that of a [Walker] with that content.
func Walks(t testing.TB, seeds int, content func(seed uint64) releaseplan.Content, checks ...func(Step) error) {
	t.Helper()
	Walker{Content: content}.Test(t, 0, seeds, checks...)
}

// Test takes n plans through random walks, one for each seed from first on, and holds every step
// against [CheckStep] and then the checks, which return an error that says what is broken. At the first step
// that breaks something it fails the test: it tells the seed, the shortest list of moves
// that it found to break the same check, and what is broken. To look at that one again, test one seed.
//
// Checks are called again while the list is made shorter, so what they say must follow from the step
// alone.
func (w Walker) Test(t testing.TB, first uint64, n int, checks ...func(Step) error) {
	t.Helper()
	checks = append([]func(Step) error{CheckStep}, checks...)
	for seed := first; seed < first+uint64(max(n, 0)); seed++ {
		p, trail, err := w.Plan(seed)
		if err != nil {
			t.Errorf("plantest: seed %d makes a content that is not valid: %v", seed, err)
			return
		}
		var moves []Move
		for s := range w.Walk(seed, p, trail...) {
			moves = append(moves, s.Move())
			for _, check := range checks {
				if check(s) != nil {
					w.report(t, seed, p, trail, moves, check)
					return
				}
			}
		}
	}
}

// report tells of a walk that broke a check.
func (w Walker) report(t testing.TB, seed uint64, p *releaseplan.Plan, trail []releaseplan.Change, moves []Move, check func(Step) error) {
	t.Helper()
	moves = Shrink(moves, func(fewer []Move) bool {
		for s := range Replay(p, fewer, trail...) {
			if check(s) != nil {
				return true
			}
		}
		return false
	})
	var b strings.Builder
	for s := range Replay(p, moves, trail...) {
		fmt.Fprintf(&b, "%s\n", s)
		if err := check(s); err != nil {
			fmt.Fprintf(&b, "%v", err)
			break
		}
	}
	t.Errorf("plantest: seed %d breaks a rule, in %d moves of %s:\n%s", seed, len(moves), p, b.String())
}

// maxShrink bounds how many walks are tried to find a shorter one.
const maxShrink = 2000

// Shrink returns a part of moves, in their order, that still fails, and of which no single one can be
// left out; it may stop before that after some thousand tries. The moves as they are must fail.
func Shrink(moves []Move, fails func([]Move) bool) []Move {
	tries := 0
	for size := max(len(moves)/2, 1); ; {
		shorter := false
		for from := 0; from < len(moves) && tries < maxShrink; {
			fewer := make([]Move, 0, len(moves))
			fewer = append(append(fewer, moves[:from]...), moves[min(from+size, len(moves)):]...)
			tries++
			if fails(fewer) {
				moves, shorter = fewer, true
			} else {
				from += size
			}
		}
		switch {
		case tries >= maxShrink, size == 1 && !shorter:
			return moves
		case size > 1:
			size /= 2
		}
	}
}
