package conformance_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/outbox"
)

// A staff is a Directory of a few people and a group.
type staff struct{ penstock.Trust }

func (staff) Party(_ context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	people := map[string]penstock.PartyInfo{
		"ann": {Email: "ann@example.com", Active: true},
		"bob": {Email: "bob@example.com", Active: true},
		"cyd": {Email: "cyd@example.com", Active: false}, // has left
		"ops": {Active: true, Members: []penstock.Party{penstock.UserParty("bob"), penstock.UserParty("dan"), penstock.UserParty("cyd")}},
		"dan": {Email: "dan@example.com", Active: true},
	}
	info, ok := people[p.ID]
	if !ok {
		return info, penstock.ErrNotFound
	}
	info.Party = p
	return info, nil
}

// What a plan's listeners ask for reaches them, from the Runner of one process, by
// the Dispatcher of another, as often as it happens and in order.
func TestOutboxCarriesWhatListenersAskFor(t *testing.T) {
	to := func(e releaseplan.Event, parties ...penstock.Party) releaseplan.Listener {
		return releaseplan.Listener{Event: e, Recipients: parties}
	}
	dan, ops := penstock.UserParty("dan"), penstock.GroupParty("ops")
	content := releaseplan.Content{
		Name:      "Shop 2.4",
		Listeners: []releaseplan.Listener{to(releaseplan.EventStarted, ops), to(releaseplan.EventFinished, dan, penstock.UserParty("cyd"), penstock.UserParty("eve"))},
		Phases: []releaseplan.Phase{{
			Name:      "production",
			Listeners: []releaseplan.Listener{to(releaseplan.EventFinished, dan)},
			Tasks: []releaseplan.Task{
				{Name: "deploy", Kind: "work", Listeners: []releaseplan.Listener{to(releaseplan.EventFailed, dan), to(releaseplan.EventFinished, dan)}},
			},
		}},
	}
	want := map[string][]string{
		"ann@example.com": {`Task "deploy" of plan "Shop 2.4" failed: no space left`, `Plan "Shop 2.4" failed`}, // the owner, without asking
		"bob@example.com": {`Plan "Shop 2.4" started`},
		"dan@example.com": {`Plan "Shop 2.4" started`, `Task "deploy" of plan "Shop 2.4" failed: no space left`,
			`Task "deploy" of plan "Shop 2.4" finished`, `Phase "production" of plan "Shop 2.4" finished`, `Plan "Shop 2.4" finished`},
	}
	eachBackend(t, func(t *testing.T, b *backend) {
		t.Parallel()
		var mu sync.Mutex
		mail, ids, refused := make(map[string][]string), make(map[string]bool), false
		arrived := make(chan struct{}, 100)
		email := outbox.NotifierFunc(func(_ context.Context, m outbox.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if !refused { // the first letter of all comes back once
				refused = true
				return errors.New("try again")
			}
			if ids[m.ID] {
				t.Errorf("%q was sent twice", m.Title)
			}
			ids[m.ID] = true
			mail[m.To] = append(mail[m.To], m.Title)
			arrived <- struct{}{}
			return nil
		})
		here, there := b.store(t, b.db(t)), b.store(t, b.db(t))
		d, err := outbox.New(outbox.Config{
			Store: there, FromStart: true, Route: outbox.ToRecipients(staff{}, nil),
			Notifiers: map[string]outbox.Notifier{"email": email}, MinBackoff: 5 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, d)
		plans := releaseplan.New(releaseplan.Config{Store: here, Directory: staff{}})
		var times int
		carry(t, plans, 30*time.Second, func(context.Context, releaseplan.Job) error {
			if times++; times == 1 {
				return errors.New("no space left")
			}
			return nil
		})
		id := start(t, plans, content)
		for _, err := range plans.Follow(t.Context(), id, ann) {
			if err != nil {
				t.Fatal(err)
			}
			if p, err := plans.Get(t.Context(), id, ann); err != nil {
				t.Fatal(err)
			} else if p.State() == releaseplan.Failed {
				if _, err := plans.Do(t.Context(), id, releaseplan.Command{Action: releaseplan.Retry, Task: p.Tasks()[0].ID}, ann); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 8 {
			soon(t, "a letter", arrived)
		}
		settled(t, d)
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff(want, mail); diff != "" {
			t.Errorf("the mail (-want +got):\n%s", diff)
		}
	})
}
