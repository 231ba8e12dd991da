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

	"github.com/penstock-go/penstock/internal/servicetest"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// What a Service and a Runner do does not depend on the store. Every test has its own,
// through which all that it does goes: nothing is to be found out by polling, of which
// there would be much in the hours of virtual time.
func TestPlansOnSQLite(t *testing.T) {
	t.Parallel()
	servicetest.Run(t, func(tb testing.TB) store.Store {
		tb.Helper()
		return newSQLite(tb, openSQLite(tb, filepath.Join(tb.TempDir(), "plans.db")), &sqlite.Options{Synchronous: sqlite.Normal, Poll: time.Hour})
	})
}

func TestPlansOnPostgreSQL(t *testing.T) {
	t.Parallel()
	at := plansDatabase(t)
	var schemas atomic.Int64
	servicetest.Run(t, func(tb testing.TB) store.Store {
		tb.Helper()
		db, err := sql.Open("pgx", at)
		if err != nil {
			tb.Fatal(err)
		}
		db.SetMaxOpenConns(4)
		db.SetMaxIdleConns(4)
		tb.Cleanup(func() { _ = db.Close() })
		s, err := postgres.New(tb.Context(), db, &postgres.Options{Schema: fmt.Sprint("plans", schemas.Add(1)), Poll: time.Hour})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = s.Close() })
		return s
	})
}

// plansDatabase makes a database for the schemas of all tests, which go with it. It
// need not survive a loss of power.
func plansDatabase(t *testing.T) (at string) {
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
