package conformance_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/sqlite"
)

// BenchmarkDelivery carries events of 1 KiB to a receiver of webhooks in the same process: read,
// routed, stored, posted, recorded. In bulk, an iteration is 2,000 events of 500 plans,
// from before they are committed to the last arrival. One by one, it is one event; p50-ms and
// p99-ms are from when it is committed.
func BenchmarkDelivery(b *testing.B) {
	for _, on := range deliveryStores() {
		b.Run(on.name+"/bulk", func(b *testing.B) { benchBulk(b, on.open(b)) })
		b.Run(on.name+"/single", func(b *testing.B) { benchSingle(b, on.open(b)) })
	}
}

type deliveryStore struct {
	name string
	open func(testing.TB) store.Store
}

func deliveryStores() []deliveryStore {
	file := func(level sqlite.Synchronous) func(testing.TB) store.Store {
		return func(tb testing.TB) store.Store {
			return newSQLite(tb, fileDB(tb), &sqlite.Options{Synchronous: level})
		}
	}
	return []deliveryStore{
		{"memory", func(testing.TB) store.Store { return memory.New() }},
		{"SQLiteNormal", file(sqlite.Normal)},
		{"SQLiteFull", file(sqlite.Full)},
		{"PostgreSQL", func(tb testing.TB) store.Store {
			db, schema := openPostgres(tb)
			return newPostgres(tb, db, schema)
		}},
	}
}

// benchInbox is a receiver that reads what it gets, and says when.
func benchInbox(b *testing.B, room int) (in *inbox, arrived chan time.Time) {
	b.Helper()
	arrived = make(chan time.Time, room)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- time.Now()
	}))
	b.Cleanup(s.Close)
	return &inbox{url: s.URL}, arrived
}

// happening is the events number from and following of 500 plans.
func happening(from int64, n int) []store.Event {
	body := fmt.Appendf(nil, `{"text":"%01000d"}`, 0)
	events := make([]store.Event, n)
	for i := range events {
		k := from + int64(i)
		events[i] = store.Event{Subject: store.Key{Kind: "plan", ID: fmt.Sprint(k % 500)}, Seq: 1 + k/500, Name: "moved", At: time.Now(), Body: body}
	}
	return events
}

func benchBulk(b *testing.B, s store.Store) {
	b.Helper()
	const each, perCommit = 2_000, 1_000
	in, arrived := benchInbox(b, each)
	d := in.dispatcher(b, s, "", nil)
	stop := deliver(b, d)
	n := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		for range each / perCommit {
			commit(b, s, put(fmt.Sprint("c", n), 0, happening(n, perCommit)...))
			n += perCommit
		}
		for range each {
			<-arrived
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
	settled(b, d)
	stop()
}

func benchSingle(b *testing.B, s store.Store) {
	b.Helper()
	in, arrived := benchInbox(b, 1)
	stop := deliver(b, in.dispatcher(b, s, "", nil))
	var took []time.Duration
	for n := int64(0); b.Loop(); n++ {
		commit(b, s, put(fmt.Sprint("c", n), 0, happening(n, 1)...))
		begin := time.Now()
		took = append(took, (<-arrived).Sub(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
	stop()
}
