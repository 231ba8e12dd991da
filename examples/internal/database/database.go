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
	"regexp"
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

// form is that of a PostgreSQL's URL.
const form = "postgres://USER:PASSWORD@HOST:PORT/DATABASE"

// patience is how long a server may take to answer.
const patience = 10 * time.Second

// What is meant for PostgreSQL, but is no URL.
var (
	keywords = regexp.MustCompile(`(?i)^\s*(host|hostaddr|port|dbname|user|password|passfile|service|servicefile|sslmode|options|application_name|connect_timeout)\s*=|\bpassword\s*=`)
	misspelt = regexp.MustCompile(`(?i)^\s*(jdbc:)?postgres(ql)?:`)
)

// Open opens the database at a place: postgres://… or the path of a file, which
// is made if it is not there. Passwords are in no error.
func Open(ctx context.Context, at string) (*DB, error) {
	scheme, _, isURL := strings.Cut(at, "://")
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		return openPostgres(ctx, at)
	case keywords.MatchString(at), !isURL && misspelt.MatchString(at):
		// It would become the name of a file, password and all.
		return nil, errors.New("this looks like a PostgreSQL that is not named by a URL: name it as " + form + ", or a file as ./FILE")
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
	if err != nil || !plain(at) {
		// Where the password begins and ends in it is not sure, so none of it is shown.
		return nil, errors.New("the URL of the database cannot be read: it is " + form + ", with %40 for an @ in a name or password, %2F for a / and so on")
	}
	name := fmt.Sprintf("the database %s at %s", config.Database, config.Host)
	return answers(ctx, &DB{DB: stdlib.OpenDB(*config), Postgres: true, Name: name})
}

// plain reports whether the only @ in a URL, if there is one, is that before the host:
// behind any other one, a part of the password would pass for something else.
func plain(at string) bool {
	_, rest, _ := strings.Cut(at, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	return strings.Count(rest[:end], "@") <= 1 && !strings.Contains(rest[end:], "@")
}

// Alone calls do inside a transaction, which it commits unless do fails. Nobody else
// is inside one of the same name meanwhile, in any process.
func (db *DB) Alone(ctx context.Context, name string, do func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil) // on SQLite BEGIN IMMEDIATE: there it is the only one
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if db.Postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name); err != nil {
			return err
		}
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
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
