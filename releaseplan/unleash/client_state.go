package unleash

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/lru"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A snapshot is what the features of an environment are for SDKs, as of one moment. It never changes.
type snapshot struct {
	number   int64 // of all snapshots, in the order in which they were made
	seen     revision
	next     time.Time // when time may change it; zero: it does not
	features []clientFeature
	segments map[int]clientSegment
	writing  sync.Mutex // of one answer at a time
}

// A revision tells whether a snapshot is old.
type revision struct{ records, plans int64 }

// served is what is kept of environments, so that however many SDKs poll, a change is read once.
type served struct {
	made         atomic.Int64
	environments *lru.Cache[string, *environmentState]
	views        *lru.Cache[viewKey, view]
}

const (
	mostStates = 1000     // environments, which a service has at most
	mostViews  = 64 << 20 // bytes of answers
)

func newServed() *served {
	return &served{environments: lru.New[string, *environmentState](mostStates), views: lru.New[viewKey, view](mostViews)}
}

// of returns what is kept of an environment. Two may be made at once: then one of them is read twice.
func (s *served) of(environment string) *environmentState {
	if e, ok := s.environments.Get(environment); ok {
		return e
	}
	e := &environmentState{turn: make(chan struct{}, 1)}
	s.environments.Put(environment, 0, e, 1)
	return e
}

// An environmentState is the latest snapshot of an environment. One request at a time looks whether it
// is old; those that came before it began to look take what it saw.
type environmentState struct {
	begun atomic.Int64  // looks
	turn  chan struct{} // guards the rest
	done  int64         // the last look that came to an end
	err   error         // of that
	last  *snapshot
}

// current returns the snapshot as it is now, looking as look does.
func (e *environmentState) current(ctx context.Context, look func(context.Context, *snapshot) (*snapshot, error)) (*snapshot, error) {
	before := e.begun.Load()
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-e.turn }()
	if e.done <= before { // it began before this request did
		mine := e.begun.Add(1)
		next, err := look(ctx, e.last)
		switch {
		case err == nil:
			e.last = next
		case ctx.Err() != nil: // the failure is of this request alone
			return nil, err
		}
		e.done, e.err = mine, err
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.last, nil
}

// snapshot returns what is served in an environment now.
func (a *api) snapshot(ctx context.Context, environment string) (*snapshot, error) {
	return a.served.of(environment).current(ctx, func(ctx context.Context, last *snapshot) (*snapshot, error) {
		return a.look(ctx, environment, last)
	})
}

// look returns last, if nothing has changed since, and otherwise a new snapshot.
func (a *api) look(ctx context.Context, environment string, last *snapshot) (*snapshot, error) {
	var seen revision
	var err error
	if seen.records, err = a.Rollout.Revision(ctx); err != nil {
		return nil, fmt.Errorf("read the revision of features: %w", err)
	}
	if seen.plans, err = a.Plans.ServingRevision(ctx, environment); err != nil {
		return nil, err
	}
	if last != nil && last.seen == seen && (last.next.IsZero() || a.Now().Before(last.next)) {
		return last, nil
	}
	state, err := a.state(ctx, environment)
	if err != nil {
		return nil, err
	}
	next, err := a.Plans.Overlay(ctx, &state, environment)
	if err != nil {
		return nil, err
	}
	s := toSnapshot(&state)
	s.number, s.seen, s.next = a.served.made.Add(1), seen, next
	return s, nil
}

// state reads the features of an environment. Others may write all the time, in processes of their own:
// an SDK is not to hear of that, so it is read again for a while.
func (a *api) state(ctx context.Context, environment string) (rollout.State, error) {
	ctx, cancel := context.WithTimeout(ctx, overtaken)
	defer cancel()
	for {
		state, err := a.Rollout.State(ctx, environment)
		if !errors.Is(err, penstock.ErrConflict) || ctx.Err() != nil {
			return state, err
		}
	}
}

// overtaken bounds how long a state is read again that writes of others overtake.
const overtaken = 10 * time.Second

func toSnapshot(state *rollout.State) *snapshot {
	s := &snapshot{features: make([]clientFeature, len(state.Features)), segments: make(map[int]clientSegment, len(state.Segments))}
	for i := range state.Segments {
		g := &state.Segments[i]
		s.segments[g.ID] = clientSegment{ID: g.ID, Name: g.Name, Constraints: toConstraints(g.Constraints)}
	}
	for i := range state.Features {
		s.features[i] = toClientFeature(&state.Features[i], s.segments)
	}
	return s
}
