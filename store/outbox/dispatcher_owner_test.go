package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// A cut is a store that this process cannot reach while it is down.
type cut struct {
	*memory.Store
	down atomic.Bool
}

func (c *cut) reach(ctx context.Context) error {
	if c.down.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (c *cut) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if err := c.reach(ctx); err != nil {
		return 0, err
	}
	return c.Store.Commit(ctx, ops...)
}

func (c *cut) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if c.down.Load() {
		return nil, errDown
	}
	return c.Store.Get(ctx, keys...)
}

// process is a dispatcher of another process, which notes its sends under its name.
func (h *hub) process(name string, s store.Store, clock time.Duration, notes *sync.Map) *outbox.Dispatcher {
	c := h.config()
	c.Store = s
	c.Now = func() time.Time { return time.Now().Add(clock) }
	c.Notifiers = map[string]outbox.Notifier{"test": outbox.NotifierFunc(func(ctx context.Context, m outbox.Message) error {
		notes.Store(fmt.Sprintf("%s/%d", m.Subject.ID, m.Seq), name)
		return h.Notify(ctx, m)
	})}
	return h.new(c)
}

func wantBy(t *testing.T, notes *sync.Map, event, process string) {
	t.Helper()
	if by, _ := notes.Load(event); by != process {
		t.Errorf("%s was sent by %v, want %s", event, by, process)
	}
}

func TestAStandbyTakesOver(t *testing.T) {
	for _, clock := range []time.Duration{0, -3 * time.Hour, 3 * time.Hour} {
		t.Run(fmt.Sprint("clock ", clock), func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				var notes sync.Map
				first := &cut{Store: h.store.(*memory.Store)}
				h.run(h.process("first", first, 0, &notes))
				h.pass(0)
				stop := h.run(h.process("second", h.store, clock, &notes))
				h.pass(time.Hour)
				h.tell("a")
				h.pass(0)
				wantBy(t, &notes, "a/1", "first")

				first.down.Store(true) // it dies without a word
				h.pass(5 * time.Second)
				h.tell("a")
				h.pass(2 * time.Second)
				h.want("a/1") // it may live
				h.pass(15 * time.Second)
				wantBy(t, &notes, "a/2", "second")

				first.down.Store(false) // it was not dead, but is no owner any more
				h.pass(time.Minute)
				h.tell("a")
				h.pass(0)
				wantBy(t, &notes, "a/3", "second")

				stop() // it says goodbye: nobody has to wait for TTL
				h.tell("a")
				h.pass(time.Second)
				wantBy(t, &notes, "a/4", "first")
				h.wantAll(true)
			})
		})
	}
}

// Times in records are those of another clock: nobody waits for hours because of it.
func TestAWaitThatAnotherClockSetIsBounded(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var notes sync.Map
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Attempt == 1 {
				return errDown
			}
			return nil
		}
		stop := h.run(h.process("fast", h.store, 5*time.Hour, &notes))
		h.tell("a")
		h.pass(0)
		stop()
		h.run(h.process("right", h.store, 0, &notes))
		h.pass(15 * time.Minute)
		h.wantAll(true)
		wantBy(t, &notes, "a/1", "right")
	})
}

// Who cannot store its heartbeat stops sending before anyone takes over.
func TestASilentOwnerStopsSending(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		s := &cut{Store: h.store.(*memory.Store)}
		var notes sync.Map
		var stopped time.Duration
		h.answer = func(ctx context.Context, _ outbox.Message) error {
			<-ctx.Done()
			stopped = time.Since(h.began)
			return ctx.Err()
		}
		h.run(h.process("first", s, 0, &notes))
		h.tell("a")
		h.pass(0)
		s.down.Store(true)
		h.pass(14 * time.Second)
		if stopped == 0 || stopped > 10*time.Second {
			t.Errorf("its message was called back after %v, want 10 s", stopped)
		}
	})
}

func TestRunEndsWithItsNotifiers(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		slow := make(chan struct{})
		h.answer = func(ctx context.Context, _ outbox.Message) error {
			<-ctx.Done()
			<-slow
			return nil // it made it
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		d := h.new(h.config())
		go func() { ended <- d.Run(ctx) }()
		h.tell("a")
		h.pass(0)
		cancel()
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("Run = %v before the notifier returned", err)
		default:
		}
		close(slow)
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		h.answer = nil
		h.run(d)
		h.pass(0)
		h.wantAll(true) // what arrived at last was recorded
	})
}

func TestAStoppedSendIsNoFailure(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(ctx context.Context, m outbox.Message) error {
			<-ctx.Done()
			return ctx.Err()
		}
		c := h.config()
		c.Attempts = 1
		d := h.new(c)
		stop := h.run(d)
		h.tell("a")
		h.pass(0)
		stop()
		if letters := h.dead(d); len(letters) != 0 {
			t.Errorf("letters: %+v", letters)
		}
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Attempt != 1 {
				return errors.New("not the first")
			}
			return nil
		}
		h.run(d)
		h.pass(0)
		h.wantAll(true)
	})
}

// Nobody is taken over before the longer TTL of the two is over.
func TestOwnersOfDifferentTTL(t *testing.T) {
	for _, tt := range []struct {
		rule         string
		owner, other time.Duration
	}{
		{"the owner's is longer", time.Minute, 15 * time.Second},
		{"the other's is longer", 15 * time.Second, time.Minute},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				first := &cut{Store: h.store.(*memory.Store)}
				c := h.config()
				c.Store, c.TTL = first, tt.owner
				h.run(h.new(c))
				h.pass(0)
				c = h.config()
				c.TTL = tt.other
				h.run(h.new(c))
				h.pass(2 * time.Minute) // in which a heartbeat of the owner is 20 s old at most
				first.down.Store(true)
				h.tell("a")
				h.pass(39 * time.Second)
				h.want()
				h.pass(22 * time.Second)
				h.want("a/1")
			})
		})
	}
}
