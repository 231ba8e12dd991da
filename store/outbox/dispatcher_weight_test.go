package outbox_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// A weighing store notes the largest commit and the largest answer.
type weighing struct {
	*memory.Store
	written, read atomic.Int64
}

func note(most *atomic.Int64, n int) {
	for was := most.Load(); int64(n) > was && !most.CompareAndSwap(was, int64(n)); was = most.Load() {
	}
}

func weigh(records []store.Record) (n int) {
	for _, r := range records {
		n += len(r.Body)
	}
	return n
}

func (w *weighing) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	n := 0
	for i := range ops {
		n += len(ops[i].Body)
	}
	note(&w.written, n)
	return w.Store.Commit(ctx, ops...)
}

func (w *weighing) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := w.Store.Get(ctx, keys...)
	note(&w.read, weigh(records))
	return records, err
}

func (w *weighing) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := w.Store.Find(ctx, q)
	note(&w.read, weigh(page.Records))
	return page, err
}

// However many large letters there are, little of them is in memory or in a commit at once.
func TestLargeLettersAreRedrivenBitByBit(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		const n = 120
		w := &weighing{Store: h.store.(*memory.Store)}
		var mended atomic.Bool
		h.answer = func(context.Context, outbox.Message) error {
			if mended.Load() {
				return nil
			}
			return outbox.Permanent(errDown)
		}
		text := strings.Repeat("x", 200_000)
		c := h.config()
		c.Store = w
		c.Route = func(context.Context, store.Event) ([]outbox.Message, error) {
			return []outbox.Message{{Channel: "test", Text: text}}, nil
		}
		d := h.new(c)
		h.run(d)
		for range n {
			h.tell("a")
		}
		h.pass(time.Second)
		list, err := d.Dead(t.Context(), penstock.Page{Limit: n})
		if err != nil || len(list.Items) != n {
			t.Fatalf("%d letters, %v", len(list.Items), err)
		}
		w.read.Store(0)
		mended.Store(true)
		var ids []string
		for _, l := range list.Items[n/2:] {
			ids = append(ids, l.Message.ID)
		}
		if err := d.Redrive(t.Context(), ids...); err != nil {
			t.Error(err)
		}
		if n, err := d.RedriveAll(t.Context()); n != len(list.Items)/2 || err != nil {
			t.Errorf("RedriveAll = %d, %v", n, err)
		}
		h.pass(time.Minute)
		h.wantAll(true)
		if w.written.Load() > 9<<20 || w.read.Load() > 11_000_000 {
			t.Errorf("up to %d bytes were written at once, and %d read", w.written.Load(), w.read.Load())
		}
	})
}
