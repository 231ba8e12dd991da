package calendar

import (
	"math"
	"time"
)

// past and future are before and after every instant, in seconds and in microseconds, and far enough
// from the ends of their type to be added to.
const past, future = math.MinInt64 / 2, math.MaxInt64 / 2

// MaxClosures is how many closures a [Set] passes in search of an opening before it gives up. It
// bounds the work that calendars without a real opening can make.
const MaxClosures = 100_000

// A sweep passes over the closures of some calendars in the order of time.
type sweep struct {
	from, limit int64 // what lies between them may be an answer
	d           int64 // how long an opening has to be
	lanes       []lane
	steps       int
	room        [32]lane // of most sets
}

// A lane is one source of closures, and the one that comes next.
type lane struct {
	source source
	after  int64 // before it, nothing is closed
	next   span
	done   bool
}

// begin makes the sweep one from a time on, over nothing.
func (w *sweep) begin(from int64) {
	w.from, w.limit, w.steps = from, from+int64(Horizon/time.Microsecond), 0
	w.lanes = w.room[:0]
}

func (w *sweep) add(c *compiled, after int64) {
	for _, s := range c.sources {
		w.lanes = append(w.lanes, lane{source: s, after: after, next: span{past, past}})
	}
}

// advance brings the lane to the first closure that ends after t.
func (w *sweep) advance(l *lane, t int64) {
	if l.done || l.next.end > t {
		return
	}
	w.steps++
	next, ok := l.source.next(max(t, l.after))
	next.start = max(next.start, l.after)
	l.next, l.done = next, !ok || next.start-w.limit > w.d
}

// opening returns the first time at which nothing is closed, nor will be for d.
func (w *sweep) opening(d int64) (int64, bool) {
	w.d = d
	t := w.from
	for moved := true; moved; {
		moved = false
		for i := range w.lanes {
			l := &w.lanes[i]
			for w.advance(l, t); !l.done && (l.next.start <= t || l.next.start-t < d); w.advance(l, t) {
				if l.next.end > w.limit || w.steps > MaxClosures {
					return 0, false
				}
				t, moved = l.next.end, true
			}
		}
	}
	return t, true
}

// closing returns the first time at which something is closed.
func (w *sweep) closing() (int64, bool) {
	first, found := int64(future), false
	for i := range w.lanes {
		l := &w.lanes[i]
		if w.advance(l, w.from); !l.done {
			first, found = min(first, max(l.next.start, w.from)), true
		}
	}
	return first, found
}
