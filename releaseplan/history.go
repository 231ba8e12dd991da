package releaseplan

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// History returns at most limit entries of the plan's audit trail that come after
// the one with number after, oldest first. A limit of 0 means 100; 1,000 is the
// most. The trail is complete: everything that ever changed the plan is in it.
func (s *Service) History(ctx context.Context, id string, after int64, limit int, by penstock.Actor) ([]Entry, error) {
	if _, err := s.read(ctx, id, by, penstock.Read); err != nil {
		return nil, err
	}
	return s.trail(ctx, id, after, limit)
}

// trail reads one page of entries.
func (s *Service) trail(ctx context.Context, id string, after int64, limit int) ([]Entry, error) {
	events, err := s.store.Events(ctx, store.EventQuery{Subject: planKey(id), After: after, Limit: limit})
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(events))
	for i, e := range events {
		if err := entries[i].UnmarshalJSON(e.Body); err != nil {
			return nil, fmt.Errorf("event %d of plan %s cannot be read: %w", e.Seq, id, err)
		}
		entries[i].Hash = hex.EncodeToString(s.sum(e.Body))
	}
	return entries, nil
}

// entries yields the trail after the entry with number after, up to now.
func (s *Service) entries(ctx context.Context, id string, after int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for {
			page, err := s.trail(ctx, id, after, store.MaxLimit)
			if err != nil {
				yield(Entry{}, err)
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

// followPoll is how often Follow looks for what other processes did. In this
// process it is told.
const followPoll = time.Second

// Follow yields the plan's audit trail from the first entry on and then every
// further change as it is stored, until the plan is completed, canceled or deleted,
// or ctx ends: then the last pair is that error. It takes the right to read the
// plan when it begins.
func (s *Service) Follow(ctx context.Context, id string, by penstock.Actor) iter.Seq2[Entry, error] {
	return s.FollowAfter(ctx, id, 0, by)
}

// FollowAfter is Follow that begins after the entry with number after, for who
// has seen the ones before.
func (s *Service) FollowAfter(ctx context.Context, id string, after int64, by penstock.Actor) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		st, err := s.read(ctx, id, by, penstock.Read)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		rung, stop := s.bell.listen(id, 1)
		defer stop()
		poll := time.NewTicker(followPoll)
		defer poll.Stop()
		over := after > 0 && st.plan.State().Final() // what ended it may lie before
		for {
			for e, err := range s.entries(ctx, id, after) {
				if !yield(e, err) || err != nil {
					return
				}
				after = e.Seq
				over = e.Kind == PlanDeleted || over || e.Kind == PlanMoved && State(e.To).Final()
			}
			if over {
				return
			}
			select {
			case <-ctx.Done():
				yield(Entry{}, ctx.Err())
				return
			case <-rung:
			case <-poll.C:
			}
		}
	}
}
