package conformance_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// BenchmarkNotify is what it costs writers that commits are announced, and that
// another process listens, and reads the log.
func BenchmarkNotify(b *testing.B) {
	for _, writers := range []int{1, 8} {
		for _, how := range []string{"quiet", "announced", "heard"} {
			b.Run(fmt.Sprintf("%dwriters/%s", writers, how), func(b *testing.B) {
				db, schema := openPostgres(b)
				s, err := postgres.New(b.Context(), db, &postgres.Options{Schema: schema, Quiet: how == "quiet"})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				ctx, cancel := context.WithCancel(b.Context())
				var reader sync.WaitGroup
				if how == "heard" {
					r := newHearer(b, pgURL, schema, nil)
					reader.Go(func() { readAll(ctx, r.Store) })
					soon(b, "LISTEN", r.heard)
				}
				b.ReportAllocs()
				b.ResetTimer()
				commitSteps(b, s, writers)
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
				cancel()
				reader.Wait()
			})
		}
	}
}

// commitSteps updates a record, with an event, b.N times by some writers.
func commitSteps(b *testing.B, s store.Store, writers int) {
	b.Helper()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			version := int64(0)
			for i := w; i < b.N; i += writers {
				op := put(fmt.Sprint("p", w), version, event(int64(i+1)))
				op.Body = make([]byte, 1_000)
				var err error
				if version, err = s.Commit(b.Context(), op); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

// readAll follows the log.
func readAll(ctx context.Context, s interface {
	store.Store
	store.Waker
}) {
	for after := int64(0); ; {
		last, err := s.Wait(ctx, after)
		if err != nil {
			return
		}
		for after < last {
			events, err := s.Events(ctx, store.EventQuery{After: after, Limit: store.MaxLimit})
			if err != nil || len(events) == 0 {
				return
			}
			after = events[len(events)-1].Position
		}
	}
}

// BenchmarkLook is what it costs SQLite to notice that others committed nothing.
func BenchmarkLook(b *testing.B) {
	for name, s := range map[string]interface {
		Wait(ctx context.Context, after int64) (int64, error)
	}{
		"SQLite":     newSQLite(b, fileDB(b), &sqlite.Options{Poll: time.Hour}),
		"PostgreSQL": func() *postgres.Store { db, schema := openPostgres(b); return newPostgres(b, db, schema) }(),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Wait(b.Context(), -1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
