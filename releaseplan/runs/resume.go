package runs

import (
	"context"
	"errors"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// standing returns the run that is there already: the attempt's own or, if it has none, one
// of an attempt before it that nobody followed to its end. It is nil if there is none.
func (a *attempt) standing(ctx context.Context) (*workflow.Run, error) {
	run, err := a.find(ctx, a.job.Attempt)
	if run != nil || err != nil {
		return run, err
	}
	task, err := a.job.Plan.Task(a.job.Task.ID)
	if err != nil {
		return nil, err
	}
	unseen := true // nobody was there when the run ended
	for _, before := range slices.Backward(task.Status.Attempts) {
		if before.ID == a.job.Attempt {
			continue
		}
		unseen = unseen && before.Interrupted
		run, err := a.find(ctx, before.ID)
		switch {
		case err != nil:
			return nil, err
		case run == nil:
			continue
		case !run.State().Ended():
			return run, nil
		case unseen && a.fits(run) && (a.job.Task.Crash == releaseplan.RepeatOnCrash || outcome(run) == nil):
			return run, nil
		}
		break // what came before has ended too
	}
	return nil, nil
}

// find returns the run that the task started with an id, or nil.
func (a *attempt) find(ctx context.Context, id string) (run *workflow.Run, err error) {
	err = a.persist(ctx, func() (err error) {
		run, err = a.workflows.Get(ctx, id, a.by)
		return err
	})
	if errors.Is(err, penstock.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if o := run.Origin(); o == nil || o.Plan != a.origin.Plan || o.Task != a.origin.Task {
		return nil, nil
	}
	return run, nil
}

// fits reports whether a run was started with what the attempt wants.
func (a *attempt) fits(run *workflow.Run) bool {
	o := run.Origin()
	return run.ID() == a.job.Attempt || run.Workflow() == a.workflow && o.Digest == a.origin.Digest && (o.Approval == nil) == (a.origin.Approval == nil)
}
