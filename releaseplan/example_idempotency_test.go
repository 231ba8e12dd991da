package releaseplan_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// Who lost an answer asks again, with the same key: what was done is not done twice.
func ExampleService_CreateWith() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	file := releaseplan.Creation{Content: releaseplan.Content{Name: "Checkout 2.4"}, Key: "order 66"}

	first, _ := plans.CreateWith(ctx, file, ann)
	again, _ := plans.CreateWith(ctx, file, ann)
	fmt.Println("the same plan:", first.ID() == again.ID())

	say := releaseplan.Command{Action: releaseplan.Comment, Remark: "ready", Key: "hello"}
	for range 3 {
		p, _ := plans.Do(ctx, first.ID(), say, ann)
		fmt.Println("changes:", p.Status().Changes)
	}

	say.Remark = "not ready"
	_, err := plans.Do(ctx, first.ID(), say, ann)
	fmt.Println(err, errors.Is(err, penstock.ErrExists))
	// Output:
	// the same plan: true
	// changes: 2
	// changes: 2
	// changes: 2
	// the idempotency key "hello" was used for something else: already exists true
}
