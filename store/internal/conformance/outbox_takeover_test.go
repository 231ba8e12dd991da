package conformance_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A Dispatcher goes on by itself when its database was away while messages were
// on their way, however it ended.
func TestOutboxOutlivesItsDatabase(t *testing.T) {
	t.Parallel()
	server, b := ownServer(t)
	reached, answer := make(chan struct{}), make(chan struct{})
	in := newInbox(t, func(_ http.ResponseWriter, _ *http.Request, a arrival) {
		if a.subject != "gate" || a.nth > 1 {
			return
		}
		select {
		case reached <- struct{}{}:
			<-answer
		case <-t.Context().Done(): // the test has failed
		}
	})
	s := newHearer(t, server.url, b.schema, nil)
	d := in.dispatcher(t, s, "", func(c *outbox.Config, _ *outbox.WebhookConfig) { c.Poll = 50 * time.Millisecond })
	deliver(t, d)
	writer := b.store(t, b.db(t))
	last := make(map[string]int64)
	for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		happenTo(t, writer, last, "a", "b", "gate", "a", "b", "c")
		soon(t, "a message on its way", reached)
		server.stop(how)
		answer <- struct{}{} // the outcome cannot be stored
		if err := server.start(); err != nil {
			t.Fatal(err)
		}
		happenTo(t, writer, last, "a", "b", "c")
		in.awaitAll(t, last)
	}
	settled(t, d)
	t.Logf("%d arrivals of %d were not the first", in.check(t, last), len(in.arrivals()))
}

// A cuttable store is that of a process whose database can be out of reach. What it
// asks for then is never answered, not even afterwards: the connection is dead.
type cuttable struct {
	store.Store
	off atomic.Bool
}

func (c *cuttable) reach(ctx context.Context) error {
	if !c.off.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (c *cuttable) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := c.reach(ctx); err != nil {
		return nil, err
	}
	return c.Store.Get(ctx, keys...)
}

func (c *cuttable) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if err := c.reach(ctx); err != nil {
		return store.Page{}, err
	}
	return c.Store.Find(ctx, q)
}

func (c *cuttable) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if err := c.reach(ctx); err != nil {
		return 0, err
	}
	return c.Store.Commit(ctx, ops...)
}

func (c *cuttable) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := c.reach(ctx); err != nil {
		return nil, err
	}
	return c.Store.Events(ctx, q)
}

// Of two processes with the same Dispatcher one delivers. When it is cut off, the
// other one takes over what it had: nothing is lost, and nothing overtakes.
func TestOutboxIsTakenOver(t *testing.T) {
	const ttl, rounds = 400 * time.Millisecond, 4
	eachBackend(t, func(t *testing.T, b *backend) {
		t.Parallel()
		in := newInbox(t, nil)
		last := make(map[string]int64)
		var stores []*cuttable
		for i := range 2 {
			s := &cuttable{Store: b.store(t, b.db(t))}
			stores = append(stores, s)
			deliver(t, in.dispatcher(t, s, fmt.Sprint(i), func(c *outbox.Config, _ *outbox.WebhookConfig) {
				c.TTL, c.Poll, c.Timeout = ttl, 10*time.Millisecond, ttl
			}))
		}
		writer := b.store(t, b.db(t))
		for range rounds {
			happenTo(t, writer, last, "a", "b", "a", "b")
			in.awaitAll(t, last)
			all := in.arrivals()
			owner := all[len(all)-1].from
			cutOff := stores[owner[0]-'0']
			happenTo(t, writer, last, "a", "b", "c", "a") // some of it may be on its way
			cutOff.off.Store(true)
			happenTo(t, writer, last, "a", "b", "c", "a")
			cutAt := time.Now()
			in.awaitAll(t, last)
			all = in.arrivals()
			if heir := all[len(all)-1]; heir.from == owner {
				t.Errorf("%s delivered though it was cut off", owner)
			} else if took := heir.at.Sub(cutAt); took < ttl/3 {
				t.Errorf("the other one took over after %v already", took)
			}
			cutOff.off.Store(false)
		}
		in.check(t, last)
	})
}
