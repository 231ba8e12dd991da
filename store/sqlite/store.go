package sqlite

import (
	"context"
	"strings"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	return read(ctx, s, func() ([]store.Record, error) { return s.tables.Get(ctx, s.prepared, keys) })
}

// Find implements store.Store.
func (s *Store) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if err := s.ready(ctx); err != nil {
		return store.Page{}, err
	}
	q, err := store.CheckQuery(q)
	if err != nil {
		return store.Page{}, err
	}
	return read(ctx, s, func() (store.Page, error) { return s.tables.Find(ctx, s.prepared, q) })
}

// Events implements store.Store.
func (s *Store) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	q, err := store.CheckEvents(q)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, func() ([]store.Event, error) { return s.tables.ReadEvents(ctx, s.prepared, q, false) })
}

// Commit implements store.Store.
func (s *Store) Commit(ctx context.Context, ops ...store.Op) (version int64, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := store.CheckOps(ops); err != nil {
		return 0, err
	}
	err = s.writer.do(ctx, func(ctx context.Context, tx sqlstore.Session) (err error) {
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
}

// Next implements store.Store.
func (s *Store) Next(ctx context.Context, sequence string, n int) (first int64, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := store.CheckNext(sequence, n); err != nil {
		return 0, err
	}
	err = s.writer.do(ctx, func(ctx context.Context, tx sqlstore.Session) (err error) {
		first, err = s.tables.Next(ctx, tx, sequence, n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return first, nil
}

// Close implements store.Store. Commits that are under way end first. The
// *sql.DB stays open.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.writer.close()
	s.watch.Close()
	return s.prepared.Close()
}

// ready returns why nothing can be done, if so.
func (s *Store) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.closed.Load() {
		return store.ErrClosed
	}
	return nil
}

// read reads when there is a place, and again while the database is busy: who opens or
// closes it can keep readers out for a moment, and not every connection waits for that.
func read[T any](ctx context.Context, s *Store, get func() (T, error)) (result T, err error) {
	select {
	case s.readers <- struct{}{}:
	case <-ctx.Done():
		return result, ctx.Err()
	}
	defer func() { <-s.readers }()
	until := time.Now().Add(s.patience)
	for result, err = get(); busy(err) && ctx.Err() == nil && !s.closed.Load() && time.Now().Before(until); result, err = get() {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
		}
	}
	if err != nil && s.closed.Load() {
		return result, store.ErrClosed
	}
	return result, sqlstore.Ended(ctx, err)
}

// busy reports whether a statement failed because of others. The drivers have no type
// for errors in common, but SQLite's text.
func busy(err error) bool { return err != nil && strings.Contains(err.Error(), "database is locked") }
