package store_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

type Ticket struct {
	Title string
	Open  bool
	Votes int64
}

// A Collection keeps values of a type; its fields say what they are found by.
func ExampleCollection() {
	ctx := context.Background()
	tickets := store.Collection[Ticket]{
		Store: memory.New(),
		Kind:  "ticket",
		Fields: func(t Ticket) map[string][]string {
			return map[string][]string{"open": {fmt.Sprint(t.Open)}, "title": {t.Title}}
		},
		Sort: func(t Ticket) int64 { return t.Votes },
	}
	for id, t := range map[string]Ticket{"t1": {"slow page", true, 3}, "t2": {"typo", false, 9}, "t3": {"slow query", true, 7}} {
		op, err := tickets.Put(id, 0, t)
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err := tickets.Store.Commit(ctx, op); err != nil {
			fmt.Println(err)
			return
		}
	}
	found, err := tickets.Find(ctx, store.Query{
		Where: []store.Filter{store.Equals("open", "true"), store.HasPrefix("title", "slow")},
		Order: store.Order{Desc: true},
		Total: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range found.Items {
		fmt.Println(e.ID, e.Value.Title)
	}
	fmt.Println(found.Total, "found")
	// Output:
	// t3 slow query
	// t1 slow page
	// 2 found
}
