package servicetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A noticeWorld is a Service over a store, with a clock.
type noticeWorld struct {
	testing.TB
	store store.Store
	plans *releaseplan.Service
	now   time.Time
}

func (on suite) noticeWorld(t testing.TB) *noticeWorld {
	w := &noticeWorld{TB: t, store: on.open(t), now: noon}
	w.plans = releaseplan.New(releaseplan.Config{Store: w.store, Now: func() time.Time { return w.now }})
	return w
}

func (w *noticeWorld) create(c releaseplan.Content) *releaseplan.Plan {
	w.Helper()
	c.Name = "Checkout 2.4"
	p, err := w.plans.Create(w.Context(), c, ann)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *noticeWorld) do(id string, c releaseplan.Command) *releaseplan.Plan {
	w.Helper()
	p, err := w.plans.Do(w.Context(), id, c, ann)
	if err != nil {
		w.Fatalf("%s: %v", c.Action, err)
	}
	return p
}

func (w *noticeWorld) act(id string, actions ...releaseplan.Action) (p *releaseplan.Plan) {
	w.Helper()
	for _, a := range actions {
		p = w.do(id, releaseplan.Command{Action: a})
	}
	return p
}

// announced returns the events of the log that carry notices.
func (w *noticeWorld) announced() (all []store.Event) {
	w.Helper()
	var after int64
	for {
		page, err := w.store.Events(w.Context(), store.EventQuery{Kind: outbox.KindNotice, After: after})
		if err != nil {
			w.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all, after = append(all, page...), page[len(page)-1].Position
	}
}

// manualPhase is a sequential phase of one task that people do.
func manualPhase(task string) releaseplan.Phase {
	return releaseplan.Phase{Name: "phase", Kind: releaseplan.Sequential, Tasks: []releaseplan.Task{{Name: task, Kind: releaseplan.Manual}}}
}

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

// noticeTitles returns the titles of notices.
func noticeTitles(all []noticeTold) (titles []string) {
	for _, n := range all {
		titles = append(titles, n.Title)
	}
	return titles
}

// noticeNamed names the plan in a title.
func noticeNamed(title string) string {
	title = strings.Replace(title, "Plan P", `Plan "Checkout 2.4"`, 1)
	return strings.Replace(title, "plan P", `plan "Checkout 2.4"`, 1)
}
