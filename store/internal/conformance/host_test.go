package conformance_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// Replicas that start at once on an empty database come up with the default options, too:
// there is no schema to make, so nothing else tells a session that there are new tables.
func TestReplicasMigrateAtOnceByDefault(t *testing.T) {
	admin, name := openPostgres(t)
	at, err := url.Parse(pgURL)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/" + name
	for range 3 {
		run(t, admin, `CREATE DATABASE "`+name+`"`)
		var replicas sync.WaitGroup
		for i := range 4 {
			replicas.Go(func() {
				db, err := sql.Open("pgx", at.String())
				if err != nil {
					t.Error(err)
					return
				}
				defer db.Close()
				s, err := postgres.New(t.Context(), db, nil)
				if err != nil {
					t.Errorf("replica %d: %v", i, err)
					return
				}
				defer s.Close()
				if _, err := s.Commit(t.Context(), put(fmt.Sprint(i), 0, event(1))); err != nil {
					t.Errorf("replica %d: %v", i, err)
				}
			})
		}
		replicas.Wait()
		run(t, admin, `DROP DATABASE "`+name+`" WITH (FORCE)`)
	}
}

// A role that may not make schemas uses one that is there.
func TestSchemaMadeBySomebodyElse(t *testing.T) {
	admin, schema := openPostgres(t)
	role := schema[:min(len(schema), 30)] + "_role"
	run(t, admin, `CREATE SCHEMA "`+schema+`"`)
	run(t, admin, `CREATE ROLE "`+role+`" LOGIN`)
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), `DROP OWNED BY "`+role+`"; DROP ROLE "`+role+`"`); err != nil {
			t.Error(err)
		}
	})
	run(t, admin, `GRANT ALL ON SCHEMA "`+schema+`" TO "`+role+`"`)
	db, err := sql.Open("pgx", pgURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	run(t, db, `SET SESSION AUTHORIZATION "`+role+`"`)
	commit(t, newPostgres(t, db, schema), put("p", 0, event(1)))
	if _, err := postgres.New(t.Context(), db, &postgres.Options{Schema: "not_there"}); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("New in a schema that must be made = %v", err)
	}
}

// A context that ends a Commit of a Tx is told as what it is, though the driver closes the
// connection, and the savepoint cannot be undone.
func TestTxTellsThatItsContextEnded(t *testing.T) {
	db, schema := openPostgres(t)
	s := newPostgres(t, db, schema)
	version := commit(t, s, put("p", 0))
	commitIn := func(ctx context.Context) error {
		in, err := postgres.Tx(begin(t, db), &postgres.Options{Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		_, err = in.Commit(ctx, put("p", version))
		return err
	}
	if err := commitIn(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := commitIn(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, penstock.ErrConflict) {
		t.Errorf("Commit = %v", err)
	}
}

// A Commit that fails beside others in one transaction fails alone.
func TestFailedCommitLeavesOthersAlone(t *testing.T) {
	db := fileDB(t)
	s := newSQLite(t, db, nil)
	version := commit(t, s, put("bad", 0))
	run(t, db, "UPDATE penstock_records SET fields = 'damaged'")
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 30 {
				if worker == 0 {
					if _, err := s.Commit(t.Context(), put("bad", version)); !errors.Is(err, sqlite.ErrCorrupt) {
						t.Errorf("Commit over what is damaged = %v", err)
					}
				} else if _, err := s.Commit(t.Context(), put(fmt.Sprint(worker, "-", i), 0, event(1))); err != nil {
					t.Errorf("Commit beside it = %v", err)
				}
			}
		})
	}
	all.Wait()
	if n := follow(s).read(t); n != 7*30 {
		t.Errorf("%d events", n)
	}
}

// Reads do not fail while others open and close the database, which keeps readers out for a moment.
func TestReadsWaitForABusyDatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plans.db")
	open := func() *sqlite.Store {
		db := openSQLite(t, file)
		db.SetMaxIdleConns(0) // every read opens and closes it
		return newSQLite(t, db, nil)
	}
	a, b := open(), open()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := b.Commit(ctx, put(fmt.Sprint(i), 0)); err != nil && ctx.Err() == nil {
				t.Errorf("Commit = %v", err)
			}
		}
	})
	both.Go(func() {
		for ctx.Err() == nil {
			if _, err := a.Get(ctx, put("0", 0).Key); err != nil && ctx.Err() == nil {
				t.Errorf("Get = %v", err)
			}
		}
	})
	both.Wait()
}

// Transactions of the host wait for the Store and for each other, if the database is opened as the package says.
func TestHostTransactionsWait(t *testing.T) {
	db := openSQLite(t, "file:"+filepath.Join(t.TempDir(), "plans.db")+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	s := newSQLite(t, db, nil)
	var all sync.WaitGroup
	all.Go(func() {
		for i := range 100 {
			if _, err := s.Commit(t.Context(), put(fmt.Sprint("s", i), 0)); err != nil {
				t.Errorf("Commit beside them: %v", err)
			}
		}
	})
	for host := range 2 {
		all.Go(func() {
			for i := range 30 {
				tx, err := db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Errorf("begin: %v", err)
					return
				}
				in, err := sqlite.Tx(tx, nil)
				if err != nil {
					t.Error(err)
					return
				}
				id := fmt.Sprint(host, "-", i)
				_, find := in.Find(t.Context(), store.Query{Kind: "plan"})
				_, write := in.Commit(t.Context(), put(id, 0))
				if err := errors.Join(find, write, tx.Commit()); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
	all.Wait()
}

// A journal mode that each connection sets anew is refused: those but WAL lose what was
// committed, or keep readers and the writer waiting for each other.
func TestJournalModesOfTheDriverAreRefused(t *testing.T) {
	for _, mode := range []string{"memory", "off", "truncate", "persist"} {
		db := openSQLite(t, "file:"+filepath.Join(t.TempDir(), "plans.db")+"?_pragma=journal_mode("+mode+")")
		if _, err := sqlite.New(t.Context(), db, nil); err == nil || !strings.Contains(err.Error(), mode) {
			t.Errorf("New with the journal mode %s = %v", mode, err)
		}
	}
}

// sized remembers the largest statement by the bytes of its values.
type sized struct {
	sqlstore.Session
	most int
}

func (s *sized) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	s.weigh(args)
	return s.Session.ExecContext(ctx, text, args...)
}

func (s *sized) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s.weigh(args)
	return s.Session.QueryContext(ctx, text, args...)
}

func (s *sized) weigh(args []any) {
	n := 0
	for _, a := range args {
		if body, ok := a.([]byte); ok {
			n += len(body)
		}
	}
	s.most = max(s.most, n)
}

// Large bodies go to the database a few at a time.
func TestLargeBodiesAreSentApart(t *testing.T) {
	db := memoryDB(t)
	newSQLite(t, db, nil)
	var ops []store.Op
	body := make([]byte, store.MaxBody)
	for i := range 3 {
		op := put(fmt.Sprint(i), 0, event(1))
		op.Body, op.Events[0].Body = body, body
		ops = append(ops, op)
	}
	s := &sized{Session: begin(t, db)}
	if _, err := named(t, sqlstore.SQLite(), "").Commit(t.Context(), s, ops); err != nil || s.most > 2*store.MaxBody {
		t.Errorf("a statement has bodies of %d bytes, %v", s.most, err)
	}
}
