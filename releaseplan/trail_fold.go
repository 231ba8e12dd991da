package releaseplan

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A folding is a plan that is made of its changes, one after another.
type folding struct{ p Plan }

// add makes the next change so.
func (f *folding) add(c *Change) error {
	if (f.p.def == nil) != (c.Kind == PlanCreated) {
		return penstock.Invalid("kind", "a plan begins with %s, and only then", PlanCreated)
	}
	return f.p.apply(c)
}

// plan returns the plan as it is after the changes so far, which must not end
// amid those of an instant.
func (f *folding) plan() (*Plan, error) {
	if f.p.def == nil {
		return nil, penstock.Invalid("", "there are no changes")
	}
	p := f.p
	var v validator
	if v.status(&p); len(v.faults) > 0 {
		return nil, errors.Join(v.faults...)
	}
	return &p, nil
}

// beginFold returns the plan where its trail begins, and that place. A trail of which nothing
// says what was before it is an ErrPruned.
func (s *Service) beginFold(ctx context.Context, st *stored) (*folding, link, error) {
	if st == nil || st.anchor.Seq == 0 {
		return &folding{}, link{}, nil
	}
	base, err := s.loadBase(ctx, st)
	if err != nil {
		return nil, link{}, err
	}
	return &folding{p: *base}, st.anchor.after(0), nil
}

// foldTo makes the plan of those of its entries that are wanted: all up to the first that is not. A
// plan that was deleted has a trail still.
func (s *Service) foldTo(ctx context.Context, id string, want func(*Entry) bool) (*Plan, error) {
	for range maxTries {
		st, err := s.confirmed(ctx, id)
		if err != nil && !errors.Is(err, penstock.ErrNotFound) {
			return nil, err
		}
		p, err := s.foldOnce(ctx, id, st, want)
		if !errors.Is(err, errStale) {
			return p, err
		}
		s.cache.Drop(id)
	}
	return nil, fmt.Errorf("plan %s, each time its trail was read, %w", id, ErrPruned)
}

// foldOnce is foldTo of a plan as it is stored, or of one that is gone. It is an errStale if
// the plan is pruned meanwhile.
func (s *Service) foldOnce(ctx context.Context, id string, st *stored, want func(*Entry) bool) (*Plan, error) {
	f, at, err := s.beginFold(ctx, st)
	if err != nil {
		return nil, err
	}
	for e, err := range s.entries(ctx, id, at) {
		switch {
		case err != nil:
			return nil, err
		case e.Seq != at.seq+1 && st == nil:
			return nil, fmt.Errorf("the beginning of the trail of plan %s, which is deleted, %w", id, ErrPruned)
		case e.Seq != at.seq+1:
			return nil, errStale
		}
		if !want(&e) {
			break
		}
		if err := f.add(&e.Change); err != nil {
			return nil, corrupt(id, fmt.Sprintf("entry %d of the trail", e.Seq), err)
		}
		at = e.link()
	}
	p, err := f.plan()
	if err != nil {
		return nil, corrupt(id, "the trail", err)
	}
	p.rules = &s.rules
	return p, nil
}

// asOf returns the plan as it was after one of its changes. What is before the
// place to which the plan was pruned is an ErrPruned.
func (s *Service) asOf(ctx context.Context, id string, seq int64) (*Plan, error) {
	st, err := s.confirmed(ctx, id)
	switch {
	case err != nil && !errors.Is(err, penstock.ErrNotFound):
		return nil, err
	case err == nil && st.anchor.Seq > 0 && st.plan.st.Changes == seq:
		return st.plan, nil
	case err == nil && st.anchor.Seq > seq:
		return nil, fmt.Errorf("plan %s after its change %d %w", id, seq, ErrPruned)
	}
	p, err := s.foldTo(ctx, id, func(e *Entry) bool { return e.Seq <= seq })
	if err == nil && p.st.Changes > seq { // pruned meanwhile
		return nil, fmt.Errorf("plan %s after its change %d %w", id, seq, ErrPruned)
	}
	return p, err
}

// lastKnown returns a plan that is gone as an Authorizer is asked about it: as it
// was in the end, as far as its trail tells. One that has no trail is an ErrNotFound.
func (s *Service) lastKnown(ctx context.Context, id string) (penstock.Resource, error) {
	on := penstock.Resource{Kind: "plan", ID: id}
	if err := checkID(id); err != nil {
		return on, err
	}
	var f folding
	for after := int64(0); ; {
		events, err := s.store.Events(ctx, store.EventQuery{Subject: planKey(id), After: after, Limit: trailPage})
		if err != nil {
			return on, err
		}
		if len(events) == 0 && after == 0 {
			return on, notFound(id)
		}
		for i := range events {
			after = events[i].Seq
			if broken := f.addEvent(id, &events[i]); broken != nil {
				return on, nil //nolint:nilerr // what is broken is for others to say: so much is known
			}
			on = f.p.Resource()
		}
		if len(events) < trailPage {
			return on, nil
		}
	}
}

// askPast asks whether by may read a plan that is gone.
func (s *Service) askPast(ctx context.Context, id string, by penstock.Actor) error {
	on, err := s.lastKnown(ctx, id)
	if err != nil {
		return err
	}
	return s.authorizer.Ask(ctx, by, penstock.Read, on)
}

// readTrail asks whether by may read the trail of a plan, and returns the plan, or nil
// if it is gone.
func (s *Service) readTrail(ctx context.Context, id string, by penstock.Actor) (*stored, error) {
	st, err := s.read(ctx, id, by, penstock.Read)
	if errors.Is(err, penstock.ErrNotFound) {
		if _, gone := s.confirmed(ctx, id); errors.Is(gone, penstock.ErrNotFound) {
			return nil, s.askPast(ctx, id, by)
		}
	}
	return st, err
}
