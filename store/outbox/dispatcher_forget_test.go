package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

func TestDispatcherForgotten(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(context.Context, outbox.Message) error { return errDown }
		d := h.new(h.config())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(t.Context()) }()
		for range 1_500 {
			h.tell("a")
		}
		h.pass(time.Second)
		if s := h.stats(d); s.Pending != 1_500 {
			t.Errorf("%d pending, want 1,500", s.Pending)
		}
		if err := d.Forget(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("Run = %v, want ErrNotFound", err)
		}
		if _, err := d.Stats(t.Context()); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("Stats = %v, want ErrNotFound", err)
		}
		page, err := h.store.Find(t.Context(), store.Query{Kind: "outbox.message", Total: true})
		if page.Total != 0 || err != nil {
			t.Errorf("%d messages are left, %v", page.Total, err)
		}
	})
}

// A halting store does something else before one of its commits.
type halting struct {
	*memory.Store
	n    int // commits until then
	halt func() error
}

func (s *halting) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if s.n--; s.n == 0 {
		if err := s.halt(); err != nil {
			return 0, err
		}
	}
	return s.Store.Commit(ctx, ops...)
}

// left returns how many messages there are.
func (h *hub) left() int {
	h.Helper()
	page, err := h.store.Find(h.Context(), store.Query{Kind: "outbox.message", Total: true})
	if err != nil {
		h.Fatal(err)
	}
	return page.Total
}

// pendingThere returns a dispatcher that nobody runs, with messages to deliver.
func (h *hub) pendingThere(n int) *outbox.Dispatcher {
	h.Helper()
	h.answer = func(context.Context, outbox.Message) error { return errDown }
	d := h.new(h.config())
	stop := h.run(d)
	for range n {
		h.tell("a")
	}
	h.pass(time.Second)
	stop()
	if got := h.left(); got != n {
		h.Fatalf("%d messages, want %d", got, n)
	}
	return d
}

// While Forget is under way nobody can register under the name, and it can be finished.
func TestForgetIsFinishedBeforeTheNameIsFree(t *testing.T) {
	for n := 1; n <= 3; n++ { // the marker, the first messages, and the rest
		inHub(t, func(t *testing.T, h *hub) {
			h.pendingThere(1_500)
			c := h.config()
			c.Store = &halting{Store: h.store.(*memory.Store), n: n, halt: func() error { return errDown }}
			if err := h.new(c).Forget(t.Context()); !errors.Is(err, errDown) {
				t.Fatalf("Forget = %v at commit %d, want the failure", err, n)
			}
			d := h.new(h.config())
			if n > 1 {
				if err := d.Run(t.Context()); !errors.Is(err, penstock.ErrNotFound) {
					t.Errorf("Run = %v, want ErrNotFound", err)
				}
				if err := d.Register(t.Context()); !errors.Is(err, penstock.ErrNotFound) {
					t.Errorf("Register = %v, want ErrNotFound", err)
				}
				if _, err := d.Stats(t.Context()); !errors.Is(err, penstock.ErrNotFound) {
					t.Errorf("Stats = %v, want ErrNotFound", err)
				}
			}
			if err := d.Forget(t.Context()); err != nil || h.left() != 0 {
				t.Errorf("Forget = %v, %d messages are left", err, h.left())
			}
			if err := d.Register(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Who forgets slowly does not touch what another one registered meanwhile.
func TestForgetSparesOneThatIsRegisteredAnew(t *testing.T) {
	for n := 1; n <= 3; n++ {
		inHub(t, func(t *testing.T, h *hub) {
			h.pendingThere(1_500)
			anew := h.new(h.config())
			c := h.config()
			c.Store = &halting{Store: h.store.(*memory.Store), n: n, halt: func() error {
				if err := anew.Forget(t.Context()); err != nil {
					t.Error(err)
				}
				h.run(anew)
				h.pass(time.Second)
				return nil
			}}
			if err := h.new(c).Forget(t.Context()); err != nil {
				t.Errorf("Forget = %v", err)
			}
			h.pass(time.Second)
			if s := h.stats(anew); s.Pending != 1_500 || s.Position != s.Last {
				t.Errorf("Stats = %+v, want all messages of the new one", s)
			}
		})
	}
}

// A message that is redriven or discarded meanwhile is forgotten nevertheless.
func TestForgetGoesOnAfterAConflict(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		h.answer = func(context.Context, outbox.Message) error { return outbox.Permanent(errDown) }
		d := h.new(h.config())
		stop := h.run(d)
		h.tell("a", "b", "c")
		h.pass(time.Second)
		stop()
		letters := h.dead(d)
		c := h.config()
		c.Store = &halting{Store: h.store.(*memory.Store), n: 2, halt: func() error {
			return errors.Join(d.Redrive(t.Context(), letters[0].Message.ID), d.Discard(t.Context(), letters[1].Message.ID))
		}}
		if err := h.new(c).Forget(t.Context()); err != nil || h.left() != 0 {
			t.Errorf("Forget = %v, %d messages are left", err, h.left())
		}
	})
}
