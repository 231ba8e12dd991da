package releaseplan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// A meddler shows the store as somebody left it who can write to its tables.
type meddler struct{ store.Store }

func (m meddler) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	events, err := m.Store.Events(ctx, q)
	for i := range events {
		events[i].Body = bytes.Replace(events[i].Body, []byte("not yet"), []byte("go ahead"), 1)
	}
	return events, err
}

// Verify finds what somebody altered behind Penstock's back. The head of a proof, kept
// elsewhere, also finds a trail that was rewritten from its beginning to its end.
func ExampleService_Verify() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	tables := memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: tables})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4"}, ann)
	for _, remark := range []string{"ready?", "not yet", "now"} {
		plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: remark}, ann)
	}
	proof, err := plans.Verify(ctx, p.ID(), ann)
	fmt.Println(proof.Entries, "entries", err)

	_, err = releaseplan.New(releaseplan.Config{Store: meddler{tables}}).Verify(ctx, p.ID(), ann)
	fault, _ := errors.AsType[*releaseplan.TrailError](err)
	fmt.Println("entry", fault.Seq, "was", fault.Kind, errors.Is(err, releaseplan.ErrTampered))

	plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Cancel}, ann)
	since, err := plans.VerifySince(ctx, p.ID(), proof.Head, ann)
	fmt.Println(since.Entries, "more since", since.From.Seq, err)
	// Output:
	// 4 entries <nil>
	// entry 3 was altered true
	// 2 more since 4 <nil>
}

// VerifyState folds the trail and holds the plan against it.
func ExampleService_VerifyState() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	tables := memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: tables})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4"}, ann)

	key := store.Key{Kind: "plan.content", ID: p.ID()}
	records, _ := tables.Get(ctx, key)
	records[0].Body = bytes.Replace(records[0].Body, []byte("2.4"), []byte("6.6"), 1)
	tables.Commit(ctx, store.Op{Record: records[0]})

	_, err := plans.VerifyState(ctx, p.ID(), ann)
	fault, _ := errors.AsType[*releaseplan.StateError](err)
	fmt.Println(fault.Paths)
	// Output:
	// [content.name]
}

// At is the plan as it was at a time.
func ExampleService_At() {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: func() time.Time { return now }})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4", Phases: []releaseplan.Phase{
		{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}}}}}, ann)
	for _, action := range []releaseplan.Action{releaseplan.Execute, releaseplan.Pause, releaseplan.Cancel} {
		now = now.Add(time.Hour)
		plans.Do(ctx, p.ID(), releaseplan.Command{Action: action}, ann)
	}
	for hour := 9; hour <= 12; hour++ {
		then, err := plans.At(ctx, p.ID(), time.Date(2026, 3, 2, hour, 30, 0, 0, time.UTC).Add(-30*time.Minute), ann)
		fmt.Println(hour, then, err)
	}
	_, err := plans.At(ctx, p.ID(), now.AddDate(-1, 0, 0), ann)
	fmt.Println(errors.Is(err, penstock.ErrNotFound))
	// Output:
	// 9 Checkout 2.4: draft <nil>
	// 10 Checkout 2.4: running <nil>
	// 11 Checkout 2.4: paused <nil>
	// 12 Checkout 2.4: canceled <nil>
	// true
}

// An auditor gets the trail as a file, and its head by another way.
func ExampleService_ExportTrail() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4"}, ann)
	plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "ready"}, ann)
	var file strings.Builder
	proof, err := plans.ExportTrail(ctx, p.ID(), releaseplan.TrailJSONL, &file, ann)
	fmt.Println(proof.Entries, "entries", err)

	known := releaseplan.TrailFile{Head: proof.Head}
	_, err = releaseplan.VerifyTrail(strings.NewReader(file.String()), known)
	fmt.Println(err)
	first, _, _ := strings.Cut(file.String(), "\n")
	_, err = releaseplan.VerifyTrail(strings.NewReader(first+"\n"), known)
	fmt.Println(err)
	// Output:
	// 2 entries <nil>
	// <nil>
	// entry 2 of the trail is missing: the trail ends before it
}

// With a seal, who can write to the store but has no key cannot make a trail that is
// proven. Keys are changed by adding one that holds from some time on.
func ExampleHMAC() {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	now := day.Add(9 * time.Hour)
	seal, err := releaseplan.HMAC(
		releaseplan.SealKey{Key: []byte("the first key, from a vault")},
		releaseplan.SealKey{From: day.AddDate(0, 0, 1), Key: []byte("the next key, from a vault")},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	tables := memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: tables, Seal: seal, Now: func() time.Time { return now }})
	p, _ := plans.Create(ctx, releaseplan.Content{Name: "Checkout 2.4"}, ann)
	for range 3 {
		now = now.AddDate(0, 0, 1)
		plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hello"}, ann)
	}
	proof, err := plans.Verify(ctx, p.ID(), ann)
	fmt.Println(proof.Entries, "entries", err)

	_, err = releaseplan.New(releaseplan.Config{Store: tables}).Verify(ctx, p.ID(), ann) // without the keys
	fmt.Println(errors.Is(err, releaseplan.ErrTampered))
	// Output:
	// 4 entries <nil>
	// true
}
