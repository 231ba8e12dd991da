package servicetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/penstock-go/penstock/store"
)

// errCLost is what a store says that lost an answer, or never got the question.
var errCLost = errors.New("connection reset")

// A spyCall is one call of a store, as the spy saw it.
type spyCall struct {
	method string
	n      int // of this method, from 1
	ops    []store.Op
	keys   []store.Key
}

// wrote lists what a Commit put or deleted, kind by kind.
func (c spyCall) wrote() (kinds []string) {
	for _, op := range c.ops {
		switch op.Kind {
		case store.Delete:
			kinds = append(kinds, "-"+op.Key.Kind)
		default:
			kinds = append(kinds, op.Key.Kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// A spyFault is what becomes of a call.
type spyFault struct {
	run    func()        // first
	wait   time.Duration // then, unless the context ends
	before error         // then, instead of the call
	after  error         // after the call succeeded, instead of its answer
}

// A spyStore is a store that notes every call and fails as it is told.
type spyStore struct {
	store.Store
	mu    sync.Mutex
	calls []spyCall
	fault func(spyCall) spyFault // nil: none
}

// told sets what becomes of the calls to come, and forgets those that were.
func (s *spyStore) told(fault func(spyCall) spyFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.fault = nil, fault
}

// of returns the calls of a method since told.
func (s *spyStore) of(method string) (calls []spyCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.method == method {
			calls = append(calls, c)
		}
	}
	return calls
}

func (s *spyStore) begin(ctx context.Context, c spyCall) (spyFault, error) {
	s.mu.Lock()
	c.n = 1
	for _, have := range s.calls {
		if have.method == c.method {
			c.n++
		}
	}
	s.calls = append(s.calls, c)
	fault := s.fault
	s.mu.Unlock()
	if fault == nil {
		return spyFault{}, nil
	}
	f := fault(c)
	if f.run != nil {
		f.run()
	}
	if f.wait > 0 {
		select {
		case <-time.After(f.wait):
		case <-ctx.Done():
		}
	}
	return f, f.before
}

func (s *spyStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	f, err := s.begin(ctx, spyCall{method: "Get", keys: keys})
	if err != nil {
		return nil, err
	}
	records, err := s.Store.Get(ctx, keys...)
	if err == nil && f.after != nil {
		return nil, f.after
	}
	return records, err
}

func (s *spyStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	f, err := s.begin(ctx, spyCall{method: "Find"})
	if err != nil {
		return store.Page{}, err
	}
	page, err := s.Store.Find(ctx, q)
	if err == nil && f.after != nil {
		return store.Page{}, f.after
	}
	return page, err
}

func (s *spyStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	f, err := s.begin(ctx, spyCall{method: "Commit", ops: ops})
	if err != nil {
		return 0, err
	}
	version, err := s.Store.Commit(ctx, ops...)
	if err == nil && f.after != nil {
		return 0, f.after
	}
	return version, err
}

func (s *spyStore) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	f, err := s.begin(ctx, spyCall{method: "Events"})
	if err != nil {
		return nil, err
	}
	events, err := s.Store.Events(ctx, q)
	if err == nil && f.after != nil {
		return nil, f.after
	}
	return events, err
}

func (s *spyStore) Next(ctx context.Context, sequence string, n int) (int64, error) {
	f, err := s.begin(ctx, spyCall{method: "Next"})
	if err != nil {
		return 0, err
	}
	first, err := s.Store.Next(ctx, sequence, n)
	if err == nil && f.after != nil {
		return 0, f.after
	}
	return first, err
}
