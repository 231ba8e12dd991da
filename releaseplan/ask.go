package releaseplan

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/penstock-go/penstock"
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
		err := guard(func() (err error) {
			if step.Kind == StepRequest {
				c.Instance, err = from.Create(work, request)
				return err
			}
			answer, err := from.Poll(work, request.Instance())
			c.Report = &answer
			return err
		})
		if err == nil {
			_, err = r.plans.do(work, p.id, c, penstock.System())
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, penstock.ErrRefused) {
			r.Log.Warn("an approval provider failed", "plan", p.id, "kind", request.Kind(), "error", err)
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
