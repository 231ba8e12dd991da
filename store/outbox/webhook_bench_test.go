package outbox_test

import (
	"io"
	"net/http"
	"testing"
)

// BenchmarkWebhook delivers to a receiver in the same process, which reads what it gets.
func BenchmarkWebhook(b *testing.B) {
	s := serve(b, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	w := newWebhook(b, local(s.URL))
	m := message()
	b.Run("one after another", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := w.Notify(b.Context(), m); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	})
	b.Run("at once", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := w.Notify(b.Context(), m); err != nil {
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
	})
}
