package memory

import (
	"context"
	"math"

	"github.com/penstock-go/penstock/store"
)

// Prune implements store.Pruner. Readers of earlier snapshots go on to see theirs.
func (s *Store) Prune(ctx context.Context, subject store.Key, through int64) (int64, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := store.CheckPrune(subject, through); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.now.Load()
	if last == nil {
		return 0, store.ErrClosed
	}
	last = last.caughtUp() // who reads the log is found by its index
	row := last.row(subject)
	done := last.done()
	var gone []int64
	var kept []*store.Event
	for _, e := range row.events {
		if e.Seq <= through && e.Position <= done {
			gone = append(gone, e.Position)
		} else {
			kept = append(kept, e)
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	next := *last
	next.events = last.events.without(gone)
	own := *row.state
	own.events = kept
	if row.state = &own; own.version == 0 && len(kept) == 0 {
		next.rows.remove(new(edit), row)
	} else {
		next.rows.put(new(edit), row)
	}
	s.now.Store(&next)
	return int64(len(gone)), nil
}

// done returns the position up to which every reader of the log is done.
func (s *snapshot) done() int64 {
	readers := s.all(s.number(name{kind: store.KindReader, use: bySort}))
	for slowest := range s.index.walk(readers.from, min(readers.from+1, readers.to), false) {
		return slowest.sort
	}
	return math.MaxInt64
}
