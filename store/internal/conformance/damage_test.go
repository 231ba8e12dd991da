package conformance_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/sqlite"
)

// everyMethod calls each method that asks the database.
func everyMethod(s store.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Get":    func(ctx context.Context) error { _, err := s.Get(ctx, put("p", 0).Key); return err },
		"Find":   func(ctx context.Context) error { _, err := s.Find(ctx, store.Query{Kind: "plan"}); return err },
		"Commit": func(ctx context.Context) error { _, err := s.Commit(ctx, put("q", 0, event(1))); return err },
		"Events": func(ctx context.Context) error { _, err := s.Events(ctx, store.EventQuery{}); return err },
		"Next":   func(ctx context.Context) error { _, err := s.Next(ctx, "n", 1); return err },
	}
}

// The host closed the *sql.DB too early: an error that says so, and no hang.
func TestClosedDatabase(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		s := b.store(t, db)
		commit(t, s, put("p", 0))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for name, do := range everyMethod(s) {
			if err := do(t.Context()); err == nil || !strings.Contains(err.Error(), "closed") {
				t.Errorf("%s = %v", name, err)
			}
		}
		if _, err := b.open(t.Context(), db); err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("New = %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close = %v", err)
		}
	})
}

// A file with garbage in its pages is reported by those who come upon it, and left as it is.
func TestDamagedSQLiteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plans.db")
	first := openSQLite(t, path)
	s := newSQLite(t, first, nil)
	for i := range 50 {
		op := put(fmt.Sprintf("p%02d", i), 0, event(1))
		op.Body = make([]byte, 3_000)
		commit(t, s, op)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, first, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for name, from := range map[string]int{"all but the tables' names": 8 * page, "the head": 0} {
		t.Run(name, func(t *testing.T) {
			at := filepath.Join(t.TempDir(), "plans.db")
			damaged := bytes.Clone(sound)
			for i := from; i < len(damaged); i++ {
				damaged[i] = 0xA5
			}
			if err := os.WriteFile(at, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			db := openSQLite(t, at)
			s, err := sqlite.New(t.Context(), db, nil)
			if err == nil {
				defer s.Close()
				_, err = s.Find(t.Context(), store.Query{Kind: "plan", Limit: store.MaxLimit})
				if _, err := s.Commit(t.Context(), put("p49", 50)); err == nil {
					t.Error("Commit wrote into what is damaged")
				}
			}
			if err == nil || !strings.Contains(err.Error(), "malformed") && !strings.Contains(err.Error(), "not a database") {
				t.Errorf("the error is %v", err)
			}
			if now, err := os.ReadFile(at); err != nil || !bytes.Equal(now, damaged) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}

// The same with a page of PostgreSQL's, which has checksums.
func TestDamagedPostgresPage(t *testing.T) {
	t.Parallel()
	server, b := ownServer(t)
	db := b.db(t)
	s := b.store(t, db)
	commit(t, s, put("p", 0, event(1)))
	var file string
	if err := db.QueryRowContext(t.Context(), "SELECT pg_relation_filepath('"+b.prefix+"records')").Scan(&file); err != nil {
		t.Fatal(err)
	}
	server.stop(syscall.SIGINT)
	file = filepath.Join(server.data(), file)
	pages, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pages[len(pages)-1] ^= 0xFF
	if err := os.WriteFile(file, pages, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server.start(); err != nil {
		t.Fatal(err)
	}
	again := b.store(t, b.db(t))
	for _, name := range []string{"Get", "Find"} {
		if err := everyMethod(again)[name](t.Context()); err == nil || !strings.Contains(err.Error(), "invalid page") {
			t.Errorf("%s = %v", name, err)
		}
	}
	if _, err := again.Commit(t.Context(), put("p", 1)); err == nil || penstock.Faults(err) != nil {
		t.Errorf("Commit = %v", err)
	}
}

// A table that is gone is an error, and is not made again.
func TestMissingTable(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		commit(t, b.store(t, db), put("p", 0))
		run(t, db, "DROP TABLE "+b.prefix+"entries")
		s, err := b.open(t.Context(), db)
		if err == nil {
			defer s.Close()
			err = everyMethod(s)["Find"](t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), "penstock_entries") {
			t.Errorf("the error is %v", err)
		}
		if _, err := db.ExecContext(t.Context(), "SELECT 1 FROM "+b.prefix+"entries"); err == nil {
			t.Error("the table was made again")
		}
	})
}
