package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// A mute store never answers what it is asked between two times, not even
// afterwards: a connection is dead, and nobody said so.
type mute struct {
	*memory.Store
	from, to time.Time
}

func (m *mute) hear(ctx context.Context) error {
	if now := time.Now(); now.Before(m.from) || !now.Before(m.to) {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (m *mute) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := m.hear(ctx); err != nil {
		return nil, err
	}
	return m.Store.Get(ctx, keys...)
}

func (m *mute) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if err := m.hear(ctx); err != nil {
		return store.Page{}, err
	}
	return m.Store.Find(ctx, q)
}

func TestDispatcherDoesNotWaitForever(t *testing.T) {
	const minute = time.Minute
	for _, row := range []struct {
		name     string
		from, to time.Duration // in which the store is mute
	}{
		{"as it begins", 0, minute},
		{"as it stands by", 10 * time.Second, minute},
		{"when it may take over", 2*minute - time.Second, 2*minute + 20*time.Second},
		{"at work, for what is redriven", 2*minute + 30*time.Second, 4 * minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				stop := h.run(h.new(h.config()))
				h.pass(time.Second)
				c := h.config()
				c.Store = &mute{Store: h.store.(*memory.Store), from: h.began.Add(row.from), to: h.began.Add(row.to)}
				h.answer = func(_ context.Context, m outbox.Message) error {
					if m.Seq == 2 && time.Since(h.began) < 3*minute {
						return outbox.Permanent(errDown)
					}
					return nil
				}
				h.run(h.new(c))
				h.tell("p")
				h.pass(2*minute - time.Second)
				stop()
				h.tell("p", "q")
				h.pass(2 * minute)
				elsewhere := h.new(outbox.Config{Store: h.store})
				if n, err := elsewhere.RedriveAll(t.Context()); n != 1 || err != nil {
					t.Errorf("RedriveAll = %d, %v", n, err)
				}
				h.pass(minute)
				h.want("p/1", "p/2", "q/1")
			})
		})
	}
}

// Every worker asks for a message that is not held in memory, and is never answered: they
// ask again.
func TestAReadThatHangsIsGivenUp(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		s := &forgetful{Store: h.store.(*memory.Store)}
		text := strings.Repeat("x", 1_000_000)
		c := h.config()
		c.Store, c.Workers = s, 4
		c.Route = func(_ context.Context, e store.Event) ([]outbox.Message, error) {
			if e.Subject.ID == "small" {
				return []outbox.Message{{Channel: "test", To: "small"}}, nil
			}
			return []outbox.Message{{Channel: "test", To: e.Subject.ID, Text: text}}, nil
		}
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.To != "small" {
				return outbox.RetryAfter(errDown, time.Minute)
			}
			return nil
		}
		for i := range 40 {
			h.tell(fmt.Sprint(i))
		}
		h.run(h.new(c))
		h.pass(30 * time.Second)
		s.hangs.Store(true)
		h.pass(2 * time.Minute)
		s.hangs.Store(false)
		h.tell("small")
		h.pass(time.Minute)
		h.want("small/1")
	})
}

// A forgetful store may hang when it is asked for messages by their keys.
type forgetful struct {
	*memory.Store
	hangs atomic.Bool
}

func (f *forgetful) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if f.hangs.Load() && keys[0].Kind == "outbox.message" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return f.Store.Get(ctx, keys...)
}
