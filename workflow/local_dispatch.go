package workflow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/bell"
	"github.com/penstock-go/penstock/store"
)

// notify tells the engines of this process of a run that was committed.
func (s *Service) notify(ctx context.Context, r *Run) {
	s.mu.RLock()
	engines := s.engines
	s.mu.RUnlock()
	if len(engines) == 0 {
		return
	}
	steps, wake := r.Next(s.now())
	if len(steps) == 0 && wake.IsZero() {
		return
	}
	for _, e := range engines {
		if l, ok := e.(*Local); ok {
			l.told(r.id, steps, wake)
			continue
		}
		_ = e.Wake(ctx, r.id) // it may be lost
	}
}

// told notes what there is to do for a run that this process committed.
func (l *Local) told(id string, steps []Step, wake time.Time) {
	if !wake.IsZero() {
		l.alarm(wake)
	}
	for _, step := range steps {
		if step.Kind == StepAdmit || step.Kind == StepExecute && !l.hasTurn() {
			continue // the Service has tried, or who becomes free looks
		}
		l.ring(id)
		return
	}
}

// hasTurn reports whether an attempt may be begun without others having waited longer. If
// not, who becomes free, or serves the others, looks for it: by now it is stored.
func (l *Local) hasTurn() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued || l.busy >= l.Workers {
		l.refused, l.queued = true, true
		return false
	}
	return l.open
}

// dispatch finds runs with something to do, and does it.
func (l *Local) dispatch(ctx, work context.Context) {
	trouble := func(err error) {
		l.Log.Warn("the store does not tell what other processes do: polling goes on", "error", err)
	}
	others, deaf := l.service.bell.Listen(l.service.store, &bell.Listener{Others: true, Rung: make(chan string, heard), Trouble: trouble}) //nolint:contextcheck // who listens first reads the log for all, until the last one stops
	defer deaf()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-l.rung:
			l.look(ctx, work, id, false)
		case id := <-others:
			if id == "" || len(others) >= heard-1 {
				timer.Reset(0) // some were not heard
			}
			if id != "" {
				l.look(ctx, work, id, false)
			}
		case <-l.again:
			if err := l.serve(ctx, work); err != nil && ctx.Err() == nil {
				l.Log.Warn("runs that wait for a worker could not be found", "error", err)
			}
		case <-l.alarmed:
			timer.Reset(l.wait())
		case <-timer.C:
			if err := l.sweep(ctx, work); err != nil && ctx.Err() == nil {
				l.Log.Warn("runs that are due could not be found", "error", err)
			}
			timer.Reset(l.wait())
		}
	}
}

// wait returns how long there is until the next look around.
func (l *Local) wait() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, min(l.Poll, l.next.Sub(l.service.now())))
}

// sweepPage bounds how many runs one look finds.
const sweepPage = 100

// sweep does what is due now, and notes when to look again.
func (l *Local) sweep(ctx, work context.Context) error {
	now := l.service.now()
	l.mu.Lock()
	l.next, l.missed = now.Add(l.Poll), false
	lease := l.lease
	l.mu.Unlock()
	for _, id := range l.overdue(now) {
		l.look(ctx, work, id, false)
	}
	l.forgetAsked()
	due := []store.Filter{store.Less(runWake, store.Time(now.Add(tick)))}
	if err := l.each(ctx, work, store.Query{Where: due, Order: store.Order{By: runWake}}); err != nil {
		return err
	}
	values := []string{workStop + lease, workApproval}
	if len(l.forgetters()) > 0 {
		values = append(values, workForget)
	}
	for _, value := range values {
		if err := l.each(ctx, work, store.Query{Where: []store.Filter{store.Equals(runWork, value)}}); err != nil {
			return err
		}
	}
	l.sweepRemnants(ctx, work)
	l.forgetKeys(ctx)
	trouble := errors.Join(l.admit(ctx), l.serve(ctx, work))
	next, err := l.find(ctx, store.Query{Kind: kindRun, Order: store.Order{By: runWake}, Limit: 1, NoBody: true,
		Where: []store.Filter{store.AtLeast(runWake, store.Time(now.Add(tick)))}})
	if err != nil {
		return errors.Join(trouble, err)
	}
	if len(next.Records) == 1 {
		if at, err := store.ParseTime(fieldOf(next.Records[0], runWake)); err == nil {
			l.alarm(at)
		}
	}
	return trouble
}

// overdue returns the runs of attempts that run out of time here.
func (l *Local) overdue(now time.Time) (runs []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.active {
		switch {
		case a.deadline.IsZero() || a.context.Err() != nil:
		case !now.Before(a.deadline):
			runs = append(runs, a.run)
		case a.deadline.Before(l.next):
			l.next = a.deadline
		}
	}
	return runs
}

// admit lets runs go on that wait for their turn, if others have made room.
func (l *Local) admit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, l.TTL)
	defer cancel()
	err := l.service.admit(ctx, "", func(run string, err error) {
		if !errors.Is(err, penstock.ErrNotFound) {
			l.Log.Warn("a run that waits for its turn was passed over", "run", run, "error", err)
		}
	})
	if errors.Is(err, penstock.ErrConflict) { // others admit
		return nil
	}
	return err
}

// each looks at every run that a query finds.
func (l *Local) each(ctx, work context.Context, q store.Query) error {
	q.Kind, q.Limit, q.NoBody = kindRun, sweepPage, true
	for {
		page, err := l.find(ctx, q)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			l.look(ctx, work, record.ID, false)
		}
		if page.Next == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		q.After = page.Next
	}
}

// serve gives the workers that are free to runs with jobs for them, the oldest first.
func (l *Local) serve(ctx, work context.Context) error {
	if len(l.wanted) == 0 {
		return nil
	}
	l.mu.Lock()
	l.refused = false
	l.mu.Unlock()
	q := store.Query{Kind: kindRun, Where: []store.Filter{store.In(runWork, l.wanted...)}, NoBody: true}
	for {
		free := l.spare()
		if free == 0 {
			return nil // who becomes free looks again
		}
		q.Limit = min(free, sweepPage)
		page, err := l.find(ctx, q)
		if err != nil {
			return err
		}
		for _, record := range page.Records {
			if l.spare() == 0 {
				return nil
			}
			l.look(ctx, work, record.ID, true)
		}
		if page.Next == nil || ctx.Err() != nil {
			l.served()
			return ctx.Err()
		}
		q.After = page.Next
	}
}

// served notes that nobody waits any more, but who was refused while the others were
// served: those are looked for again.
func (l *Local) served() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued = l.refused; l.queued && l.busy < l.Workers {
		nudge(l.again)
	}
}

// spare returns how many workers are free. If none is, who becomes free says so.
func (l *Local) spare() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	free := max(0, l.Workers-l.busy)
	if free == 0 {
		l.queued = true
	}
	return free
}

// look does what there is to do for one run.
func (l *Local) look(ctx, work context.Context, id string, serving bool) {
	if err := l.steps(ctx, work, id, serving); err != nil && ctx.Err() == nil && !errors.Is(err, penstock.ErrNotFound) && !errors.Is(err, penstock.ErrRefused) {
		l.Log.Warn("a step could not be made", "run", id, "error", err)
	}
}

func (l *Local) steps(ctx, work context.Context, id string, serving bool) error {
	r, err := l.confirmed(ctx, id)
	if err != nil {
		return err
	}
	steps, wake := r.Next(l.service.now())
	if slices.ContainsFunc(steps, func(x Step) bool { return x.Kind == StepAdvance || x.Kind == StepExecute && l.executes(r, x.Job) }) {
		// Once it is stored, an attempt that is begun here must be made, even if Run ends now.
		begin, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.TTL/3)
		r, err = l.service.advance(begin, id, l, serving)
		cancel()
		if err != nil {
			return err
		}
		steps, wake = r.Next(l.service.now())
	}
	if !wake.IsZero() {
		l.alarm(wake)
	}
	for _, step := range steps {
		switch step.Kind {
		case StepStop:
			l.halt(r, step)
		case StepRequest, StepPoll:
			l.ask(ctx, work, r, step)
		case StepRetract:
			l.retract(ctx, work, r, step)
		case StepForget:
			l.forget(ctx, work, r)
		case StepAdmit, StepAdvance, StepExecute: // not now: a limit holds it, or no worker is free
		}
	}
	return nil
}

func (l *Local) executes(r *Run, job string) bool {
	j, err := r.Job(job)
	return err == nil && l.executors[j.Type] != nil
}

// advance makes what time has done so, and lets Locals take up what there is to execute.
func (s *Service) advance(ctx context.Context, id string, l *Local, serving bool) (*Run, error) {
	if !serving {
		l = nil
	}
	r, err := s.actFor(ctx, id, func(r *Run) (*Run, []Change, []store.Op, error) {
		next, changes, err := r.Do(Command{Action: Advance}, penstock.System(), s.now())
		return next, changes, nil, err
	}, true, l)
	if err == nil {
		s.admitNext(ctx, r)
	}
	return r, err
}
