package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

var (
	// ErrSchema is the error of tables that this program cannot use: those of a
	// newer one, or incomplete ones.
	ErrSchema = sqlstore.ErrSchema

	// ErrCorrupt is the error of a database whose content was not written by this package.
	ErrCorrupt = sqlstore.ErrCorrupt
)

// Options are where a Store keeps its tables, and how it learns of what others
// commit. nil and the zero value are the defaults.
type Options struct {
	// Schema holds the tables: lower-case letters, digits and underscores. New makes it if need be.
	// Default: the one that the connection looks into first.
	Schema string

	// Prefix begins the names of all tables: lower-case letters, digits and
	// underscores. Default "penstock_".
	Prefix string

	// Poll is how often Wait looks for what other processes committed, if nobody
	// tells: from 1 ms to 1 h. Default 1 s.
	Poll time.Duration

	// Listen lets Wait hear of it within milliseconds. Default: Wait polls.
	Listen Listener

	// Quiet says that commits are not announced: other processes learn of them when
	// they poll. By default a NOTIFY follows commits with events, at most
	// every 10 ms.
	Quiet bool

	// Log is told when Listen fails, and when it works again. Default: none.
	Log *slog.Logger
}

// A Store is a store.Store, a store.Waker and a store.Pruner in PostgreSQL. Use New to make one.
type Store struct {
	tables   *sqlstore.Tables
	db       *sql.DB
	watch    *sqlstore.Watch
	notifier *notifier // nil if it is to be quiet
	closed   atomic.Bool
}

// New returns a Store in db, which stays the caller's: Close does not close it.
// It makes or updates the tables, if need be; of several processes that do so at once one does it and
// the others wait. The error is a penstock.ErrInvalid for bad arguments and an
// ErrSchema for tables of a newer program.
func New(ctx context.Context, db *sql.DB, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	tables, err := check(db, o)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, db, tables, o.Schema); err != nil {
		return nil, fmt.Errorf("open a store in PostgreSQL: %w", err)
	}
	s := &Store{tables: tables, db: db}
	s.hear(*o)
	return s, nil
}

// check returns the tables, or every fault of the arguments.
func check(db *sql.DB, o *Options) (*sqlstore.Tables, error) {
	tables, err := sqlstore.PostgreSQL().Name(o.Schema, o.Prefix)
	faults := []error{err}
	if db == nil {
		faults = append(faults, penstock.Invalid("db", "must not be nil"))
	}
	return tables, errors.Join(append(faults, sqlstore.CheckPoll(o.Poll))...)
}

// hear prepares how the Store learns of commits, and tells of its own. Nothing
// runs until somebody waits, or commits.
func (s *Store) hear(o Options) {
	every := o.Poll
	if every == 0 {
		every = time.Second
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var beside func(context.Context)
	if o.Listen != nil {
		session := func(ctx context.Context, heard func()) error {
			channel, err := s.tables.Channel(ctx, s.db)
			if err != nil {
				return err
			}
			return o.Listen(ctx, channel, heard)
		}
		beside = func(ctx context.Context) { listen(ctx, session, s.watch.Ring, log) }
	}
	s.watch = sqlstore.NewWatch(s.end, every, beside)
	if !o.Quiet {
		s.notifier = newNotifier(func(ctx context.Context) error { return s.tables.Notify(ctx, s.db) })
	}
}

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the SQL files that make the tables, for those who run them
// with a tool of their own, with the schema first in the search_path. The names in them begin with
// "penstock_"; New writes the prefix in its place.
func Migrations() fs.FS {
	sub, _ := fs.Sub(files, "migrations") // the path is valid
	return sub
}

// Tx returns a store inside a transaction of yours, best one with the isolation READ COMMITTED. Its
// commits become visible, and last, when you commit tx. Each is a savepoint, so one
// that is refused leaves the transaction as it was; nothing is tried again. Events of tx have Position 0
// in Events of a subject until tx is committed and others have read them. Numbers of Next are
// lost with tx, and may then be returned again. Of two transactions that commit several records in
// different orders one can fail with a deadlock.
//
// Unless o is Quiet, commits with events send a NOTIFY inside tx, which is delivered
// exactly when tx is committed. PostgreSQL commits such transactions one at a
// time; if that is too slow, be Quiet and call [Store.Wake] after the commit. Of o only
// Schema, Prefix and Quiet count.
func Tx(tx *sql.Tx, o *Options) (store.Store, error) {
	if o == nil {
		o = &Options{}
	}
	tables, err := sqlstore.PostgreSQL().Name(o.Schema, o.Prefix)
	if err != nil {
		return nil, err
	}
	in, err := tables.NewTx(tx)
	if err != nil {
		return nil, err
	}
	if !o.Quiet {
		in.Tell = tables.Notify
	}
	return in, nil
}
