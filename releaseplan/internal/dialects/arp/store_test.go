package arp_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A fault is what is wrong with a store.
type fault int

const (
	sound     fault = iota
	overtaken       // others always commit first
	broken          // nothing works
	late            // nothing answers in time
)

// faulty is a store with faults.
type faulty struct {
	store.Store
	mu    sync.Mutex
	fault fault
}

func (s *faulty) set(f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

func (s *faulty) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.fault {
	case broken:
		return fmt.Errorf("dial %s", inside)
	case late:
		return fmt.Errorf("dial %s: %w", inside, context.DeadlineExceeded)
	default:
		return nil
	}
}

// inside is what nobody outside must see.
const inside = "db.internal:5432 password=hunter2"

func (s *faulty) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.Store.Get(ctx, keys...)
}

func (s *faulty) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if err := s.err(); err != nil {
		return store.Page{}, err
	}
	return s.Store.Find(ctx, q)
}

func (s *faulty) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.Store.Events(ctx, q)
}

func (s *faulty) Next(ctx context.Context, sequence string, n int) (int64, error) {
	if err := s.err(); err != nil {
		return 0, err
	}
	return s.Store.Next(ctx, sequence, n)
}

func (s *faulty) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if err := s.err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	fault := s.fault
	s.mu.Unlock()
	if fault == overtaken {
		return 0, &store.OpError{Key: ops[0].Key, Err: penstock.ErrConflict}
	}
	return s.Store.Commit(ctx, ops...)
}
