package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/panics"
)

// A Forgetter is an [Executor] that keeps something for the jobs of a run, such as the
// storages that they share.
type Forgetter interface {
	Executor

	// Forget removes what is kept of a run, which is over for good: it has passed, every job of it
	// was skipped, or it was deleted. It may be called more than once, also for a
	// run of which there is nothing. An error is logged, and it is called again.
	//
	// One process calls it, perhaps not one that executed jobs of the run: what jobs share
	// has to be where every process that executes them finds it.
	Forget(ctx context.Context, run string) error
}

// forgetters returns the executors of a Local that keep something.
func (l *Local) forgetters() (all []Forgetter) {
	for _, t := range sortedKeys(l.executors) {
		if f, ok := l.executors[t].(Forgetter); ok {
			all = append(all, f)
		}
	}
	return all
}

// letForget calls every executor that keeps something of a run.
func (l *Local) letForget(ctx context.Context, run string) error {
	var errs []error
	for _, f := range l.forgetters() {
		errs = append(errs, panics.Try(func() error { return f.Forget(ctx, run) }))
	}
	return errors.Join(errs...)
}

// forget lets executors forget what the jobs of a run have shared, and records that they did.
func (l *Local) forget(ctx, work context.Context, r *Run) {
	if len(l.forgetters()) == 0 || !l.mayAsk("forget/"+r.id) {
		return
	}
	l.wg.Go(func() {
		defer l.hasAsked("forget/"+r.id, askEvery, false)
		err := l.letForget(work, r.id)
		if err == nil {
			_, err = l.do(work, r.id, Command{Action: Forgotten})
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, penstock.ErrNotFound) { // deleted meanwhile: then the remnant tells
			l.Log.Warn("what jobs have shared could not be removed yet", "run", r.id, "error", err)
		}
	})
}

// sweepRemnants removes what is left of runs that were deleted.
func (l *Local) sweepRemnants(ctx, work context.Context) {
	if !l.mayAsk("remnants") {
		return
	}
	l.wg.Go(func() {
		defer l.hasAsked("remnants", askEvery, false)
		var forget func(string) error
		if len(l.forgetters()) > 0 {
			forget = func(run string) error { return l.letForget(work, run) }
		}
		if err := l.service.sweepRemnants(work, false, forget); err != nil && ctx.Err() == nil {
			l.Log.Warn("what is left of deleted runs could not be removed yet", "error", err)
		}
	})
}
