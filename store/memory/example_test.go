package memory_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// Whoever follows the log reads what there is and then waits for more.
func ExampleStore_Wait() {
	ctx, s := context.Background(), memory.New()
	go func() {
		for i := range int64(3) {
			_, err := s.Commit(ctx, store.Op{
				Record: store.Record{Key: store.Key{Kind: "plan", ID: fmt.Sprint("p", i)}},
				Events: []store.Event{{Seq: 1, Name: "created"}},
			})
			if err != nil {
				fmt.Println(err)
			}
		}
	}()
	for last := int64(0); last < 3; {
		if _, err := s.Wait(ctx, last); err != nil {
			fmt.Println(err)
			return
		}
		events, err := s.Events(ctx, store.EventQuery{After: last})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, e := range events {
			fmt.Println(e.Subject, e.Name)
			last = e.Position
		}
	}
	// Output:
	// plan/p0 created
	// plan/p1 created
	// plan/p2 created
}
