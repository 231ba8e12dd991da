package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Watch lets any number of goroutines wait until the log is longer, at the
// cost of one: while somebody waits, a goroutine of the Watch looks at the last
// position whenever it is rung, and every now and then in any case. It ends when
// nobody has waited for a whole interval, or with Close. It is safe for concurrent use.
type Watch struct {
	look   func(context.Context) (last int64, err error)
	beside func(context.Context)
	every  time.Duration
	rung   chan struct{} // of size 1: rung since the last look

	all sync.WaitGroup // goroutines
	mu  sync.Mutex
	// What follows is guarded by mu.
	last    int64 // the last position that was seen
	round   *round
	waiting int
	used    bool               // somebody waited since the last tick
	missed  bool               // there was a reason to look, but nobody waited
	stop    context.CancelFunc // ends the goroutine; nil if there is none
	closed  bool
}

// A round is what those wait for who wait now.
type round struct {
	over chan struct{}
	err  error
}

// rest is the least time between two looks: it bounds what a busy log costs.
const rest = 5 * time.Millisecond

// silence is how long a look may take. A connection that has gone silent answers never, and
// the next look takes another one.
const silence = 5 * time.Second

// NewWatch returns a Watch that looks by calling look, at least so often while
// somebody waits. While it looks it also runs beside, unless that is nil.
func NewWatch(look func(context.Context) (last int64, err error), every time.Duration, beside func(context.Context)) *Watch {
	return &Watch{look: look, beside: beside, every: every, rung: make(chan struct{}, 1), round: &round{over: make(chan struct{})}}
}

// Wait does what store.Waker says.
func (w *Watch) Wait(ctx context.Context, after int64) (int64, error) {
	if after < 0 {
		return w.look(ctx)
	}
	for {
		r, last, err := w.join(after) //nolint:contextcheck // who waits first begins what goes on for all
		if r == nil {
			return last, err
		}
		select {
		case <-r.over:
			err = r.err
		case <-ctx.Done():
			err = ctx.Err()
		}
		w.leave()
		if err != nil {
			return 0, err
		}
	}
}

// Ring says that the log may be longer.
func (w *Watch) Ring() {
	select {
	case w.rung <- struct{}{}:
	default:
	}
}

// Close makes every Wait fail with store.ErrClosed, and returns when the
// goroutine has ended.
func (w *Watch) Close() {
	w.mu.Lock()
	w.closed = true
	w.end(store.ErrClosed)
	if w.stop != nil {
		w.stop()
	}
	w.mu.Unlock()
	w.all.Wait()
}

// join returns the round to wait for, or nil if there is nothing to wait for.
func (w *Watch) join(after int64) (r *round, last int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, 0, store.ErrClosed
	}
	if w.last > after {
		return nil, w.last, nil
	}
	w.waiting++
	w.used = true
	if w.stop == nil {
		ctx, cancel := context.WithCancel(context.Background())
		w.stop = cancel
		w.missed = true
		w.all.Go(func() {
			defer cancel()
			w.run(ctx)
		})
	}
	if w.missed {
		w.missed = false
		w.Ring()
	}
	return w.round, 0, nil
}

func (w *Watch) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting--
}

// run looks until nobody waits any more.
func (w *Watch) run(ctx context.Context) {
	if w.beside != nil {
		w.all.Go(func() { w.beside(ctx) })
	}
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	pause := rest
	for ctx.Err() == nil {
		ticked := false
		select {
		case <-w.rung:
		case <-tick.C:
			ticked = true
		case <-ctx.Done():
			return
		}
		wanted, over := w.turn(ticked)
		if over {
			return
		}
		if !wanted {
			continue
		}
		last, err := w.glance(ctx)
		w.tell(last, err)
		if err == nil {
			pause = rest
		} else {
			pause = max(rest, min(2*pause, w.every)) // who waits may ask again at once
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// glance looks, if that does not take too long. Whose time is up is nobody's who waits.
func (w *Watch) glance(ctx context.Context) (last int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	if last, err = w.look(ctx); err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("look at the log: no answer within %v", silence)
	}
	return last, err
}

// turn reports whether somebody wants to know, and whether nobody has for so long
// that the goroutine has to end.
func (w *Watch) turn(ticked bool) (wanted, over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting > 0 {
		return true, false
	}
	w.missed = true
	if ticked {
		if !w.used {
			w.stop = nil
			return false, true
		}
		w.used = false
	}
	return false, false
}

// tell ends the round if there is something to tell.
func (w *Watch) tell(last int64, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.missed = true // who waits next has to see for himself
		w.end(err)
		return
	}
	if last > w.last {
		w.last = last
		w.end(nil)
	}
}

// end ends the round, and begins the next.
func (w *Watch) end(err error) {
	w.round.err = err
	close(w.round.over)
	w.round = &round{over: make(chan struct{})}
}

// CheckPoll refuses what cannot be the option Poll; 0 stands for its default.
func CheckPoll(every time.Duration) error {
	if every != 0 && (every < time.Millisecond || every > time.Hour) {
		return penstock.Invalid("poll", "must be from 1 ms to 1 h, not %v", every)
	}
	return nil
}
