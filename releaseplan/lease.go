package releaseplan

import (
	"context"
	"errors"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/lease"
)

// kindRunner is the kind of the records that Runners beat in: <lease>.
const kindRunner = "plan.runner"

// heartbeat returns the lease that the Runner carries plans out under now.
func (r *Runner) heartbeat() *lease.Lease {
	return &lease.Lease{ID: r.lease, Store: r.plans.store, Kind: kindRunner, TTL: r.TTL, Log: r.Log, Work: kindPlan, Field: fieldLease, Now: r.plans.now}
}

// errandWatch returns what watches over errands under leases.
func (r *Runner) errandWatch() *lease.Lease {
	return &lease.Lease{ID: r.lease, Store: r.plans.store, Kind: kindRunner, TTL: r.TTL, Log: r.Log, Work: kindErrand, Field: fieldLease}
}

// inherit ends the attempts of a plan under a lease that nobody works on: a dead
// Runner's, or of this one if the answer to its beginning was lost.
func (r *Runner) inherit(ctx context.Context, id, lease string) error {
	st, err := r.confirmed(ctx, id)
	if err != nil {
		return err
	}
	for i, s := range st.plan.phases {
		for j := range s.active.all() {
			a := s.task(j).current()
			if a == nil || a.Lease != lease {
				continue
			}
			if r.worksOn(id, st.plan.def.phases[i].Tasks[j].ID, a.ID) {
				continue
			}
			c := Command{Action: Interrupt, Task: st.plan.def.phases[i].Tasks[j].ID, Attempt: a.ID, Remark: "the process that ran it is gone"}
			if _, err := r.do(ctx, id, c); err != nil && !errors.Is(err, penstock.ErrRefused) {
				return err
			}
		}
	}
	return nil
}

// worksOn reports whether a Handler of this Runner has an attempt, or is about to.
func (r *Runner) worksOn(plan, task, attempt string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, works := r.active[attempt]
	return works || r.taking == plan+"/"+task
}
