package releaseplan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
)

// claimErrand stores that an errand is this Runner's, unless that is so already or it
// is another's.
func (r *Runner) claimErrand(ctx context.Context, e *goingErrand) (mine bool, err error) {
	if e.version != 0 {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.TTL/3)
	defer cancel()
	key := errandKey(e.plan, e.name)
	records, err := r.plans.store.Get(ctx, key)
	if err != nil {
		return false, err
	}
	if records[0].Version != 0 && !slices.Equal(records[0].Fields[fieldLease], []string{r.lease}) {
		return false, nil
	}
	var body []byte
	if e.request != nil {
		if body, err = e.request.MarshalJSON(); err != nil {
			return false, err
		}
	}
	// One under the own lease is of a commit whose answer was lost.
	version, err := r.plans.store.Commit(ctx, claimOf(store.Record{Key: key, Version: records[0].Version, Body: body}, r.lease))
	if isConflict(err) {
		return false, nil
	}
	if err == nil {
		r.mu.Lock()
		e.version = version
		r.mu.Unlock()
	}
	return err == nil, err
}

// claimOf makes an errand that of the Runner with a lease.
func claimOf(errand store.Record, lease string) store.Op {
	errand.Fields = map[string][]string{fieldLease: {lease}}
	return store.Op{Record: errand}
}

// dropErrands gives errands up. What cannot be removed now is found by who watches leases.
func (r *Runner) dropErrands(ctx context.Context, all ...*goingErrand) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.TTL/3)
	defer cancel()
	for some := range slices.Chunk(all, sweepPage) {
		var ops []store.Op
		r.mu.Lock()
		for _, e := range some {
			if e.version != 0 {
				ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: errandKey(e.plan, e.name), Version: e.version}})
			}
			e.version = 0
		}
		r.mu.Unlock()
		if len(ops) == 0 {
			continue
		}
		if _, err := r.plans.store.Commit(ctx, ops...); err != nil && !isConflict(err) {
			r.Log.Warn("errands could not be given up yet", "error", err)
		}
	}
}

// dropAllErrands gives up every errand of a Runner that stops. A request that may have been
// opened is left to who inherits it.
func (r *Runner) dropAllErrands(ctx context.Context) {
	var all []*goingErrand
	r.mu.Lock()
	for _, of := range r.errands {
		for _, e := range of {
			if !e.opened {
				all = append(all, e)
			}
		}
	}
	clear(r.errands)
	r.mu.Unlock()
	r.dropErrands(ctx, all...)
}

// inheritErrand removes the record of an errand under a lease that nobody keeps, or of
// one that this Runner does not know of: its commit's answer was lost. That of a request
// which may have been opened it makes its own.
func (r *Runner) inheritErrand(ctx context.Context, id, lease string) error {
	if r.goesAbout(id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.TTL)
	defer cancel()
	key := store.Key{Kind: kindErrand, ID: id}
	records, err := r.plans.store.Get(ctx, key)
	if err != nil || records[0].Version == 0 || !slices.Equal(records[0].Fields[fieldLease], []string{lease}) {
		return err
	}
	op := store.Op{Kind: store.Delete, Record: store.Record{Key: key, Version: records[0].Version}}
	var request *approval.Request
	if body := records[0].Body; len(body) > 0 {
		request = new(approval.Request)
		if err := request.UnmarshalJSON(body); err != nil {
			return fmt.Errorf("errand %s cannot be read: %w: %s", id, errCorrupt, err.Error())
		}
		if r.plans.providers[request.Kind()] == nil {
			return nil // it is for a Runner that has the provider
		}
		op = claimOf(store.Record{Key: key, Version: records[0].Version, Body: body}, r.lease)
	}
	version, err := r.plans.store.Commit(ctx, op)
	if isConflict(err) {
		return nil // another was quicker
	}
	if err == nil && request != nil {
		r.adoptErrand(id, version, request)
	}
	return err
}

// adoptErrand notes that a request which may have been opened is this Runner's business now.
func (r *Runner) adoptErrand(id string, version int64, request *approval.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	plan, name, _ := strings.Cut(id, "/")
	e := r.errands[plan][name]
	switch {
	case e == nil:
		e = &goingErrand{plan: plan, name: name}
		r.addErrand(e)
	case e.busy:
		return // it has just begun: if it is not its own by then, it is found again
	}
	e.version, e.request, e.opened, e.again = version, request, true, time.Time{}
	r.lookSoon()
}

// goesAbout reports whether a record is of an errand that is this Runner's, or is about to be.
func (r *Runner) goesAbout(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	plan, name, _ := strings.Cut(id, "/")
	e := r.errands[plan][name]
	return e != nil && (e.busy || e.version != 0)
}
