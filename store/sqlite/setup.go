package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// prepare makes a database ready for a store.
func prepare(ctx context.Context, db *sql.DB, tables *sqlstore.Tables, o *Options) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // gives it back to the pool
	if err := tune(ctx, c, *o); err != nil {
		return err
	}
	if err := isUTF8(ctx, c); err != nil {
		return err
	}
	inMemory, err := isInMemory(ctx, c)
	switch {
	case err != nil:
		return err
	case !inMemory:
		err = useWAL(ctx, c)
	case db.Stats().MaxOpenConnections != 1: // each would have its own
		err = errors.New("a database in memory belongs to one connection: call db.SetMaxOpenConns(1)")
	}
	if err != nil {
		return err
	}
	current, err := tables.Current(ctx, c, Migrations())
	if err != nil || current {
		return err
	}
	// The lock to write is also the lock to migrate.
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := tables.Migrate(ctx, c, Migrations()); err != nil {
		_, undo := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, undo)
	}
	_, err = c.ExecContext(ctx, "COMMIT")
	return err
}

// tune sets what SQLite keeps for each connection.
func tune(ctx context.Context, c *sql.Conn, o Options) error {
	level := "FULL"
	if o.Synchronous == Normal {
		level = "NORMAL"
	}
	for _, pragma := range []string{"busy_timeout = " + strconv.FormatInt(o.patience().Milliseconds(), 10), "synchronous = " + level} {
		if _, err := c.ExecContext(ctx, "PRAGMA "+pragma); err != nil {
			return fmt.Errorf("set %s: %w", pragma, err)
		}
	}
	return nil
}

// isUTF8 makes sure that the order of text is that of its bytes in UTF-8.
func isUTF8(ctx context.Context, c *sql.Conn) error {
	var encoding string
	if err := c.QueryRowContext(ctx, "PRAGMA encoding").Scan(&encoding); err != nil {
		return fmt.Errorf("read the encoding: %w", err)
	}
	if encoding != "UTF-8" {
		return fmt.Errorf("%w: the database's encoding is %s, and must be UTF-8", ErrSchema, encoding)
	}
	return nil
}

// isInMemory reports whether the database is no file.
func isInMemory(ctx context.Context, c *sql.Conn) (bool, error) {
	var file sql.NullString
	if err := c.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return false, fmt.Errorf("read the database's file: %w", err)
	}
	return file.String == "", nil
}

// useWAL makes sure that those who read and who writes do not wait for each
// other. Several processes may come here at once; SQLite does not let those
// wait that want to switch, so they look again.
func useWAL(ctx context.Context, c *sql.Conn) error {
	var mode string
	var err error
	for range 50 {
		if err = c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
			return fmt.Errorf("read the journal mode: %w", err)
		}
		if mode == "wal" {
			return nil
		}
		if mode != "delete" { // no other one is in the file
			return fmt.Errorf("switch to WAL: the connection sets the journal mode %s itself: it must not", mode)
		}
		if err = c.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err == nil && mode == "wal" {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return fmt.Errorf("switch to WAL: %w", err)
	}
	return fmt.Errorf("switch to WAL: the journal mode stays %s: is the database read-only?", mode)
}
