package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// limit is the virtual time after which nobody waits for the end any more.
const limit = 48 * time.Hour

// A simulation is the world, the plan, and the time that both live in.
type simulation struct {
	clock *clock
	world *world
	plans *releaseplan.Service
	team  team
	id    string // of the plan
	story *story
}

// simulate lets it all happen.
func simulate(ctx context.Context, users int, seed uint64) (*story, error) {
	kept := memory.New()
	defer kept.Close()
	s, err := newSimulation(ctx, kept, users, seed)
	if err != nil {
		return nil, err
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	return s.story, nil
}

// newSimulation returns one in which the plan has just begun.
func newSimulation(ctx context.Context, kept store.Store, users int, seed uint64) (*simulation, error) {
	c := &clock{time: time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)}
	s := &simulation{clock: c, world: newWorld(users, seed, c.now()), plans: releaseplan.New(releaseplan.Config{Store: kept, Now: c.now})}
	s.team = team{s.plans, s.world}
	s.story = &story{users: users, begun: c.now(), bound: bound}
	p, err := begin(ctx, kept, s.plans, c.now, users/100)
	if err != nil {
		return nil, err
	}
	s.id = p.ID()
	return s, nil
}

// run goes on minute by minute, until the plan is at its end or nobody waits any more.
func (s *simulation) run(ctx context.Context) error {
	for {
		p, err := s.look(ctx)
		if err != nil {
			return err
		}
		if p.State().Final() || s.story.length() >= limit {
			s.story.state = p.State()
			s.story.entries, err = s.history(ctx)
			return err
		}
		if err := s.minute(ctx); err != nil {
			return err
		}
	}
}

// minute lets a minute pass.
func (s *simulation) minute(ctx context.Context) error {
	s.world.minute()
	s.clock.pass(time.Minute)
	return s.measure(ctx)
}

// look lets the team see to the plan, and then everyone have what is served.
func (s *simulation) look(ctx context.Context) (*releaseplan.Plan, error) {
	p, err := s.plans.Get(ctx, s.id, dana)
	if err != nil {
		return nil, err
	}
	if err := s.team.act(ctx, p, s.clock.now()); err != nil {
		return nil, err
	}
	served, err := s.plans.Serving(ctx, feature, environment)
	if err != nil {
		return nil, err
	}
	if last := len(s.story.exposures) - 1; last < 0 || served.Milestone != s.story.exposures[last].milestone || !served.Since.Equal(s.story.exposures[last].at) {
		if err := s.world.expose(served.Into(ownRules())); err != nil {
			return nil, err
		}
		s.story.exposures = append(s.story.exposures, exposure{served.Since, served.Milestone, s.world.share, slices.Clone(s.world.has)})
	}
	return s.plans.Get(ctx, s.id, dana)
}

// ownRules is the feature as it is without the plan: on for the team alone.
func ownRules() rollout.Feature {
	return rollout.Feature{Name: feature, Enabled: true, Strategies: rollout.List[rollout.Strategy]{
		{Name: rollout.UserWithID, Parameters: rollout.Parameters{"userIds": dana.ID}},
	}}
}

// measure takes down the minute that has passed, and tells the plan what its
// safeguards want to know.
func (s *simulation) measure(ctx context.Context) error {
	p, err := s.plans.Get(ctx, s.id, monitoring)
	if err != nil {
		return err
	}
	m := minute{share: s.world.share, traffic: s.world.minutes[len(s.world.minutes)-1]}
	steps, _ := p.Next(s.clock.now())
	for _, step := range steps {
		if step.Kind != releaseplan.StepMeasure {
			continue
		}
		q, ok := p.Query(step.Safeguard, s.clock.now())
		if !ok {
			continue
		}
		sample, err := s.world.Measure(ctx, q)
		if err != nil {
			return err
		}
		m.sample = sample
		observe := releaseplan.Command{Action: releaseplan.Observe, Safeguard: step.Safeguard, Sample: &sample}
		if _, err := s.plans.Do(ctx, s.id, observe, monitoring); err != nil {
			return fmt.Errorf("observe: %w", err)
		}
	}
	s.story.minutes = append(s.story.minutes, m)
	return nil
}

// history returns everything that happened to the plan.
func (s *simulation) history(ctx context.Context) (all []releaseplan.Entry, err error) {
	for {
		page, err := s.plans.History(ctx, s.id, int64(len(all)), 0, dana)
		if err != nil || len(page) == 0 {
			return all, err
		}
		all = append(all, page...)
	}
}
