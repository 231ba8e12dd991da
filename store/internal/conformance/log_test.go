package conformance_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
)

// follower reads the log onwards and demands that positions have no gaps.
type follower struct {
	s    store.Store
	last int64
	seen map[string]bool
}

func (f *follower) read(t *testing.T) int {
	t.Helper()
	n := 0
	for {
		events, err := f.s.Events(t.Context(), store.EventQuery{After: f.last, Limit: 50})
		if err != nil {
			t.Errorf("Events: %v", err)
			return n
		}
		for _, e := range events {
			name := fmt.Sprint(e.Subject.ID, "#", e.Seq)
			if e.Position != f.last+1 || f.seen[name] {
				t.Errorf("%s at position %d after %d", name, e.Position, f.last)
			}
			f.last, f.seen[name] = e.Position, true
			n++
		}
		if len(events) == 0 {
			return n
		}
	}
}

func follow(s store.Store) *follower { return &follower{s: s, seen: map[string]bool{}} }

// A transaction that is open for long delays its own events only, and they are
// not skipped when it ends.
func TestLongTransactionDelaysOnlyItself(t *testing.T) {
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	tx := begin(t, db)
	long, err := postgres.Tx(tx, &postgres.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := begin(t, otherDatabase(t))
	run(t, elsewhere, "CREATE TABLE held (x int)") // has a transaction id, as old as can be
	f := follow(s)
	commit(t, long, put("long", 0, event(1), event(2)))
	commit(t, s, put("a", 0, event(1)))
	if n := f.read(t); n != 1 || !f.seen["a#1"] {
		t.Errorf("beside a long transaction a reader saw %v", f.seen)
	}
	commit(t, s, put("b", 0, event(1)))
	gone := begin(t, db)
	in, err := postgres.Tx(gone, &postgres.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, in, put("gone", 0, event(1)))
	if err := gone.Rollback(); err != nil {
		t.Fatal(err)
	}
	if n := f.read(t); n != 1 || !f.seen["b#1"] {
		t.Errorf("then it saw %v", f.seen)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := f.read(t); n != 2 || !f.seen["long#1"] || !f.seen["long#2"] {
		t.Errorf("after the long transaction it saw %v", f.seen)
	}
}

func otherDatabase(t *testing.T) *sql.DB {
	t.Helper()
	db, name := openPostgres(t)
	run(t, db, `CREATE DATABASE "`+name+`"`)
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), `DROP DATABASE "`+name+`" WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	at, err := url.Parse(pgURL)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/" + name
	other, err := sql.Open("pgx", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	return other
}

// However commits, refusals, rollbacks and readers interleave, every reader
// sees every committed event once, in one order.
func TestReadersSkipNothing(t *testing.T) {
	const writers, rounds, readers = 6, 40, 3
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	var mu sync.Mutex
	committed := map[string]bool{}
	var working, reading sync.WaitGroup
	for w := range writers {
		working.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(w)))
			for i := range rounds {
				id := fmt.Sprintf("w%d-%d", w, i)
				tx, err := db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Error(err)
					return
				}
				in, _ := postgres.Tx(tx, &postgres.Options{Schema: schema})
				if _, err := in.Commit(t.Context(), put(id, 0, event(1), event(2))); err != nil {
					t.Error(err)
				}
				if r.IntN(3) == 0 {
					if _, err := in.Commit(t.Context(), put("none", 5, event(1))); !errors.Is(err, penstock.ErrConflict) {
						t.Errorf("Commit = %v", err)
					}
				}
				if r.IntN(3) == 0 { // stays open while others commit
					if _, err := s.Commit(t.Context(), put(id+"x", 0, event(1), event(2))); err != nil {
						t.Error(err)
					}
					mu.Lock()
					committed[id+"x#1"], committed[id+"x#2"] = true, true
					mu.Unlock()
				}
				if r.IntN(4) == 0 {
					_ = tx.Rollback()
					continue
				}
				if err := tx.Commit(); err != nil {
					t.Error(err)
				}
				mu.Lock()
				committed[id+"#1"], committed[id+"#2"] = true, true
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { working.Wait(); close(done) }()
	for range readers {
		reading.Go(func() {
			f := follow(s)
			for running := true; running; {
				select {
				case <-done:
					running = false
				default:
				}
				f.read(t)
			}
			if len(f.seen) != len(committed) {
				t.Errorf("a reader saw %d of %d events", len(f.seen), len(committed))
			}
			for name := range committed {
				if !f.seen[name] {
					t.Errorf("a reader missed %s", name)
				}
			}
		})
	}
	reading.Wait()
}

// A backlog of more events than are given positions at once is read in order, commits whole.
func TestBacklogIsNumberedInParts(t *testing.T) {
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	const commits, each = 26, 1_000
	for i := range commits {
		op := put(fmt.Sprint("p", i), 0)
		for seq := range int64(each) {
			op.Events = append(op.Events, event(seq+1))
		}
		commit(t, s, op)
	}
	events, err := s.Events(t.Context(), store.EventQuery{Subject: put(fmt.Sprint("p", commits-1), 0).Key, Limit: store.MaxLimit})
	if err != nil || len(events) != each || events[0].Position != (commits-1)*each+1 || events[each-1].Position != commits*each {
		t.Errorf("the last commit has %d events, %v", len(events), err)
	}
}

// Who reads while others go on writing gets an answer.
func TestReadersDoNotWaitForWritersToStop(t *testing.T) {
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	ctx, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for w := range 4 {
		writing.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if _, err := s.Commit(ctx, put(fmt.Sprint(w, "-", i), 0, event(1))); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if _, err := s.Events(t.Context(), store.EventQuery{}); err != nil {
			t.Error(err)
		}
	}
	stop()
	writing.Wait()
}
