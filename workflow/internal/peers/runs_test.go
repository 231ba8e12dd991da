package peers

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// work is what a run does: three stages, one after the other, of two jobs at once.
type work [3][2]func()

func jobName(stage, job int) string { return fmt.Sprintf("j%d-%d", stage, job) }

func noWork() *work {
	var w work
	for i := range w {
		for j := range w[i] {
			w[i][j] = func() {}
		}
	}
	return &w
}

// An engine is ready to run the work: run returns once it is stored that a run has passed.
type engine struct {
	name string
	open func(tb testing.TB, w *work) (run func(context.Context) error)
}

// In order, so that figures stand side by side. The plain ones are what the others can be
// held against: goroutines that store an outcome after each job, and nothing else.
func engines(tb testing.TB) []engine {
	tb.Helper()
	all := []engine{
		{"penstock-memory", penstockOn(memoryStore)},
		{"goworkflows-memory", goWorkflowsInMemory},
		{"plain-memory", plainOn(memoryStore)},
		{"penstock-sqlite", penstockOn(sqliteStore)},
		{"goworkflows-sqlite", goWorkflowsOnSQLite},
		{"plain-sqlite", plainOn(sqliteStore)},
	}
	if !hasPostgres() {
		tb.Log("no initdb and no PENSTOCK_POSTGRES_URL: PostgreSQL is left out")
		return all
	}
	return append(all, engine{"penstock-postgres", penstockOn(postgresStore)}, engine{"plain-postgres", plainOn(postgresStore)})
}

// Every engine executes each of the six jobs once for each run, and no job before
// those of the stage before: what is measured is the same work.
func TestSameWork(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			const alone, n = 5, 2 * underWay
			var done [3][2]atomic.Int64
			var w work
			for i := range w {
				for j := range w[i] {
					w[i][j] = func() {
						mine := done[i][j].Add(1)
						if i > 0 && mine > min(done[i-1][0].Load(), done[i-1][1].Load()) {
							t.Errorf("job %d.%d was executed before those of the stage before", i, j)
						}
					}
				}
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			run := e.open(t, &w)
			for range alone { // so that what is out of order cannot hide among other runs
				if err := run(ctx); err != nil {
					t.Fatal(err)
				}
			}
			l := newLoad(ctx, run)
			for range n - alone {
				l.more()
			}
			if _, err := l.end(); err != nil {
				t.Fatal(err)
			}
			for i := range done {
				for j := range done[i] {
					if got := done[i][j].Load(); got != n {
						t.Errorf("job %d.%d was executed %d times by %d runs", i, j, got, n)
					}
				}
			}
		})
	}
}

// BenchmarkRuns tells runs a second, how long a run takes from before its start until it is stored that
// it has passed, and the time of processors that this process spends on it: that of a
// PostgreSQL server is left out.
func BenchmarkRuns(b *testing.B) {
	for _, e := range engines(b) {
		b.Run(e.name, func(b *testing.B) { measure(b, e.open(b, noWork())) })
	}
}
