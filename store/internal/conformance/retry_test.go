package conformance_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Commit that the database sacrifices is tried again ten times at most, and never
// once it was asked to commit. What it then returns is the database's own error.
func TestSacrificedCommitIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		state  string
		when   string // the trigger fires
		fails  int    // tries that fail
		tries  int64
		passes bool
	}{
		{name: "serialization failures end", state: "40001", fails: 3, tries: 4, passes: true},
		{name: "deadlocks end", state: "40P01", fails: 3, tries: 4, passes: true},
		{name: "serialization failures without end", state: "40001", fails: 1_000, tries: 10},
		{name: "deadlocks without end", state: "40P01", fails: 1_000, tries: 10},
		{name: "another error", state: "23514", fails: 1_000, tries: 1},
		{name: "asked to commit", state: "40001", when: "DEFERRABLE INITIALLY DEFERRED", fails: 1_000, tries: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, schema := openPostgres(t)
			s := newPostgres(t, db, schema)
			version := commit(t, s, put("p", 0, event(1)))
			run(t, db, fmt.Sprintf("CREATE SEQUENCE %s.tries", schema)) // counts what is rolled back, too
			run(t, db, fmt.Sprintf(`CREATE FUNCTION %[1]s.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				IF nextval('%[1]s.tries') <= %[2]d THEN RAISE EXCEPTION 'sacrificed' USING ERRCODE = '%[3]s'; END IF; RETURN NEW; END $$`, schema, c.fails, c.state))
			run(t, db, fmt.Sprintf("CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON %[1]s.penstock_events %[2]s FOR EACH ROW EXECUTE FUNCTION %[1]s.fail()", schema, c.when))
			after, err := s.Commit(t.Context(), put("p", version, event(2)))
			var tries int64
			if err := db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT last_value FROM %s.tries", schema)).Scan(&tries); err != nil {
				t.Fatal(err)
			}
			if tries != c.tries {
				t.Errorf("%d tries, want %d", tries, c.tries)
			}
			if c.passes {
				if got := get(t, s, "p"); err != nil || got.Version != after {
					t.Errorf("Commit = %d, %v, and p has version %d", after, err, got.Version)
				}
				return
			}
			var reason *pgconn.PgError
			if !errors.As(err, &reason) || reason.Code != c.state || errors.Is(err, penstock.ErrConflict) {
				t.Errorf("Commit = %v, want the state %s", err, c.state)
			}
			if got := get(t, s, "p"); got.Version != version {
				t.Errorf("p has version %d, want %d", got.Version, version)
			}
			if events, err := s.Events(t.Context(), store.EventQuery{}); err != nil || len(events) != 1 {
				t.Errorf("%d events, %v", len(events), err)
			}
		})
	}
}
