package workflow

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// kindEngine is the kind of the records that Locals beat in: <lease>.
const kindEngine = "workflow.engine"

// beat writes the Local's record anew until ctx ends, so that its version changes,
// and closes born after the first time. It calls lost when somebody else has taken
// this Local for dead, and when it could not write for so long that somebody may
// soon: by then, its executors must have been told to stop.
func (l *Local) beat(ctx context.Context, born chan<- struct{}, lost func()) {
	key := store.Key{Kind: kindEngine, ID: l.lease}
	timer := time.NewTimer(l.TTL)
	defer timer.Stop()
	silence := time.AfterFunc(l.TTL, lost)
	silence.Stop() // before the first beat nobody waits for another
	defer silence.Stop()
	var version int64
	for {
		wait := l.TTL / 3
		began := time.Now()
		v, err := l.pulse(ctx, key, version)
		switch {
		case errors.Is(err, ErrLost):
			lost()
			return
		case err != nil && ctx.Err() == nil:
			l.Log.Warn("the heartbeat could not be written", "error", err)
			wait = l.TTL / 30
		case err == nil:
			if version == 0 {
				close(born)
			}
			version = v
			silence.Reset(2*l.TTL/3 - time.Since(began))
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			l.sayGoodbye(ctx, key, version)
			return
		case <-timer.C:
		}
	}
}

// pulse writes the record once, or says ErrLost if it is gone. A beat of which the
// answer was lost is no conflict.
func (l *Local) pulse(ctx context.Context, key store.Key, version int64) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL/6)
	defer cancel()
	for {
		v, err := l.service.store.Commit(ctx, store.Op{Record: store.Record{Key: key, Version: version}})
		if err == nil || !isConflict(err) {
			return v, err
		}
		records, err := l.service.store.Get(ctx, key)
		switch {
		case err != nil:
			return 0, err
		case records[0].Version == 0:
			return 0, ErrLost
		}
		version = records[0].Version
	}
}

// sayGoodbye removes the Local's record, so that nobody waits for it.
func (l *Local) sayGoodbye(ctx context.Context, key store.Key, version int64) {
	if version == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	op := store.Op{Kind: store.Delete, Record: store.Record{Key: key, Version: version}}
	if _, err := l.service.store.Commit(ctx, op); err != nil {
		l.Log.Warn("the heartbeat could not be removed", "error", err)
	}
}

// A sighting is the version of a heartbeat and since when it has been that one, by
// this process's own clock: the clocks of others are never looked at.
type sighting struct {
	version int64
	since   time.Time
}

// watch takes over, until ctx ends, the attempts of Locals that are gone.
func (l *Local) watch(ctx context.Context) {
	seen := make(map[string]sighting)
	ticker := time.NewTicker(l.TTL / 3)
	defer ticker.Stop()
	for {
		if err := l.takeOver(ctx, seen); err != nil && ctx.Err() == nil {
			l.Log.Warn("other engines could not be watched", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// takeOver looks at the leases under which attempts are executed, and takes over
// those of Locals that are gone; of its own, those that it lost sight of.
func (l *Local) takeOver(ctx context.Context, seen map[string]sighting) error {
	holders, err := l.holders(ctx)
	if err != nil {
		return err
	}
	maps.DeleteFunc(seen, func(lease string, _ sighting) bool { return holders[lease] == nil })
	var failed []error
	for lease, runs := range holders {
		own := lease == l.lease
		if !own {
			dead, err := l.isDead(ctx, lease, seen)
			if err != nil {
				failed = append(failed, err)
			}
			if !dead {
				continue
			}
		}
		for _, id := range runs {
			inherit := l.inherit
			if own {
				inherit = l.resume
			}
			if err := inherit(ctx, id, lease); err != nil && !errors.Is(err, penstock.ErrNotFound) {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

// holders returns the leases under which attempts are executed, with their runs.
func (l *Local) holders(ctx context.Context) (map[string][]string, error) {
	holders := make(map[string][]string)
	q := store.Query{Kind: kindRun, Where: []store.Filter{store.HasPrefix(runLease, "")}, Limit: store.MaxLimit, NoBody: true}
	for {
		page, err := l.find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, record := range page.Records {
			for _, lease := range record.Fields[runLease] {
				holders[lease] = append(holders[lease], record.ID)
			}
		}
		if page.Next == nil {
			return holders, nil
		}
		q.After = page.Next
	}
}

// isDead reports whether the Local with a lease is gone: its record is not there, or
// has not changed for the TTL. Removing it makes the old owner's next beat fail.
func (l *Local) isDead(ctx context.Context, lease string, seen map[string]sighting) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, l.TTL)
	defer cancel()
	key := store.Key{Kind: kindEngine, ID: lease}
	records, err := l.service.store.Get(ctx, key)
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
	if time.Since(last.since) < l.TTL {
		return false, nil
	}
	_, err = l.service.store.Commit(ctx, store.Op{Kind: store.Delete, Record: store.Record{Key: key, Version: version}})
	if isConflict(err) {
		return false, nil // it lives
	}
	return err == nil, err
}

// leased returns the jobs of a run of which an attempt under a lease has not ended.
func (r *Run) leased(lease string) (all []JobView) {
	for i := range r.st.Jobs {
		if s := &r.st.Jobs[i]; s.state().active() && s.Attempt.Lease == lease && !s.Attempt.Ended {
			all = append(all, r.job(i))
		}
	}
	return all
}

// inherit ends the attempts at jobs of a run under the lease of a Local that is gone.
func (l *Local) inherit(ctx context.Context, id, lease string) error {
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
			if j.State == JobCanceling {
				if _, err := l.do(ctx, id, Command{Action: Interrupt, Job: j.Key, Attempt: attempt, Remark: "it was not begun"}); err != nil {
					return err
				}
				continue
			}
			l.begin(r, j)
		}
	}
	return nil
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
	go a.carryOut(r)
}

// worksOn reports whether an executor of this Local has an attempt, or is about to.
func (l *Local) worksOn(attempt string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active[attempt] != nil
}
