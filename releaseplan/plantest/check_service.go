package plantest

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// CheckAll holds every plan of a Service against [CheckPlan], with its trail, and the list
// against the plans. It returns all that is broken, each with the plan's id, or nil.
// What was pruned of a trail is not missed. By must be allowed to read every plan. Plans that
// change again and again while they are looked at are an ErrConflict.
func CheckAll(ctx context.Context, plans *releaseplan.Service, by penstock.Actor) error {
	var b breaches
	ids, numbers := make(map[string]bool), make(map[int64]bool)
	f := releaseplan.Filter{Archived: releaseplan.WithArchived, Order: releaseplan.OldestFirst, Page: penstock.Page{Limit: penstock.MaxLimit}}
	for {
		page, err := plans.List(ctx, f, by)
		if err != nil {
			return err
		}
		for i := range page.Items {
			s := &page.Items[i]
			if ids[s.ID] || numbers[s.Number] {
				b.add("each plan is one", "%s is there twice, or its number %d", s.ID, s.Number)
			}
			ids[s.ID], numbers[s.Number] = true, true
			b.because("plan "+s.ID, checkFiled(ctx, plans, s, by))
		}
		if f.Offset += len(page.Items); len(page.Items) == 0 || !page.More(f.Offset-len(page.Items)) {
			return b.join()
		}
	}
}

// checkFiled checks one plan, once it stands still for as long as that takes. What time has
// done and nobody has stored yet is in the plan and not in its trail.
func checkFiled(ctx context.Context, plans *releaseplan.Service, s *releaseplan.Summary, by penstock.Actor) error {
	for range 10 {
		p, err := plans.Get(ctx, s.ID, by)
		if errors.Is(err, penstock.ErrNotFound) {
			return nil // deleted in the meantime
		}
		if err != nil {
			return err
		}
		anchor, err := plans.Anchor(ctx, s.ID, by)
		if err != nil {
			return err
		}
		trail, last, err := history(ctx, plans, s.ID, anchor.Seq, by)
		if err != nil {
			return err
		}
		again, err := plans.Get(ctx, s.ID, by)
		if err != nil || again.Status().Changes != p.Status().Changes {
			continue
		}
		var b breaches
		changes := p.Status().Changes
		if changes == s.Status.Changes && (s.Tasks != p.TaskCount() || s.Name != p.Name() || s.Status.State != p.State() || s.Version != p.Version()) {
			b.add("the list shows the plans", "%q, %s, version %d, %+v, but it is %s, version %d, %+v",
				s.Name, s.Status.State, s.Version, s.Tasks, p, p.Version(), p.TaskCount())
		}
		if last > changes {
			b.add("the trail tells what happened", "it has %d entries of %d changes", last, changes)
		}
		switch {
		case anchor.Seq > 0:
			b.because("as it is now", CheckPlan(p, nil))
		case last < changes:
			stored, err := releaseplan.Fold(trail)
			if err != nil {
				return err
			}
			b.because("as it is stored", CheckPlan(stored, trail))
			b.because("as it is now", CheckPlan(p, nil))
		default:
			b.because("as it is stored", CheckPlan(p, trail))
		}
		return b.join()
	}
	return fmt.Errorf("it changes all the time: %w", penstock.ErrConflict)
}

// history returns the trail behind a place, whose chain the Service checks, and the
// number of its last entry.
func history(ctx context.Context, plans *releaseplan.Service, id string, after int64, by penstock.Actor) (trail []releaseplan.Change, last int64, err error) {
	const page = 1000
	for last = after; ; {
		entries, err := plans.History(ctx, id, last, page, by)
		if err != nil {
			return nil, 0, err
		}
		for i := range entries {
			if entries[i].Seq != last+1 {
				return nil, 0, fmt.Errorf("entry %d follows %d", entries[i].Seq, last)
			}
			last++
			trail = append(trail, entries[i].Change)
		}
		if len(entries) < page {
			return trail, last, nil
		}
	}
}
