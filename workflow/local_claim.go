package workflow

import (
	"context"
	"errors"
	"time"

	"github.com/penstock-go/penstock"
)

// claims are attempts that running Locals take up in the commit that begins them.
type claims []*activeAttempt

// claim lets the Locals of this process that have workers free take up what there is to execute
// of a run: they lease it in the same commit. serving is the Local whose turn it is, if any.
func (s *Service) claim(r *Run, changes []Change, serving *Local) (*Run, []Change, claims) {
	s.mu.RLock()
	locals := s.locals
	s.mu.RUnlock()
	i := r.current()
	if len(locals) == 0 || r.st.State != RunRunning || i == len(r.graph.stages) {
		return r, changes, nil
	}
	var all claims
	for j := r.graph.stages[i].first; j < r.graph.stages[i].end; j++ {
		n, st := &r.graph.nodes[j], r.jobs[j]
		if st.state() != JobRunning || !n.executes() || st.Attempt.Lease != "" {
			continue
		}
		for _, l := range locals {
			a := l.claim(r.id, n, st, l == serving)
			if a == nil {
				continue
			}
			if !r.begunUnder(a, j, changes) {
				next, more, err := r.Do(Command{Action: Lease, Job: n.key, Attempt: a.id, Lease: a.lease}, penstock.System(), s.now())
				if err != nil || len(more) == 0 {
					claims{a}.release()
					break
				}
				r, changes = next, append(changes, more...)
			}
			a.mustEnd(r.jobs[j].Deadline)
			all = append(all, a)
			break
		}
	}
	return r, changes, all
}

// begunUnder lets the attempt at a job, if it has begun with one of the changes, have
// begun under the lease. Nobody else has seen the changes yet, which share their statuses with r.
func (r *Run) begunUnder(a *activeAttempt, job int, changes []Change) bool {
	for i := range changes {
		if c := &changes[i]; c.Action == begin && c.Job == a.job && c.Status.Attempt.ID == a.id {
			if r.jobs[job] != c.Status {
				return false
			}
			r.lease(job, c.Status, a.lease, c.At)
			return true
		}
	}
	return false
}

// claim takes a worker for an attempt; nil if none is free, or others have waited longer.
func (l *Local) claim(run string, n *node, s *JobStatus, serving bool) *activeAttempt {
	executor, ok := l.executors[n.job.Type]
	if !ok {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.open || l.active[s.Attempt.ID] != nil:
		return nil
	case l.busy >= l.Workers, l.queued && !serving:
		l.refused, l.queued = true, true
		return nil
	}
	l.busy++
	return l.take(run, n.key, s, executor)
}

// mustEnd notes when an attempt runs out of time, which is known once it is leased.
func (a *activeAttempt) mustEnd(deadline time.Time) {
	a.local.mu.Lock()
	defer a.local.mu.Unlock()
	a.deadline = deadline
}

// take notes that an attempt is executed here. The caller holds mu.
func (l *Local) take(run, job string, s *JobStatus, executor Executor) *activeAttempt {
	a := &activeAttempt{local: l, retired: l.retired, run: run, job: job, id: s.Attempt.ID, lease: l.lease, deadline: s.Deadline, executor: executor}
	a.context, a.stop = context.WithCancelCause(l.work)
	l.active[a.id] = a
	l.busyWith[run]++
	l.wg.Add(1)
	return a
}

// release gives up attempts that were not begun.
func (all claims) release() {
	for _, a := range all {
		a.local.yield()
		a.over()
	}
}

// doubt notes that it is not known whether attempts were begun.
func (all claims) doubt() {
	for _, a := range all {
		a.local.mu.Lock()
		a.local.doubtful[a.run] = true
		a.local.mu.Unlock()
	}
}

// begin executes attempts that were begun by the commit of r.
func (all claims) begin(r *Run) {
	for _, a := range all {
		a.local.employ(begun{a, r})
	}
}

// over forgets an attempt.
func (a *activeAttempt) over() {
	a.stop(nil)
	l := a.local
	l.mu.Lock()
	delete(l.active, a.id)
	if l.busyWith[a.run]--; l.busyWith[a.run] == 0 {
		delete(l.busyWith, a.run)
	}
	l.mu.Unlock()
	l.wg.Done()
}

// yield gives a worker back, and says so if somebody may wait for one.
func (l *Local) yield() {
	l.mu.Lock()
	l.busy--
	wanted := l.queued
	l.mu.Unlock()
	if wanted {
		nudge(l.again)
	}
}

// carryOut lets the executor work and records what came of it.
func (a *activeAttempt) carryOut(r *Run) {
	defer a.over()
	l := a.local
	c, crash := l.service.execute(a.context, r, a.job, a.executor)
	if crash != nil {
		l.Log.Error("an executor panicked", "run", a.run, "job", a.job, "stack", string(crash.Stack))
	}
	l.yield() // what follows may need the worker
	l.report(a.context, a.run, c)
}

const (
	firstRetry = 50 * time.Millisecond // of what the store refused
	lastRetry  = 5 * time.Second

	// reportFor bounds one try to record an outcome, and how long a stopping Local
	// goes on trying. One that does not stop never gives up, lest the outcome be
	// lost, unless the run is damaged and its executor was told to stop.
	reportFor = 30 * time.Second
)

// report records an outcome, again and again if the store fails.
func (l *Local) report(ctx context.Context, id string, c Command) {
	var stopping time.Time
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		try, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportFor)
		err := l.service.report(try, id, c)
		cancel()
		if err == nil {
			return
		}
		if errors.Is(err, penstock.ErrNotFound) || errors.Is(err, penstock.ErrRefused) || unstorable(err) {
			l.Log.Warn("an outcome was not taken", "run", id, "job", c.Job, "error", err)
			if unstorable(err) {
				l.wasExecuted(id, c.Attempt)
			}
			return
		}
		l.Log.Warn("an outcome could not be recorded yet", "run", id, "job", c.Job, "error", err)
		if l.isEnding() || ctx.Err() != nil && isCorrupt(err) {
			if stopping.IsZero() {
				stopping = time.Now()
			}
			if time.Since(stopping) >= reportFor {
				l.Log.Error("an outcome was lost: the lease will tell", "run", id, "job", c.Job, "error", err)
				l.wasExecuted(id, c.Attempt)
				return
			}
		}
		<-time.After(wait) // whoever stops the Local waits for its outcomes
	}
}

// wasExecuted notes that an attempt was executed under this lease although its outcome is not
// recorded: it must not be executed again.
func (l *Local) wasExecuted(run, attempt string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.executed[attempt], l.doubtful[run] = true, true
}

// halt tells the executor of an attempt to stop.
func (l *Local) halt(r *Run, step Step) {
	l.mu.Lock()
	a := l.active[step.Attempt]
	l.mu.Unlock()
	j, err := r.Job(step.Job)
	if a == nil || err != nil {
		return
	}
	if j.Status.Stopping == StopTimeout {
		a.stop(ErrTimeout)
	} else {
		a.stop(ErrCanceled)
	}
}
