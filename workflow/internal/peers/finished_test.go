package peers

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"testing"

	"github.com/penstock-go/penstock/store"
)

// BenchmarkFinished is BenchmarkRuns of Penstock on stores that hold finished runs
// already. To load a hundred thousand takes seconds in memory, and minutes in a database.
func BenchmarkFinished(b *testing.B) {
	stores := []struct {
		name string
		open func(testing.TB) wholeStore
	}{{"memory", memoryStore}, {"sqlite", sqliteStore}}
	if hasPostgres() {
		stores = append(stores, struct {
			name string
			open func(testing.TB) wholeStore
		}{"postgres", postgresStore})
	}
	for _, on := range stores {
		for _, n := range []int{1_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", on.name, n), func(b *testing.B) {
				s := on.open(b)
				finish(b, s, n)
				run, stop := newPenstock(b, s, noWork())
				b.Cleanup(stop)
				measure(b, run)
			})
		}
	}
}

// finish loads a store with finished runs: one that was made, and copies of it.
func finish(tb testing.TB, s wholeStore, n int) {
	tb.Helper()
	run, stop := newPenstock(tb, s, noWork())
	err := run(tb.Context())
	stop()
	if err != nil {
		tb.Fatal(err)
	}
	page, err := s.Find(tb.Context(), store.Query{Kind: "workflow.run"})
	if err != nil || len(page.Records) != 1 {
		tb.Fatalf("%d runs, %v", len(page.Records), err)
	}
	events, err := s.Events(tb.Context(), store.EventQuery{Subject: page.Records[0].Key})
	if err != nil {
		tb.Fatal(err)
	}
	var ops []store.Op
	for i := 2; i <= n; i++ {
		ops = append(ops, copyOf(page.Records[0], events, i))
		if len(ops) == 100 || i == n {
			if _, err := s.Commit(tb.Context(), ops...); err != nil {
				tb.Fatal(err)
			}
			ops = nil
		}
	}
	// Who reads the log first gives their places to the events.
	if _, err := s.Events(context.WithoutCancel(tb.Context()), store.EventQuery{Limit: 1}); err != nil {
		tb.Fatal(err)
	}
}

// copyOf is the run with a number: all that is stored of it.
func copyOf(r store.Record, trail []store.Event, number int) store.Op {
	r.ID, r.Version, r.Sort = fmt.Sprintf("%s-%d", r.ID, number), 0, r.Sort+int64(number)
	r.Fields = maps.Clone(r.Fields)
	r.Fields["number"] = []string{"release/" + strconv.Itoa(number)}
	op := store.Op{Record: r}
	for _, e := range trail {
		e.Position, e.Subject = 0, store.Key{}
		op.Events = append(op.Events, e)
	}
	return op
}
