package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/store"
)

// bodies is how many messages are read at once: each can be as large as MaxMessage.
const bodies = 50

// load takes over what is pending, and goes on beating meanwhile.
func (t *term) load(ctx, commits context.Context, silence *time.Timer) error {
	t.beat.Store(0)
	c := &t.d.config
	q := store.Query{Kind: kindMessage, Where: t.d.in(pending), Limit: bodies}
	for {
		page, err := c.Store.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("load messages: %w", err)
		}
		for _, r := range page.Records {
			it, err := itemOf(r)
			if err != nil {
				return err
			}
			t.resume(it)
		}
		if page.Next == nil {
			break
		}
		q.After = page.Next
		if time.Since(t.lastBeat()) > c.TTL/3 {
			if err := t.flush(commits, silence); err != nil {
				return err
			}
		}
	}
	for len(t.dirty) > 0 { // the events of these parts are routed anew, to messages of the same ids
		if err := t.flush(commits, silence); err != nil {
			return err
		}
	}
	t.reader.Parts = nil
	return nil
}

// resume takes over one message.
func (t *term) resume(it *item) {
	if slices.Contains(t.reader.Parts, it.position) { // it was never sent
		it.state, it.message = done, nil
		t.write(it)
		return
	}
	// Who wrote it may have another clock: it waits no longer than here.
	c := &t.d.config
	left := func(until time.Time, most time.Duration) time.Duration { return min(max(0, until.Sub(c.Now())), most) }
	t.admit(it, left(it.due, c.MaxBackoff))
	if it.pause > 0 {
		now := time.Now()
		t.schedule.rest(t.schedule.receivers[it.lane.receiverKey], now.Add(left(it.failed.Add(it.pause), it.pause)), now)
	}
}

// flush makes one commit and waits for it.
func (t *term) flush(ctx context.Context, silence *time.Timer) error {
	if err := t.commit(ctx, true); err != nil {
		return err
	}
	return t.landed(<-t.committed, silence)
}
