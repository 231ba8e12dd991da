package outbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// BenchmarkDispatcher carries events to a receiver: each iteration is an event that
// was committed, read, routed, stored, delivered and removed. A message is of 1 KiB.
func BenchmarkDispatcher(b *testing.B) {
	nothing := outbox.NotifierFunc(func(context.Context, outbox.Message) error { return nil })
	b.Run("no-op in bulk", func(b *testing.B) { benchDispatcher(b, nothing, 5_000) })
	b.Run("no-op one by one", func(b *testing.B) { benchDispatcher(b, nothing, 1) })
	receiver := serve(b, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	hook := newWebhook(b, local(receiver.URL))
	b.Run("webhook in bulk", func(b *testing.B) { benchDispatcher(b, hook, 5_000) })
	b.Run("webhook one by one", func(b *testing.B) { benchDispatcher(b, hook, 1) })
}

// benchDispatcher has up to inFlight events under way.
func benchDispatcher(b *testing.B, n outbox.Notifier, inFlight int) {
	ctx, cancel := context.WithCancel(context.Background())
	s, free := memory.New(), make(chan struct{}, inFlight)
	d, err := outbox.New(outbox.Config{
		Store: s, FromStart: true, Route: outbox.ToAll("bench"),
		Notifiers: map[string]outbox.Notifier{"bench": outbox.NotifierFunc(func(ctx context.Context, m outbox.Message) error {
			err := n.Notify(ctx, m)
			<-free
			return err
		})},
	})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	body := fmt.Appendf(nil, `{"text":"%01000d"}`, 0)
	i := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		free <- struct{}{}
		i++
		op := store.Op{
			Kind: store.Check, Record: store.Record{Key: store.Key{Kind: "plan", ID: fmt.Sprint(i % 500)}},
			Events: []store.Event{{Seq: i, Name: "moved", At: time.Now(), Body: body}},
		}
		if _, err := s.Commit(ctx, op); err != nil {
			b.Fatal(err)
		}
	}
	for range inFlight { // the last have arrived
		free <- struct{}{}
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "events/s")
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
