package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// Advisory locks of this package: the first half is the same for all.
const (
	lockSpace   = 0x50454e53 << 32 // "PENS"
	migrateLock = lockSpace        // held by who makes tables; no table has the number 0
)

// prepare makes a database ready for a store.
func prepare(ctx context.Context, db *sql.DB, tables *sqlstore.Tables, schema string) error {
	var encoding string
	if err := db.QueryRowContext(ctx, "SELECT current_setting('server_encoding')").Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("%w: the database's encoding is %s, and must be UTF8", ErrSchema, encoding)
	}
	current, err := tables.Current(ctx, db, Migrations())
	if err != nil || current {
		return err
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrateLock)); err != nil {
		return err
	}
	if schema != "" {
		if err := enter(ctx, tx, schema); err != nil {
			return err
		}
	}
	if err := tables.Migrate(ctx, tx, Migrations()); err != nil {
		return err
	}
	return tx.Commit()
}

// enter makes tables of tx be in schema, and makes that if need be: who may not make
// schemas can use one that is there.
func enter(ctx context.Context, tx *sql.Tx, schema string) error {
	var exists bool
	// The name needs no escapes: it was checked.
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = '`+schema+`')`).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := tx.ExecContext(ctx, `CREATE SCHEMA "`+schema+`"`); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `SET LOCAL search_path TO "`+schema+`"`)
	return err
}
