package conformance_test

import (
	"math"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
)

// A long history goes in time that grows with its length, even in a young table
// of which PostgreSQL has no statistics yet.
func TestPruneOfALongHistoryIsQuick(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		s := b.store(t, b.db(t))
		const n = 40_000
		all := make([]store.Event, n)
		for i := range all {
			all[i] = event(int64(i + 1))
		}
		commit(t, s, put("a", 0, all...), put("b", 0, event(1)))
		if _, err := s.Events(t.Context(), store.EventQuery{Limit: 1}); err != nil { // gives positions
			t.Fatal(err)
		}
		start := time.Now()
		got, err := s.(store.Pruner).Prune(t.Context(), store.Key{Kind: "plan", ID: "a"}, n-1)
		if took := time.Since(start); got != n-1 || err != nil || took > 5*time.Second {
			t.Errorf("Prune = %d, %v after %v", got, err, took)
		} else {
			t.Logf("%d events in %v", got, took)
		}
	})
}

// A store inside somebody's transaction does not prune.
func TestTxIsNoPruner(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		b.store(t, db)
		s, err := b.tx(begin(t, db))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := s.(store.Pruner); ok {
			t.Error("it does")
		}
	})
}

// What is not committed yet is not in the way, and is not lost: it gets its
// position later, and is pruned then.
func TestPruneLeavesOpenTransactionsAlone(t *testing.T) {
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	commit(t, s, put("a", 0, event(1)))
	tx := begin(t, db)
	inside, err := postgres.Tx(tx, &postgres.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, inside, put("b", 0, event(2)), store.Op{Kind: store.Check, Record: store.Record{Key: store.Key{Kind: "plan", ID: "none"}},
		Events: []store.Event{{Subject: store.Key{Kind: "plan", ID: "a"}, Seq: 2, Name: "e2", At: day}}})
	prune := func(want int64) {
		t.Helper()
		if n, err := s.Prune(t.Context(), store.Key{Kind: "plan", ID: "a"}, math.MaxInt64); n != want || err != nil {
			t.Errorf("Prune = %d, %v, want %d", n, err, want)
		}
	}
	prune(1)
	prune(0)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	prune(1)
	left, err := s.Events(t.Context(), store.EventQuery{})
	if err != nil || len(left) != 1 || left[0].Subject.ID != "b" {
		t.Errorf("left are %v, %v", left, err)
	}
}
