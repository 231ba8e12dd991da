package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

func TestLettersAreRedrivenAndDiscarded(t *testing.T) {
	for _, where := range []string{"here", "elsewhere", "while nobody runs"} {
		t.Run(where, func(t *testing.T) {
			inHub(t, func(t *testing.T, h *hub) {
				var down atomic.Bool
				down.Store(true)
				h.answer = func(context.Context, outbox.Message) error {
					if down.Load() {
						return outbox.Permanent(errDown)
					}
					return nil
				}
				c := h.config()
				route := c.Route
				c.Route = func(ctx context.Context, e store.Event) ([]outbox.Message, error) {
					if down.Load() && e.Subject.ID == "poison" {
						return nil, outbox.Permanent(errDown)
					}
					return route(ctx, e)
				}
				d := h.new(c)
				stop := h.run(d)
				h.tell("a", "b", "poison", "c")
				h.pass(0)
				letters := h.dead(d)
				var ids, about []string
				for _, l := range letters {
					ids, about = append(ids, l.Message.ID), append(about, l.Message.Subject.ID)
				}
				if diff := cmp.Diff([]string{"c", "poison", "b", "a"}, about); diff != "" {
					t.Fatalf("letters (-want +got):\n%s", diff)
				}
				if err := d.Discard(t.Context(), ids[0], "nobody"); !errors.Is(err, penstock.ErrNotFound) || len(h.dead(d)) != 4 {
					t.Errorf("Discard = %v, %d letters are left", err, len(h.dead(d)))
				}
				if err := d.Redrive(t.Context(), ids[0], "nobody"); !errors.Is(err, penstock.ErrNotFound) || len(h.dead(d)) != 4 {
					t.Errorf("Redrive = %v, %d letters are left", err, len(h.dead(d)))
				}
				if err := d.Discard(t.Context(), ids[0], ids[0]); err != nil || len(h.dead(d)) != 3 {
					t.Errorf("Discard = %v, %d letters are left", err, len(h.dead(d)))
				}
				// What fails again is a letter again.
				if err := d.Redrive(t.Context(), ids[1], ids[2]); err != nil {
					t.Fatal(err)
				}
				h.pass(time.Second)
				if n := len(h.dead(d)); n != 3 {
					t.Errorf("%d letters, want 3", n)
				}
				down.Store(false)
				operator := d
				switch where {
				case "elsewhere":
					operator = h.new(outbox.Config{Store: h.store})
				case "while nobody runs":
					stop()
				}
				if err := operator.Redrive(t.Context(), ids[3]); err != nil {
					t.Fatal(err)
				}
				if n, err := operator.RedriveAll(t.Context()); n != 2 || err != nil {
					t.Errorf("RedriveAll = %d, %v", n, err)
				}
				if where == "while nobody runs" {
					h.run(d)
				} else if where == "elsewhere" {
					h.pass(time.Second)
				}
				h.pass(0)
				h.want("a/1", "b/1", "poison/1")
				if s := h.stats(d); s.Pending != 0 || s.Dead != 0 {
					t.Errorf("Stats = %+v", s)
				}
				for _, a := range h.sent {
					if a.Attempt != 1 {
						t.Errorf("%s was sent as attempt %d, want all attempts anew", a.Subject.ID, a.Attempt)
					}
					if a.Subject.ID == "a" && a.ID != ids[3] {
						t.Errorf("a has the id %s, want %s", a.ID, ids[3])
					}
				}
			})
		})
	}
}

func TestARedrivenMessageWaitsForNobody(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var mended atomic.Bool
		h.answer = func(_ context.Context, m outbox.Message) error {
			switch {
			case m.Seq == 1 && !mended.Load():
				return outbox.Permanent(errDown)
			case m.Seq == 2:
				return errDown
			}
			return nil
		}
		d := h.new(h.config())
		h.run(d)
		h.tell("a", "a")
		h.pass(100 * time.Second) // the second waits for its next attempt
		mended.Store(true)
		if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		h.pass(0)
		h.want("a/1")
	})
}

func TestRedrivenMessagesAreInOrder(t *testing.T) {
	for _, n := range []int{5, 123} { // by one commit, by several
		for _, ids := range []string{"all", "by id"} {
			t.Run(fmt.Sprint(n, " ", ids), func(t *testing.T) {
				inHub(t, func(t *testing.T, h *hub) {
					var mended atomic.Bool
					h.answer = func(_ context.Context, m outbox.Message) error {
						if !mended.Load() {
							return outbox.Permanent(errDown)
						}
						<-time.After(time.Duration(2*int64(n)-m.Seq) * time.Millisecond) // the first are the slowest
						return nil
					}
					d := h.new(h.config())
					h.run(d)
					for range n {
						h.tell("a")
					}
					h.pass(time.Second)
					mended.Store(true)
					var err error
					if ids == "all" {
						_, err = d.RedriveAll(t.Context())
					} else {
						list, _ := d.Dead(t.Context(), penstock.Page{Limit: n})
						var dead []string
						for _, l := range list.Items {
							dead = append(dead, l.Message.ID)
						}
						err = d.Redrive(t.Context(), dead...)
					}
					if err != nil {
						t.Fatal(err)
					}
					h.pass(time.Minute)
					h.wantAll(true)
				})
			})
		}
	}
}

// An event that could not be routed has its place among messages that are redriven with it.
func TestRedrivenEventsAreInOrder(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var mended atomic.Bool
		h.answer = func(context.Context, outbox.Message) error {
			if !mended.Load() {
				return outbox.Permanent(errDown)
			}
			return nil
		}
		c := h.config()
		route := c.Route
		c.Route = func(ctx context.Context, e store.Event) ([]outbox.Message, error) {
			if e.Seq%2 == 0 && !mended.Load() {
				return nil, outbox.Permanent(errDown)
			}
			return route(ctx, e)
		}
		d := h.new(c)
		h.run(d)
		h.tell("a", "a", "a", "a", "a")
		h.pass(time.Second)
		mended.Store(true)
		if n, err := d.RedriveAll(t.Context()); n != 5 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		h.pass(time.Second)
		h.wantAll(true)
	})
}

// What someone else redrives meanwhile is a conflict, not a letter that never was.
func TestRedriveMeetsAnother(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(context.Context, outbox.Message) error { return outbox.Permanent(errDown) }
		d := h.new(h.config())
		stop := h.run(d)
		var ids []string
		for range 60 {
			h.tell("a")
		}
		h.pass(time.Second)
		stop()
		list, err := d.Dead(t.Context(), penstock.Page{Limit: 60})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range list.Items {
			ids = append(ids, l.Message.ID)
		}
		s := &halting{Store: h.store.(*memory.Store), n: 1, halt: func() error { return d.Redrive(t.Context(), ids[0]) }}
		if err := h.new(outbox.Config{Store: s}).Redrive(t.Context(), ids...); !errors.Is(err, penstock.ErrConflict) {
			t.Errorf("Redrive = %v, want ErrConflict", err)
		}
	})
}

func TestRedriveTakesSoManyIDs(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var ids []string
		for i := range store.MaxOps + 1 {
			ids = append(ids, fmt.Sprint(i))
		}
		d := h.new(h.config())
		for _, err := range []error{d.Redrive(t.Context(), ids...), d.Discard(t.Context(), ids...)} {
			if f := penstock.Faults(err); len(f) != 1 || f[0].Field != "ids" {
				t.Errorf("of too many ids: %v", err)
			}
		}
		if err := d.Redrive(t.Context(), ids[1:]...); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("Redrive = %v, want ErrNotFound", err)
		}
	})
}

// A redriven message stays out of turn when the dispatcher begins anew.
func TestARedrivenMessageWaitsForNobodyAfterARestart(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Seq == 1 {
				return errDown
			}
			return nil
		}
		c := h.config()
		c.Attempts, c.MinBackoff, c.MaxBackoff = 2, time.Hour, time.Hour
		d := h.new(c)
		stop := h.run(d)
		h.tell("a")
		h.pass(time.Hour)
		if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
			t.Fatalf("RedriveAll = %d, %v", n, err)
		}
		h.pass(0)
		stop()
		h.tell("a", "a")
		h.run(h.new(c))
		h.pass(time.Second)
		h.tell("a")
		h.pass(time.Second)
		h.want("a/2", "a/3", "a/4")
		if n := h.stats(d).Pending; n != 1 {
			t.Errorf("%d pending, want the redriven one", n)
		}
	})
}

// The messages of an event that is routed again at last are redriven ones: they hold nobody up.
func TestAnEventRoutedAgainWaitsForNobody(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var mended atomic.Bool
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Seq == 1 {
				return errDown
			}
			return nil
		}
		c := h.config()
		route := c.Route
		c.Route = func(ctx context.Context, e store.Event) ([]outbox.Message, error) {
			if !mended.Load() {
				return nil, outbox.Permanent(errDown)
			}
			return route(ctx, e)
		}
		d := h.new(c)
		h.run(d)
		h.tell("a")
		h.pass(0)
		mended.Store(true)
		if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		h.pass(0)
		h.tell("a")
		h.pass(0)
		h.want("a/2")
	})
}

// What comes of the log and what is redriven while a commit is under way do not get lost.
func TestRedrivenMessagesMeetNewOnes(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		s := &faulty{Store: h.store.(*memory.Store)}
		var slow atomic.Bool
		s.fail = func(_ int, ops []store.Op) (before, after error) {
			if slow.Load() && byDispatcher(ops) {
				<-time.After(time.Second)
			}
			return nil, nil
		}
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Subject.ID == "a" && !slow.Load() {
				return outbox.Permanent(errDown)
			}
			return nil
		}
		c := h.config()
		c.Store = s
		d := h.new(c)
		h.run(d)
		h.tell("a")
		h.pass(0)
		slow.Store(true)
		h.tell("b")
		h.pass(0) // this is being stored
		h.tell("c")
		h.pass(0) // this is next
		if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		h.pass(time.Minute)
		h.wantAll(true)
	})
}

// A receiver that is down fills the backlog for all, but what is redriven comes in beside.
func TestRedrivenMessagesPassAFullBacklog(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		var mended atomic.Bool
		h.answer = func(_ context.Context, m outbox.Message) error {
			if m.Subject.ID == "bad" && !mended.Load() {
				return outbox.Permanent(errDown)
			}
			if m.Subject.ID == "down" {
				return errDown
			}
			return nil
		}
		c := h.config()
		c.Backlog = 10
		d := h.new(c)
		h.run(d)
		h.tell("bad")
		h.pass(0)
		for range 12 {
			h.tell("down")
		}
		h.pass(0)
		mended.Store(true)
		h.tell("good")
		if n, err := d.RedriveAll(t.Context()); n != 1 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		h.pass(0)
		h.want("bad/1")
	})
}
