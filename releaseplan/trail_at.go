package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
)

// At returns the plan as it was at a time: with all that was stored up to then, and what
// was due by then. It takes the right to read the plan as it is now; one that was deleted
// is asked for as it was in the end.
//
// A time before the plan was created, or from its deletion on, is an ErrNotFound, one in the future an
// ErrInvalid, and one before the place to which the trail was pruned an
// [ErrPruned]. Of a plan that was pruned and then deleted, everything is.
func (s *Service) At(ctx context.Context, id string, t time.Time, by penstock.Actor) (*Plan, error) {
	t = instant(t)
	switch {
	case t.IsZero():
		return nil, penstock.Invalid("at", "must be set")
	case t.After(s.now()):
		return nil, penstock.Invalid("at", "lies in the future")
	}
	st, err := s.readTrail(ctx, id, by)
	if err != nil {
		return nil, err
	}
	var key []byte
	if st != nil {
		switch key = st.plan.key; {
		case t.Before(st.plan.st.Created.At):
			return nil, fmt.Errorf("plan %s was created later: %w", id, penstock.ErrNotFound)
		case !st.plan.st.Updated.At.After(t):
			return st.plan.At(t), nil
		case t.Before(st.anchor.At):
			return nil, fmt.Errorf("plan %s as it was then %w", id, ErrPruned)
		}
	}
	created := st != nil
	p, err := s.foldTo(ctx, id, func(e *Entry) bool {
		want := !e.At.After(t)
		created = created || want
		return want
	})
	switch {
	case !created && (err == nil || errors.Is(err, errCorrupt)):
		return nil, fmt.Errorf("plan %s was created later: %w", id, penstock.ErrNotFound)
	case err != nil:
		return nil, err
	case p.deleted:
		return nil, fmt.Errorf("plan %s was deleted by then: %w", id, penstock.ErrNotFound)
	case p.st.Updated.At.After(t): // pruned meanwhile
		return nil, fmt.Errorf("plan %s as it was then %w", id, ErrPruned)
	}
	p.key = key
	return p.At(t), nil
}
