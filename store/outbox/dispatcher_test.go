package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

func TestDispatcherDeliversAtOnceAndInOrder(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.tell("a", "b")
		d := h.new(h.config())
		h.run(d)
		h.pass(0)
		h.tell("a", "b", "a")
		h.pass(0)
		h.wantAll(true)
		if after := h.sent[len(h.sent)-1].after; after != 0 {
			t.Errorf("the last arrived after %v, want at once", after)
		}
		first := h.sent[slices.IndexFunc(h.sent, func(a attempt) bool { return a.Subject.ID == "a" })].Message
		want := outbox.Message{
			ID: first.ID, Channel: "test", Subject: store.Key{Kind: "plan", ID: "a"}, Seq: 1, Position: 1, Event: "moved",
			At: h.began.UTC(), Title: "plan a: moved", Data: []byte(`{"n":1}`), Attempt: 1,
		}
		if diff := cmp.Diff(want, first); diff != "" || first.ID == "" {
			t.Errorf("the message (-want +got):\n%s", diff)
		}
		h.pass(10 * time.Second)
		if s := h.stats(d); s != (outbox.Stats{Position: 5, Last: 5}) {
			t.Errorf("Stats = %+v", s)
		}
	})
}

func TestDispatcherPollsAStoreThatIsNoWaker(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.store = deaf{h.store}
		for range 1_234 {
			h.tell("old")
		}
		c := h.config()
		c.FromStart = false
		d := h.new(c)
		h.run(d)
		h.pass(time.Second / 2)
		if s := h.stats(d); s.Last != 1_234 || s.Position != 1_234 {
			t.Errorf("Stats = %+v, want the end of the log", s)
		}
		h.tell("a", "a")
		h.pass(time.Second)
		h.want("a/1", "a/2")
	})
}

func TestDispatcherBeginsWhereItWasRegistered(t *testing.T) {
	for name, start := range map[string]bool{"end": false, "start": true} {
		t.Run(name, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				h.tell("a")
				c := h.config()
				c.FromStart = start
				d := h.new(c)
				for range 2 {
					if err := d.Register(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				h.tell("a")
				h.run(d)
				h.pass(0)
				if start {
					h.want("a/1", "a/2")
				} else {
					h.want("a/2")
				}
			})
		})
	}
}

func TestDispatcherHoldsOnToEventsItHasNotRead(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		d := h.new(h.config())
		if err := d.Register(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.tell("a", "a")
		pruner, _ := h.store.(store.Pruner)
		prune := func(want int64) {
			t.Helper()
			if n, err := pruner.Prune(t.Context(), store.Key{Kind: "plan", ID: "a"}, 2); n != want || err != nil {
				t.Errorf("Prune = %d, %v, want %d", n, err, want)
			}
		}
		prune(0)
		stop := h.run(d)
		h.pass(0)
		stop()
		prune(2)
		h.wantAll(true)
	})
}

func TestDispatchersOfDifferentNamesAreIndependent(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		for _, name := range []string{"one", "two"} {
			c := h.config()
			c.Name = name
			h.run(h.new(c))
		}
		h.tell("a")
		h.pass(0)
		h.want("a/1", "a/1")
		if h.sent[0].ID == h.sent[1].ID {
			t.Errorf("both messages have the id %s", h.sent[0].ID)
		}
	})
}

func TestDispatcherGoesOnAfterARestart(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		for range 5 {
			h.tell("a", "b")
			stop := h.run(h.new(h.config()))
			h.tell("b")
			h.pass(0)
			stop()
			h.tell("a")
		}
		h.run(h.new(h.config()))
		h.pass(0)
		h.wantAll(true)
	})
}

func TestDispatcherEndsWithItsStore(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		d := h.new(h.config())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(t.Context()) }()
		h.pass(0)
		h.store.Close()
		if err := <-ended; !errors.Is(err, store.ErrClosed) {
			t.Errorf("Run = %v, want ErrClosed", err)
		}
	})
}

func TestDispatcherRunsOnce(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		d := h.new(h.config())
		stop := h.run(d)
		h.pass(0)
		if err := d.Run(t.Context()); !errors.Is(err, outbox.ErrRunning) {
			t.Errorf("a second Run = %v, want ErrRunning", err)
		}
		stop()
		h.run(d)
		h.tell("a")
		h.pass(0)
		h.want("a/1")
	})
}

func TestDispatcherLeavesEventsInTheLogBeyondItsBacklog(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var down atomic.Bool
		down.Store(true)
		h.answer = func(context.Context, outbox.Message) error {
			if down.Load() {
				return errDown
			}
			return nil
		}
		c := h.config()
		c.Backlog, c.MaxBackoff = 300, time.Minute
		d := h.new(c)
		h.run(d)
		for i := range 2_000 {
			h.tell(fmt.Sprint(i % 7))
		}
		h.pass(time.Minute)
		if s := h.stats(d); s.Pending < 300 || s.Pending > 1_000 {
			t.Errorf("%d pending, want 300 and what was on the way", s.Pending)
		}
		down.Store(false)
		h.pass(time.Hour)
		h.wantAll(true)
	})
}

func TestConfigFaultsAreAllTold(t *testing.T) {
	_, err := outbox.New(outbox.Config{
		Name: "a/b", Notifiers: map[string]outbox.Notifier{"": nil}, Workers: -1, PerReceiver: -1, Attempts: -1, MaxAge: -1,
		MinBackoff: -1, MaxBackoff: -1, Timeout: -1, Backlog: -1, Poll: -1, TTL: -1,
	})
	var fields []string
	for _, f := range penstock.Faults(err) {
		fields = append(fields, f.Field)
	}
	want := []string{
		"store", "name", "notifiers", "notifiers[]", "workers", "per_receiver", "attempts", "backlog",
		"max_age", "min_backoff", "max_backoff", "timeout", "poll", "ttl",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	_, err = outbox.New(outbox.Config{Store: memory.New(), MinBackoff: time.Minute, MaxBackoff: time.Second})
	if f := penstock.Faults(err); len(f) != 1 || f[0].Field != "max_backoff" {
		t.Errorf("New = %v", err)
	}
	d, err := outbox.New(outbox.Config{Store: memory.New()})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context()); len(penstock.Faults(err)) != 2 {
		t.Errorf("Run without Route and Notifiers = %v", err)
	}
}

// More is pending than is kept in memory: what is not is read again when it is sent.
func TestDispatcherKeepsLargeMessagesInTheStore(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var down atomic.Bool
		down.Store(true)
		h.answer = func(_ context.Context, m outbox.Message) error {
			if len(m.Text) != 1_000_000 || m.Text[0] != '0'+byte(m.Seq%10) {
				t.Errorf("%d arrived damaged", m.Seq)
			}
			if down.Load() {
				return errDown
			}
			return nil
		}
		c := h.config()
		c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Text: strings.Repeat(fmt.Sprint(e.Seq%10), 1_000_000)}}, nil
		}
		c.MinBackoff = time.Minute
		for i := range 20 {
			h.tell(fmt.Sprint(i%5), fmt.Sprint(10+i))
		}
		stop := h.run(h.new(c))
		h.pass(time.Second)
		stop()
		down.Store(false)
		h.run(h.new(c))
		h.pass(10 * time.Minute)
		h.wantAll(true)
	})
}
