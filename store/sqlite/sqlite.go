package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
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

// Options are how a Store uses a database. nil and the zero value are the defaults.
type Options struct {
	// Prefix begins the names of all tables: lower-case letters, digits and
	// underscores. Default "penstock_".
	Prefix string

	// Synchronous says what a Commit survives. Default Full.
	Synchronous Synchronous

	// BusyTimeout is how long a Commit waits for another process, or for a
	// transaction of yours, that writes to the same database, and how long a read waits
	// for a process that is just opening or closing it. Your own transactions wait as their
	// connections do: see [Tx]. Default 5 s.
	BusyTimeout time.Duration

	// Poll is how often Wait looks for what others committed: other processes, and
	// transactions of a Tx. From 1 ms to 1 h; a look costs about 20 µs, and nobody looks
	// while nobody waits. Default 20 ms.
	Poll time.Duration
}

// Synchronous is when what was committed is on the disk.
type Synchronous int

// The levels. Both keep the database intact.
const (
	Full   Synchronous = iota // before Commit returns: survives a loss of power
	Normal                    // soon: survives the end of the process; a loss of power can undo the last commits
)

// A Store is a store.Store, a store.Waker and a store.Pruner in SQLite. Use New to make one.
type Store struct {
	tables   *sqlstore.Tables
	prepared *sqlstore.Prepared
	writer   *writer
	readers  chan struct{} // a place for each reader at work
	patience time.Duration // of readers
	watch    *sqlstore.Watch
	closed   atomic.Bool
}

// New returns a Store in db, which stays the caller's: Close does not close it.
// It switches the database to WAL and makes or updates the tables, if need be. The error
// is a penstock.ErrInvalid for bad arguments and an ErrSchema for tables of a
// newer program.
func New(ctx context.Context, db *sql.DB, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	tables, err := check(db, o)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, db, tables, o); err != nil {
		return nil, fmt.Errorf("open a store in SQLite: %w", err)
	}
	s := &Store{tables: tables, prepared: sqlstore.NewPrepared(db), patience: o.patience()}
	s.readers = make(chan struct{}, readers(db))
	s.writer = newWriter(db, tables, s.prepared, *o)
	every := o.Poll
	if every == 0 {
		every = 20 * time.Millisecond
	}
	s.watch = sqlstore.NewWatch(s.end, every, nil)
	return s, nil
}

// check returns the tables, or every fault of the arguments.
func check(db *sql.DB, o *Options) (*sqlstore.Tables, error) {
	tables, err := sqlstore.SQLite().Name("", o.Prefix)
	faults := []error{err}
	if db == nil {
		faults = append(faults, penstock.Invalid("db", "must not be nil"))
	}
	if o.Synchronous != Full && o.Synchronous != Normal {
		faults = append(faults, penstock.Invalid("synchronous", "must be Full or Normal, not %d", o.Synchronous))
	}
	if o.BusyTimeout < 0 || o.BusyTimeout > time.Hour {
		faults = append(faults, penstock.Invalid("busy_timeout", "must be from 0 to 1 h, not %v", o.BusyTimeout))
	}
	return tables, errors.Join(append(faults, sqlstore.CheckPoll(o.Poll))...)
}

// patience is the BusyTimeout.
func (o *Options) patience() time.Duration {
	if o.BusyTimeout == 0 {
		return 5 * time.Second
	}
	return o.BusyTimeout
}

// readers is how many may read at a time: enough for the cores, and one fewer
// than there are connections, so that readers never keep the writer waiting.
func readers(db *sql.DB) int {
	n := 2 * runtime.GOMAXPROCS(0)
	if limit := db.Stats().MaxOpenConnections; limit > 0 {
		n = max(1, min(n, limit-1))
	}
	return n
}

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the SQL files that make the tables, for those who run them
// with a tool of their own. The names in them begin with "penstock_"; New
// writes the prefix in its place.
func Migrations() fs.FS {
	sub, _ := fs.Sub(files, "migrations") // the path is valid
	return sub
}

// Tx returns a store inside a transaction of yours. Its commits become
// visible, and last, when you commit tx, and wake nobody by themselves: see [Store.Wake]. Each is a savepoint, so
// one that is refused leaves the transaction as it was. Of o only the Prefix counts.
//
// SQLite lets one transaction write at a time. For yours to wait for the others, and not to
// fail at once, the connections need a busy timeout and BEGIN IMMEDIATE, which take the
// lock before anything is read: a transaction cannot write that read what was changed
// meanwhile. With modernc.org/sqlite the name of the database says so:
//
//	file:plans.db?_pragma=busy_timeout(5000)&_txlock=immediate
func Tx(tx *sql.Tx, o *Options) (store.Store, error) {
	if o == nil {
		o = &Options{}
	}
	tables, err := sqlstore.SQLite().Name("", o.Prefix)
	if err != nil {
		return nil, err
	}
	return tables.NewTx(tx)
}
