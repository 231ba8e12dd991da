package outbox_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// staff is a Directory of user names with a group of all.
type staff struct{ penstock.Trust }

func (s staff) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	info, err := s.Trust.Party(ctx, p)
	if p.Type == penstock.Group {
		info.Members = []penstock.Party{penstock.UserParty("ann"), penstock.UserParty("bob")}
	} else {
		info.Email = info.ID + "@example.com"
	}
	return info, err
}

// A notice is committed with what it tells of; when it is sent, the Directory
// says who its recipients are.
func ExampleToRecipients() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, plan := memory.New(), store.Key{Kind: "plan", ID: "p1"}
	e, err := outbox.Announce(plan, 1, time.Now(), outbox.Notice{
		Event: "failed", Title: "Plan Checkout 2.4 failed",
		Recipients: []penstock.Party{penstock.UserParty("bob"), penstock.GroupParty("staff")},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.Commit(ctx, store.Op{Record: store.Record{Key: plan}, Events: []store.Event{e}}); err != nil {
		fmt.Println(err)
		return
	}
	d, err := outbox.New(outbox.Config{
		Store: s, FromStart: true, Route: outbox.ToRecipients(staff{}, outbox.ByEmail), Workers: 1,
		Notifiers: map[string]outbox.Notifier{
			"email": outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error {
				fmt.Println("to", m.To+":", m.Title)
				if m.To == "ann@example.com" {
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
	fmt.Println(d.Run(ctx))
	// Output:
	// to bob@example.com: Plan Checkout 2.4 failed
	// to ann@example.com: Plan Checkout 2.4 failed
	// <nil>
}
