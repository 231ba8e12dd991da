package bell

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/penstock-go/penstock/store"
)

const (
	minDeaf = 50 * time.Millisecond // between tries to read the log
	maxDeaf = 5 * time.Second

	lookAtLog = 15 * time.Second // bounds what is answered at once, if it is
	soundFor  = time.Minute      // a reading that went on for so long worked
)

// hear reads the log from its present end on and rings for every subject in it, until ctx
// ends. Only this makes other processes known sooner than by polling: nothing
// depends on it. While the log cannot be read it tries again, and then goes on where it was.
func hear(ctx context.Context, s store.Store, waker store.Waker, b *Bell) {
	after := int64(-1)
	for wait := minDeaf; ; wait = min(2*wait, maxDeaf) {
		began := time.Now()
		next, err := follow(ctx, s, waker, b, after)
		if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
			return
		}
		if next > after || time.Since(began) >= soundFor { // perhaps nothing happened
			wait = minDeaf
		}
		after = next
		if wait == minDeaf { // the first time, or once it had worked
			b.trouble(err)
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-ctx.Done():
			return
		}
	}
}

// follow reads the log until that fails, and returns how far it came.
func follow(ctx context.Context, s store.Store, waker store.Waker, b *Bell, after int64) (int64, error) {
	for {
		last, err := await(ctx, waker, after)
		if err != nil {
			return after, err
		}
		if after < 0 {
			after = last
			b.all() // what others committed while the end was looked for
			continue
		}
		for after < last {
			events, err := b.events(ctx, s, after)
			if err != nil {
				return after, err
			}
			for i, e := range events {
				if i+1 == len(events) || events[i+1].Subject != e.Subject { // once for a commit
					b.logged(e.Subject.ID, e.Seq)
				}
			}
			if len(events) < store.MaxLimit {
				after = max(after, last)
			}
			if len(events) > 0 {
				after = max(after, events[len(events)-1].Position)
			}
		}
	}
}

// await waits for the log to grow, however long that takes. Its end is told at once.
func await(ctx context.Context, waker store.Waker, after int64) (last int64, err error) {
	if after < 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lookAtLog)
		defer cancel()
	}
	return waker.Wait(ctx, after)
}

// events reads what subjects did behind a position.
func (b *Bell) events(ctx context.Context, s store.Store, after int64) ([]store.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, lookAtLog)
	defer cancel()
	return s.Events(ctx, store.EventQuery{Kind: b.Kind, After: after, Limit: store.MaxLimit, NoBody: true})
}
