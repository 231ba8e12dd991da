package conformance_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/sqlite"
)

func TestTxCommitsWithTheCallersRows(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		s := b.store(t, db)
		run(t, db, "CREATE TABLE "+b.prefix+"mine (name text)")
		old := commit(t, s, put("old", 0, event(1)))
		tx := begin(t, db)
		run(t, tx, "INSERT INTO "+b.prefix+"mine (name) VALUES ('row')")
		in, err := b.tx(tx)
		if err != nil {
			t.Fatal(err)
		}
		version := commit(t, in, put("new", 0, event(1)))
		for _, op := range []store.Op{put("old", old+99), put("new", 0), put("old", old, event(1))} {
			if _, err := in.Commit(t.Context(), put("other", 0, event(1)), op); !errors.Is(err, penstock.ErrConflict) && !errors.Is(err, penstock.ErrExists) {
				t.Errorf("Commit over %v = %v", op.Key, err)
			}
		}
		if got := get(t, in, "new"); got.Version != version {
			t.Errorf("inside, new has version %d, want %d", got.Version, version)
		}
		if got := get(t, in, "other"); got.Version != 0 {
			t.Errorf("a refused commit left %+v", got)
		}
		if got := get(t, s, "new"); got.Version != 0 {
			t.Errorf("visible outside before the outer commit: %+v", got)
		}
		if found, err := in.Events(t.Context(), store.EventQuery{Subject: put("new", 0).Key}); err != nil || len(found) != 1 {
			t.Errorf("inside, new has events %v, %v", found, err)
		}
		if page, err := in.Find(t.Context(), store.Query{Kind: "plan", Total: true}); err != nil || page.Total != 2 {
			t.Errorf("inside, Find = %d of %d, %v", len(page.Records), page.Total, err)
		}
		if first, err := in.Next(t.Context(), "n", 3); first != 1 || err != nil {
			t.Errorf("Next = %d, %v", first, err)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if _, err := in.Get(t.Context()); !errors.Is(err, store.ErrClosed) {
			t.Errorf("Get after Close = %v", err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+b.prefix+"mine").Scan(&n); n != 1 || err != nil {
			t.Errorf("%d rows of the caller's, %v", n, err)
		}
		if got := get(t, s, "new"); got.Version != version {
			t.Errorf("after the outer commit: %+v", got)
		}
		if events, err := s.Events(t.Context(), store.EventQuery{}); err != nil || len(events) != 2 || events[1].Position != 2 || events[1].Subject.ID != "new" {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}

func TestTxRolledBackLeavesNothing(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		s := b.store(t, db)
		tx := begin(t, db)
		in, err := b.tx(tx)
		if err != nil {
			t.Fatal(err)
		}
		inside := commit(t, in, put("p", 0, event(1)))
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		after := commit(t, s, put("q", 0, event(1)))
		if got := get(t, s, "p"); got.Version != 0 {
			t.Errorf("there is %+v", got)
		}
		if events, err := s.Events(t.Context(), store.EventQuery{}); err != nil || len(events) != 1 || events[0].Position != 1 {
			t.Errorf("events %+v, %v", events, err)
		}
		if b.name == "PostgreSQL" && after <= inside {
			t.Errorf("version %d after %d", after, inside)
		}
	})
}

func TestTxWakesNobodyBeforeItsCommit(t *testing.T) {
	db := fileDB(t)
	s := newSQLite(t, db, nil)
	tx := begin(t, db)
	in, err := sqlite.Tx(tx, nil)
	if err != nil {
		t.Fatal(err)
	}
	woken := make(chan error, 1)
	go func() { _, err := s.Wait(t.Context(), 0); woken <- err }()
	commit(t, in, put("p", 0, event(1)))
	s.Wake() // looks, and sees nothing yet
	select {
	case err := <-woken:
		t.Fatalf("woken by what is not committed: %v", err)
	default:
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s.Wake()
	if err := <-woken; err != nil {
		t.Error(err)
	}
}

func TestTxNeedsATransaction(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		if _, err := b.tx((*sql.Tx)(nil)); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("Tx(nil) = %v", err)
		}
	})
}
