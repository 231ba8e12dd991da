// Package keyed lets requests of the dialects act on plans with the idempotency key
// that they have. Without one, it does what a [releaseplan.Service] does.
//
// A request that is sent again after its answer was lost is carried out again from the
// beginning: what it reads is the plan as it was the first time, so that it takes the same way
// through the operation, and its commands, whose keys stand for the request, get their first answers.
package keyed

import (
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// Plans are those of a service, for one request.
type Plans struct {
	plans *releaseplan.Service
	call  *rest.Call
}

// Of returns the plans for a request.
func Of(plans *releaseplan.Service, call *rest.Call) Plans { return Plans{plans, call} }

// Get returns the plan with id: as the first request with the next key has found it, or as it is now.
func (k Plans) Get(id string) (*releaseplan.Plan, error) {
	now, err := k.plans.Get(k.call.Context(), id, k.call.Actor)
	if err == nil {
		return k.As(now)
	}
	before, lookErr := k.Before(id) // it may be gone since
	if before == nil && lookErr == nil {
		lookErr = err
	}
	return k.read(before, lookErr)
}

// GetByNumber is Get by the number of a plan.
func (k Plans) GetByNumber(n int64) (*releaseplan.Plan, error) {
	now, err := k.plans.GetByNumber(k.call.Context(), n, k.call.Actor)
	if err == nil {
		return k.As(now)
	}
	key, stands := k.call.Key()
	before, lookErr := k.plans.BeforeNumber(k.call.Context(), n, releaseplan.Command{Key: key, KeyFor: stands}, k.call.Actor)
	if before == nil && lookErr == nil {
		lookErr = err
	}
	return k.read(before, lookErr)
}

// As returns a plan that was read now as Get would. To look for the first request after that
// is the right order: what is seen of its commit is seen of its key.
func (k Plans) As(now *releaseplan.Plan) (*releaseplan.Plan, error) {
	p, err := k.Before(now.ID())
	if p == nil && err == nil {
		p = now
	}
	return k.read(p, err)
}

// Before returns the plan as the first request with the next key has found it; nil if this is
// the first.
func (k Plans) Before(id string) (*releaseplan.Plan, error) {
	key, stands := k.call.Key()
	return k.plans.Before(k.call.Context(), id, releaseplan.Command{Key: key, KeyFor: stands}, k.call.Actor)
}

// read notes that a plan was read.
func (k Plans) read(p *releaseplan.Plan, err error) (*releaseplan.Plan, error) {
	if err == nil {
		k.call.About(penstock.Read, p.Resource())
	}
	return p, err
}

// Do is [releaseplan.Service.Do] with the next key.
func (k Plans) Do(id string, c releaseplan.Command) (*releaseplan.Plan, error) {
	c.Key, c.KeyFor = k.call.Key()
	p, err := k.plans.Do(k.call.Context(), id, c, k.call.Actor)
	return k.committed(c.Action.Right(), p, err)
}

// Edit is [releaseplan.Service.Edit] with the next key.
func (k Plans) Edit(id string, version int64, f func(*releaseplan.Content) error) (*releaseplan.Plan, error) {
	if key, _ := k.call.Key(); key == "" {
		return k.plans.Edit(k.call.Context(), id, version, f, k.call.Actor)
	}
	before, err := k.Get(id)
	if err != nil {
		return nil, err
	}
	if version != 0 && version != before.Version() {
		return nil, fmt.Errorf("plan %s has version %d, not %d: %w", id, before.Version(), version, penstock.ErrConflict)
	}
	content := before.Content()
	if err := f(&content); err != nil {
		return nil, err
	}
	return k.Do(id, releaseplan.Command{Action: releaseplan.Edit, Content: &content, IfVersion: before.Version()})
}

// Delete is [releaseplan.Service.Delete] with the next key.
func (k Plans) Delete(id string) error {
	_, err := k.Do(id, releaseplan.Command{Action: releaseplan.Delete})
	return err
}

// Create is [releaseplan.Service.CreateWith] with the next key.
func (k Plans) Create(c releaseplan.Creation) (*releaseplan.Plan, error) {
	c.Key, c.KeyFor = k.call.Key()
	p, err := k.plans.CreateWith(k.call.Context(), c, k.call.Actor)
	return k.committed(penstock.Edit, p, err)
}

// Duplicate is [releaseplan.Service.Duplicate] with the next key.
func (k Plans) Duplicate(id string, as releaseplan.Copy) (*releaseplan.Plan, error) {
	as.Key, as.KeyFor = k.call.Key()
	p, err := k.plans.Duplicate(k.call.Context(), id, as, k.call.Actor)
	return k.committed(penstock.Edit, p, err)
}

func (k Plans) committed(right penstock.Right, p *releaseplan.Plan, err error) (*releaseplan.Plan, error) {
	if err == nil {
		k.call.About(right, p.Resource())
		k.call.Committed()
	}
	return p, err
}
