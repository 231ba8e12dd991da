package peers

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	_ "modernc.org/sqlite"             // the driver sqlite

	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

func memoryStore(testing.TB) wholeStore { return memory.New() }

// sqliteStore is a file: WAL, NORMAL.
func sqliteStore(tb testing.TB) wholeStore {
	tb.Helper()
	db := openDB(tb, "sqlite", filepath.Join(tb.TempDir(), "runs.db"))
	s, err := sqlite.New(tb.Context(), db, &sqlite.Options{Synchronous: sqlite.Normal})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closed(tb, s) })
	return s
}

// postgresStore is a schema of its own, on a server as it is by default: what it has
// committed is on the disk.
func postgresStore(tb testing.TB) wholeStore {
	tb.Helper()
	db := openDB(tb, "pgx", postgresURL(tb))
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	schema := fmt.Sprintf("peers_%d", time.Now().UnixNano())
	tb.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), `DROP SCHEMA IF EXISTS `+schema+` CASCADE`); err != nil {
			tb.Error(err)
		}
	})
	s, err := postgres.New(tb.Context(), db, &postgres.Options{Schema: schema})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closed(tb, s) })
	return s
}

func openDB(tb testing.TB, driver, name string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closed(tb, db) })
	return db
}

func closed(tb testing.TB, c interface{ Close() error }) {
	tb.Helper()
	if err := c.Close(); err != nil {
		tb.Error(err)
	}
}
