package releaseplan

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/bell"
	"github.com/penstock-go/penstock/store"
)

// History returns at most limit entries of the plan's audit trail that come after
// the one with number after, oldest first. A limit of 0 means 100; 1,000 is the
// most. The trail is complete: everything that ever changed the plan is in it, but for
// what was pruned (see [Service.Anchor]). Entries that do not continue the chain, or that do not lead
// to the end of it that is stored with the plan, are an error.
func (s *Service) History(ctx context.Context, id string, after int64, limit int, by penstock.Actor) ([]Entry, error) {
	if limit == 0 {
		limit = store.DefaultLimit
	}
	for {
		st, err := s.read(ctx, id, by, penstock.Read)
		if err != nil {
			return nil, err
		}
		at := st.anchor.after(after)
		entries, err := s.trail(ctx, id, at, limit)
		if err != nil {
			return nil, err
		}
		broken := st.reaches(at, entries, len(entries) < limit)
		if broken == nil {
			return entries, nil
		}
		if current, err := s.isCurrent(ctx, st); err != nil || current {
			return nil, errors.Join(broken, err)
		}
	}
}

// trail reads one page of entries.
func (s *Service) trail(ctx context.Context, id string, at link, limit int) ([]Entry, error) {
	for {
		events, err := s.store.Events(ctx, store.EventQuery{Subject: planKey(id), After: at.seq, Limit: limit})
		if err != nil {
			return nil, err
		}
		entries, broken := s.chained(id, at, events)
		if broken == nil || events[0].Seq <= at.seq+1 {
			return entries, broken
		}
		begin, ok, err := s.pruned(ctx, id, at)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, broken
		}
		at = begin
	}
}

// entries yields the trail from a place on, up to now.
func (s *Service) entries(ctx context.Context, id string, at link) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for {
			page, err := s.trail(ctx, id, at, store.MaxLimit)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				at = e.link()
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

// Follow yields the plan's audit trail from the first entry that was not pruned on and then every
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
		rung, stop := s.bell.Listen(s.store, &bell.Listener{Subject: id, Rung: make(chan string, 1)}) //nolint:contextcheck // who listens first reads the log for all, until the last one stops
		defer stop()
		poll := time.NewTicker(followPoll)
		defer poll.Stop()
		at := st.anchor.after(after)
		over := at.seq > 0 && st.plan.State().Final() // what ended it may lie before
		for {
			for e, err := range s.entries(ctx, id, at) {
				if !yield(e, err) || err != nil {
					return
				}
				at = e.link()
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
