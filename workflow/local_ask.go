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

// askEvery is how long what did not work is left alone at first.
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
		pace := l.service.pace[request.Kind()]
		var failed bool
		defer func() { l.hasAsked(step.Request, pace, failed) }()
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
		failed = err != nil && step.Kind == StepRequest // who does not answer a poll has his pace
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
		var err error
		defer func() { l.hasAsked(step.Instance, l.service.pace[step.Provider], err != nil) }()
		call, cancel := context.WithTimeout(work, l.TTL)
		defer cancel()
		err = panics.Try(func() error { return from.Cancel(call, step.Instance) })
		if err == nil {
			_, err = l.do(work, r.id, Command{Action: Retracted, Instance: step.Instance})
		}
		if err != nil && ctx.Err() == nil {
			l.Log.Warn("an approval provider did not drop a request", "run", r.id, "kind", step.Provider, "error", err)
		}
	})
}

// A pause is how a Local leaves the provider of a request alone.
type pause struct {
	asking bool
	again  time.Time     // when to ask again
	wait   time.Duration // how long it was left alone after its last error; 0: it did not fail
}

// mayAsk reports whether a request's provider is to be asked now, and marks it as
// being asked.
func (l *Local) mayAsk(request string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.asked[request]
	if !l.open || p.asking || time.Now().Before(p.again) {
		return false
	}
	p.asking = true
	l.asked[request] = p
	return true
}

// hasAsked lets a provider rest for its pace, but after a failure only as long as askEvery at
// first, and twice as long each time.
func (l *Local) hasAsked(request string, pace time.Duration, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.asked[request]
	if p.asking = false; failed {
		p.wait = min(max(2*p.wait, askEvery), max(pace, askEvery))
		pace = p.wait
	} else {
		p.wait = 0
	}
	p.again = time.Now().Add(pace)
	l.asked[request] = p
}

// forgetAsked forgets the requests whose providers may be asked again. How long one that failed was
// left alone is remembered until that has surely been done.
func (l *Local) forgetAsked() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(l.asked, func(_ string, p pause) bool {
		return !p.asking && now.Sub(p.again) >= 2*p.wait
	})
}
