package releaseplan_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// Listeners name who is to hear of what. A Dispatcher carries it to them: what is
// to be told was committed with what happened, so nothing is lost in between.
func ExampleListener() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ann, log := penstock.Actor{ID: "ann"}, memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: log})
	p, err := plans.Create(ctx, releaseplan.Content{
		Name: "Checkout 2.4",
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{
			Name:      "deploy",
			Listeners: []releaseplan.Listener{{Event: releaseplan.EventWaiting, Recipients: []penstock.Party{penstock.UserParty("bob")}}},
		}}}},
		Listeners: []releaseplan.Listener{{Event: releaseplan.EventStarted}}, // for the owner, who hears of failures without asking
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}

	told := make(chan outbox.Message)
	post, err := outbox.New(outbox.Config{
		Store:     log,
		Route:     outbox.ToRecipients(penstock.Trust{}, func(user penstock.PartyInfo) (channel, to string) { return "chat", user.ID }),
		Notifiers: map[string]outbox.Notifier{"chat": outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error { told <- m; return nil })},
		FromStart: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error)
	go func() { done <- post.Run(ctx) }()

	hear := func(n int, c releaseplan.Command) {
		if _, err := plans.Do(ctx, p.ID(), c, ann); err != nil {
			fmt.Println(err)
		}
		var lines []string
		for range n {
			m := <-told
			lines = append(lines, fmt.Sprintf("%s hears: %s", m.To, m.Title))
		}
		slices.Sort(lines) // different people hear in any order
		for _, line := range lines {
			fmt.Println(line)
		}
	}
	task := p.Tasks()[0].ID
	hear(2, releaseplan.Command{Action: releaseplan.Execute})
	hear(0, releaseplan.Command{Action: releaseplan.Start, Task: task})
	hear(2, releaseplan.Command{Action: releaseplan.Fail, Task: task, Remark: "no space left"})
	stop()
	fmt.Println(<-done)
	// Output:
	// ann hears: Plan "Checkout 2.4" started
	// bob hears: Task "deploy" of plan "Checkout 2.4" waits to be done
	// ann hears: Plan "Checkout 2.4" failed
	// ann hears: Task "deploy" of plan "Checkout 2.4" failed: no space left
	// <nil>
}

// Who named a recipient long ago sees whether he still hears anything.
func ExampleService_Listeners() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Directory: withoutBob{}})
	p, err := plans.Create(ctx, releaseplan.Content{
		Name:      "Checkout 2.4",
		Listeners: []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{penstock.UserParty("bob"), penstock.GroupParty("sre")}}},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	listeners, err := plans.Listeners(ctx, p.ID(), ann)
	for _, l := range listeners {
		fmt.Println(l.Event, "to", l.Recipients[1].Key(), "but not to", l.Invalid[0].Key())
	}
	fmt.Println(err)
	// Output:
	// failed to group:sre but not to user:bob
	// <nil>
}

// withoutBob is a Directory that knows everybody but one.
type withoutBob struct{ penstock.Trust }

func (d withoutBob) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	if p.ID == "bob" {
		return penstock.PartyInfo{}, penstock.ErrNotFound
	}
	return d.Trust.Party(ctx, p)
}
