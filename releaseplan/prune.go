package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// Pruned tells what a Prune did.
type Pruned struct {
	Plans     int   // of which something was removed
	Events    int64 // that were removed: entries of trails, and notices of them
	Keys      int   // idempotency keys that were forgotten
	Held      int   // plans of which something older is kept, because a reader of the log is not done with it
	Forbidden int   // plans that the actor may not delete, and that were left alone
}

// pruneGrace is what is never pruned, however young it may be: who lost the answer
// to a commit looks for its entry.
const pruneGrace = time.Minute

// Prune removes what is older than before from the audit trails of plans that were archived
// before then: from the first entry on, up to the first that is younger, together with the notices of these entries
// and the idempotency keys of their commands. The plans themselves stay, and
// nothing of the last minute goes, whatever before is.
//
// It never goes past a reader of the log (see [store.KindReader]): what a
// dispatcher has still to deliver stays, in History too, for a later Prune. Where
// a trail begins now, and who pruned it, its [Anchor] tells; it is stored before anything is
// removed, so that History, Follow and the chain go on from there, and a Prune that was interrupted
// is completed by the next. No entry is written: that would make the plan young
// again. With the anchor the plan is kept as it was there, so that [Service.At] and
// [Service.VerifyState] go on from it; what a commit wrote at once is not cut in two. A command whose key was forgotten is a new one if it is sent again; one whose key
// is younger than the anchor is not carried out twice, and gets its first answer. Of plans that an early
// release pruned, which kept no plan, that is an [ErrPruned] and a penstock.ErrExists once they went on.
//
// The actor must be allowed to delete each plan, by the Authorizer and by the
// rules of ownership. A trail that is no chain is left as it is and reported, and
// the other plans are pruned. Other errors end the work; what it did until then
// is returned with them. The trails of plans that were deleted stay as they are: who wants
// them shorter prunes before deleting. A store that is no [store.Pruner] is an
// errors.ErrUnsupported.
func (s *Service) Prune(ctx context.Context, before time.Time, by penstock.Actor) (Pruned, error) {
	if err := outsider(by); err != nil {
		return Pruned{}, err
	}
	if before.IsZero() {
		return Pruned{}, penstock.Invalid("before", "must be set")
	}
	log, ok := s.store.(store.Pruner)
	if !ok {
		return Pruned{}, fmt.Errorf("prune plans in a %T: %w", s.store, errors.ErrUnsupported)
	}
	now := s.now()
	if limit := now.Add(-pruneGrace); before.After(limit) {
		before = limit
	}
	w := &pruning{plans: s, log: log, before: before, by: by,
		stamp: Stamp{By: penstock.Party{Type: penstock.User, ID: by.ID, Name: by.Name}, At: instant(now)}}
	err := w.run(ctx)
	return w.result, err
}

// A pruning is one Prune at work.
type pruning struct {
	plans  *Service
	log    store.Pruner
	before time.Time
	by     penstock.Actor
	stamp  Stamp
	done   int64 // the position up to which every reader of the log is done
	result Pruned
}

// run prunes every archived plan.
func (w *pruning) run(ctx context.Context) error {
	q := store.Query{Kind: kindPlan, Where: []store.Filter{store.Equals(fieldArchived, "true")}, Limit: sweepPage, NoBody: true}
	var broken []error
	for {
		page, err := w.plans.store.Find(ctx, q)
		if err != nil {
			return errors.Join(append(broken, err)...)
		}
		if w.done, err = w.slowest(ctx); err != nil {
			return errors.Join(append(broken, err)...)
		}
		for _, r := range page.Records {
			switch err := w.plan(ctx, r.ID); {
			case errors.Is(err, errCorrupt):
				broken = append(broken, err)
			case err != nil:
				return errors.Join(append(broken, err)...)
			}
		}
		if page.Next == nil {
			return errors.Join(broken...)
		}
		q.After = page.Next
	}
}

// slowest returns the position up to which every reader of the log is done.
func (w *pruning) slowest(ctx context.Context) (int64, error) {
	page, err := w.plans.store.Find(ctx, store.Query{Kind: store.KindReader, Limit: 1, NoBody: true})
	if err != nil || len(page.Records) == 0 {
		return math.MaxInt64, err
	}
	return page.Records[0].Sort, nil
}

// plan prunes one plan, again if others commit it meanwhile.
func (w *pruning) plan(ctx context.Context, id string) error {
	unlock, err := w.plans.locks.Lock(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	for range maxTries {
		st, err := w.plans.confirmed(ctx, id)
		switch {
		case errors.Is(err, penstock.ErrNotFound): // deleted meanwhile
			return nil
		case err != nil:
			return err
		case !st.plan.Archived() || !st.plan.st.Archived.Before(w.before):
			return nil
		}
		if err := w.allowed(ctx, st.plan); errors.Is(err, penstock.ErrForbidden) {
			w.result.Forbidden++
			return nil
		} else if err != nil {
			return err
		}
		err = w.cut(ctx, st)
		if errors.Is(err, errStale) || err != nil && isConflict(err) {
			w.plans.cache.Drop(id)
			continue
		}
		return err
	}
	return fmt.Errorf("plan %s changed %d times meanwhile: %w", id, maxTries, penstock.ErrConflict)
}

// allowed asks for the right to delete the plan, and the rules of ownership.
func (w *pruning) allowed(ctx context.Context, p *Plan) error {
	if err := w.plans.authorizer.Ask(ctx, w.by, penstock.Delete, p.Resource()); err != nil {
		return err
	}
	return p.permit(w.by, Command{Action: Delete})
}
