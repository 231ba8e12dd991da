package releaseplan

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock/store"
)

// A cutting looks for the place to which a plan's trail can be pruned.
type cutting struct {
	w      *pruning
	st     *stored
	fold   *folding // nil: what the trail begins with is not known
	last   Entry    // the last one that may go
	at     link
	anchor Anchor
	kept   Plan // as it was at the anchor
}

// anchor returns where the plan's trail shall begin: behind the last entry that
// is old and that every reader is done with, and the plan as it was there; nil if that cannot be
// told. It reports whether readers keep it from going on. What it passes must be a chain, and
// make a plan: forgery is not to be covered up. A commit is not cut in two.
func (w *pruning) anchor(ctx context.Context, st *stored) (anchor Anchor, kept *Plan, held bool, err error) {
	c := &cutting{w: w, st: st, anchor: st.anchor, at: st.anchor.after(0)}
	if c.fold, _, err = w.plans.beginFold(ctx, st); err != nil && !errors.Is(err, ErrPruned) {
		return c.anchor, nil, false, err
	}
	for {
		events, err := w.plans.store.Events(ctx, store.EventQuery{Subject: planKey(st.plan.id), After: c.at.seq, Limit: sweepPage})
		if err != nil {
			return c.anchor, nil, false, err
		}
		over, held, err := c.pass(ctx, events)
		if err != nil {
			return c.anchor, nil, false, err
		}
		if over {
			kept, err := c.plan()
			return c.anchor, kept, held, err
		}
	}
}

// pass goes through one page of events, and reports whether that was all, because of
// readers or not.
func (c *cutting) pass(ctx context.Context, events []store.Event) (over, held bool, err error) {
	entries, err := c.w.plans.chained(c.st.plan.id, c.at, events)
	if err == nil {
		err = c.st.reaches(c.at, entries, len(events) < sweepPage)
	}
	if err != nil {
		if current, readErr := c.w.plans.isCurrent(ctx, c.st); readErr != nil {
			err = readErr
		} else if !current { // somebody else prunes it
			err = errStale
		}
		return false, false, err
	}
	for i, e := range events {
		young := !e.At.Before(c.w.before)
		held := e.Position == 0 || e.Position > c.w.done
		if entries[i].Commit != c.last.Commit {
			c.mark()
		}
		if young || held {
			return true, !young, nil
		}
		if err := c.take(&entries[i]); err != nil {
			return false, false, err
		}
	}
	if len(events) < sweepPage {
		c.mark()
		return true, false, nil
	}
	return false, false, nil
}

// take lets one more entry go.
func (c *cutting) take(e *Entry) error {
	c.last, c.at = *e, e.link()
	if c.fold == nil {
		return nil
	}
	if err := c.fold.add(&e.Change); err != nil {
		return corrupt(c.st.plan.id, fmt.Sprintf("entry %d of the trail", e.Seq), err)
	}
	return nil
}

// mark makes the last entry the anchor.
func (c *cutting) mark() {
	if c.last.Seq == 0 {
		return
	}
	c.anchor = Anchor{Seq: c.last.Seq, Hash: c.last.Hash, At: c.last.At, Pruned: c.w.stamp}
	if c.fold != nil {
		c.kept = c.fold.p
	}
}

// plan returns the plan as it was at the anchor.
func (c *cutting) plan() (*Plan, error) {
	switch {
	case c.fold == nil && c.anchor.Seq == c.st.plan.st.Changes:
		return c.st.plan, nil
	case c.fold == nil || c.anchor.Seq == c.st.anchor.Seq:
		return nil, nil
	}
	p, err := (&folding{p: c.kept}).plan()
	if err != nil {
		return nil, corrupt(c.st.plan.id, "the trail", err)
	}
	return p, nil
}
