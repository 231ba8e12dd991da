package releaseplan

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/bell"
	"github.com/penstock-go/penstock/store"
)

// heard bounds how many plans that were committed wait to be looked at.
const heard = 1024

// dispatch finds plans with something to do, and does it.
func (r *Runner) dispatch(ctx, work context.Context) {
	trouble := func(err error) {
		r.Log.Warn("the store does not tell what other processes do: polling goes on", "error", err)
	}
	rung, deaf := r.plans.bell.Listen(r.plans.store, &bell.Listener{Rung: make(chan string, heard), Trouble: trouble}) //nolint:contextcheck // who listens first reads the log for all, until the last one stops
	defer deaf()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var next time.Time // when to look again
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-rung:
			if id == "" || len(rung) >= heard-1 {
				timer.Reset(0) // some were not heard
			}
			if id == "" {
				continue
			}
			if wake := r.plan(ctx, work, id); !wake.IsZero() && wake.Before(next) {
				next = wake
				timer.Reset(max(0, wake.Sub(r.plans.now())))
			}
		case <-r.again:
			if err := r.serve(ctx, work); err != nil && ctx.Err() == nil {
				r.Log.Warn("plans that wait for a worker could not be found", "error", err)
			}
			if wait := r.wakeFor(r.Poll); r.plans.now().Add(wait).Before(next) { // what it found may open before
				next = r.plans.now().Add(wait)
				timer.Reset(wait)
			}
		case <-r.rested:
			if _, wait := r.restErrands(); r.plans.now().Add(wait).Before(next) {
				next = r.plans.now().Add(wait)
				timer.Reset(wait)
			}
		case <-timer.C:
			r.soonest = time.Time{}
			wait, err := r.sweep(ctx, work)
			if err != nil && ctx.Err() == nil {
				r.Log.Warn("plans that are due could not be found", "error", err)
				wait = r.Poll
			}
			wait = r.wakeFor(wait)
			next = r.plans.now().Add(wait)
			timer.Reset(wait)
		}
	}
}

// sweepPage bounds how many plans one look finds.
const sweepPage = 100

// sweep does what is due now and returns when to look again.
func (r *Runner) sweep(ctx, work context.Context) (time.Duration, error) {
	now := r.plans.now()
	r.forgetKeys(ctx)
	for _, id := range r.workedOn() { // another process may have stopped an attempt
		r.plan(ctx, work, id)
	}
	visit := func(found store.Record) {
		if !r.rests(found) {
			r.plan(ctx, work, found.ID)
		}
	}
	err := r.each(ctx, store.Query{Where: []store.Filter{store.Less(fieldWake, store.Time(now.Add(tick)))}, Order: store.Order{By: fieldWake}}, visit)
	if err != nil {
		return 0, err
	}
	if err := r.lookForErrands(ctx, work, visit); err != nil {
		return 0, err
	}
	if err := r.serve(ctx, work); err != nil {
		return 0, err
	}
	next, err := r.find(ctx, store.Query{Kind: kindPlan, Order: store.Order{By: fieldWake}, Limit: 1, NoBody: true,
		Where: []store.Filter{store.AtLeast(fieldWake, store.Time(now.Add(tick)))}})
	if err != nil {
		return 0, err
	}
	_, wait := r.restErrands()
	if len(next.Records) == 1 {
		if at, err := store.ParseTime(next.Records[0].Fields[fieldWake][0]); err == nil {
			return max(0, min(wait, at.Sub(r.plans.now()))), nil
		}
	}
	return wait, nil
}

// each visits every plan that a query finds.
func (r *Runner) each(ctx context.Context, q store.Query, visit func(store.Record)) error {
	q.Kind, q.Limit, q.NoBody = kindPlan, sweepPage, true
	for {
		page, err := r.find(ctx, q)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			visit(record)
		}
		if page.Next == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		q.After = page.Next
	}
}

// serve gives the workers that are free to plans with tasks for them. While there
// are too few, plans have their turn one after another, so that one with many
// tasks does not keep the others waiting.
func (r *Runner) serve(ctx, work context.Context) error {
	if len(r.handlers) == 0 {
		return nil
	}
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(r.handlers)) {
		kinds = append(kinds, workValue(Step{Kind: StepStart, Handler: kind}))
	}
	q := store.Query{Kind: kindPlan, Where: []store.Filter{store.In(fieldWork, kinds...)}, NoBody: true}
	r.serving = true
	defer func() { r.serving = false }()
	for whole := r.turn == nil; ; whole = true { // behind the last one, then from the first
		for more := true; more; {
			free := r.spare()
			if r.queued = free == 0; r.queued {
				return nil // who becomes free looks again
			}
			q.After, q.Limit = r.turn, min(free, sweepPage)
			if r.plans.rules.Calendars != nil { // many of them may rest
				q.Limit = sweepPage
			}
			page, err := r.find(ctx, q)
			if err != nil {
				return err
			}
			for _, record := range page.Records {
				if r.queued = r.spare() == 0; r.queued {
					return nil
				}
				r.turn = &store.Cursor{Sort: record.Sort, ID: record.ID}
				if !r.rests(record) {
					r.plan(ctx, work, record.ID)
				}
			}
			more = page.Next != nil && ctx.Err() == nil
		}
		r.turn = nil
		if whole {
			r.queued = r.spare() == 0
			return ctx.Err()
		}
	}
}

// plan does what there is to do for one plan, and returns when there is more:
// zero if that is not known.
func (r *Runner) plan(ctx, work context.Context, id string) time.Time {
	st, err := r.confirmed(ctx, id)
	if err != nil {
		if errors.Is(err, penstock.ErrNotFound) {
			r.settleErrands(work, id, nil)
		} else if ctx.Err() == nil {
			r.Log.Warn("a plan could not be read", "plan", id, "error", err)
		}
		return time.Time{}
	}
	p := st.plan
	r.stopGone(p)
	r.settleErrands(work, id, p)
	for ctx.Err() == nil {
		calendars := r.calendars() // before it looks: what they become meanwhile is another reason to look
		steps, wake := p.Next(r.plans.now())
		next, err := r.first(ctx, work, p, steps)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, penstock.ErrRefused) {
				r.Log.Warn("a step could not be made", "plan", id, "error", err)
			}
			return time.Time{}
		}
		if next == nil {
			r.rest(st, p, calendars, steps, wake)
			return wake
		}
		if next.st.Changes <= p.st.Changes { // a clock went back
			return time.Time{}
		}
		p = next
	}
	return time.Time{}
}

// first makes the first step that this Runner can make, and returns the plan
// after it; nil if there is none.
func (r *Runner) first(ctx, work context.Context, p *Plan, steps []Step) (*Plan, error) {
	for _, step := range steps {
		switch step.Kind {
		case StepAdvance:
			return r.do(ctx, p.id, Command{Action: Advance})
		case StepStart:
			if next, err := r.take(ctx, work, p, step, Command{Action: Start, Task: step.Task, Lease: r.lease}); next != nil || err != nil {
				return next, err
			}
		case StepRun:
			if next, err := r.take(ctx, work, p, step, Command{Action: Lease, Task: step.Task, Attempt: step.Attempt, Lease: r.lease}); next != nil || err != nil {
				return next, err
			}
		case StepStop:
			if step.Lease == r.lease {
				r.stop(p, step)
			}
		case StepRetract, StepRequest, StepPoll, StepCheck:
			r.send(ctx, work, p, step)
		case StepMeasure: // has a time of its own: see watchOver
			r.unmeasured(p)
		}
	}
	return nil, nil
}
