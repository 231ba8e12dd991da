package postgres

import (
	"context"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return use(ctx, s, func() ([]store.Record, error) {
		if err := store.CheckKeys(keys); err != nil {
			return nil, err
		}
		return s.tables.Get(ctx, s.db, keys)
	})
}

// Find implements store.Store.
func (s *Store) Find(ctx context.Context, q store.Query) (store.Page, error) {
	return use(ctx, s, func() (store.Page, error) {
		q, err := store.CheckQuery(q)
		if err != nil {
			return store.Page{}, err
		}
		return s.tables.Find(ctx, s.db, q)
	})
}

// Events implements store.Store.
func (s *Store) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	return use(ctx, s, func() ([]store.Event, error) {
		q, err := store.CheckEvents(q)
		if err != nil {
			return nil, err
		}
		if err := s.number(ctx); err != nil {
			return nil, err
		}
		return s.tables.ReadEvents(ctx, s.db, q, false)
	})
}

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	return use(ctx, s, func() (version int64, err error) {
		if err := store.CheckOps(ops); err != nil {
			return 0, err
		}
		err = s.retry(ctx, func(tx sqlstore.Session) (err error) {
			version, err = s.tables.Commit(ctx, tx, ops)
			return err
		})
		if err != nil {
			return 0, err
		}
		if sqlstore.HaveEvents(ops) {
			s.Wake()
		}
		return version, nil
	})
}

// Next implements store.Store.
func (s *Store) Next(ctx context.Context, sequence string, n int) (int64, error) {
	return use(ctx, s, func() (first int64, err error) {
		if err := store.CheckNext(sequence, n); err != nil {
			return 0, err
		}
		err = s.retry(ctx, func(tx sqlstore.Session) (err error) {
			first, err = s.tables.Next(ctx, tx, sequence, n)
			return err
		})
		if err != nil {
			return 0, err
		}
		return first, nil
	})
}

// Close implements store.Store. What is under way goes on, but Wait ends. The
// *sql.DB stays open. Close waits for Options.Listen to return, and for a NOTIFY that is to be sent,
// though not longer than a second.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.watch.Close()
	if s.notifier != nil {
		s.notifier.close()
	}
	return nil
}

// use calls do unless nothing can be done.
func use[T any](ctx context.Context, s *Store, do func() (T, error)) (result T, err error) {
	if err := ctx.Err(); err != nil {
		return result, err
	}
	if s.closed.Load() {
		return result, store.ErrClosed
	}
	result, err = do()
	return result, sqlstore.Ended(ctx, err)
}
