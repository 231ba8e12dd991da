package rollout_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// A Service keeps features and what they refer to; a State of it is what an
// evaluator compiles.
func ExampleService() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s, err := rollout.NewService(rollout.Config{Store: memory.New()})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.Environments().Create(ctx, rollout.Environment{Name: "production"}, ann); err != nil {
		fmt.Println(err)
		return
	}
	beta, err := s.Segments().Create(ctx, rollout.Segment{Name: "beta testers", Constraints: []rollout.Constraint{
		{ContextName: "userId", Operator: rollout.In, Values: []string{"bob", "cem"}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Features().Create(ctx, rollout.Flag{Name: "checkout", Environments: map[string]rollout.Setting{
		"production": {Enabled: true, Strategies: []rollout.Strategy{{Name: rollout.Everyone, Segments: []int{beta.Value.ID}}}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}

	state, err := s.State(ctx, "production")
	if err != nil {
		fmt.Println(err)
		return
	}
	e := rollout.Compile(state.Features, state.Segments, rollout.Options{})
	fmt.Println(e.Enabled("checkout", &rollout.Context{UserID: "bob"}), e.Enabled("checkout", &rollout.Context{UserID: "eve"}))
	fmt.Println(s.Segments().Delete(ctx, beta.Value.ID, 0, ann))
	// Output:
	// true false
	// segment 1 is in use by feature checkout
}

// What a record refers to is checked when it is written; every fault is told.
func ExampleRecords_Create() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	s, err := rollout.NewService(rollout.Config{Store: memory.New()})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = s.Features().Create(ctx, rollout.Flag{Name: "check out", Environments: map[string]rollout.Setting{
		"moon": {Strategies: []rollout.Strategy{{Name: rollout.Everyone, Segments: []int{7}}}}}}, ann)
	fmt.Println(err)
	// Output:
	// name: "check out" has characters other than letters, digits and -_.!~*'()
	// environments.moon: environment "moon" is unknown
	// environments.moon.strategies[0].segments[0]: segment 7 is unknown
}
