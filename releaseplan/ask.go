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
	if c.Instance != "" && r.unwanted(ctx, next, err, request.ID(), p.id) {
		return nil, cancelOnce(ctx, from, c.Instance)
	}
	return next, err
}

// takeBack drops a request at its provider that nobody wants any more, and which may have been opened there:
// to open it again tells its code.
func (r *Runner) takeBack(ctx context.Context, request *approval.Request) error {
	from := r.plans.providers[request.Kind()]
	asking, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	var instance string
	err := panics.Try(func() (err error) {
		instance, err = from.Create(asking, request)
		return err
	})
	if err != nil {
		return err
	}
	return cancelOnce(ctx, from, instance)
}

func cancelOnce(ctx context.Context, from approval.Provider, instance string) error {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	return panics.Try(func() error { return from.Cancel(ctx, instance) })
}

// unwanted reports whether nobody waits any more for a request that was just
// opened at its provider. One that another Runner opened too, and that was answered meanwhile, is not.
func (r *Runner) unwanted(ctx context.Context, p *Plan, err error, request, id string) bool {
	if errors.Is(err, penstock.ErrRefused) {
		var st *stored
		if st, err = r.confirmed(context.WithoutCancel(ctx), id); err == nil {
			p = st.plan
		}
	}
	if err != nil {
		return errors.Is(err, penstock.ErrNotFound)
	}
	return p.forsakes(request)
}

// retract tells a provider to drop a request.
func (r *Runner) retract(ctx context.Context, p *Plan, step Step) (*Plan, error) {
	from := r.plans.providers[step.Provider]
	if err := cancelOnce(ctx, from, step.Instance); err != nil {
		return nil, err
	}
	return r.do(context.WithoutCancel(ctx), p.id, Command{Action: Retracted, Instance: step.Instance})
}
