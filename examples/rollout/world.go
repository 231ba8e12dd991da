package main

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A user makes requests, some more than others.
type user struct {
	id   string
	rate float64 // requests a minute, on average
}

// A world is what the plan changes: users, and the service that they use. It is a
// [releaseplan.MetricSource] for the service's metric.
type world struct {
	users    []user
	has      []bool // which users have the feature
	share    int    // how many that are
	load     float64
	checkout checkout
	dice     dice

	begun   time.Time
	minutes []traffic // on the new path, minute by minute
}

// Traffic is what was counted in a minute.
type traffic struct{ requests, failures int64 }

// newWorld returns a world of n users in which nobody has the feature. The pool of
// the new path takes the load of a tenth of them.
func newWorld(n int, seed uint64, begin time.Time) *world {
	w := &world{users: make([]user, n), has: make([]bool, n), dice: newDice(seed), begun: begin}
	all := 0.0
	for i := range w.users {
		w.users[i] = user{id: fmt.Sprintf("user-%06d", i), rate: 0.02 + float64(0.16*w.dice.Float64())}
		all += w.users[i].rate
	}
	w.checkout.capacity = all / 10
	return w
}

// expose decides for every user who has the feature, as a service with this
// evaluator would. The same strategies always give the same answer for a user, so
// this is done once for each change of what is served, not for each request.
func (w *world) expose(f rollout.Feature) error {
	e := rollout.Compile([]rollout.Feature{f}, nil, rollout.Options{})
	if err := e.Faults(); err != nil {
		return err
	}
	w.share, w.load = 0, 0
	for i := range w.users {
		u := &w.users[i]
		if w.has[i] = e.Enabled(f.Name, &rollout.Context{UserID: u.id}); w.has[i] {
			w.share++
			w.load += u.rate
		}
	}
	return nil
}

// minute lets users make their requests for a minute. Only the sum counts, so it is
// drawn in one go: that of independent users is a Poisson distribution, too.
func (w *world) minute() {
	t := traffic{requests: w.dice.poisson(w.load)}
	t.failures = w.dice.binomial(t.requests, w.checkout.minute(w.load))
	w.minutes = append(w.minutes, t)
}

// Measure returns the error rate of the new path, as a query to a monitoring
// system would.
func (w *world) Measure(_ context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
	if q.Metric.Name != metric {
		return releaseplan.Sample{}, fmt.Errorf("%q is no metric of this service", q.Metric.Name)
	}
	var sum traffic
	for i, t := range w.minutes {
		if at := w.begun.Add(time.Duration(i+1) * time.Minute); at.After(q.From) && !at.After(q.To) {
			sum.requests += t.requests
			sum.failures += t.failures
		}
	}
	s := releaseplan.Sample{Count: sum.requests, From: q.From, To: q.To}
	if sum.requests > 0 {
		s.Value = float64(sum.failures) / float64(sum.requests)
	}
	return s, nil
}
