package conformance_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/runtest"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/enginetest"
)

// What a Service and its engine do does not depend on the store.
func TestWorkflowsOnSQLite(t *testing.T) {
	t.Parallel()
	runtest.Run(t, inVirtualTimeOnSQLite)
}

func TestWorkflowsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	runtest.Run(t, inVirtualTimeOnPostgres(t))
}

func TestEngineOnSQLite(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Config{Virtual: true, New: newLocal, Store: inVirtualTimeOnSQLite})
}

func TestEngineOnPostgreSQL(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Config{Virtual: true, New: newLocal, Store: inVirtualTimeOnPostgres(t)})
}

func newLocal(s *workflow.Service, executors map[string]workflow.Executor) enginetest.Driver {
	l := workflow.NewLocal(s, executors)
	l.TTL = 3 * time.Second
	return l
}

// inVirtualTimeOnSQLite returns an empty store through which all that a test does goes: nothing is
// to be found out by polling, of which there would be much in the hours of virtual time.
func inVirtualTimeOnSQLite(tb testing.TB) store.Store {
	tb.Helper()
	return newSQLite(tb, openSQLite(tb, filepath.Join(tb.TempDir(), "runs.db")), &sqlite.Options{Synchronous: sqlite.Normal, Poll: time.Hour})
}

// inVirtualTimeOnPostgres does the same in the schemas of one database.
func inVirtualTimeOnPostgres(t *testing.T) func(tb testing.TB) store.Store {
	t.Helper()
	at := plansDatabase(t)
	var schemas atomic.Int64
	return func(tb testing.TB) store.Store {
		tb.Helper()
		db, err := sql.Open("pgx", at)
		if err != nil {
			tb.Fatal(err)
		}
		db.SetMaxOpenConns(4)
		db.SetMaxIdleConns(4)
		tb.Cleanup(func() { _ = db.Close() })
		s, err := postgres.New(tb.Context(), db, &postgres.Options{Schema: fmt.Sprint("runs", schemas.Add(1)), Poll: time.Hour})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = s.Close() })
		return s
	}
}
