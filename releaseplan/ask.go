package releaseplan

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/panics"
)

// askEvery is how long the provider of an approval is left alone after it was asked.
const askEvery = 3 * time.Second

// ask requests an approval from its provider, or asks for the answer.
func (r *Runner) ask(ctx, work context.Context, p *Plan, step Step) {
	request := p.st.Request
	from, ok := r.plans.providers[request.Kind()]
	if !ok || !r.mayAsk(request.ID()) {
		return
	}
	r.wg.Go(func() {
		defer r.hasAsked(request.ID())
		c := Command{Action: ReportApproval, Request: request.ID()}
		err := panics.Try(func() (err error) {
			if step.Kind == StepRequest {
				c.Instance, err = from.Create(work, request)
				return err
			}
			answer, err := from.Poll(work, request.Instance())
			c.Report = &answer
			return err
		})
		var next *Plan
		if err == nil {
			next, err = r.do(work, p.id, c)
		}
		if c.Instance != "" && unwanted(next, err, request.ID()) {
			err = panics.Try(func() error { return from.Cancel(work, c.Instance) })
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, penstock.ErrRefused) {
			r.Log.Warn("an approval provider failed", "plan", p.id, "kind", request.Kind(), "error", err)
		}
	})
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
func (r *Runner) retract(ctx, work context.Context, p *Plan, step Step) {
	from, ok := r.plans.providers[step.Provider]
	if !ok || !r.mayAsk(step.Instance) {
		return
	}
	r.wg.Go(func() {
		defer r.hasAsked(step.Instance)
		err := panics.Try(func() error { return from.Cancel(work, step.Instance) })
		if err == nil {
			_, err = r.do(work, p.id, Command{Action: Retracted, Instance: step.Instance})
		}
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("an approval provider did not drop a request", "plan", p.id, "kind", step.Provider, "error", err)
		}
	})
}

// mayAsk reports whether a request's provider is to be asked now, and marks it
// as being asked.
func (r *Runner) mayAsk(request string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if again, asked := r.asked[request]; asked && (again.IsZero() || time.Now().Before(again)) {
		return false
	}
	r.asked[request] = time.Time{}
	return true
}

func (r *Runner) hasAsked(request string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked[request] = time.Now().Add(askEvery)
}

// forgetAsked forgets the requests whose providers may be asked again.
func (r *Runner) forgetAsked() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(r.asked, func(_ string, again time.Time) bool { return !again.IsZero() && !now.Before(again) })
}
