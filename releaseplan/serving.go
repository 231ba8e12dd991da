package releaseplan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// A Serving is what plans serve of a feature in an environment: the milestone that
// is live. Without a Plan it is nothing; the zero Serving says that nothing was ever
// served there.
type Serving struct {
	Feature     string
	Environment string
	Stopped     bool   // a milestone was live there, and none is now; then all below is zero
	Plan        string // its id
	Name        string // of the plan
	Milestone   string // its name
	Since       time.Time
	Strategies  []rollout.Strategy // the enabled ones, as they went live
}

// Into returns the feature with what is served in front of its own strategies,
// which are alternatives to it. Where something is served, a feature without
// strategies of its own is on for whom that says and not for everyone; it is on for
// nobody by an empty list. What turns the feature off stays: Enabled, dependencies.
//
// Nothing served returns f as it is, but for a feature without strategies of its own
// where that was Stopped: it is on for nobody, since to stop must not give it to
// everyone. Whoever means that gives it a strategy of its own, [rollout.Everyone].
// The result shares nothing with v that f does not.
func (v Serving) Into(f rollout.Feature) rollout.Feature {
	if v.Plan == "" && (!v.Stopped || len(f.Strategies) > 0) {
		return f
	}
	all := cloneEach(v.Strategies, rollout.Strategy.Clone)
	if len(all) == 0 { // an empty list is on for everyone
		all = []rollout.Strategy{{Name: rollout.Everyone, Disabled: true}}
	}
	f.Strategies = append(all, f.Strategies...)
	return f
}

// Serving returns what is served of a feature in an environment now, whether or
// not somebody has stored yet what time did. That is the live milestone of the plan
// that is under way there or, while it has none, of the plan that went live there
// before and was completed. It is the host's to decide who sees it: no Authorizer is
// asked, as with [rollout.Service.State].
func (s *Service) Serving(ctx context.Context, feature, environment string) (Serving, error) {
	v, _, err := s.serving(ctx, feature, environment, s.now())
	return v, err
}

// Servings returns everything that is served in an environment now, by feature, and
// nothing that was stopped. See [Service.Serving].
func (s *Service) Servings(ctx context.Context, environment string) ([]Serving, error) {
	all, _, err := s.servings(ctx, environment)
	return slices.DeleteFunc(all, func(v Serving) bool { return v.Plan == "" }), err
}

// Overlay puts all that is served in an environment into a state of it, and what was
// stopped there, so that what is compiled of the state is what users shall have: see
// [Serving.Into]. What is served of features that the state does not have is left out.
//
// Who evaluates compiles again when [Service.ServingRevision] or
// [rollout.Service.Revision] has another value than before the state was read, and
// at next: that is when time may change what is served by itself, whether or not a
// Runner is there to store it; zero if only commits do. An error leaves the state as it is.
func (s *Service) Overlay(ctx context.Context, state *rollout.State, environment string) (next time.Time, err error) {
	all, next, err := s.servings(ctx, environment)
	if err != nil {
		return next, err
	}
	of := make(map[string]*Serving, len(all))
	for i := range all {
		of[all[i].Feature] = &all[i]
	}
	for i := range state.Features {
		if v := of[state.Features[i].Name]; v != nil {
			state.Features[i] = v.Into(state.Features[i])
		}
	}
	return next, nil
}

// ServingRevision returns a number that grows whenever what is served in an
// environment changes by a commit, and at some other steps of plans; 0 if nothing
// was ever served there. It reads no plan.
func (s *Service) ServingRevision(ctx context.Context, environment string) (revision int64, err error) {
	err = s.eachTarget(ctx, environment, true, func(r store.Record) error {
		revision += r.Version // none is ever deleted, so that the sum grows whatever the order of commits
		return nil
	})
	return revision, err
}

// eachTarget calls f with the record of every target in an environment, by feature.
func (s *Service) eachTarget(ctx context.Context, environment string, noBody bool, f func(store.Record) error) error {
	if len(environment) > store.MaxValue {
		return nil // there is none
	}
	q := store.Query{Kind: kindTarget, Where: []store.Filter{store.Equals(fieldEnvironment, environment)},
		Order: store.Order{By: fieldFeature}, Limit: store.MaxLimit, NoBody: noBody}
	for {
		page, err := s.store.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("look for what is served in %s: %w", short(environment), err)
		}
		for _, r := range page.Records {
			if err := f(r); err != nil {
				return err
			}
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}

// servings returns everything that is served or was stopped, and when time may
// change that.
func (s *Service) servings(ctx context.Context, environment string) (all []Serving, next time.Time, err error) {
	now := s.now()
	err = s.eachTarget(ctx, environment, false, func(r store.Record) error {
		c, err := decodeClaim(r)
		if err != nil {
			return err
		}
		v, due, whole, err := s.fromPlans(ctx, c, now)
		if err == nil && !whole {
			v, due, err = s.serving(ctx, c.Feature, c.Environment, now)
		}
		if v.Plan != "" || v.Stopped {
			all = append(all, v)
		}
		if !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
		return err
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	return all, next, nil
}

// serving returns what is served of a feature, and when time may change that.
func (s *Service) serving(ctx context.Context, feature, environment string, now time.Time) (Serving, time.Time, error) {
	var seen int64
	for range maxTries {
		c, version, err := s.claim(ctx, feature, environment)
		if err != nil || version == 0 {
			return Serving{}, time.Time{}, err
		}
		v, due, whole, err := s.fromPlans(ctx, c, now)
		if err != nil || whole || version == seen {
			return v, due, err
		}
		seen = version // a plan is gone: it was deleted since, or this stays so
	}
	return Serving{}, time.Time{}, fmt.Errorf("what is served of %s in %s changed %d times meanwhile: %w", short(feature), short(environment), maxTries, penstock.ErrConflict)
}

// fromPlans returns what the plans of a target serve, or that it was stopped, and
// whether all of them are there.
func (s *Service) fromPlans(ctx context.Context, c claim, now time.Time) (v Serving, due time.Time, whole bool, err error) {
	whole = true
	for _, id := range slices.Compact([]string{c.Holder, c.Serving}) {
		if id == "" {
			continue
		}
		st, err := s.confirmed(ctx, id)
		if errors.Is(err, penstock.ErrNotFound) {
			whole = false
			continue
		}
		if err != nil {
			return Serving{}, time.Time{}, false, err
		}
		p := st.plan.At(now)
		if !p.targets(c) {
			continue
		}
		if id == c.Holder {
			due, _ = p.due(now)
		}
		if p.exposes() {
			return p.served(), due, whole, nil
		}
	}
	return c.stopped(), due, whole, nil
}

// served returns what the plan serves.
func (p *Plan) served() Serving {
	r, t := p.rollout(), p.def.content.Target
	return Serving{Feature: t.Feature, Environment: t.Environment, Plan: p.id, Name: p.Name(), Milestone: r.Name, Since: r.Since,
		Strategies: cloneEach(r.Serves, rollout.Strategy.Clone)}
}
