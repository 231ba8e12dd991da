package database_test

import (
	"database/sql"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/penstock-go/penstock/examples/internal/database"
)

func TestOpenRefusesWhatCannotBeADatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("a text of some length, but no database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	closed, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ at, says string }{
		"unknown scheme":         {"mysql://ann:hunter2@host/db", `"mysql" is no scheme`},
		"memory":                 {":memory:", "keeps nothing"},
		"directory":              {dir, "is not a file"},
		"missing folder":         {filepath.Join(dir, "none", "plans.db"), "no such file or directory"},
		"folder that is none":    {filepath.Join(file, "plans.db"), "not a directory"},
		"unwritable folder":      {"/proc/plans.db", "cannot be opened to write"},
		"no server":              {"postgres://ann:hunter2@" + nobody + "/plans", "the database plans at 127.0.0.1 cannot be reached"},
		"no server, in a query":  {"postgres://ann@" + nobody + "/plans?password=hunter2", "cannot be reached"},
		"slash in the password":  {"postgres://ann:hunter2/x@host/plans", "%2F for a /"},
		"digits in the password": {"postgres://ann:12/hunter2@host/plans", "%2F for a /"},
		"percent in a password":  {"postgres://ann:hunter2%zz@host/plans", "cannot be read"},
		"at in the password":     {"postgres://ann:se@hunter2@" + nobody + "/plans", "%40 for an @"},
		"at, and more hosts":     {"postgres://ann:se@h1,hunter2@" + nobody + "/plans", "%40 for an @"},
		"at and a question mark": {"postgres://ann:x@" + nobody + "?hunter2=y@host/plans", "%40 for an @"},
		"at behind the host":     {"postgres://" + nobody + "?password=x@hunter2", "%40 for an @"},
		"keywords":               {"host=127.0.0.1 user=ann password=hunter2", "name it as postgres://"},
		"keywords, one":          {filepath.Join(dir, "none", "password=hunter2"), "name it as postgres://"},
		"keywords and a URL":     {"dbname=plans application_name=hunter2://x", "name it as postgres://"},
		"keyword without one":    {"dbname = hunter2", "name it as postgres://"},
		"URL without a host":     {"postgres:/ann:hunter2@host/plans", "name it as postgres://"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := database.Open(t.Context(), test.at)
			if err == nil {
				t.Fatalf("opened %s", db.Name)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v does not say %q", err, test.says)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in %v", err)
			}
		})
	}
}

// Signs that mean something in a URL mean nothing in the name of a file.
func TestOpenTakesAnyNameOfAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "what? 50%20#1.db")
	for range 2 {
		db, err := database.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if db.Postgres || db.File != file || db.Name != file {
			t.Errorf("opened %+v", db)
		}
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS t (x)"); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("%d bytes, %v", info.Size(), info.Mode())
	}
}

func TestOpenTakesFilesThatAreNearlySomethingElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"user=ann.db", "postgres:.db"} {
		db, err := database.Open(t.Context(), filepath.Join(t.TempDir(), name))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plans.db")
	var inside atomic.Int32
	var wg sync.WaitGroup
	for range 8 { // like as many processes
		db, err := database.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		wg.Go(func() {
			err := db.Alone(t.Context(), "it", func(tx *sql.Tx) error {
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d are inside", n)
				}
				defer inside.Add(-1)
				if _, err := tx.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS t (x)"); err != nil {
					return err
				}
				_, err := tx.ExecContext(t.Context(), "INSERT INTO t VALUES (1)")
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db, err := database.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	undone := errors.New("undone")
	err = db.Alone(t.Context(), "it", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(t.Context(), "DELETE FROM t"); err != nil {
			return err
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Error(err)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM t").Scan(&n); err != nil || n != 8 {
		t.Errorf("%d rows, %v", n, err)
	}
}
