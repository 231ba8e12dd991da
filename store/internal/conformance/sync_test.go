package conformance_test

import (
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"

	"github.com/penstock-go/penstock/store/sqlite"
)

// What a Commit survives is set on the connection that writes, whatever the driver begins with,
// and set again when the pool has replaced that connection.
func TestSynchronousIsSet(t *testing.T) {
	for _, c := range []struct {
		name string
		o    *sqlite.Options
		want int // of SQLite: 2 is FULL, 1 is NORMAL
	}{
		{"by default", nil, 2},
		{"full", &sqlite.Options{Synchronous: sqlite.Full}, 2},
		{"normal", &sqlite.Options{Synchronous: sqlite.Normal}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openSQLite(t, "file:"+filepath.Join(t.TempDir(), "plans.db")+"?_pragma=synchronous(0)")
			db.SetMaxOpenConns(1) // so that we see the one that writes
			level := func() (level int) {
				t.Helper()
				if err := db.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&level); err != nil {
					t.Fatal(err)
				}
				return level
			}
			if got := level(); got != 0 {
				t.Fatalf("the driver begins with %d", got)
			}
			s := newSQLite(t, db, c.o)
			version := int64(0)
			for range 2 {
				version = commit(t, s, put("p", version))
				if got := level(); got != c.want {
					t.Errorf("synchronous is %d, want %d", got, c.want)
				}
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				// The pool throws a connection away that is bad.
				if err := conn.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
					t.Fatal(err)
				}
				_ = conn.Close()
				if got := level(); got != 0 {
					t.Fatalf("the connection was not replaced: synchronous is %d", got)
				}
			}
		})
	}
}
