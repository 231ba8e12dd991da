package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/penstock-go/penstock/store"
)

// ErrLost is a fine error for a [Fault]: of a connection that was reset.
var ErrLost = errors.New("connection reset")

// A Faulty is a store that notes every call, and fails as it is told: for the tests of who
// uses a store. It is neither a store.Waker nor a store.Pruner. It is safe for concurrent use if
// the store behind it is.
type Faulty struct {
	store.Store
	mu    sync.Mutex
	calls []Call
	tell  func(Call) Fault
}

// NewFaulty returns a store over another, without faults.
func NewFaulty(s store.Store) *Faulty { return &Faulty{Store: s} }

// A Call is one call of a store.
type Call struct {
	Method string // Get, Find, Commit, Events or Next
	N      int    // which one of this method since Tell, from 1
	Keys   []store.Key
	Ops    []store.Op
	Query  store.Query
	Events store.EventQuery
}

// A Fault is what becomes of a call. The zero Fault is none.
type Fault struct {
	Run    func()        // first of all
	Wait   time.Duration // then, unless the context ends
	Before error         // then this is the answer, and nothing is done
	After  error         // the call is made; if it succeeds, this is the answer all the same
}

// Tell sets what becomes of the calls to come, and forgets those that were. Fault may be called by several goroutines at
// a time; nil means no faults.
func (s *Faulty) Tell(fault func(Call) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.tell = nil, fault
}

// Calls returns the calls since Tell, in order: of one method, or of all if it is empty.
func (s *Faulty) Calls(method string) (calls []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			calls = append(calls, c)
		}
	}
	return calls
}

// note notes a call and returns what is to become of it.
func (s *Faulty) note(c Call) Fault {
	s.mu.Lock()
	c.N = 1
	for i := range s.calls {
		if s.calls[i].Method == c.Method {
			c.N++
		}
	}
	s.calls = append(s.calls, c)
	tell := s.tell
	s.mu.Unlock()
	if tell == nil {
		return Fault{}
	}
	return tell(c)
}

// made makes a call, or does not.
func made[T any](ctx context.Context, s *Faulty, c Call, call func() (T, error)) (result T, err error) {
	f := s.note(c)
	if f.Run != nil {
		f.Run()
	}
	if f.Wait > 0 {
		select {
		case <-time.After(f.Wait):
		case <-ctx.Done():
		}
	}
	if f.Before != nil {
		return result, f.Before
	}
	done, err := call()
	if err == nil && f.After != nil {
		return result, f.After
	}
	return done, err
}

// Get is store.Store's.
func (s *Faulty) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return made(ctx, s, Call{Method: "Get", Keys: keys}, func() ([]store.Record, error) { return s.Store.Get(ctx, keys...) })
}

// Find is store.Store's.
func (s *Faulty) Find(ctx context.Context, q store.Query) (store.Page, error) {
	return made(ctx, s, Call{Method: "Find", Query: q}, func() (store.Page, error) { return s.Store.Find(ctx, q) })
}

// Commit is store.Store's.
func (s *Faulty) Commit(ctx context.Context, ops ...store.Op) (version int64, err error) {
	return made(ctx, s, Call{Method: "Commit", Ops: ops}, func() (int64, error) { return s.Store.Commit(ctx, ops...) })
}

// Events is store.Store's.
func (s *Faulty) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	return made(ctx, s, Call{Method: "Events", Events: q}, func() ([]store.Event, error) { return s.Store.Events(ctx, q) })
}

// Next is store.Store's.
func (s *Faulty) Next(ctx context.Context, sequence string, n int) (first int64, err error) {
	return made(ctx, s, Call{Method: "Next"}, func() (int64, error) { return s.Store.Next(ctx, sequence, n) })
}
