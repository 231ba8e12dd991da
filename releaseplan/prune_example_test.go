package releaseplan_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A service prunes now and then, as an actor who may delete plans.
func ExampleService_Prune() {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: func() time.Time { return now }})
	p, err := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4", Phases: []releaseplan.Phase{
		{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Archive}, ann); err != nil {
		fmt.Println(err)
		return
	}
	now = now.AddDate(1, 0, 0)
	done, err := plans.Prune(ctx, now.AddDate(0, -6, 0), penstock.Actor{ID: "retention", Admin: true})
	fmt.Println("plans:", done.Plans, "events:", done.Events, err)

	anchor, err := plans.Anchor(ctx, p.ID(), ann)
	fmt.Println("pruned through entry", anchor.Seq, "by", anchor.Pruned.By.Label(), err)
	// Output:
	// plans: 1 events: 2 <nil>
	// pruned through entry 2 by retention <nil>
}
