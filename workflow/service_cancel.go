package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// cancelRuns cancels every run of a workflow that has not ended: the newest first, so that
// none that waits takes the place of another one. Executors stop later.
func (s *Service) cancelRuns(ctx context.Context, key string, by penstock.Actor) error {
	q := store.Query{Kind: kindRun, Limit: sweepPage, NoBody: true, Order: store.Order{Desc: true},
		Where: []store.Filter{store.Equals(runWorkflow, key), store.In(runState, string(RunQueued), string(RunPaused), string(RunRunning))}}
	for {
		page, err := s.store.Find(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			if err := s.cancelWith(ctx, r.ID, by); err != nil {
				return err
			}
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}

// cancelWith cancels a run whose workflow is deleted.
func (s *Service) cancelWith(ctx context.Context, id string, by penstock.Actor) error {
	_, err := s.act(ctx, id, func(r *Run) (*Run, []Change, []store.Op, error) {
		next, changes, err := r.Do(Command{Action: CancelRun, Remark: "its workflow is deleted"}, by, s.now())
		return next, changes, nil, err
	})
	if errors.Is(err, penstock.ErrRefused) || errors.Is(err, penstock.ErrNotFound) { // it has ended
		return nil
	}
	return err
}
