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

// takeBack takes in what is redriven now.
func (t *term) takeBack(ctx context.Context) error {
	c := &t.d.config
	q := store.Query{Kind: kindMessage, Where: t.d.in(redriven), Limit: readPage}
	for {
		page, err := c.Store.Find(ctx, q)
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
			if it.lane.channel == "" {
				if err := t.routeAgain(ctx, it); err != nil {
					return err
				}
				continue
			}
			it.state, it.lane.alone = pending, it.id
			in.items = append(in.items, it)
		}
		if err := t.store(ctx, in); err != nil {
			return err
		}
	}
}

// routeAgain routes an event that could not be routed: once, as someone looks on.
// Either its messages take the place of the letter, or the letter is dead again.
func (t *term) routeAgain(ctx context.Context, letter *item) error {
	c := &t.d.config
	e, err := t.event(ctx, letter.message)
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
		return t.store(ctx, &intake{items: []*item{letter}})
	}
	for letter.state != done {
		in := &intake{items: []*item{letter}}
		size := 0
		for ; letter.routed < len(messages) && len(in.items) < intakeItems && size < intakeBytes; letter.routed++ {
			m := &messages[letter.routed]
			in.items = append(in.items, newItem(m, pending))
			size += len(m.Title) + len(m.Text) + len(m.Data)
		}
		if letter.routed >= len(messages) {
			letter.state = done
		}
		if err := t.store(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

// event reads the event of a letter again.
func (t *term) event(ctx context.Context, m *Message) (*store.Event, error) {
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
	case t.intakes <- in:
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
