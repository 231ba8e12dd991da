package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
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

// in calls do in turn, unless nothing can be done.
func in[T any](ctx context.Context, x *Tx, do func() (T, error)) (result T, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return result, err
	}
	if x.closed {
		return result, store.ErrClosed
	}
	result, err = do()
	return result, Ended(ctx, err)
}

// Ended makes an error of what ctx ended that of ctx: drivers tell it in their own words.
func Ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// Get implements store.Store.
func (x *Tx) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return in(ctx, x, func() ([]store.Record, error) {
		if err := store.CheckKeys(keys); err != nil {
			return nil, err
		}
		return x.t.Get(ctx, x.tx, keys)
	})
}

// Find implements store.Store.
func (x *Tx) Find(ctx context.Context, q store.Query) (store.Page, error) {
	return in(ctx, x, func() (store.Page, error) {
		q, err := store.CheckQuery(q)
		if err != nil {
			return store.Page{}, err
		}
		return x.t.Find(ctx, x.tx, q)
	})
}

// Events implements store.Store.
func (x *Tx) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	return in(ctx, x, func() ([]store.Event, error) {
		q, err := store.CheckEvents(q)
		if err != nil {
			return nil, err
		}
		return x.t.ReadEvents(ctx, x.tx, q, true)
	})
}

// Commit implements store.Store with a savepoint.
func (x *Tx) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	return in(ctx, x, func() (version int64, err error) {
		if err := store.CheckOps(ops); err != nil {
			return 0, err
		}
		refused, broken := Savepoint(ctx, x.tx, func() error {
			version, err = x.t.Commit(ctx, x.tx, ops)
			if err == nil && x.Tell != nil && HaveEvents(ops) {
				err = x.Tell(ctx, x.tx)
			}
			return err
		})
		if err := cmp.Or(broken, refused); err != nil {
			return 0, err
		}
		return version, nil
	})
}

// Next implements store.Store.
func (x *Tx) Next(ctx context.Context, sequence string, n int) (int64, error) {
	return in(ctx, x, func() (int64, error) {
		if err := store.CheckNext(sequence, n); err != nil {
			return 0, err
		}
		return x.t.Next(ctx, x.tx, sequence, n)
	})
}

// Close implements store.Store. It leaves the transaction alone.
func (x *Tx) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	return nil
}

// Savepoint runs do so that an error leaves nothing of it in the transaction.
// refused is the error of do, which was undone. After broken nobody knows what is
// in the transaction, which must be rolled back.
func Savepoint(ctx context.Context, s Session, do func() error) (refused, broken error) {
	if _, err := s.ExecContext(ctx, "SAVEPOINT penstock_commit"); err != nil {
		return nil, fmt.Errorf("set a savepoint: %w", err)
	}
	refused = do()
	// The context may be why it failed, and must not keep us from undoing it.
	end := context.WithoutCancel(ctx)
	if refused != nil {
		if _, err := s.ExecContext(end, "ROLLBACK TO SAVEPOINT penstock_commit"); err != nil {
			return nil, fmt.Errorf("roll back after %q: %w", refused.Error(), err)
		}
	}
	if _, err := s.ExecContext(end, "RELEASE SAVEPOINT penstock_commit"); err != nil {
		return nil, fmt.Errorf("release a savepoint: %w", err)
	}
	return refused, nil
}
