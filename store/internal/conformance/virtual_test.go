package conformance_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// inVirtualTimeOnSQLite returns an empty store through which all that a test does goes: nothing is
// to be found out by polling, of which there would be much in the hours of virtual time.
func inVirtualTimeOnSQLite(tb testing.TB) store.Store {
	tb.Helper()
	return newSQLite(tb, openSQLite(tb, filepath.Join(tb.TempDir(), "suite.db")), &sqlite.Options{Synchronous: sqlite.Normal, Poll: time.Hour})
}

// inVirtualTimeOnPostgres does the same in the schemas of one database.
func inVirtualTimeOnPostgres(t *testing.T) func(tb testing.TB) store.Store {
	t.Helper()
	at := suiteDatabase(t)
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
		s, err := postgres.New(tb.Context(), db, &postgres.Options{Schema: fmt.Sprint("suite", schemas.Add(1)), Poll: time.Hour})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = s.Close() })
		return s
	}
}

// suiteDatabase makes a database for the schemas of all tests, which go with it. It
// need not survive a loss of power.
func suiteDatabase(t *testing.T) (at string) {
	t.Helper()
	db, name := openPostgres(t)
	run(t, db, `CREATE DATABASE "`+name+`"`)
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), `DROP DATABASE "`+name+`" WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	run(t, db, `ALTER DATABASE "`+name+`" SET synchronous_commit = off`)
	u, err := url.Parse(pgURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}
