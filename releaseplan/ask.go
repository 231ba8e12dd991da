package releaseplan

import (
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/panics"
)

// askEvery is how long an errand is left alone that is another's, or that the provider of
// an approval failed once.
const askEvery = 3 * time.Second

// insist returns how long a provider is left alone after it was told something: its pace, but
// after an error only as long as askEvery at first, and twice as long each time.
func (e *goingErrand) insist(err error, pace time.Duration) time.Duration {
	if err == nil {
		e.wait = 0
		return pace
	}
	e.wait = min(max(2*e.wait, askEvery), max(pace, askEvery))
	return e.wait
}

// ask requests an approval from its provider, or asks for the answer.
func (r *Runner) ask(ctx context.Context, p *Plan, step Step) (next *Plan, err error) {
	request := p.st.Request
	from := r.plans.providers[request.Kind()]
	c := Command{Action: ReportApproval, Request: request.ID()}
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	err = panics.Try(func() (err error) {
		if step.Kind == StepRequest {
			c.Instance, err = from.Create(asking, request)
			return err
		}
		answer, err := from.Poll(asking, request.Instance())
		c.Report = &answer
		return err
	})
	if err != nil {
		return nil, err
	}
	next, err = r.do(context.WithoutCancel(ctx), p.id, c) // what the provider said is not to be lost
	if c.Instance != "" && unwanted(next, err, request.ID()) {
		return nil, r.cancelAt(ctx, from, c.Instance)
	}
	return next, err
}

// cancelTries bounds how often a request is canceled that nobody knows of but its provider.
const cancelTries = 10

// cancelAt drops a request at its provider, of which no plan has a record.
func (r *Runner) cancelAt(ctx context.Context, from approval.Provider, instance string) (err error) {
	wait := firstRetry
	for range cancelTries {
		if err = cancelOnce(ctx, from, instance); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
		wait = min(2*wait, lastRetry)
	}
	return err
}

func cancelOnce(ctx context.Context, from approval.Provider, instance string) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	return panics.Try(func() error { return from.Cancel(ctx, instance) })
}

// unwanted reports whether nobody waits any more for a request that was just
// opened at its provider.
func unwanted(p *Plan, err error, request string) bool {
	if err != nil {
		return errors.Is(err, penstock.ErrRefused) || errors.Is(err, penstock.ErrNotFound)
	}
	return p.st.Request == nil || p.st.Request.ID() != request
}

// retract tells a provider to drop a request.
func (r *Runner) retract(ctx context.Context, p *Plan, step Step) (*Plan, error) {
	from := r.plans.providers[step.Provider]
	if err := cancelOnce(ctx, from, step.Instance); err != nil {
		return nil, err
	}
	return r.do(context.WithoutCancel(ctx), p.id, Command{Action: Retracted, Instance: step.Instance})
}
