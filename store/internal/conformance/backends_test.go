package conformance_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// A backend is an empty database of one kind, for tests that need more than a store.
type backend struct {
	name   string
	dsn    string
	driver string
	schema string // of PostgreSQL
	prefix string // of full names of tables
	open   func(context.Context, *sql.DB) (store.Store, error)
	tx     func(*sql.Tx) (store.Store, error)
}

// backends returns fresh ones of each kind that there is.
func backends(tb testing.TB) []*backend {
	tb.Helper()
	all := []*backend{sqliteAt(filepath.Join(tb.TempDir(), "plans.db"))}
	if pgURL != "" {
		_, schema := openPostgres(tb)
		all = append(all, postgresAt(pgURL, schema))
	}
	return all
}

func sqliteAt(file string) *backend {
	return &backend{name: "SQLite", driver: "sqlite", dsn: file, prefix: "penstock_",
		open: func(ctx context.Context, db *sql.DB) (store.Store, error) { return sqlite.New(ctx, db, nil) },
		tx:   func(tx *sql.Tx) (store.Store, error) { return sqlite.Tx(tx, nil) }}
}

func postgresAt(url, schema string) *backend {
	return &backend{name: "PostgreSQL", driver: "pgx", dsn: url, schema: schema, prefix: schema + ".penstock_",
		open: func(ctx context.Context, db *sql.DB) (store.Store, error) {
			return postgres.New(ctx, db, &postgres.Options{Schema: schema})
		},
		tx: func(tx *sql.Tx) (store.Store, error) { return postgres.Tx(tx, &postgres.Options{Schema: schema}) }}
}

func (b *backend) db(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open(b.driver, b.dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func (b *backend) store(tb testing.TB, db *sql.DB) store.Store {
	tb.Helper()
	s, err := b.open(tb.Context(), db)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// eachBackend runs a test on each kind of database.
func eachBackend(t *testing.T, test func(*testing.T, *backend)) {
	t.Helper()
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) { test(t, b) })
	}
}

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func put(id string, version int64, events ...store.Event) store.Op {
	return store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: id}, Version: version, Body: []byte(id)}, Events: events}
}

func event(seq int64) store.Event {
	return store.Event{Seq: seq, Name: fmt.Sprint("e", seq), At: day}
}

func get(tb testing.TB, s store.Store, id string) store.Record {
	tb.Helper()
	records, err := s.Get(tb.Context(), store.Key{Kind: "plan", ID: id})
	if err != nil {
		tb.Fatal(err)
	}
	return records[0]
}

func commit(tb testing.TB, s store.Store, ops ...store.Op) int64 {
	tb.Helper()
	version, err := s.Commit(tb.Context(), ops...)
	if err != nil {
		tb.Fatal(err)
	}
	return version
}

func begin(tb testing.TB, db *sql.DB) *sql.Tx {
	tb.Helper()
	tx, err := db.BeginTx(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func run(tb testing.TB, on interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, text string, args ...any) {
	tb.Helper()
	if _, err := on.ExecContext(tb.Context(), text, args...); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
}
