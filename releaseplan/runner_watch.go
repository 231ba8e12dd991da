package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/panics"
	"github.com/penstock-go/penstock/store"
)

const (
	measureFor    = 10 * time.Second // bounds how long a value is waited for
	measureAtOnce = 8                // bounds how many are
)

// A gauge is a safeguard that is being measured.
type gauge struct{ plan, safeguard string }

// watchOver measures, until ctx ends, what safeguards watch.
func (r *Runner) watchOver(ctx context.Context) {
	slots := make(chan struct{}, min(measureAtOnce, r.Workers))
	live := store.Query{Where: []store.Filter{store.Equals(fieldWork, workValue(Step{Kind: StepMeasure}))}}
	ticker := time.NewTicker(r.Measure)
	defer ticker.Stop()
	for {
		if err := r.each(ctx, live, func(found store.Record) { r.measureAll(ctx, found.ID, slots) }); err != nil && ctx.Err() == nil {
			r.Log.Warn("plans with safeguards could not be found", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// measureAll asks for a value for each safeguard of a plan, but for those that
// wait for one still.
func (r *Runner) measureAll(ctx context.Context, id string, slots chan struct{}) {
	st, err := r.confirmed(ctx, id)
	if err != nil {
		if !errors.Is(err, penstock.ErrNotFound) && ctx.Err() == nil {
			r.Log.Warn("a plan could not be read", "plan", id, "error", err)
		}
		return
	}
	guards := st.plan.def.content.Safeguards
	for i := range guards {
		g := gauge{id, guards[i].ID}
		if r.isMeasured(g) {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		q, ok := st.plan.Query(g.safeguard, r.plans.now())
		if !ok {
			<-slots
			continue
		}
		r.setMeasured(g, true)
		r.wg.Go(func() {
			defer func() { <-slots }()
			r.measure(ctx, g, guards[i].Name, q)
		})
	}
}

// measure asks the source for a value and lets the plan judge it. It waits only so
// long: a source that does not heed its context keeps nobody but itself.
func (r *Runner) measure(ctx context.Context, g gauge, name string, q MetricQuery) {
	asking, cancel := context.WithTimeout(ctx, min(r.Measure, measureFor))
	defer cancel()
	type answer struct {
		sample Sample
		err    error
	}
	answers := make(chan answer, 1)
	r.wg.Go(func() {
		defer r.setMeasured(g, false)
		var a answer
		a.err = panics.Try(func() (err error) {
			a.sample, err = r.Metrics.Measure(asking, q)
			return err
		})
		answers <- a
	})
	var a answer
	select {
	case a = <-answers:
	case <-asking.Done():
		a.err = asking.Err()
	}
	if a.err == nil {
		a.err = r.observe(ctx, g, q, a.sample)
	}
	if a.err == nil || ctx.Err() != nil {
		return
	}
	if crash, ok := errors.AsType[*panics.Error](a.err); ok {
		r.Log.Error("a metric source panicked", "plan", g.plan, "safeguard", name, "stack", string(crash.Stack))
		return
	}
	r.Log.Warn("a safeguard could not be measured", "plan", g.plan, "safeguard", name, "error", remarkOf(withoutURL(a.err), nil))
}

// observe lets the plan judge a value, of the time that was asked for unless the
// source says of which.
func (r *Runner) observe(ctx context.Context, g gauge, q MetricQuery, s Sample) error {
	if s.From.IsZero() {
		s.From = q.From
	}
	if s.To.IsZero() {
		s.To = q.To
	}
	_, err := r.do(ctx, g.plan, Command{Action: Observe, Safeguard: g.safeguard, Sample: &s})
	if errors.Is(err, penstock.ErrRefused) || errors.Is(err, penstock.ErrNotFound) {
		return nil // meanwhile there is nothing to watch any more
	}
	return err
}

// withoutURL drops the address from the error of a request: there may be a token in it.
func withoutURL(err error) error {
	if request, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", request.Op, request.Err)
	}
	return err
}

// isMeasured reports whether a safeguard's value is still being waited for, or
// its source has not returned.
func (r *Runner) isMeasured(g gauge) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.measured[g]
}

func (r *Runner) setMeasured(g gauge, under bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if under {
		r.measured[g] = true
	} else {
		delete(r.measured, g)
	}
}

// unmeasured says once for each lease that safeguards watch something which this
// Runner does not measure.
func (r *Runner) unmeasured(p *Plan) {
	if r.Metrics == nil && !r.blind {
		r.blind = true
		r.Log.Warn("a plan has safeguards, and this runner has no Metrics: unless another measures, they never trip", "plan", p.id)
	}
}
