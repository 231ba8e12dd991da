package servicetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// shop is a Service of plans and one of the records that they refer to, each of
// which asks the other: the environment production, the feature checkout, the
// custom strategy byPlan, and the segments 1, and 2 of project bank.
type shop struct {
	t       testing.TB
	store   store.Store
	plans   *releaseplan.Service
	records *rollout.Service
}

func (on suite) shop(t testing.TB, cfg releaseplan.Config) *shop {
	t.Helper()
	if cfg.Store == nil {
		cfg.Store = on.open(t)
	}
	s := &shop{t: t, store: cfg.Store}
	records, err := rollout.NewService(rollout.Config{Store: cfg.Store, Authorizer: cfg.Authorizer, Legal: func(field string) []string {
		if field == "country" {
			return []string{"no", "se"}
		}
		return nil
	}, References: func(ctx context.Context, on rollout.Ref) ([]string, error) { return s.plans.RolloutReferences(ctx, on) }})
	s.records = must(t, records, err)
	cfg.Rollout = s.records
	s.plans = on.service(t, cfg)
	return s
}

func (s *shop) open() *shop {
	s.t.Helper()
	ctx := s.t.Context()
	_, err := s.records.Environments().Create(ctx, rollout.Environment{Name: "production"}, ann)
	must(s.t, 0, err)
	_, err = s.records.Features().Create(ctx, rollout.Flag{Name: "checkout"}, ann)
	must(s.t, 0, err)
	_, err = s.records.Strategies().Create(ctx, rollout.Definition{Name: "byPlan", Parameters: []rollout.Parameter{{Name: "plan", Type: rollout.StringParameter, Required: true}}}, ann)
	must(s.t, 0, err)
	s.segment("beta", "")
	s.segment("bank", "bank")
	return s
}

// flag changes checkout.
func (s *shop) flag(f func(*rollout.Flag)) {
	s.t.Helper()
	_, err := s.records.Features().Update(s.t.Context(), "checkout", 0, func(x *rollout.Flag) error { f(x); return nil }, ann)
	must(s.t, 0, err)
}

func (s *shop) segment(name, project string) int {
	s.t.Helper()
	r, err := s.records.Segments().Create(s.t.Context(), rollout.Segment{Name: name, Project: project}, ann)
	return must(s.t, r, err).Value.ID
}

// referring is a plan whose only milestone has one strategy with segments.
func referring(segments ...int) releaseplan.Content {
	c := exposing("P", 100)
	c.Milestones[0].Strategies[0].Segments = segments
	return c
}

func wantFaults(t testing.TB, err error, want ...string) {
	t.Helper()
	var got []string
	for _, f := range penstock.Faults(err) {
		got = append(got, f.Error())
	}
	if d := cmp.Diff(want, got); d != "" || !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("%v: %s", err, d)
	}
}

func (on suite) testUnknownReferencesAreFaults(t *testing.T) {
	s := on.shop(t, releaseplan.Config{}).open()
	ctx := t.Context()
	c := referring(1, 7)
	c.Target.Feature, c.Target.Environment = "nothing", "nowhere"
	c.Milestones[0].Strategies = append(c.Milestones[0].Strategies, rollout.Strategy{Name: "mine"}, rollout.Strategy{Name: "a/b", Segments: []int{-1, 7}})
	want := []string{"target.feature: feature nothing is unknown", "target.environment: environment nowhere is unknown",
		"milestones[0].strategies[0].segments[1]: segment 7 is unknown", "milestones[0].strategies[1].name: strategy mine is unknown",
		"milestones[0].strategies[2].name: strategy a/b is unknown", "milestones[0].strategies[2].segments[0]: segment -1 is unknown",
		"milestones[0].strategies[2].segments[1]: segment 7 is unknown"}
	_, err := s.plans.Create(ctx, c, ann)
	wantFaults(t, err, want...)
	if list, err := s.plans.List(ctx, releaseplan.Filter{}, ann); must(t, list, err).Total != 0 {
		t.Error("a plan was stored")
	}
	p := create(t, s.plans, referring(1))
	_, err = s.plans.Edit(ctx, p.ID(), 0, func(x *releaseplan.Content) error { x.Milestones[0].Strategies[0].Segments = []int{9}; return nil }, ann)
	wantFaults(t, err, "milestones[0].strategies[0].segments[0]: segment 9 is unknown")
	doc, err := releaseplan.Export(create(t, on.service(t, releaseplan.Config{}), c))
	_, err = s.plans.Import(ctx, must(t, doc, err), ann)
	wantFaults(t, err, want...)
	before, err := s.records.Revision(ctx)
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	edited(t, s.plans, p.ID(), func(c *releaseplan.Content) { c.Description = "other" })
	if after, _ := s.records.Revision(ctx); must(t, after, err) != before {
		t.Error("the records were written though no reference is new")
	}
}

func (on suite) testReferencesOfPlansBlockDeletion(t *testing.T) {
	s := on.shop(t, releaseplan.Config{}).open()
	ctx := t.Context()
	c := referring(1)
	c.Milestones[0].Strategies = append(c.Milestones[0].Strategies, rollout.Strategy{Name: "byPlan", Parameters: map[string]string{"plan": "gold"}})
	p := create(t, s.plans, c)
	remove := func() map[string]error {
		return map[string]error{"segment 1": s.records.Segments().Delete(ctx, 1, 0, ann), "strategy byPlan": s.records.Strategies().Delete(ctx, "byPlan", 0, ann),
			"feature checkout": s.records.Features().Delete(ctx, "checkout", 0, ann), "environment production": s.records.Environments().Delete(ctx, "production", 0, ann)}
	}
	blocked := func(when string) {
		t.Helper()
		for what, err := range remove() {
			var e *rollout.InUseError
			if want := what + " is in use by plan " + p.ID(); !errors.As(err, &e) || e.Error() != want {
				t.Errorf("%s: %v, want %s", when, err, want)
			}
		}
	}
	blocked("draft")
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Reopen})
	edited(t, s.plans, p.ID(), func(c *releaseplan.Content) { c.Milestones[0].Strategies = nil })
	blocked("taken out while it is served")
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.StopRollout})
	if errs := remove(); errs["segment 1"] != nil || errs["strategy byPlan"] != nil || errs["feature checkout"] == nil || errs["environment production"] == nil {
		t.Error("taken out: ", errs)
	}
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Cancel}) // it serves nothing and never will
	if errs := remove(); errs["feature checkout"] != nil || errs["environment production"] != nil {
		t.Error("canceled: ", errs)
	}
}

// Writes of records between the decision and the commit of a plan do not make an
// edit fail, nor a new plan.
func (on suite) testReferencesMeetOtherWrites(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.shop(t, releaseplan.Config{Store: spy}).open()
	writer := on.shop(t, releaseplan.Config{Store: spy.Store})
	written := 0
	meet := func(times int) *int {
		n := new(int)
		spy.told(func(c spyCall) spyFault {
			if c.method != "Commit" || *n == times {
				return spyFault{}
			}
			*n++
			written++
			return spyFault{run: func() { writer.segment(fmt.Sprint("segment ", written), "") }}
		})
		return n
	}
	n := meet(3)
	p := create(t, s.plans, referring(1))
	if *n != 3 {
		t.Errorf("%d writes came between", *n)
	}
	n = meet(3)
	if p = edited(t, s.plans, p.ID(), func(c *releaseplan.Content) { c.Milestones[0].Strategies[0].Segments = []int{2} }); *n != 3 || p.Version() != 2 {
		t.Errorf("%d writes came between, version %d", *n, p.Version())
	}
	meet(-1)
	_, err := s.plans.Create(t.Context(), referring(1), ann)
	if !errors.Is(err, penstock.ErrConflict) {
		t.Errorf("with writes without end: %v", err)
	}
	spy.told(func(c spyCall) spyFault { // the segment goes meanwhile
		if c.method != "Commit" || c.n > 1 {
			return spyFault{}
		}
		return spyFault{run: func() { must(t, 0, writer.records.Segments().Delete(t.Context(), 1, 0, ann)) }}
	})
	_, err = s.plans.Create(t.Context(), referring(1), ann)
	wantFaults(t, err, "milestones[0].strategies[0].segments[0]: segment 1 is unknown")
}

// Records over another Store are never met: the error says what may be wrong.
func (on suite) testRolloutOverAnotherStore(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy, Rollout: on.shop(t, releaseplan.Config{}).open().records})
	const hint = "Config.Rollout is over another Store"
	_, err := s.Create(t.Context(), referring(1), ann)
	if !errors.Is(err, penstock.ErrConflict) || !strings.Contains(err.Error(), hint) || len(spy.of("Commit")) != 10 {
		t.Errorf("after %d commits: %v", len(spy.of("Commit")), err)
	}
	p := create(t, on.service(t, releaseplan.Config{Store: spy}), exposing("P", 5))
	spy.told(func(c spyCall) spyFault {
		if c.method != "Commit" {
			return spyFault{}
		}
		return spyFault{before: &store.OpError{Key: store.Key{Kind: "plan.target", ID: "x"}, Err: penstock.ErrConflict}}
	})
	_, err = s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Finalize}, ann)
	if !errors.Is(err, penstock.ErrConflict) || strings.Contains(err.Error(), hint) || len(spy.of("Commit")) != 10 {
		t.Errorf("after %d commits of a target: %v", len(spy.of("Commit")), err)
	}
}

// A record is never deleted under a plan that begins to refer to it.
func (on suite) testReferencesRaceWithDeletion(t *testing.T) {
	st := on.open(t)
	shops := []*shop{on.shop(t, releaseplan.Config{Store: st}).open(), on.shop(t, releaseplan.Config{Store: st})}
	for i := range 8 {
		id := shops[0].segment(fmt.Sprint(i), "")
		var wg sync.WaitGroup
		var created, deleted error
		wg.Go(func() {
			_, created = shops[i%2].plans.Create(t.Context(), referring(id), ann)
		})
		wg.Go(func() { deleted = shops[0].records.Segments().Delete(t.Context(), id, 0, ann) })
		wg.Wait()
		switch {
		case created == nil && errors.Is(deleted, penstock.ErrRefused):
		case deleted == nil && errors.Is(created, penstock.ErrInvalid):
		default:
			t.Errorf("created: %v, deleted: %v", created, deleted)
		}
	}
	intact(t, st)
}

// More references than a field takes are found all the same.
func (on suite) testManyReferencesAreFound(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	c := exposing("P", 1)
	const each = releaseplan.MaxStrategies
	last := 0
	for i := range store.MaxValues/each + 1 {
		var m releaseplan.Milestone
		m.Name = fmt.Sprint("milestone ", i)
		for j := range each {
			last = i*each + j
			m.Strategies = append(m.Strategies, rollout.Strategy{Name: fmt.Sprintf("custom-%d", last)})
		}
		c.Milestones = append(c.Milestones, m)
	}
	p := create(t, s, c)
	create(t, s, contentOf("other", 1, 1, ""))
	for id, want := range map[string]string{"custom-0": "plan " + p.ID(), fmt.Sprintf("custom-%d", last): "plan " + p.ID(), fmt.Sprintf("custom-%d", last+1): "", "flexibleRollout": "", strings.Repeat("x", 2_000): ""} {
		words, err := s.RolloutReferences(t.Context(), rollout.Ref{Kind: rollout.KindStrategy, ID: id})
		if got := strings.Join(must(t, words, err), ", "); got != want {
			t.Errorf("%.20s: %q, want %q", id, got, want)
		}
	}
	for range 110 {
		create(t, s, exposing("Q", 5))
	}
	words, err := s.RolloutReferences(t.Context(), rollout.Ref{Kind: rollout.KindFeature, ID: "checkout"})
	if must(t, words, err); len(words) != 101 || words[100] != "more plans" {
		t.Errorf("%d plans are named", len(words))
	}
}

// What can be stored in a draft need not fit: then it cannot be finalized.
func (on suite) testFinalizeFitsTheRecords(t *testing.T) {
	s := on.shop(t, releaseplan.Config{}).open()
	_, err := s.records.Features().Create(t.Context(), rollout.Flag{Name: "pay", Project: "bank"}, ann)
	must(t, 0, err)
	c := referring(1, 2)
	c.Target.Project = "shop"
	c.Milestones[0].Strategies = append(c.Milestones[0].Strategies, rollout.Strategy{Name: "byPlan", Parameters: map[string]string{"color": "red"},
		Constraints: []rollout.Constraint{{ContextName: "country", Operator: rollout.In, Values: []string{"no", "dk"}}}})
	want := []string{"milestones[0].strategies[0].segments[1]: belongs to another project",
		"milestones[0].strategies[1].parameters.plan: must not be empty",
		`milestones[0].strategies[1].parameters.color: is no parameter of "byPlan"`,
		`milestones[0].strategies[1].constraints[0].values[1]: "dk" is not a legal value of country`}
	p := create(t, s.plans, c)
	wantRefused := func(want ...string) {
		t.Helper()
		for _, a := range []releaseplan.Action{releaseplan.Finalize, releaseplan.Execute} {
			_, err := s.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: a}, ann)
			if wantFaults(t, err, want...); !errors.Is(err, penstock.ErrRefused) {
				t.Errorf("%s: %v", a, err)
			}
			verdicts, err := s.plans.Can(t.Context(), p.ID(), ann)
			for _, v := range must(t, verdicts, err) {
				if v.Action == a && (v.Allowed || len(v.Refusals) != 1 || v.Refusals[0].Rule != "lint") {
					t.Errorf("Can tells of %s: %+v", a, v)
				} else if v.Action == a {
					wantFaults(t, v.Refusals[0].Err, want...)
				}
			}
		}
	}
	wantRefused(want...)
	p = edited(t, s.plans, p.ID(), func(c *releaseplan.Content) {
		c.Target.Feature = "pay"
		c.Milestones[0].Strategies = c.Milestones[0].Strategies[:1]
	})
	wantRefused(`target.project: is not that of feature "pay"`, want[0])
	p = edited(t, s.plans, p.ID(), func(c *releaseplan.Content) { c.Target.Project = "" })
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	_, err = s.plans.Edit(t.Context(), p.ID(), 0, func(x *releaseplan.Content) error {
		x.Milestones = append(x.Milestones, releaseplan.Milestone{Name: "gold", Strategies: c.Milestones[0].Strategies[1:]})
		return nil
	}, ann)
	wantFaults(t, err, strings.ReplaceAll(want[1], "[0].strategies[1]", "[1].strategies[0]"), strings.ReplaceAll(want[2], "[0].strategies[1]", "[1].strategies[0]"),
		strings.ReplaceAll(want[3], "[0].strategies[1]", "[1].strategies[0]"))
	_, err = s.records.Features().Update(t.Context(), "checkout", 0, func(f *rollout.Flag) error { f.Archived = true; return nil }, ann)
	must(t, 0, err)
	_, err = s.plans.Create(t.Context(), exposing("late", 5), ann)
	wantFaults(t, err, "target.feature: feature checkout is archived")
	p = create(t, on.service(t, releaseplan.Config{Store: s.store}), exposing("unchecked", 5))
	wantRefused(`target.feature: feature "checkout" is unknown or archived`)
}
