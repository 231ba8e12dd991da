package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/panics"
)

// take begins an attempt by a command and hands it to its Handler. It returns nil
// if the task is another Runner's, or every worker is busy.
func (r *Runner) take(ctx, work context.Context, p *Plan, step Step, c Command) (*Plan, error) {
	handler, ok := r.handlers[step.Handler]
	if !ok {
		return nil, nil
	}
	if r.queued && !r.serving {
		return nil, nil // others have waited longer
	}
	if !r.beat.Sound() {
		return nil, nil // the process stood still: others may have taken over
	}
	if !r.claim() {
		r.queued = true
		return nil, nil // who becomes free looks again
	}
	r.setTaking(p.id + "/" + step.Task)
	defer r.setTaking("")
	// A Run that ends now must not leave behind an attempt that was stored and that nobody makes.
	begin, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.TTL/3)
	defer cancel()
	next, err := r.plans.do(begin, p.id, c, penstock.System())
	if err != nil {
		r.yield()
		return nil, err
	}
	ref, err := next.find(step.Task)
	if err != nil {
		r.yield()
		return nil, err
	}
	a := next.task(ref).current()
	if a == nil || a.Lease != r.lease || !a.Ended.IsZero() {
		r.yield()
		return nil, nil // it was stopped in the same breath
	}
	if !r.beat.Sound() { // the process stood still while this was stored: the attempt is abandoned already, or will be
		r.yield()
		return nil, nil
	}
	run, stop := context.WithCancelCause(work)
	r.mu.Lock()
	r.active[a.ID] = activeAttempt{plan: p.id, task: step.Task, stop: stop}
	r.mu.Unlock()
	job := Job{Plan: next, Task: next.def.task(ref).clone(), Attempt: a.ID, N: a.N}
	r.wg.Go(func() {
		defer func() {
			stop(nil)
			r.mu.Lock()
			delete(r.active, job.Attempt)
			r.mu.Unlock()
			r.yield()
		}()
		r.carryOut(run, work, handler, job)
	})
	return next, nil
}

// claim takes a worker, if one is free.
func (r *Runner) claim() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy >= r.Workers {
		r.starved = true
		return false
	}
	r.busy++
	return true
}

// yield gives a worker back, and says so if something was left for lack of one.
func (r *Runner) yield() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy--
	if !r.starved {
		return
	}
	r.starved = false
	select {
	case r.again <- struct{}{}:
	default:
	}
}

// spare returns how many workers are free. If none is, who becomes free says so.
func (r *Runner) spare() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starved = r.starved || r.busy >= r.Workers
	return r.Workers - r.busy
}

func (r *Runner) setTaking(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taking = what
}

// carryOut lets the Handler work and records what came of it.
func (r *Runner) carryOut(ctx, work context.Context, handler Handler, job Job) {
	secrets, err := r.secrets(ctx, job.Plan)
	if err == nil {
		job.Variables, err = job.Plan.Variables(secrets)
	}
	if err == nil {
		err = panics.Try(func() error { return handler.Handle(ctx, job) })
	}
	if crash, ok := errors.AsType[*panics.Error](err); ok {
		r.Log.Error("a handler panicked", "plan", job.Plan.id, "task", job.Task.Name, "stack", string(crash.Stack))
	}
	c := Command{Action: Complete, Task: job.Task.ID, Attempt: job.Attempt}
	switch cause := context.Cause(ctx); {
	case err == nil:
	case context.Cause(work) != nil: // the Runner stops, or was taken for dead
		c.Action, c.Remark = Interrupt, context.Cause(work).Error()
	case cause != nil:
		c.Action, c.Remark = Fail, remarkOf(fmt.Errorf("%w: %w", cause, err), secrets)
	default:
		c.Action, c.Remark = Fail, remarkOf(err, secrets)
	}
	r.report(ctx, job.Plan.id, c)
}

// secrets reads the values of secret variables, again and again while the store fails.
func (r *Runner) secrets(ctx context.Context, p *Plan) (map[string]string, error) {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		values, err := r.secretValues(ctx, p)
		if err == nil || errors.Is(err, errCorrupt) {
			return values, err
		}
		r.Log.Warn("secrets could not be read yet", "plan", p.id, "error", err)
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(wait):
		}
	}
}

const (
	firstRetry = 50 * time.Millisecond // of what the store refused
	lastRetry  = 5 * time.Second

	// reportFor bounds one try to record an outcome, and how long a stopping
	// Runner goes on trying. One that does not stop never gives up, lest the outcome
	// be lost, unless the plan is damaged and its handler was told to stop.
	reportFor = 30 * time.Second
)

// report records an outcome, again and again if the store fails.
func (r *Runner) report(ctx context.Context, id string, c Command) {
	var stopping time.Time
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportFor)
		_, err := r.plans.do(try, id, c, penstock.System())
		cancel()
		if err == nil || errors.Is(err, penstock.ErrNotFound) || errors.Is(err, penstock.ErrRefused) || errors.Is(err, penstock.ErrInvalid) {
			if err != nil {
				r.Log.Warn("an outcome was not taken", "plan", id, "task", c.Task, "error", err)
			}
			return
		}
		r.Log.Warn("an outcome could not be recorded yet", "plan", id, "task", c.Task, "error", err)
		if r.isEnding() || ctx.Err() != nil && errors.Is(err, errCorrupt) {
			if stopping.IsZero() {
				stopping = time.Now()
			}
			if time.Since(stopping) >= reportFor {
				r.Log.Error("an outcome was lost: the lease will tell", "plan", id, "task", c.Task, "error", err)
				return
			}
		}
		<-time.After(wait) // whoever stops the Runner waits for its outcomes
	}
}

// workedOn returns the plans that Handlers of this Runner work for.
func (r *Runner) workedOn() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	plans := make(map[string]bool, len(r.active))
	for _, a := range r.active {
		plans[a.plan] = true
	}
	return slices.Sorted(maps.Keys(plans))
}

// stop tells the Handler of an attempt to stop. An attempt of this Runner that it
// knows nothing of has stopped.
func (r *Runner) stop(p *Plan, step Step) {
	r.mu.Lock()
	a, ok := r.active[step.Attempt]
	r.mu.Unlock()
	if !ok {
		return
	}
	ref, err := p.find(step.Task)
	if err != nil {
		a.stop(ErrLost)
		return
	}
	a.stop(p.task(ref).Stopping.cause())
}

// stopGone tells Handlers to stop whose attempt is no longer under way: a person
// said what came of the task.
func (r *Runner) stopGone(p *Plan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, a := range r.active {
		if a.plan != p.id {
			continue
		}
		ref, err := p.find(a.task)
		if err != nil {
			a.stop(ErrLost)
			continue
		}
		s := p.task(ref)
		if current := s.current(); s.Count > 0 && (current == nil || current.ID != id) && attemptN(s, id) {
			a.stop(ErrLost)
		}
	}
}

// attemptN reports whether a status knows of an attempt. A plan that was read
// before the attempt began does not.
func attemptN(s *TaskStatus, id string) bool {
	for i := range s.Attempts {
		if s.Attempts[i].ID == id {
			return true
		}
	}
	return false
}
