package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Tx is a store.Store inside somebody's transaction. Its methods take turns.
type Tx struct {
	// Tell is called inside every Commit with events, unless it is nil. Set it
	// before the first.
	Tell func(context.Context, Session) error

	t  *Tables
	tx *sql.Tx

	mu     sync.Mutex
	closed bool
}

// NewTx returns a Tx. It does not look at the database.
func (t *Tables) NewTx(tx *sql.Tx) (*Tx, error) {
	if tx == nil {
		return nil, penstock.Invalid("tx", "must not be nil")
	}
	return &Tx{t: t, tx: tx}, nil
}

// enter takes the turn; leave with t.mu.Unlock, unless there is an error.
func (x *Tx) enter(ctx context.Context) error {
	x.mu.Lock()
	err := ctx.Err()
	if err == nil && x.closed {
		err = store.ErrClosed
	}
	if err != nil {
		x.mu.Unlock()
	}
	return err
}

// Get implements store.Store.
func (x *Tx) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := x.enter(ctx); err != nil {
		return nil, err
	}
	defer x.mu.Unlock()
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	return x.t.Get(ctx, x.tx, keys)
}

// Find implements store.Store.
func (x *Tx) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if err := x.enter(ctx); err != nil {
		return store.Page{}, err
	}
	defer x.mu.Unlock()
	q, err := store.CheckQuery(q)
	if err != nil {
		return store.Page{}, err
	}
	return x.t.Find(ctx, x.tx, q)
}

// Events implements store.Store.
func (x *Tx) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := x.enter(ctx); err != nil {
		return nil, err
	}
	defer x.mu.Unlock()
	q, err := store.CheckEvents(q)
	if err != nil {
		return nil, err
	}
	return x.t.ReadEvents(ctx, x.tx, q, true)
}

// Commit implements store.Store with a savepoint.
func (x *Tx) Commit(ctx context.Context, ops ...store.Op) (version int64, err error) {
	if err := x.enter(ctx); err != nil {
		return 0, err
	}
	defer x.mu.Unlock()
	if err := store.CheckOps(ops); err != nil {
		return 0, err
	}
	err = Savepoint(ctx, x.tx, func() error {
		version, err = x.t.Commit(ctx, x.tx, ops)
		if err == nil && x.Tell != nil && HaveEvents(ops) {
			err = x.Tell(ctx, x.tx)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return version, nil
}

// Next implements store.Store.
func (x *Tx) Next(ctx context.Context, sequence string, n int) (int64, error) {
	if err := x.enter(ctx); err != nil {
		return 0, err
	}
	defer x.mu.Unlock()
	if err := store.CheckNext(sequence, n); err != nil {
		return 0, err
	}
	return x.t.Next(ctx, x.tx, sequence, n)
}

// Close implements store.Store. It leaves the transaction alone.
func (x *Tx) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	return nil
}

// Savepoint runs do so that an error leaves nothing of it in the transaction.
// An error of do comes back as it is, unless it could not be undone.
func Savepoint(ctx context.Context, s Session, do func() error) error {
	if _, err := s.ExecContext(ctx, "SAVEPOINT penstock_commit"); err != nil {
		return fmt.Errorf("set a savepoint: %w", err)
	}
	fault := do()
	// The context may be why it failed, and must not keep us from undoing it.
	end := context.WithoutCancel(ctx)
	if fault != nil {
		if _, err := s.ExecContext(end, "ROLLBACK TO SAVEPOINT penstock_commit"); err != nil {
			return fmt.Errorf("roll back after %q: %w", fault.Error(), err)
		}
	}
	if _, err := s.ExecContext(end, "RELEASE SAVEPOINT penstock_commit"); err != nil {
		return fmt.Errorf("release a savepoint: %w", err)
	}
	return fault
}
