package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"

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

// Options are where a Store keeps its tables. nil and the zero value are the defaults.
type Options struct {
	// Schema holds the tables: lower-case letters, digits and underscores. New makes it if need be.
	// Default: the one that the connection looks into first.
	Schema string

	// Prefix begins the names of all tables: lower-case letters, digits and
	// underscores. Default "penstock_".
	Prefix string
}

// A Store is a store.Store in PostgreSQL. Use New to make one.
type Store struct {
	tables *sqlstore.Tables
	db     *sql.DB
	closed atomic.Bool
}

// New returns a Store in db, which stays the caller's: Close does not close it.
// It makes or updates the tables, if need be; of several processes that do so at once one does it and
// the others wait. The error is a penstock.ErrInvalid for bad arguments and an
// ErrSchema for tables of a newer program.
func New(ctx context.Context, db *sql.DB, o *Options) (*Store, error) {
	if o == nil {
		o = &Options{}
	}
	tables, err := sqlstore.PostgreSQL().Name(o.Schema, o.Prefix)
	if db == nil {
		err = errors.Join(err, penstock.Invalid("db", "must not be nil"))
	}
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, db, tables, o.Schema); err != nil {
		return nil, fmt.Errorf("open a store in PostgreSQL: %w", err)
	}
	return &Store{tables: tables, db: db}, nil
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
func Tx(tx *sql.Tx, o *Options) (store.Store, error) {
	if o == nil {
		o = &Options{}
	}
	tables, err := sqlstore.PostgreSQL().Name(o.Schema, o.Prefix)
	if err != nil {
		return nil, err
	}
	return tables.NewTx(tx)
}
