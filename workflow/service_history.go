package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/bell"
	"github.com/penstock-go/penstock/store"
)

// History returns at most limit entries of the run's audit trail that come after
// the one with number after, oldest first. A limit of 0 means 100; 1,000 is the most.
func (s *Service) History(ctx context.Context, id string, after int64, limit int, by penstock.Actor) ([]RunEntry, error) {
	if _, err := s.readRun(ctx, id, by, penstock.Read); err != nil {
		return nil, err
	}
	return s.trail(ctx, id, after, limit)
}

// trail reads one page of entries.
func (s *Service) trail(ctx context.Context, id string, after int64, limit int) ([]RunEntry, error) {
	events, err := s.store.Events(ctx, store.EventQuery{Subject: runKey(id), After: after, Limit: limit})
	if err != nil {
		return nil, err
	}
	entries := make([]RunEntry, len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Body, &entries[i]); err != nil {
			return nil, corrupt(id, "trail", err)
		}
	}
	return entries, nil
}

// entries yields the trail behind a number, up to now.
func (s *Service) entries(ctx context.Context, id string, after int64) iter.Seq2[RunEntry, error] {
	return func(yield func(RunEntry, error) bool) {
		for {
			page, err := s.trail(ctx, id, after, store.MaxLimit)
			if err != nil {
				yield(RunEntry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				after = e.Seq
			}
			if len(page) < store.MaxLimit {
				return
			}
		}
	}
}

// followPoll is how often Follow looks for what other processes did. It is told of
// what this one did, and of the rest if the store is a store.Waker.
const followPoll = time.Second

// Follow yields the run's audit trail behind the entry with number after, and then
// every further change as it is stored, until the run has ended or ctx ends: then
// the last pair is that error. It takes the right to read the workflow when it begins.
func (s *Service) Follow(ctx context.Context, id string, after int64, by penstock.Actor) iter.Seq2[RunEntry, error] {
	return func(yield func(RunEntry, error) bool) {
		if _, err := s.readRun(ctx, id, by, penstock.Read); err != nil {
			yield(RunEntry{}, err)
			return
		}
		rung, stop := s.bell.Listen(s.store, &bell.Listener{Subject: id, Rung: make(chan string, 1)}) //nolint:contextcheck // who listens first reads the log for all, until the last one stops
		defer stop()
		poll := time.NewTicker(followPoll)
		defer poll.Stop()
		gone := false
		for {
			for e, err := range s.entries(ctx, id, after) {
				if !yield(e, err) || err != nil {
					return
				}
				if after = e.Seq; e.Change.Kind == RunDeleted {
					return
				}
			}
			over, err := s.isThrough(ctx, id, after)
			if errors.Is(err, penstock.ErrNotFound) && !gone { // deleted meanwhile: the trail tells
				gone = true
				continue
			}
			if err != nil {
				yield(RunEntry{}, err)
				return
			}
			if over {
				return
			}
			select {
			case <-ctx.Done():
				yield(RunEntry{}, ctx.Err())
				return
			case <-rung:
			case <-poll.C:
			}
		}
	}
}

// isThrough reports whether a run has ended with the change of that number.
func (s *Service) isThrough(ctx context.Context, id string, seq int64) (bool, error) {
	st, err := s.confirmedRun(ctx, id)
	if err != nil {
		return false, err
	}
	return st.run.st.State.Ended() && st.run.st.Changes <= seq, nil
}
