package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// maxTries bounds how often work is begun again.
const maxTries = 10

// retry carries out work in a transaction of its own. What the database gave up
// before it was asked to commit is done again; after that nothing is.
func (s *Store) retry(ctx context.Context, work func(sqlstore.Session) error) error {
	for try := 1; ; try++ {
		err := s.once(ctx, work)
		if try == maxTries || !givenUp(err) {
			return err
		}
		select {
		case <-time.After(rand.N(time.Millisecond << try)):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

func (s *Store) once(ctx context.Context, work func(sqlstore.Session) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback() // whatever happens to it, there will be no COMMIT
		return err
	}
	if err := tx.Commit(); err != nil {
		return &commitError{err}
	}
	return nil
}

// A commitError is an error after COMMIT was sent.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// givenUp reports whether the database sacrificed the transaction to another
// one, and it was not asked to commit.
func givenUp(err error) bool {
	var asked *commitError
	if err == nil || errors.As(err, &asked) {
		return false
	}
	switch state(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	default:
		return false
	}
}

// state returns the SQLSTATE of an error. The drivers have no type for it in
// common, but a method.
func state(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}
