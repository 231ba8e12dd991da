package releaseplan

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// kindRunner is the kind of the records that Runners beat in: <lease>.
const kindRunner = "plan.runner"

// beat writes the Runner's record anew until ctx ends, so that its version
// changes, and closes born after the first time. It calls lost when somebody else
// has taken this Runner for dead, and when it could not write for so long that
// somebody may soon: by then, its handlers must have been told to stop.
func (r *Runner) beat(ctx context.Context, born chan<- struct{}, lost func()) {
	key := store.Key{Kind: kindRunner, ID: r.lease}
	timer := time.NewTimer(r.TTL)
	defer timer.Stop()
	silence := time.AfterFunc(r.TTL, lost)
	silence.Stop() // before the first beat nobody waits for another
	defer silence.Stop()
	var version int64
	for {
		wait := r.TTL / 3
		began := time.Now()
		v, err := r.pulse(ctx, key, version)
		switch {
		case errors.Is(err, ErrLost):
			lost()
			return
		case err != nil && ctx.Err() == nil:
			r.Log.Warn("the heartbeat could not be written", "error", err)
			wait = r.TTL / 30
		case err == nil:
			if version == 0 {
				close(born)
			}
			version = v
			silence.Reset(2*r.TTL/3 - time.Since(began))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			r.sayGoodbye(ctx, key, version)
			return
		case <-timer.C:
		}
	}
}

// pulse writes the record once, or says ErrLost if it is gone. A beat of which the
// answer was lost is no conflict.
func (r *Runner) pulse(ctx context.Context, key store.Key, version int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, r.TTL/6)
	defer cancel()
	for {
		v, err := r.plans.store.Commit(ctx, store.Op{Record: store.Record{Key: key, Version: version}})
		if err == nil || !isConflict(err) {
			return v, err
		}
		records, err := r.plans.store.Get(ctx, key)
		switch {
		case err != nil:
			return 0, err
		case records[0].Version == 0:
			return 0, ErrLost
		}
		version = records[0].Version
	}
}

// sayGoodbye removes the Runner's record, so that nobody waits for it.
func (r *Runner) sayGoodbye(ctx context.Context, key store.Key, version int64) {
	if version == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	op := store.Op{Kind: store.Delete, Record: store.Record{Key: key, Version: version}}
	if _, err := r.plans.store.Commit(ctx, op); err != nil {
		r.Log.Warn("the heartbeat could not be removed", "error", err)
	}
}

// A sighting is the version of a heartbeat and since when it has been that one, by
// this process's own clock: the clocks of others are never looked at.
type sighting struct {
	version int64
	since   time.Time
}

// watch ends, until ctx does, the attempts of Runners that are gone.
func (r *Runner) watch(ctx context.Context) {
	seen := make(map[string]sighting)
	ticker := time.NewTicker(r.TTL / 3)
	defer ticker.Stop()
	for {
		if err := r.takeOver(ctx, seen); err != nil && ctx.Err() == nil {
			r.Log.Warn("other runners could not be watched", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// takeOver looks at the leases under which attempts run, and ends those of
// Runners that are gone; of its own, those that it lost sight of.
func (r *Runner) takeOver(ctx context.Context, seen map[string]sighting) error {
	holders, err := r.holders(ctx)
	if err != nil {
		return err
	}
	maps.DeleteFunc(seen, func(lease string, _ sighting) bool { return holders[lease] == nil })
	var failed []error
	for lease, plans := range holders {
		dead := lease == r.lease
		if !dead {
			if dead, err = r.isDead(ctx, lease, seen); err != nil {
				failed = append(failed, err)
			}
		}
		if !dead {
			continue
		}
		for _, id := range plans {
			if err := r.inherit(ctx, id, lease); err != nil {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

// holders returns the leases under which attempts run, with their plans.
func (r *Runner) holders(ctx context.Context) (map[string][]string, error) {
	holders := make(map[string][]string)
	q := store.Query{Kind: kindPlan, Where: []store.Filter{store.HasPrefix(fieldLease, "")}, Limit: store.MaxLimit, NoBody: true}
	for {
		page, err := r.find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, record := range page.Records {
			for _, lease := range record.Fields[fieldLease] {
				holders[lease] = append(holders[lease], record.ID)
			}
		}
		if page.Next == nil {
			return holders, nil
		}
		q.After = page.Next
	}
}

// isDead reports whether the Runner with a lease is gone: its record is not
// there, or has not changed for the TTL. Removing it makes the old owner's next
// beat fail.
func (r *Runner) isDead(ctx context.Context, lease string, seen map[string]sighting) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, r.TTL)
	defer cancel()
	key := store.Key{Kind: kindRunner, ID: lease}
	records, err := r.plans.store.Get(ctx, key)
	if err != nil {
		return false, err
	}
	version := records[0].Version
	if version == 0 {
		return true, nil
	}
	last, known := seen[lease]
	if !known || last.version != version {
		seen[lease] = sighting{version: version, since: time.Now()}
		return false, nil
	}
	if time.Since(last.since) < r.TTL {
		return false, nil
	}
	_, err = r.plans.store.Commit(ctx, store.Op{Kind: store.Delete, Record: store.Record{Key: key, Version: version}})
	if isConflict(err) {
		return false, nil // it lives
	}
	return err == nil, err
}

// inherit ends the attempts of a plan under a lease that nobody works on: a dead
// Runner's, or of this one if the answer to its beginning was lost.
func (r *Runner) inherit(ctx context.Context, id, lease string) error {
	st, err := r.confirmed(ctx, id)
	if err != nil {
		if errors.Is(err, penstock.ErrNotFound) {
			return nil
		}
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
