package conformance_test

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// Replicas that start at once on an empty database all come up.
func TestReplicasMigrateAtOnce(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		var replicas sync.WaitGroup
		begin := make(chan struct{})
		for i := range 6 {
			db := b.db(t)
			replicas.Go(func() {
				<-begin
				s, err := b.open(t.Context(), db)
				if err != nil {
					t.Errorf("replica %d: %v", i, err)
					return
				}
				defer s.Close()
				if _, err := s.Commit(t.Context(), put(string(rune('a'+i)), 0, event(1))); err != nil {
					t.Errorf("replica %d: %v", i, err)
				}
			})
		}
		close(begin)
		replicas.Wait()
		s := b.store(t, b.db(t))
		if events, err := s.Events(t.Context(), store.EventQuery{}); err != nil || len(events) != 6 || events[5].Position != 6 {
			t.Errorf("%d events, %v", len(events), err)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		b.store(t, db)
		run(t, db, "UPDATE "+b.prefix+"meta SET version_of_schema = 7")
		_, err := b.open(t.Context(), db)
		if !errors.Is(err, sqlite.ErrSchema) || !strings.Contains(err.Error(), "version 7") {
			t.Errorf("New = %v", err)
		}
		run(t, db, "DELETE FROM "+b.prefix+"meta")
		if _, err := b.open(t.Context(), db); !errors.Is(err, postgres.ErrSchema) {
			t.Errorf("New without a version = %v", err)
		}
	})
}

// A migration that fails leaves nothing, and the next one starts over.
func TestFailedMigrationLeavesNothing(t *testing.T) {
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		if b.name == "PostgreSQL" {
			run(t, db, "CREATE SCHEMA "+strings.TrimSuffix(b.prefix, ".penstock_"))
		}
		run(t, db, "CREATE TABLE "+b.prefix+"sequences (x int)")
		if _, err := b.open(t.Context(), db); err == nil || !strings.Contains(err.Error(), "0001_tables.sql") {
			t.Fatalf("New = %v", err)
		}
		run(t, db, "DROP TABLE "+b.prefix+"sequences")
		commit(t, b.store(t, db), put("p", 0))
	})
}

// The files can be run by hand, and New then has nothing to do.
func TestMigrationsByHand(t *testing.T) {
	db := fileDB(t)
	text, err := fs.ReadFile(sqlite.Migrations(), "0001_tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	run(t, db, string(text))
	commit(t, newSQLite(t, db, nil), put("p", 0))
	if names, err := fs.Glob(postgres.Migrations(), "*.sql"); err != nil || len(names) == 0 {
		t.Errorf("migrations of PostgreSQL: %v, %v", names, err)
	}
}

func TestPrefixesAreApart(t *testing.T) {
	db := fileDB(t)
	a, b := newSQLite(t, db, nil), newSQLite(t, db, &sqlite.Options{Prefix: "other_"})
	commit(t, a, put("p", 0, event(1)))
	if got := get(t, b, "p"); got.Version != 0 {
		t.Errorf("the other store sees %+v", got)
	}
	pg, schema := openPostgres(t)
	c := newPostgres(t, pg, schema)
	d, err := postgres.New(t.Context(), pg, &postgres.Options{Schema: schema, Prefix: "other_"})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, c, put("p", 0, event(1)))
	if events, err := d.Events(t.Context(), store.EventQuery{}); err != nil || len(events) != 0 {
		t.Errorf("the other store sees %v, %v", events, err)
	}
}
