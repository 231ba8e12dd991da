package runs

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// underWay are the states of runs that have not ended, and were not told to.
var underWay = []workflow.RunState{workflow.RunQueued, workflow.RunRunning, workflow.RunPaused}

// Reconcile cancels, as by, the runs under way of plans that were canceled or deleted, and
// returns how many. There are such runs only if no Runner was there when that happened,
// or if a run did not stop within the grace. A host calls it when a process starts, and now
// and then. It passes over runs of workflows that by may not read, and goes on after a
// plan or run that cannot be read or canceled: the errors are joined.
func (h *Handler) Reconcile(ctx context.Context, plans *releaseplan.Service, by penstock.Actor) (canceled int, err error) {
	var ids []string
	for {
		page, err := h.workflows.List(ctx, workflow.RunFilter{States: underWay, Page: penstock.Page{Offset: len(ids), Limit: penstock.MaxLimit}}, by)
		if err != nil {
			return 0, err
		}
		for _, run := range page.Items {
			ids = append(ids, run.ID)
		}
		if len(page.Items) < penstock.MaxLimit {
			break
		}
	}
	var faults []error
	gone := make(map[string]bool) // by plan
	for _, id := range ids {
		ended, err := h.reconcile(ctx, plans, id, gone, by)
		if err != nil {
			faults = append(faults, fmt.Errorf("run %s: %w", id, err))
		}
		if ended {
			canceled++
		}
	}
	return canceled, errors.Join(faults...)
}

// reconcile cancels a run if its plan is gone.
func (h *Handler) reconcile(ctx context.Context, plans *releaseplan.Service, id string, gone map[string]bool, by penstock.Actor) (bool, error) {
	run, err := h.workflows.Get(ctx, id, by)
	if errors.Is(err, penstock.ErrNotFound) {
		return false, nil
	}
	if err != nil || run.Origin() == nil {
		return false, err
	}
	plan := run.Origin().Plan
	is, known := gone[plan]
	if !known {
		p, err := plans.Get(ctx, plan, by)
		if err != nil && !errors.Is(err, penstock.ErrNotFound) {
			return false, err
		}
		is = err != nil || p.State() == releaseplan.Canceled
		gone[plan] = is
	}
	if !is {
		return false, nil
	}
	c := workflow.Command{Action: workflow.CancelRun, Remark: fmt.Sprintf("plan %q is canceled or deleted", short(run.Origin().PlanName))}
	_, err = h.workflows.Do(ctx, id, c, by)
	if errors.Is(err, penstock.ErrRefused) { // it has ended meanwhile
		return false, nil
	}
	return err == nil, err
}
