package postgres

import (
	"context"
	"database/sql"
	"fmt"
)

// stopped is how long the server lets who numbers stand still before it gives up his transaction,
// and with it the lock: until then no event gets a position.
const stopped = "10s"

// patience is how long a reader waits for another one that gives positions. It
// does not take that long, unless that one's process stands still.
const patience = "250ms"

// number gives positions to all events that are committed now. Who does not get
// the lock in time reads what has positions already.
func (s *Store) number(ctx context.Context) error {
	more, err := s.tables.Unnumbered(ctx, s.db)
	for more && err == nil {
		more, err = s.numberSome(ctx)
	}
	return err
}

// numberSome gives positions to a part of them, and reports whether there are more.
func (s *Store) numberSome(ctx context.Context) (more bool, err error) {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return false, fmt.Errorf("number events: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if got, err := s.lock(ctx, tx); err != nil || !got {
		return false, err
	}
	// A statement of its own: what it sees is what is committed now that we have the lock.
	if more, err = s.tables.Number(ctx, tx); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return false, fmt.Errorf("number events: %w", err)
	}
	return more, nil
}

// lock takes the lock of those who number until tx ends.
func (s *Store) lock(ctx context.Context, tx *sql.Tx) (got bool, err error) {
	of := s.tables.LockOf(lockSpace)
	var set string
	err = tx.QueryRowContext(ctx, "SELECT set_config('idle_in_transaction_session_timeout', '"+stopped+"', true), pg_try_advisory_xact_lock("+of+")").Scan(&set, &got)
	if err != nil || got {
		return got, err
	}
	// Without this a caller could miss events of his own that were committed
	// after the other one looked.
	if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '"+patience+"'"); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock("+of+")"); err != nil {
		if state(err) == "55P03" { // lock_timeout
			return false, nil
		}
		return false, fmt.Errorf("number events: %w", err)
	}
	return true, nil
}
