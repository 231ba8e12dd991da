package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// What is committed with an event is told to whom the Route says, by the
// Notifier of the channel.
func ExampleDispatcher() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s := memory.New()
	d, err := outbox.New(outbox.Config{
		Store: s,
		Route: outbox.ToAll("print", "plan"),
		Notifiers: map[string]outbox.Notifier{
			"print": outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error {
				fmt.Println(m.Title, string(m.Data))
				if m.Event == "completed" {
					stop()
				}
				return nil
			}),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := d.Register(ctx); err != nil { // from here on
		fmt.Println(err)
		return
	}
	plan := store.Record{Key: store.Key{Kind: "plan", ID: "p1"}}
	for i, name := range []string{"created", "executed", "completed"} {
		e := store.Event{Seq: int64(i + 1), Name: name, At: time.Now(), Body: fmt.Appendf(nil, `{"n":%d}`, i+1)}
		if plan.Version, err = s.Commit(ctx, store.Op{Record: plan, Events: []store.Event{e}}); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(d.Run(ctx))
	// Output:
	// plan p1: created {"n":1}
	// plan p1: executed {"n":2}
	// plan p1: completed {"n":3}
	// <nil>
}

// What cannot be delivered is kept until somebody has mended the cause.
func ExampleDispatcher_Redrive() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, told := memory.New(), make(chan string)
	mended := false
	d, err := outbox.New(outbox.Config{
		Store: s, FromStart: true, Route: outbox.ToAll("hook"),
		Notifiers: map[string]outbox.Notifier{
			"hook": outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error {
				if !mended {
					told <- "failed"
					return outbox.Permanent(errors.New("hook.example.com: 410 Gone"))
				}
				told <- "delivered"
				return nil
			}),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := store.Event{Seq: 1, Name: "created", At: time.Now()}
	if _, err := s.Commit(ctx, store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: "p1"}}, Events: []store.Event{e}}); err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	fmt.Println(<-told)

	var letters penstock.List[outbox.Letter]
	for letters.Total == 0 {
		if letters, err = d.Dead(ctx, penstock.Page{}); err != nil {
			fmt.Println(err)
			return
		}
	}
	letter := letters.Items[0]
	fmt.Println(letter.Message.Title, "-", letter.Error)
	mended = true
	if err := d.Redrive(ctx, letter.Message.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-told)
	stop()
	fmt.Println(<-ended)
	// Output:
	// failed
	// plan p1: created - hook.example.com: 410 Gone
	// delivered
	// <nil>
}
