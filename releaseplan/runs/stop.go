package runs

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// stop ends an attempt that is told to. Its run is left alone if another Runner is to go on
// with it, and canceled otherwise.
func (a *attempt) stop(ctx context.Context, cause error) error {
	if errors.Is(cause, releaseplan.ErrShutdown) || errors.Is(cause, releaseplan.ErrLost) {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.grace)
	defer cancel()
	run, err := a.standing(ctx)
	switch {
	case err != nil:
		return err
	case run == nil:
		return cause
	case !run.State().Ended():
		if run, err = a.end(ctx, run, cause.Error()); err != nil {
			return err
		}
	}
	return outcome(run)
}

// end cancels a run and returns it once it has ended, if it does within the grace.
func (a *attempt) end(ctx context.Context, run *workflow.Run, why string) (*workflow.Run, error) {
	grace, cancel := context.WithTimeout(ctx, a.grace)
	defer cancel()
	c := workflow.Command{Action: workflow.CancelRun, Remark: fmt.Sprintf("%s: task %q of plan %q", why, a.job.Task.Name, a.job.Plan.Name())}
	err := a.persist(grace, func() error {
		_, err := a.workflows.Do(grace, run.ID(), c, a.by)
		return err
	})
	if err != nil && !errors.Is(err, penstock.ErrRefused) { // it ends already
		return nil, fmt.Errorf("%s could not be canceled: %w", label(run), err)
	}
	run, err = a.await(grace, run)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%s has not stopped within %s of being canceled", label(run), a.grace)
	}
	return run, err
}

func label(run *workflow.Run) string {
	return fmt.Sprintf("workflow %s #%d", run.Workflow(), run.Number())
}
