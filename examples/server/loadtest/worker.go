package main

import (
	"context"
	"fmt"
	"net/http"
)

// A worker is a client that remembers what was acknowledged.
type worker struct {
	client
	own     counter // a plan that nobody else writes to
	ours    counter // its variable of a plan that others write to, too
	tasks   []int64 // that it added there
	zadig   string  // id of its plan in that dialect
	edits   counter // of that
	feature string
	on      counter // whether that is on: odd
	tag     string  // of the features that it has seen

	released bool // it has moved a release plan
	lives    int  // plans that it took to their end
}

// A counter is a number on the server that this client alone raises.
type counter struct {
	known int  // as the last acknowledgement said
	sent  bool // one more was sent, and nobody knows what became of it
}

// may reports whether the server may say n.
func (c counter) may(n int) bool { return n == c.known || c.sent && n == c.known+1 }

// raised notes what became of a request for one more.
func (c *counter) raised(a answer) {
	switch {
	case a.ok():
		c.known, c.sent = c.known+1, false
	case a.status == 0 || a.status >= http.StatusInternalServerError:
		c.sent = true
	}
}

// settled notes what the server says after an unknown outcome.
func (c *counter) settled(n int) {
	if c.may(n) {
		c.known, c.sent = n, false
	}
}

func newWorker(w *world, n int) *worker {
	return &worker{client: client{world: w, n: n, url: w.urls[n%len(w.urls)]}, feature: fmt.Sprintf("%s-%d", w.name, n)}
}

// work does one thing after another until the end.
func (w *worker) work(ctx, end context.Context) {
	id, err := w.newPlan(ctx, fmt.Sprintf("%s-own-%d", w.name, w.n), 1)
	if err != nil {
		w.fault("%v", err)
		return
	}
	own := fmt.Sprintf("%s/%d", plansAt, id)
	shared := fmt.Sprintf("%s/%d", plansAt, w.shared[w.n/sharing])
	if !w.newZadig(ctx) || !w.newFeature(ctx, w.feature) {
		return
	}
	steps := []func(){
		func() { w.raise(ctx, own, 0, &w.own) },
		func() { w.list(ctx) },
		func() { w.raise(ctx, shared, w.n%sharing, &w.ours) },
		func() { w.poll(ctx) },
		func() { w.editZadig(ctx) },
		func() { w.listZadig(ctx) },
		func() { w.toggle(ctx) },
		func() { w.report(ctx) },
		func() { w.addTask(ctx, shared) },
		func() { w.lifecycle(ctx) },
		func() { w.rollout(ctx) },
		func() { w.script(ctx) },
	}
	for i := w.n; end.Err() == nil; i++ { // each begins elsewhere
		round := i / len(steps)
		switch at := i % len(steps); {
		case at >= 8 && round%4 != w.n%4: // the large ones less often
		default:
			steps[at]()
		}
	}
}

// verify checks that what was acknowledged is there.
func (w *worker) verify(ctx context.Context) {
	if w.zadig == "" || w.feature == "" {
		return
	}
	w.checkOwn(ctx)
	w.checkShared(ctx)
	w.checkZadig(ctx)
	w.checkFeature(ctx)
}
