// Package memory is a [store.Store] that keeps everything in the memory of the
// process: for tests, for tools, and for services whose plans need not outlive
// them.
//
// Everything that is stored hangs on one immutable snapshot behind an atomic
// pointer. Readers take the pointer and then need no lock: they wait for nobody,
// hold nobody up, and scale with the cores. Writers take turns; each makes the
// next snapshot by copying the few tree nodes on the way to what it changes,
// and shows it by one store of the pointer. The first search after writes takes
// a turn too: it makes the indexes follow them, which are at most 1,024 records behind.
//
// Fields are indexed by value, by first value and, once somebody asks for a suffix,
// by reversed value, and the indexes count their subtrees. So the page of a list and its exact total cost
// the logarithm of the size of the store when one filter selects them; a suffix
// costs what a prefix costs; Contains reads every value of its field. A
// record that is as it was, in Sort and Fields, when a search comes touches no index.
package memory

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/penstock-go/penstock/store"
)

// A Store is a store.Store, a store.Waker and a store.Pruner. Use New to make one.
type Store struct {
	now atomic.Pointer[snapshot] // nil once it is closed

	mu        sync.Mutex       // held by who writes
	sequences map[string]int64 // the last number taken
	rung      chan struct{}    // closed by the next events; nil if nobody waits
}

// New returns an empty store.
func New() *Store {
	s := &Store{sequences: map[string]int64{}}
	s.now.Store(&snapshot{})
	return s
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	now, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	records := make([]store.Record, len(keys))
	for i, key := range keys {
		records[i] = now.row(key).record(key, false)
	}
	return records, nil
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
	now, err := s.searchable(ctx, q)
	if err != nil {
		return store.Page{}, err
	}
	return now.find(ctx, q)
}

// Events implements store.Store.
func (s *Store) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	now, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	if q, err = store.CheckEvents(q); err != nil {
		return nil, err
	}
	if q.Subject != (store.Key{}) {
		return now.row(q.Subject).after(q.After, q.Limit, q.NoBody), nil
	}
	return now.events.after(q.After, q.Kind, q.Limit, q.NoBody), nil
}

// Next implements store.Store.
func (s *Store) Next(ctx context.Context, sequence string, n int) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := store.CheckNext(sequence, n); err != nil {
		return 0, err
	}
	first := s.sequences[sequence] + 1
	s.sequences[sequence] += int64(n)
	return first, nil
}

// Wait implements store.Waker.
func (s *Store) Wait(ctx context.Context, after int64) (last int64, err error) {
	for {
		now, rung, err := s.bell(ctx)
		if err != nil {
			return 0, err
		}
		if last := int64(now.events.length); last > after {
			return last, nil
		}
		select {
		case <-rung:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// bell returns the snapshot of now and what is closed when there are more events.
func (s *Store) bell(ctx context.Context) (*snapshot, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.read(ctx)
	if err == nil && s.rung == nil {
		s.rung = make(chan struct{})
	}
	return now, s.rung, err
}

// Close implements store.Store. It lets go of everything that was stored.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Store(nil)
	if s.rung != nil {
		close(s.rung)
		s.rung = nil
	}
	return nil
}

// read returns the snapshot of now.
func (s *Store) read(ctx context.Context) (*snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := s.now.Load()
	if now == nil {
		return nil, store.ErrClosed
	}
	return now, nil
}

// ready returns why nothing can be done, if so.
func (s *Store) ready(ctx context.Context) error {
	_, err := s.read(ctx)
	return err
}
