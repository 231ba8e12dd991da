package lease_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/penstock-go/penstock/internal/lease"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	plans := memory.New()
	_, err := plans.Commit(ctx, store.Op{Record: store.Record{
		Key: store.Key{Kind: "plan", ID: "checkout"}, Fields: map[string][]string{"lease": {"a process that is gone"}},
	}})
	if err != nil {
		fmt.Println(err)
	}

	own := &lease.Lease{ID: "this process", Store: plans, Kind: "process", TTL: 15 * time.Second, Log: slog.Default(), Work: "plan", Field: "lease"}
	born, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		own.Beat(ctx, born, func() { fmt.Println("stop everything") })
	}()
	<-born
	err = own.Look(ctx, func(_ context.Context, plan, lease string) error {
		fmt.Printf("plan %s was left by %s\n", plan, lease)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	cancel()
	<-over
	// Output: plan checkout was left by a process that is gone
}
