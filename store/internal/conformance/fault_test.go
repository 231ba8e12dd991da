package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// One connection is enough for many who read and write. (The database in memory, which
// passes the whole kit, has one connection too.)
func TestPoolOfOne(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		db.SetMaxOpenConns(1)
		s := b.store(t, db)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				id := fmt.Sprint("p", i)
				version, err := s.Commit(t.Context(), put(id, 0, event(1)))
				if err != nil {
					t.Error(err)
				}
				if events, err := s.Events(t.Context(), store.EventQuery{Subject: put(id, 0).Key}); err != nil || len(events) != 1 {
					t.Errorf("events of %s: %v, %v", id, events, err)
				}
				if page, err := s.Find(t.Context(), store.Query{Kind: "plan", Total: true}); err != nil || page.Total == 0 {
					t.Errorf("Find = %d, %v", page.Total, err)
				}
				if records, err := s.Get(t.Context(), put(id, 0).Key); err != nil || records[0].Version != version {
					t.Errorf("%s is %v, %v, want version %d", id, records, err, version)
				}
			})
		}
		all.Wait()
	})
}

func TestMemoryNeedsOneConnection(t *testing.T) {
	db := openSQLite(t, ":memory:")
	if _, err := sqlite.New(t.Context(), db, nil); err == nil || !strings.Contains(err.Error(), "SetMaxOpenConns(1)") {
		t.Errorf("New = %v", err)
	}
}

func TestReadOnlyDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plans.db")
	first := openSQLite(t, path)
	version := commit(t, newSQLite(t, first, nil), put("p", 0))
	s := newSQLite(t, openSQLite(t, "file:"+path+"?mode=ro"), nil)
	if got := get(t, s, "p"); got.Version != version {
		t.Errorf("p has version %d, want %d", got.Version, version)
	}
	if _, err := s.Commit(t.Context(), put("q", 0)); err == nil || errors.Is(err, penstock.ErrConflict) {
		t.Errorf("Commit = %v", err)
	}
	empty := filepath.Join(t.TempDir(), "empty.db")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.New(t.Context(), openSQLite(t, "file:"+empty+"?mode=ro"), nil); err == nil {
		t.Error("New makes tables in what is read-only")
	}
	db, schema := openPostgres(t)
	pg := newPostgres(t, db, schema)
	commit(t, pg, put("p", 0, event(1)))
	ro := postgresAt(pgURL, schema).db(t)
	ro.SetMaxOpenConns(1)
	run(t, ro, "SET default_transaction_read_only = on")
	readOnly, err := postgres.New(t.Context(), ro, &postgres.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, readOnly, "p"); got.Version == 0 {
		t.Error("p is not there")
	}
	if _, err := readOnly.Commit(t.Context(), put("q", 0)); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("Commit = %v", err)
	}
}

// A full disk makes commits fail and leaves the database intact; once there is
// space they go on.
func TestDiskFull(t *testing.T) {
	db := fileDB(t)
	db.SetMaxOpenConns(1)
	s := newSQLite(t, db, nil)
	commit(t, s, put("p", 0, event(1)))
	run(t, db, "PRAGMA max_page_count = 60")
	big := put("big", 0, event(1))
	big.Body = make([]byte, 1<<20)
	if _, err := s.Commit(t.Context(), big); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("Commit = %v, want that the disk is full", err)
	}
	if got := get(t, s, "big"); got.Version != 0 {
		t.Errorf("there is %v", got.Key)
	}
	run(t, db, "PRAGMA max_page_count = 1000000")
	commit(t, s, big)
	var sound string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Errorf("integrity: %s, %v", sound, err)
	}
	if events, err := s.Events(t.Context(), store.EventQuery{}); err != nil || len(events) != 2 || events[1].Position != 2 {
		t.Errorf("events %v, %v", events, err)
	}
}

func TestCorruptionIsReported(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		s := b.store(t, db)
		version := commit(t, s, put("p", 0))
		run(t, db, "UPDATE "+b.prefix+"records SET fields = '{\"a\":'")
		if _, err := s.Get(t.Context(), put("p", 0).Key); !errors.Is(err, sqlite.ErrCorrupt) || !strings.Contains(err.Error(), "plan/p") {
			t.Errorf("Get = %v", err)
		}
		if _, err := s.Commit(t.Context(), put("p", version)); !errors.Is(err, postgres.ErrCorrupt) {
			t.Errorf("Commit = %v", err)
		}
	})
}

// Who waits for somebody else's transaction waits no longer than he wants to.
func TestWaitingForALockEndsWithTheContext(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		s := b.store(t, db)
		version := commit(t, s, put("p", 0))
		tx := begin(t, db)
		in, err := b.tx(tx)
		if err != nil {
			t.Fatal(err)
		}
		commit(t, in, put("p", version))
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if _, err := s.Commit(ctx, put("p", version)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Commit = %v", err)
		}
		if waited := time.Since(start); waited > 2*time.Second {
			t.Errorf("it took %v", waited)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Commit(t.Context(), put("p", version)); !errors.Is(err, penstock.ErrConflict) {
			t.Errorf("Commit = %v, want ErrConflict", err)
		}
	})
}

// A busy timeout that ends is an error, and nothing hangs.
func TestBusyTimeoutEnds(t *testing.T) {
	db := fileDB(t)
	s := newSQLite(t, db, &sqlite.Options{BusyTimeout: 30 * time.Millisecond})
	tx := begin(t, db)
	in, err := sqlite.Tx(tx, nil)
	if err != nil {
		t.Fatal(err)
	}
	commit(t, in, put("p", 0))
	if _, err := s.Commit(t.Context(), put("q", 0)); err == nil {
		t.Error("Commit went through beside another writer")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Two transactions that lock the same rows in opposite ways: PostgreSQL sacrifices
// the one that waits longest, which is the Commit, and it is tried again.
func TestDeadlockIsRetried(t *testing.T) {
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	sacrificed := 0
	for round := 0; sacrificed == 0; round++ {
		if round == 10 {
			t.Fatal("PostgreSQL always sacrifices the other one")
		}
		a, b := get(t, s, "a").Version, get(t, s, "b").Version
		tx := begin(t, db)
		lock := `SELECT 1 FROM "` + schema + `"."penstock_records" WHERE id = $1 FOR UPDATE`
		if a == 0 {
			a = commit(t, s, put("a", 0), put("b", 0))
			b = a
		}
		run(t, tx, lock, "b")
		done := make(chan error)
		go func() {
			_, err := s.Commit(t.Context(), put("a", a), put("b", b))
			done <- err
		}()
		for waits := false; !waits; { // until Commit holds a and waits for b
			err := db.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%')", schema).Scan(&waits)
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := tx.ExecContext(t.Context(), lock, "a"); err == nil {
			sacrificed++
		}
		_ = tx.Rollback()
		if err := <-done; err != nil {
			t.Errorf("Commit = %v", err)
		}
	}
}

// Checks of one record by many do not wait for each other.
func TestChecksAreShared(t *testing.T) {
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	version := commit(t, s, put("shared", 0))
	check := put("shared", version)
	check.Kind = store.Check
	tx := begin(t, db)
	in, err := postgres.Tx(tx, &postgres.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, in, check, put("a", 0))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.Commit(ctx, check, put("b", 0)); err != nil {
		t.Errorf("a check beside a check: %v", err)
	}
}

// Two commits that each make what the other says must not exist: one of them fails.
func TestAbsenceIsLocked(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		s := b.store(t, b.db(t))
		for i := range 20 {
			x, y := fmt.Sprint("x", i), fmt.Sprint("y", i)
			var both sync.WaitGroup
			errs := make([]error, 2)
			for j, op := range [][]store.Op{{absent(x), put(y, 0)}, {absent(y), put(x, 0)}} {
				both.Go(func() { _, errs[j] = s.Commit(t.Context(), op...) })
			}
			both.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("round %d: %v and %v", i, errs[0], errs[1])
			}
		}
	})
}

func absent(id string) store.Op {
	op := put(id, 0)
	op.Kind = store.Check
	return op
}

// Many who commit at once share transactions; each is told his own outcome.
func TestGroupCommit(t *testing.T) {
	s := newSQLite(t, fileDB(t), nil)
	commit(t, s, put("taken", 0))
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%5 == 0 {
				go cancel()
			}
			id := fmt.Sprint("p", i)
			ops := []store.Op{put(id, 0, event(1))}
			if i%3 == 0 {
				ops = append(ops, put("taken", 0))
			}
			_, err := s.Commit(ctx, ops...)
			there := get(t, s, id).Version != 0
			switch {
			case i%5 == 0 && errors.Is(err, context.Canceled): // perhaps
			case i%3 == 0 && (!errors.Is(err, penstock.ErrExists) || there):
				t.Errorf("%d: %v, there: %v", i, err, there)
			case i%3 != 0 && (err != nil || !there):
				t.Errorf("%d: %v, there: %v", i, err, there)
			}
		})
	}
	all.Wait()
	if n := follow(s).read(t); n < 160 {
		t.Errorf("%d events", n)
	}
}
