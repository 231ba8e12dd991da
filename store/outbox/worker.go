package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A job is a message to send.
type job struct {
	item    *item // of the term, only handed back
	id      string
	message *Message // nil: to be read
	attempt int
}

// A result is what came of a job.
type result struct {
	item    *item
	message *Message
	err     error // of the Notifier
	lost    error // of the store: the message could not be read
}

// work sends messages until ctx ends.
func (t *term) work(ctx context.Context) {
	for {
		select {
		case j := <-t.jobs:
			t.results <- t.send(ctx, j) // it has room for every worker
		case <-ctx.Done():
			return
		}
	}
}

// send carries one message to its receiver.
func (t *term) send(ctx context.Context, j job) result {
	r := result{item: j.item, message: j.message}
	if r.message == nil {
		if r.message, r.lost = t.fetch(ctx, j.id); r.lost != nil {
			return r
		}
	}
	if err := ctx.Err(); err != nil {
		r.err = err
		return r
	}
	if time.Since(t.lastBeat()) > t.lease() {
		r.lost = errSilent // the timer that says so is late
		return r
	}
	m := *r.message
	m.Attempt = j.attempt
	n := t.d.config.Notifiers[m.Channel]
	if n == nil {
		r.err = Permanent(fmt.Errorf("no notifier for channel %q", m.Channel))
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, t.d.config.Timeout)
	defer cancel()
	r.err = notify(ctx, n, m)
	return r
}

// fetch reads a message that is not held in memory.
func (t *term) fetch(ctx context.Context, id string) (*Message, error) {
	ctx, cancel := t.d.patience(ctx)
	defer cancel()
	records, err := t.d.config.Store.Get(ctx, store.Key{Kind: kindMessage, ID: id})
	if err != nil {
		return nil, fmt.Errorf("get message %s: %w", id, err)
	}
	if records[0].Version == 0 {
		return nil, fmt.Errorf("get message %s: %w", id, penstock.ErrConflict)
	}
	it, err := itemOf(records[0])
	if err != nil {
		return nil, err
	}
	return it.message, nil
}

// notify calls a Notifier, and makes an error of a panic.
func notify(ctx context.Context, n Notifier, m Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the notifier panicked: %v", p)
		}
	}()
	return n.Notify(ctx, m)
}

// settle records what came of a message.
func (t *term) settle(ctx context.Context, r result) error {
	t.free++
	it, stopped := r.item, ctx.Err() != nil
	switch {
	case errors.Is(r.lost, penstock.ErrConflict):
		return errTaken // only an owner removes messages
	case stopped && (r.lost != nil || r.err != nil):
		return nil //nolint:nilerr // it was told to stop: that is no fault of the message
	case r.lost != nil:
		return r.lost
	}
	c := &t.d.config
	now := time.Now()
	if r.err == nil {
		it.state = done
		t.schedule.delivered(it, now)
		t.release(it)
		t.write(it)
		return nil
	}
	it.message = r.message
	it.attempts++
	it.aged, it.since = it.aged+now.Sub(it.since), now
	it.failed, it.reason = c.Now(), reason(r.err)
	attrs := []any{"dispatcher", c.Name, "message", it.id, "channel", it.lane.channel, "attempt", it.attempts, "error", it.reason}
	if IsPermanent(r.err) || it.attempts >= c.Attempts || it.aged >= c.MaxAge {
		c.Log.Error("a message is given up", attrs...)
		it.state, it.due, it.pause = dead, time.Time{}, 0
		t.schedule.drop(it, now)
		t.release(it)
	} else {
		c.Log.Warn("a message could not be delivered", attrs...)
		it.pause = asked(r.err)
		wait := max(it.pause, backoff(it.attempts, c.MinBackoff, c.MaxBackoff, c.Rand()))
		it.due = it.failed.Add(wait)
		t.schedule.failed(it, now.Add(wait), now, it.pause)
	}
	t.write(it)
	return nil
}
