package releaseplan_test

import (
	"encoding/json"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// noticeEvents are all that can be listened to.
var noticeEvents = []releaseplan.Event{releaseplan.EventStarted, releaseplan.EventPaused, releaseplan.EventFailed, releaseplan.EventFinished,
	releaseplan.EventCanceled, releaseplan.EventExpired, releaseplan.EventWaiting}

// noticeListeners tell a party of every event.
func noticeListeners(to penstock.Party) (all []releaseplan.Listener) {
	for _, e := range noticeEvents {
		all = append(all, releaseplan.Listener{Event: e, Recipients: []penstock.Party{to}})
	}
	return all
}

// noticeAll gives the plan, each phase and each task a listener to every event,
// and takes the owner's notices away.
func noticeAll(c releaseplan.Content) releaseplan.Content {
	off := false
	c.NotifyOwnerOnError = &off
	c.Listeners = noticeListeners(penstock.UserParty("of the plan"))
	for i := range c.Phases {
		p := &c.Phases[i]
		p.Listeners = noticeListeners(penstock.UserParty("of the phase"))
		for j := range p.Tasks {
			p.Tasks[j].Listeners = noticeListeners(penstock.UserParty("of the task"))
		}
	}
	return c
}

// A noticeTold is a notice, read.
type noticeTold struct {
	outbox.Notice
	seq  int64
	data releaseplan.NoticeData
}

// on says what kind of thing a notice is about.
func (n noticeTold) on() string {
	switch {
	case len(n.data.Phases) > 0:
		return "phase"
	case len(n.data.Tasks) > 0:
		return "task"
	default:
		return "plan"
	}
}

// noticesIn reads the notices that events carry.
func noticesIn(t testing.TB, events []store.Event) (all []noticeTold) {
	t.Helper()
	for _, e := range events {
		var notices []outbox.Notice
		if err := json.Unmarshal(e.Body, &notices); err != nil {
			t.Fatal(err)
		}
		if len(notices) == 0 {
			t.Errorf("event %d tells nothing", e.Seq)
		}
		for _, n := range notices {
			told := noticeTold{Notice: n, seq: e.Seq}
			if err := json.Unmarshal(n.Data, &told.data); err != nil {
				t.Fatal(err)
			}
			if string(told.data.Event) != n.Event || !told.data.At.Equal(e.At) {
				t.Errorf("%s at %v says %s at %v", n.Event, e.At, told.data.Event, told.data.At)
			}
			all = append(all, told)
		}
	}
	return all
}

// told returns what the changes of the plan since before tell people.
func (a *aLife) told(before *releaseplan.Plan) []noticeTold {
	a.Helper()
	changes := a.trail[before.Status().Changes:]
	events, err := releaseplan.Notices(before, a.p, changes)
	if err != nil {
		a.Fatal(err)
	}
	return noticesIn(a, events)
}

// titles returns the titles of notices.
func noticeTitles(all []noticeTold) (titles []string) {
	for _, n := range all {
		titles = append(titles, n.Title)
	}
	return titles
}

// noticeTo returns who hears of a notice.
func noticeTo(n noticeTold) (to []string) {
	for _, p := range n.Recipients {
		to = append(to, p.Key())
	}
	return to
}
