package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/store"
)

// redrive takes in, until ctx ends, what was redriven by any process.
func (t *term) redrive(ctx context.Context) {
	c := &t.d.config
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-t.d.nudge:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if err := t.takeBack(ctx); err != nil && ctx.Err() == nil {
			c.Log.Warn("redriven messages could not be read", "dispatcher", c.Name, "error", err)
		}
		timer.Reset(c.Poll)
	}
}

// takeBack takes in what is redriven now, in the order of the log.
func (t *term) takeBack(ctx context.Context) error {
	q := store.Query{Kind: kindMessage, Where: t.d.in(redriven), Limit: bodies}
	for {
		page, err := t.find(ctx, q)
		if err != nil {
			return fmt.Errorf("find redriven messages: %w", err)
		}
		if len(page.Records) == 0 {
			return nil
		}
		in := &intake{}
		for _, r := range page.Records {
			it, err := itemOf(r)
			if err != nil {
				return err
			}
			event := it.lane.channel == ""
			if event || !in.fits(1, it.bytes()) {
				if err := t.store(ctx, in); err != nil {
					return err
				}
				in = &intake{}
			}
			if event {
				if err := t.routeAgain(ctx, it); err != nil {
					return err
				}
				continue
			}
			it.state = pending
			in.add(it)
		}
		if err := t.store(ctx, in); err != nil {
			return err
		}
	}
}

func (t *term) find(ctx context.Context, q store.Query) (store.Page, error) {
	ctx, cancel := t.d.patience(ctx)
	defer cancel()
	return t.d.config.Store.Find(ctx, q)
}

// routeAgain routes an event that could not be routed: once, as someone looks on.
// Either its messages take the place of the letter, or the letter is dead again.
func (t *term) routeAgain(ctx context.Context, letter *item) error {
	c := &t.d.config
	e, err := t.event(ctx, letter)
	var messages []Message
	if err == nil {
		messages, err = t.ask(ctx, e)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		letter.state, letter.failed, letter.reason = dead, c.Now(), reason(err)
		letter.attempts++
		in := &intake{}
		in.add(letter)
		return t.store(ctx, in)
	}
	letter.state = done
	parts := pack(e.Position, messages, true)
	parts[len(parts)-1].add(letter)
	for _, in := range parts {
		if err := t.store(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// event returns the event of a letter.
func (t *term) event(ctx context.Context, letter *item) (*store.Event, error) {
	m := letter.message
	if letter.event != nil {
		return &store.Event{Position: m.Position, Subject: m.Subject, Seq: m.Seq, Name: m.Event, At: m.At, Body: letter.event}, nil
	}
	ctx, cancel := t.d.patience(ctx)
	defer cancel()
	events, err := t.d.config.Store.Events(ctx, store.EventQuery{Subject: m.Subject, After: m.Seq - 1, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	if len(events) == 0 || events[0].Position != m.Position {
		return nil, fmt.Errorf("the event %d of %s is not in the log any more", m.Seq, m.Subject)
	}
	return &events[0], nil
}

// store hands an intake over and waits until it is stored.
func (t *term) store(ctx context.Context, in *intake) error {
	if len(in.items) == 0 {
		return nil
	}
	in.stored = make(chan struct{})
	select {
	case t.returns <- in:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-in.stored:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
