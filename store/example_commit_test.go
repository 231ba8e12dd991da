package store_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// Who writes over a version that is no longer stored is refused, and nothing of
// his Commit is kept: not even what does not conflict.
func ExampleStore_commit() {
	ctx, s := context.Background(), memory.New()
	plan := store.Key{Kind: "plan", ID: "p1"}
	write := func(version int64, body string) (int64, error) {
		return s.Commit(ctx, store.Op{Record: store.Record{Key: plan, Version: version, Body: []byte(body)}})
	}
	first, _ := write(0, "draft")
	_, err := write(first, "by ann")
	fmt.Println("ann:", err)

	_, err = write(first, "by bob, who has not seen it")
	fmt.Println("bob:", err)
	var at *store.OpError
	fmt.Println(errors.As(err, &at) && at.Key == plan, errors.Is(err, penstock.ErrConflict))

	_, err = write(0, "by carl, who thinks it is new")
	fmt.Println("carl:", err)
	// Output:
	// ann: <nil>
	// bob: plan p1: changed by someone else
	// true true
	// carl: plan p1: already exists
}

// A unique name is a record of its own, made in the same Commit as what it names.
func ExampleStore_uniqueName() {
	ctx, s := context.Background(), memory.New()
	create := func(id, name string) error {
		_, err := s.Commit(ctx,
			store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: id}, Body: []byte(name)}},
			store.Op{Record: store.Record{Key: store.Key{Kind: "plan.name", ID: name}, Body: []byte(id)}})
		return err
	}
	fmt.Println(create("p1", "Checkout 2.4"))
	fmt.Println(create("p2", "Checkout 2.4"))
	records, err := s.Get(ctx, store.Key{Kind: "plan", ID: "p2"})
	fmt.Println(records[0].Version, err)
	// Output:
	// <nil>
	// plan.name Checkout 2.4: already exists
	// 0 <nil>
}

// Events are committed with what they tell, and are read in that order.
func ExampleStore_events() {
	ctx, s := context.Background(), memory.New()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var version int64
	for i, name := range []string{"created", "finalized", "executed"} {
		var err error
		version, err = s.Commit(ctx, store.Op{
			Record: store.Record{Key: store.Key{Kind: "plan", ID: "p1"}, Version: version},
			Events: []store.Event{{Seq: int64(i + 1), Name: name, At: at}},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	events, err := s.Events(ctx, store.EventQuery{After: 1})
	for _, e := range events {
		fmt.Println(e.Position, e.Subject, e.Name)
	}
	fmt.Println(err)
	// Output:
	// 2 plan/p1 finalized
	// 3 plan/p1 executed
	// <nil>
}
