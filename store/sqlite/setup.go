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
	for _, need := range []func(context.Context, *sql.Conn) error{isUTF8, func(ctx context.Context, c *sql.Conn) error { return isOne(ctx, c, db) }, useWAL} {
		if err := need(ctx, c); err != nil {
			return err
		}
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
	wait := o.BusyTimeout
	if wait == 0 {
		wait = 5 * time.Second
	}
	level := "FULL"
	if o.Synchronous == Normal {
		level = "NORMAL"
	}
	for _, pragma := range []string{"busy_timeout = " + strconv.FormatInt(wait.Milliseconds(), 10), "synchronous = " + level} {
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

// isOne makes sure that all connections of the pool see the same database: each
// has its own if it is in memory.
func isOne(ctx context.Context, c *sql.Conn, db *sql.DB) error {
	var file sql.NullString
	if err := c.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return fmt.Errorf("read the database's file: %w", err)
	}
	if file.String == "" && db.Stats().MaxOpenConnections != 1 {
		return errors.New("a database in memory belongs to one connection: call db.SetMaxOpenConns(1)")
	}
	return nil
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
		if mode == "wal" || mode == "memory" {
			return nil
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
