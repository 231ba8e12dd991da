package servicetest

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func (on suite) testWarningsKeepNobodyFromAnything(t *testing.T) {
	s := on.shop(t, releaseplan.Config{}).open()
	s.flag(func(f *rollout.Flag) {
		f.Environments = map[string]rollout.Setting{"production": {Enabled: true, Strategies: []rollout.Strategy{{Name: rollout.Everyone, Disabled: true}}}}
	})
	warnings := func(p *releaseplan.Plan) (fields []string) {
		t.Helper()
		all, err := s.plans.Warnings(t.Context(), p.ID(), ann)
		for _, w := range must(t, all, err) {
			fields = append(fields, w.Field)
			if w.Example.UserID == "" || w.Why == "" {
				t.Errorf("warning %+v", w)
			}
		}
		return fields
	}
	want := func(p *releaseplan.Plan, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, warnings(p)); d != "" {
			t.Error(d)
		}
	}
	p := create(t, s.plans, exposing("P", 5, 50, 20))
	want(p, "milestones[2]")
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.SkipMilestone, Milestone: "50 %", Remark: "no"})
	want(p)
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "50 %"})
	want(p, "milestones[2]")
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.CompleteMilestone})
	wantServed(t, s.plans, "P: 20 %")
	want(p)
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Finish})
	want(p)

	members := []rollout.Constraint{{ContextName: "userId", Operator: rollout.In, Values: []string{"bob"}}}
	segment, err := s.records.Segments().Create(t.Context(), rollout.Segment{Name: "members", Constraints: members}, ann)
	c := exposing("Q", 30, 30)
	c.Milestones[1].Name = "members"
	c.Milestones[1].Strategies[0].Segments = []int{must(t, segment, err).Value.ID}
	want(create(t, s.plans, c), "milestones[1]")
	c.Milestones = c.Milestones[1:]
	q := create(t, s.plans, c)
	want(q, "milestones[0]") // takes it from who has it by P
	command(t, s.plans, q.ID(), releaseplan.Command{Action: releaseplan.Execute})
	want(q)
}

// The first milestone is compared with what people have: by a feature that is on for
// everyone, or by another plan. What somebody may not read is not told.
func (on suite) testWarningsOfWhatIsThereBefore(t *testing.T) {
	var secret []string // names
	authorizer := func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID == bob.ID && slices.Contains(secret, on.Name) {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}
	s := on.shop(t, releaseplan.Config{Authorizer: authorizer}).open()
	p := create(t, s.plans, exposing("P", 5))
	everyone := exposing("E", 100)
	everyone.Milestones[0].Strategies[0] = rollout.Strategy{Name: rollout.Everyone}
	e := create(t, s.plans, everyone)
	want := func(when string, p *releaseplan.Plan, by penstock.Actor, want ...string) {
		t.Helper()
		var got []string
		all, err := s.plans.Warnings(t.Context(), p.ID(), by)
		for _, w := range must(t, all, err) {
			got = append(got, w.String())
			if (w.Example.UserID == "") != (w.Field == "target") {
				t.Errorf("%s: warning %+v", when, w)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", when, d)
		}
	}
	setting := func(x rollout.Setting) func(*rollout.Flag) {
		return func(f *rollout.Flag) { f.Environments = map[string]rollout.Setting{"production": x} }
	}
	const (
		off      = `target: feature "checkout" is off in production: nobody has it, whatever is served`
		archived = `target: feature "checkout" is archived: nobody has it, whatever is served`
		itself   = "milestones[0]: takes the feature from people who have it by the feature itself, which is on for everyone: "
		other    = "milestones[0]: takes the feature from people who have it by what another plan serves: "
	)
	want("no setting", p, bob, off)
	s.flag(setting(rollout.Setting{Strategies: []rollout.Strategy{{Name: rollout.Everyone}}}))
	want("off", p, bob, off)
	s.flag(setting(rollout.Setting{Enabled: true, Strategies: []rollout.Strategy{{Name: rollout.Everyone, Disabled: true}}}))
	want("strategies of its own", p, bob)
	s.flag(setting(rollout.Setting{Enabled: true}))
	want("on for everyone", p, bob, itself+"the strategy changes from default to flexibleRollout")
	want("on for everyone, and then still", e, bob)
	secret = []string{"checkout"}
	want("a feature that is secret", p, bob)
	want("a feature that is secret to others", p, ann, itself+"the strategy changes from default to flexibleRollout")
	secret = nil

	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	want("live", p, bob)
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.StopRollout})
	want("stopped", create(t, s.plans, exposing("Q", 1)), bob)
	command(t, s.plans, p.ID(), releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "5 %"})
	q := create(t, s.plans, exposing("Q", 1))
	want("another plan", q, bob, other+"the rollout is lowered from 5 to 1")
	secret = []string{"P"}
	want("another plan that is secret", q, bob)
	want("another plan that is secret to others", q, ann, other+"the rollout is lowered from 5 to 1")
	secret = nil

	s.flag(setting(rollout.Setting{}))
	want("off while it is served", p, bob, off)
	s.flag(setting(rollout.Setting{Enabled: true}))
	careless, err := rollout.NewService(rollout.Config{Store: s.store}) // does not ask whether plans refer to it
	must(t, careless, err)
	_, err = careless.Features().Update(t.Context(), "checkout", 0, func(f *rollout.Flag) error { f.Archived = true; return nil }, ann)
	must(t, 0, err)
	want("archived while it is served", p, bob, archived)
	must(t, 0, careless.Features().Delete(t.Context(), "checkout", 0, ann))
	want("gone while it is served", p, bob)
}
