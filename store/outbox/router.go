package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/store"
)

// readPage is how many events are read at once.
const readPage = 200

// maxRouteBackoff bounds the wait before a Route is asked again: all later events wait with it.
const maxRouteBackoff = time.Minute

// read makes messages of the events behind a position until ctx ends.
func (t *term) read(ctx context.Context, position int64) {
	c := &t.d.config
	seen := position // the end of the log, as a Waker told
	for failures := 0; ctx.Err() == nil; {
		events, err := t.events(ctx, position)
		switch {
		case err != nil && ctx.Err() == nil:
			failures++
			c.Log.Warn("the log could not be read", "dispatcher", c.Name, "error", err)
			pause(ctx, backoff(failures, c.Poll, 10*c.Poll, c.Rand()))
		case len(events) == 0:
			failures = 0
			seen = max(seen, t.wait(ctx, max(seen, position)))
		default:
			failures = 0
			if !t.routeAll(ctx, events) {
				return
			}
			position = events[len(events)-1].Position
		}
	}
}

func (t *term) events(ctx context.Context, after int64) ([]store.Event, error) {
	ctx, cancel := t.d.patience(ctx)
	defer cancel()
	events, err := t.d.config.Store.Events(ctx, store.EventQuery{After: after, Limit: readPage})
	if err != nil {
		return nil, fmt.Errorf("events after %d: %w", after, err)
	}
	return events, nil
}

// wait returns when there may be events behind a position, or after a while, with the
// end of the log if the store told.
func (t *term) wait(ctx context.Context, after int64) (last int64) {
	ctx, cancel := context.WithTimeout(ctx, t.d.config.Poll)
	defer cancel()
	if w, ok := t.d.config.Store.(store.Waker); ok {
		if last, err := w.Wait(ctx, after); err == nil {
			return last
		}
	}
	<-ctx.Done() // other processes may have committed something
	return 0
}

// routeAll routes events and hands over what comes of them. It reports whether it could.
func (t *term) routeAll(ctx context.Context, events []store.Event) bool {
	in := &intake{}
	hand := func(position int64) bool {
		in.reads, in.position = true, position
		select {
		case t.intakes <- in:
			in = &intake{}
			return true
		case <-ctx.Done():
			return false
		}
	}
	for i := range events {
		e := &events[i]
		parts := t.route(ctx, e)
		if ctx.Err() != nil {
			return false
		}
		if len(parts) == 1 && in.fits(len(parts[0].items), parts[0].size) {
			in.join(parts[0])
			continue
		}
		if !hand(e.Position - 1) {
			return false
		}
		for ; len(parts) > 1; parts = parts[1:] {
			if in = parts[0]; !hand(e.Position - 1) {
				return false
			}
		}
		in = parts[0] // others may join the last part
	}
	return hand(events[len(events)-1].Position)
}

// route asks the Route about an event until it answers, or the event is given up: then
// a letter is what is left of it.
func (t *term) route(ctx context.Context, e *store.Event) []*intake {
	c := &t.d.config
	began := time.Now()
	panics := 0
	for attempt := 1; ctx.Err() == nil; attempt++ {
		messages, err := t.ask(ctx, e)
		if err == nil || ctx.Err() != nil {
			return pack(e.Position, messages, false)
		}
		if errors.Is(err, errPanic) {
			panics++
		}
		attrs := []any{"dispatcher", c.Name, "position", e.Position, "attempt", attempt, "error", reason(err)}
		if IsPermanent(err) || panics >= c.Attempts || time.Since(began) >= c.MaxAge {
			c.Log.Error("an event could not be routed and is given up", attrs...)
			letter := letterOf(t.reader.Seed, e)
			letter.attempts, letter.failed, letter.reason = attempt, c.Now(), reason(err)
			in := &intake{}
			in.add(letter)
			return []*intake{in}
		}
		c.Log.Warn("an event could not be routed", attrs...)
		wait := backoff(attempt, c.MinBackoff, max(c.MinBackoff, min(c.MaxBackoff, maxRouteBackoff)), c.Rand())
		pause(ctx, max(wait, asked(err)))
	}
	return nil
}

// errPanic is of a Route that panicked: the fault of the event, as a rule, not of
// what the Route has to ask.
var errPanic = errors.New("the route panicked")

// ask asks the Route once.
func (t *term) ask(ctx context.Context, e *store.Event) (messages []Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.d.config.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			messages, err = nil, fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	if messages, err = t.d.config.Route(ctx, *e); err != nil {
		return nil, err
	}
	return messages, address(t.reader.Seed, e, messages)
}
