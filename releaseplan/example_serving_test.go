package releaseplan_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// stages are milestones for these percentages of users.
func stages(percentages ...string) (all []releaseplan.Milestone) {
	for _, p := range percentages {
		all = append(all, releaseplan.Milestone{Name: p + " %", Strategies: []rollout.Strategy{
			{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": p}}}})
	}
	return all
}

// What the live milestone serves goes in front of the feature's own strategies,
// and is compiled with them.
func ExampleService_Serving() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, err := plans.Create(ctx, releaseplan.Content{
		Name:       "Checkout for everybody",
		Target:     &releaseplan.Target{Feature: "checkout", Environment: "production"},
		Milestones: stages("5", "100"),
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	checkout := rollout.Feature{Name: "checkout", Enabled: true, Strategies: []rollout.Strategy{
		{Name: rollout.UserWithID, Parameters: map[string]string{"userIds": "ann"}}}}
	tell := func() {
		v, err := plans.Serving(ctx, "checkout", "production")
		if err != nil {
			fmt.Println(err)
			return
		}
		e := rollout.Compile([]rollout.Feature{v.Into(checkout)}, nil, rollout.Options{})
		n := 0
		for i := range 1000 {
			if e.Enabled("checkout", &rollout.Context{UserID: fmt.Sprint("user-", i)}) {
				n++
			}
		}
		fmt.Printf("%q: %d of 1000 users, ann %t\n", v.Milestone, n, e.Enabled("checkout", &rollout.Context{UserID: "ann"}))
	}
	tell()
	for _, action := range []releaseplan.Action{releaseplan.Execute, releaseplan.CompleteMilestone, releaseplan.StopRollout} {
		if _, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: action}, ann); err != nil {
			fmt.Println(err)
			return
		}
		tell()
	}
	// Output:
	// "": 0 of 1000 users, ann true
	// "5 %": 57 of 1000 users, ann true
	// "100 %": 1000 of 1000 users, ann true
	// "": 0 of 1000 users, ann true
}

// The Services of plans and of what they refer to know each other, over one store.
// Whoever evaluates compiles their states, and looks now and then whether they have
// changed.
func ExampleService_Overlay() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	var plans *releaseplan.Service
	records := memory.New()
	features, err := rollout.NewService(rollout.Config{Store: records, References: func(ctx context.Context, on rollout.Ref) ([]string, error) {
		return plans.RolloutReferences(ctx, on)
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	plans = releaseplan.New(releaseplan.Config{Store: records, Rollout: features})

	// compile returns an evaluator of what is served now, and when time may change that.
	compile := func() (*rollout.Evaluator, time.Time, error) {
		state, err := features.State(ctx, "production")
		if err != nil {
			return nil, time.Time{}, err
		}
		next, err := plans.Overlay(ctx, &state, "production")
		return rollout.Compile(state.Features, state.Segments, rollout.Options{}), next, err
	}
	// revision is read before, so that no change is missed in between.
	revision := func() (n [2]int64, err error) {
		if n[0], err = features.Revision(ctx); err == nil {
			n[1], err = plans.ServingRevision(ctx, "production")
		}
		return n, err
	}

	if _, err := features.Environments().Create(ctx, rollout.Environment{Name: "production"}, ann); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := features.Features().Create(ctx, rollout.Flag{Name: "checkout", Environments: map[string]rollout.Setting{"production": {Enabled: true}}}, ann); err != nil {
		fmt.Println(err)
		return
	}
	beta, err := features.Segments().Create(ctx, rollout.Segment{Name: "beta testers", Constraints: []rollout.Constraint{
		{ContextName: "userId", Operator: rollout.In, Values: []string{"bob", "cem"}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := plans.Create(ctx, releaseplan.Content{
		Name:   "Checkout for testers",
		Target: &releaseplan.Target{Feature: "checkout", Environment: "production"},
		Milestones: []releaseplan.Milestone{{Name: "testers", Strategies: []rollout.Strategy{
			{Name: rollout.Everyone, Segments: []int{beta.Value.ID}}}}},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}

	seen, err := revision()
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
		fmt.Println(err)
		return
	}
	now, err := revision()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("compile again:", now != seen)
	e, next, err := compile()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("bob:", e.Enabled("checkout", &rollout.Context{UserID: "bob"}), "eve:", e.Enabled("checkout", &rollout.Context{UserID: "eve"}))
	fmt.Println("changes by itself:", !next.IsZero())
	err = features.Segments().Delete(ctx, beta.Value.ID, 0, ann)
	fmt.Println("the segment is in use:", errors.Is(err, penstock.ErrRefused))
	// Output:
	// compile again: true
	// bob: true eve: false
	// changes by itself: false
	// the segment is in use: true
}

// A milestone that takes the feature from people who had it is seldom meant.
func ExamplePlan_Warnings() {
	c := releaseplan.Content{Name: "Checkout", Target: &releaseplan.Target{Feature: "checkout", Environment: "production"}, Milestones: stages("5", "25", "100")}
	c.Milestones[1].Strategies[0].Parameters["groupId"] = "checkout-2"
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "1"}, c, penstock.Actor{ID: "ann"}, time.Now())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range p.Warnings(nil) {
		fmt.Println(w)
		fmt.Println("for instance", w.Example.UserID)
	}
	// Output:
	// milestones[1]: takes the feature from people who have it by "5 %": the group id changes from "checkout" to "checkout-2", so that other people are drawn
	// for instance user-6
}
