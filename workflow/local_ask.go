package workflow

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/panics"
)

// askEvery is how long the provider of an approval is left alone after it was asked.
const askEvery = 3 * time.Second

// requestOf returns the request of a step's job or stage, or nil.
func (r *Run) requestOf(step Step) *approval.Request {
	if step.Job != "" {
		if i, ok := r.graph.index[step.Job]; ok {
			return r.jobs[i].Request
		}
		return nil
	}
	if i := r.graph.stage(step.Stage); i >= 0 {
		return r.st.Stages[i].Request
	}
	return nil
}

// ask requests an approval from its provider, or asks for the answer.
func (l *Local) ask(ctx, work context.Context, r *Run, step Step) {
	request := r.requestOf(step)
	if request == nil || request.ID() != step.Request {
		return
	}
	from, ok := l.service.providers[request.Kind()]
	if !ok || !l.mayAsk(step.Request) {
		return
	}
	l.wg.Go(func() {
		defer l.hasAsked(step.Request)
		c := Command{Action: Report, Job: step.Job, Stage: step.Stage, Request: step.Request}
		call, cancel := context.WithTimeout(work, l.TTL) // who does not answer is asked again
		defer cancel()
		err := panics.Try(func() (err error) {
			if step.Kind == StepRequest {
				c.Instance, err = from.Create(call, request)
				return err
			}
			answer, err := from.Poll(call, request.Instance())
			c.Answer = &answer
			return err
		})
		var next *Run
		if err == nil {
			next, err = l.do(work, r.id, c)
		}
		if c.Instance != "" && unwanted(next, err, step) {
			err = l.drop(work, from, c.Instance)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, penstock.ErrRefused) {
			l.Log.Warn("an approval provider failed", "run", r.id, "kind", request.Kind(), "error", err)
		}
	})
}

// maxDrops bounds how often a provider is asked to drop a request that no run knows.
const maxDrops = 20

// drop tells a provider to drop a request that was opened too late for any run to know
// it: again if it fails, for as long as the Local runs.
func (l *Local) drop(work context.Context, from approval.Provider, instance string) (err error) {
	for range maxDrops {
		call, cancel := context.WithTimeout(work, l.TTL)
		err = panics.Try(func() error { return from.Cancel(call, instance) })
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(askEvery):
		case <-work.Done():
			return err
		}
	}
	return err
}

// unwanted reports whether nobody waits any more for a request that was just opened
// at its provider, so that nobody will tell it to drop it either.
func unwanted(r *Run, err error, step Step) bool {
	if err != nil {
		return errors.Is(err, penstock.ErrRefused) || errors.Is(err, penstock.ErrNotFound)
	}
	now := r.requestOf(step)
	return now == nil || now.ID() != step.Request || now.Instance() == ""
}

// retract tells a provider to drop a request.
func (l *Local) retract(ctx, work context.Context, r *Run, step Step) {
	from, ok := l.service.providers[step.Provider]
	if !ok || !l.mayAsk(step.Instance) {
		return
	}
	l.wg.Go(func() {
		defer l.hasAsked(step.Instance)
		call, cancel := context.WithTimeout(work, l.TTL)
		defer cancel()
		err := panics.Try(func() error { return from.Cancel(call, step.Instance) })
		if err == nil {
			_, err = l.do(work, r.id, Command{Action: Retracted, Instance: step.Instance})
		}
		if err != nil && ctx.Err() == nil {
			l.Log.Warn("an approval provider did not drop a request", "run", r.id, "kind", step.Provider, "error", err)
		}
	})
}

// mayAsk reports whether a request's provider is to be asked now, and marks it as
// being asked.
func (l *Local) mayAsk(request string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if again, asked := l.asked[request]; !l.open || asked && (again.IsZero() || time.Now().Before(again)) {
		return false
	}
	l.asked[request] = time.Time{}
	return true
}

func (l *Local) hasAsked(request string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked[request] = time.Now().Add(askEvery)
}

// forgetAsked forgets the requests whose providers may be asked again.
func (l *Local) forgetAsked() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(l.asked, func(_ string, again time.Time) bool { return !again.IsZero() && !now.Before(again) })
}
