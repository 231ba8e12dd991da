package workflow

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/lease"
)

// kindEngine is the kind of the records that Locals beat in: <lease>.
const kindEngine = "workflow.engine"

// localLease is how the leases of Locals begin: theirs alone are taken over.
const localLease = "local-"

// heartbeat returns the lease that the Local executes attempts under now.
func (l *Local) heartbeat() *lease.Lease {
	return &lease.Lease{ID: l.lease, Store: l.service.store, Kind: kindEngine, TTL: l.TTL, Log: l.Log, Work: kindRun, Field: runLease, Prefix: localLease}
}

// sees reports whether the Local works on a run, and has lost sight of none of its attempts.
func (l *Local) sees(run string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.busyWith[run] > 0 && !l.doubtful[run]
}

// leased returns the jobs of a run of which an attempt under a lease has not ended.
func (r *Run) leased(lease string) (all []JobView) {
	for i := range r.jobs {
		if s := r.jobs[i]; s.state().active() && s.Attempt.Lease == lease && !s.Attempt.Ended {
			all = append(all, r.job(i))
		}
	}
	return all
}

// inherit ends the attempts at jobs of a run under the lease of a Local that is gone.
// Those under the Local's own it resumes.
func (l *Local) inherit(ctx context.Context, id, lease string) error {
	if lease == l.lease {
		if l.sees(id) {
			return nil
		}
		return l.resume(ctx, id, lease)
	}
	r, err := l.confirmed(ctx, id)
	if err != nil {
		return err
	}
	for _, j := range r.leased(lease) {
		c := Command{Action: Interrupt, Job: j.Key, Attempt: j.Status.Attempt.ID, Remark: "the process that executed it is gone"}
		if _, err := l.do(ctx, id, c); err != nil && !errors.Is(err, penstock.ErrRefused) {
			return err
		}
	}
	return nil
}

// resume executes attempts of a run under the Local's own lease that it lost sight
// of, because the answer to their beginning was lost: nobody has begun them.
func (l *Local) resume(ctx context.Context, id, lease string) error {
	r, err := l.confirmed(ctx, id)
	if err != nil {
		return err
	}
	var lost []string
	for _, j := range r.leased(lease) {
		if !l.worksOn(j.Status.Attempt.ID) {
			lost = append(lost, j.Status.Attempt.ID)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	// What ended between the first look and the second is stored by now.
	if r, err = l.confirmed(ctx, id); err != nil {
		return err
	}
	for _, j := range r.leased(lease) {
		for _, attempt := range lost {
			if j.Status.Attempt.ID != attempt {
				continue
			}
			if err := l.resumeJob(ctx, r, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// resumeJob executes an attempt, unless it was executed already, or is not to be begun any more.
func (l *Local) resumeJob(ctx context.Context, r *Run, j JobView) error {
	c := Command{Action: Interrupt, Job: j.Key, Attempt: j.Status.Attempt.ID, Remark: "it was not begun"}
	l.mu.Lock()
	executed := l.executed[c.Attempt]
	l.mu.Unlock()
	switch {
	case executed:
		c.Action, c.Remark = Fail, "it was executed, and its outcome could not be recorded"
	case j.State != JobCanceling:
		l.begin(r, j)
		return nil
	}
	_, err := l.do(ctx, r.id, c)
	return err
}

// begin executes an attempt that is leased already; even if every worker is busy.
func (l *Local) begin(r *Run, j JobView) {
	l.mu.Lock()
	defer l.mu.Unlock()
	executor, ok := l.executors[j.Type]
	if !ok || !l.open || l.active[j.Status.Attempt.ID] != nil {
		return
	}
	l.busy++
	a := l.take(r.id, j.Key, &j.Status, executor)
	l.employ(begun{a, r})
}

// worksOn reports whether an executor of this Local has an attempt, or is about to.
func (l *Local) worksOn(attempt string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active[attempt] != nil
}
