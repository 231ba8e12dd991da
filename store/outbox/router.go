package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/store"
)

// Bounds of what is routed at once.
const (
	readPage    = 200     // events that are read
	intakeItems = 500     // messages that are stored by one commit
	intakeBytes = 4 << 20 // of them, beyond which nothing is added
)

// maxRouteBackoff bounds the wait before a Route is asked again: all later events wait with it.
const maxRouteBackoff = time.Minute

// read makes messages of the events behind a position until ctx ends. Of the
// first of them, routed messages are stored already.
func (t *term) read(ctx context.Context, position int64, routed int) {
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
			if !t.routeAll(ctx, events, routed) {
				return
			}
			position, routed = events[len(events)-1].Position, 0
		}
	}
}

func (t *term) events(ctx context.Context, after int64) ([]store.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, t.d.config.Timeout)
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
func (t *term) routeAll(ctx context.Context, events []store.Event, routed int) bool {
	in, size := &intake{reads: true}, 0
	flush := func(position int64, routed int) bool {
		in.position, in.routed = position, routed
		select {
		case t.intakes <- in:
		case <-ctx.Done():
			return false
		}
		in, size = &intake{reads: true}, 0
		return true
	}
	for i := range events {
		e := &events[i]
		messages, letter := t.route(ctx, e, routed)
		if ctx.Err() != nil {
			return false
		}
		if letter != nil {
			in.items = append(in.items, letter)
		}
		for n := min(routed, len(messages)); n < len(messages); n++ {
			if len(in.items) >= intakeItems || size >= intakeBytes {
				if !flush(e.Position-1, n) {
					return false
				}
			}
			m := &messages[n]
			in.items = append(in.items, newItem(m, pending))
			size += len(m.Title) + len(m.Text) + len(m.Data)
		}
		routed = 0
		if len(in.items) >= intakeItems || size >= intakeBytes {
			if !flush(e.Position, 0) {
				return false
			}
		}
	}
	return flush(events[len(events)-1].Position, 0)
}

// route asks the Route about an event until it answers, or the event is given up: then
// the letter is what is left of it.
func (t *term) route(ctx context.Context, e *store.Event, routed int) (messages []Message, letter *item) {
	c := &t.d.config
	began := time.Now()
	for attempt := 1; ctx.Err() == nil; attempt++ {
		messages, err := t.ask(ctx, e)
		if err == nil || ctx.Err() != nil {
			return messages, nil
		}
		attrs := []any{"dispatcher", c.Name, "position", e.Position, "attempt", attempt, "error", reason(err)}
		if IsPermanent(err) || attempt >= c.Attempts || time.Since(began) >= c.MaxAge {
			c.Log.Error("an event could not be routed and is given up", attrs...)
			letter := newItem(&Message{
				ID: letterID(t.reader.Seed, e.Position), Subject: e.Subject, Seq: e.Seq, Position: e.Position, Event: e.Name, At: e.At,
			}, dead)
			letter.attempts, letter.failed, letter.reason, letter.routed = attempt, c.Now(), reason(err), routed
			return nil, letter
		}
		c.Log.Warn("an event could not be routed", attrs...)
		wait := backoff(attempt, c.MinBackoff, max(c.MinBackoff, min(c.MaxBackoff, maxRouteBackoff)), c.Rand())
		pause(ctx, max(wait, asked(err)))
	}
	return nil, nil
}

// ask asks the Route once.
func (t *term) ask(ctx context.Context, e *store.Event) (messages []Message, err error) {
	ctx, cancel := context.WithTimeout(ctx, t.d.config.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			messages, err = nil, fmt.Errorf("the route panicked: %v", p)
		}
	}()
	if messages, err = t.d.config.Route(ctx, *e); err != nil {
		return nil, err
	}
	return messages, address(t.reader.Seed, e, messages)
}
