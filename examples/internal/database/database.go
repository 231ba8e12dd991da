// Package database opens the database that an example is told to use: a file is
// SQLite, a URL is PostgreSQL.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A DB is a database that answers. It is the caller's to close.
type DB struct {
	*sql.DB
	Postgres bool   // or else SQLite
	Name     string // for people; no password is in it
	File     string // of SQLite: its absolute path
}

// patience is how long a server may take to answer.
const patience = 10 * time.Second

// Open opens the database at a place: postgres://… or the path of a file, which
// is made if it is not there. Passwords are in no error.
func Open(ctx context.Context, at string) (*DB, error) {
	scheme, _, isURL := strings.Cut(at, "://")
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		return openPostgres(ctx, at)
	case isURL:
		return nil, fmt.Errorf("%q is no scheme of a database that is known here: name a file for SQLite, or postgres://…", scheme)
	case at == ":memory:":
		return nil, errors.New("a database in memory keeps nothing: name a file")
	default:
		return openSQLite(ctx, at)
	}
}

func openSQLite(ctx context.Context, file string) (*DB, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file: name a file for the database", file)
	}
	// The operating system says more clearly than SQLite what is wrong with a place.
	// What is kept may be secret: nobody else reads it.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the database cannot be opened to write: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	at := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_txlock": {"immediate"},          // who begins will write: see sqlite.Tx
		"_pragma": {"busy_timeout(5000)"}, // of connections that the store does not use
	}.Encode()}
	db, err := sql.Open("sqlite", at.String())
	if err != nil {
		return nil, err
	}
	return answers(ctx, &DB{DB: db, Name: file, File: path})
}

func openPostgres(ctx context.Context, at string) (*DB, error) {
	config, err := pgx.ParseConfig(at)
	if err != nil || strings.Contains(config.Database, "@") {
		// Where the password begins and ends in it is not sure, so none of it is shown.
		return nil, errors.New("the URL of the database cannot be read: it is postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for an @ in a name or password, %2F for a / and so on")
	}
	name := fmt.Sprintf("the database %s at %s", config.Database, config.Host)
	return answers(ctx, &DB{DB: stdlib.OpenDB(*config), Postgres: true, Name: name})
}

// answers returns db, or closes it if it cannot be reached.
func answers(ctx context.Context, db *DB) (*DB, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s cannot be reached: %w", db.Name, err), db.Close())
	}
	return db, nil
}
