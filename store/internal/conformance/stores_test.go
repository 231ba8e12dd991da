package conformance_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
	"github.com/penstock-go/penstock/store/storetest"
)

var (
	_ store.Waker = (*sqlite.Store)(nil)
	_ store.Store = (*postgres.Store)(nil)
)

// stores opens each kind of store on an empty database.
var stores = []struct {
	name string
	open func(testing.TB) store.Store
}{
	{"SQLiteFile", func(tb testing.TB) store.Store { return newSQLite(tb, fileDB(tb), nil) }},
	{"SQLiteMemory", func(tb testing.TB) store.Store { return newSQLite(tb, memoryDB(tb), nil) }},
	{"PostgreSQL", func(tb testing.TB) store.Store {
		db, schema := openPostgres(tb)
		return newPostgres(tb, db, schema)
	}},
}

func TestStores(t *testing.T) {
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) { storetest.Run(t, s.open) })
	}
}

func openSQLite(tb testing.TB, dsn string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}

func fileDB(tb testing.TB) *sql.DB {
	tb.Helper()
	return openSQLite(tb, filepath.Join(tb.TempDir(), "plans.db"))
}

func memoryDB(tb testing.TB) *sql.DB {
	tb.Helper()
	db := openSQLite(tb, ":memory:")
	db.SetMaxOpenConns(1)
	return db
}

func newSQLite(tb testing.TB, db *sql.DB, o *sqlite.Options) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.New(tb.Context(), db, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func newPostgres(tb testing.TB, db *sql.DB, schema string) *postgres.Store {
	tb.Helper()
	s, err := postgres.New(tb.Context(), db, &postgres.Options{Schema: schema})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}
