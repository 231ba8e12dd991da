package releaseplan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// The plans of a feature in an environment are the one under way and the completed one
// that is still served.
func TestPlansAt(t *testing.T) {
	t.Parallel()
	ctx, ann, bob := context.Background(), penstock.Actor{ID: "ann"}, penstock.Actor{ID: "bob"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Authorizer: func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID == "bob" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	content := func(name string) releaseplan.Content {
		return releaseplan.Content{Name: name, Target: &releaseplan.Target{Feature: "checkout", Environment: "production"},
			Milestones: []releaseplan.Milestone{{Name: "all", Strategies: []rollout.Strategy{{Name: rollout.Everyone}}}}}
	}
	want := func(by penstock.Actor, environment string, names ...string) {
		t.Helper()
		all, err := plans.PlansAt(ctx, "checkout", environment, by)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range all {
			got = append(got, p.Name())
		}
		if d := cmp.Diff(names, got); d != "" {
			t.Error(d)
		}
	}
	run := func(p *releaseplan.Plan, actions ...releaseplan.Action) {
		t.Helper()
		for _, a := range actions {
			if _, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: a}, ann); err != nil {
				t.Fatal(err)
			}
		}
	}
	one, err := plans.Create(ctx, content("one"), ann)
	if err != nil {
		t.Fatal(err)
	}
	want(ann, "production") // a draft is nobody's business yet
	run(one, releaseplan.Execute)
	want(ann, "production", "one")
	want(bob, "production")
	want(ann, "test")
	run(one, releaseplan.Finish)
	want(ann, "production", "one") // it is still served
	second := content("two")
	second.Milestones[0].Start = releaseplan.ByHand
	two, err := plans.CreateThen(ctx, second, []releaseplan.Command{{Action: releaseplan.Execute}}, ann)
	if err != nil {
		t.Fatal(err)
	}
	want(ann, "production", "two", "one")
	if _, err := plans.CreateThen(ctx, second, []releaseplan.Command{{Action: releaseplan.Execute}}, ann); !errors.Is(err, releaseplan.ErrTargetTaken) || !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("a third one: %v", err)
	}
	run(two, releaseplan.StartMilestone)
	want(ann, "production", "two")
	run(two, releaseplan.Cancel)
	want(ann, "production")
}
