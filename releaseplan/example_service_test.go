package releaseplan_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A Service keeps plans in a store. Every command goes through Do, which returns
// the plan after it, or says what stands against it.
func ExampleService() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, err := plans.Create(ctx, releaseplan.Content{
		Name:   "Checkout 2.4",
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}, {Name: "smoke test"}}}},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p)

	_, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Pause}, ann)
	fmt.Println(err, errors.Is(err, penstock.ErrRefused))
	_, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, penstock.Actor{ID: "bob"})
	fmt.Println(err)

	p, _ = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann)
	fmt.Println(p)
	for _, task := range p.Tasks() {
		p, _ = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: task.ID}, ann)
	}
	fmt.Println(p)
	// Output:
	// Checkout 2.4: draft
	// cannot pause while draft (can cancel, execute, finalize) true
	// no execute right on plan "Checkout 2.4"
	// Checkout 2.4: running
	// Checkout 2.4: completed
}

// An edit is a function on a copy of the content. Who states the version that he
// saw does not overwrite what others wrote since.
func ExampleService_Edit() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4"}, ann)
	seen := p.Version()

	add := func(task string) func(*releaseplan.Content) error {
		return func(c *releaseplan.Content) error {
			c.Phases = append(c.Phases, releaseplan.Phase{Name: task, Tasks: []releaseplan.Task{{Name: task}}})
			return nil
		}
	}
	p, err := plans.Edit(ctx, p.ID(), seen, add("deploy"), ann)
	fmt.Println(p.Version(), err)

	_, err = plans.Edit(ctx, p.ID(), seen, add("announce"), ann)
	fmt.Println(errors.Is(err, penstock.ErrConflict))
	// Output:
	// 2 <nil>
	// true
}

// A Key makes it safe to send a command again when the answer was lost.
func ExampleCommand_key() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4"}, ann)

	comment := releaseplan.Command{Action: releaseplan.Comment, Remark: "on its way", Key: "request-17"}
	for range 3 {
		if _, err := plans.Do(ctx, p.ID(), comment, ann); err != nil {
			fmt.Println(err)
		}
	}
	trail, _ := plans.History(ctx, p.ID(), 0, 0, ann)
	for _, e := range trail {
		fmt.Println(e.Seq, e)
	}
	// Output:
	// 1 plan created by ann
	// 2 plan comment by ann (on its way)
}

// A host that has its own rights gives an Authorizer. It is asked about the plan
// as it is stored, besides the rules of ownership.
func ExampleConfig_authorizer() {
	ctx := context.Background()
	ann, bob := penstock.Actor{ID: "ann", Groups: []string{"shop"}}, penstock.Actor{ID: "bob", Groups: []string{"bank"}}
	plans := releaseplan.New(releaseplan.Config{
		Store: memory.New(),
		Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
			if who.Is(penstock.GroupParty(on.Folder.ID)) { // folders are named like teams here
				return nil
			}
			return &penstock.ForbiddenError{Right: right, On: on}
		},
	})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4", Folder: penstock.Folder{ID: "shop"}}, ann)

	_, err := plans.Get(ctx, p.ID(), bob)
	fmt.Println(err)
	for _, who := range []penstock.Actor{ann, bob} {
		list, _ := plans.List(ctx, releaseplan.Filter{}, who)
		fmt.Println(who.ID, "sees", list.Total)
	}
	// Output:
	// no read right on plan "Checkout 2.4"
	// ann sees 1
	// bob sees 0
}

// Follow yields what happened and what happens, and ends with the plan.
func ExampleService_Follow() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, _ := plans.Create(ctx, releaseplan.Content{
		Name:   "Checkout 2.4",
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}}}},
	}, ann)
	go func() {
		plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann)
		plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID}, ann)
	}()
	for e, err := range plans.Follow(ctx, p.ID(), ann) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e)
	}
	// Output:
	// plan created by ann
	// plan draft → execute check by ann
	// plan execute check → running
	// task "deploy" todo → done by ann
	// plan running → complete check
	// plan complete check → completed
}

// A list shows the plans that a filter selects, page by page.
func ExampleService_List() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for i, name := range []string{"Checkout 2.4", "Search 7", "Checkout 2.5", "Checkout 3"} {
		start := monday.AddDate(0, 0, i)
		plans.Create(ctx, releaseplan.Content{
			Name:    name,
			Planned: &releaseplan.PlannedTime{Start: start, End: start.Add(time.Hour)},
		}, ann)
	}
	list, err := plans.List(ctx, releaseplan.Filter{
		Name:   "Checkout*",
		States: []releaseplan.State{releaseplan.Draft},
		From:   monday.AddDate(0, 0, 1),
		Order:  releaseplan.ByPlannedStart,
		Page:   penstock.Page{Limit: 1},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range list.Items {
		fmt.Println(p.Name, p.Planned.Start.Weekday(), p.Status.State)
	}
	fmt.Println(list.Total, "in all")
	// Output:
	// Checkout 2.5 Wednesday draft
	// 2 in all
}
