// Package noticetest lets tests of plans listen to everything, and read what they hear.
package noticetest

import (
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/outboxtest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// Events returns all that can be listened to.
func Events() []releaseplan.Event {
	return []releaseplan.Event{releaseplan.EventStarted, releaseplan.EventPaused, releaseplan.EventFailed, releaseplan.EventFinished,
		releaseplan.EventCanceled, releaseplan.EventExpired, releaseplan.EventWaiting}
}

// ListenToAll gives the plan, each phase and each task a listener to every event, and
// takes the owner's notices away.
func ListenToAll(c releaseplan.Content) releaseplan.Content {
	off := false
	c.NotifyOwnerOnError = &off
	c.Listeners = listeners("of the plan")
	for i := range c.Phases {
		p := &c.Phases[i]
		p.Listeners = listeners("of the phase")
		for j := range p.Tasks {
			p.Tasks[j].Listeners = listeners("of the task")
		}
	}
	return c
}

// listeners tell a user of every event.
func listeners(user string) (all []releaseplan.Listener) {
	for _, e := range Events() {
		all = append(all, releaseplan.Listener{Event: e, Recipients: []penstock.Party{penstock.UserParty(user)}})
	}
	return all
}

// A Told is a notice of a plan, read.
type Told struct {
	outboxtest.Told[releaseplan.NoticeData]
}

// On says what kind of thing a notice is about: plan, phase or task.
func (n Told) On() string {
	switch {
	case len(n.Facts.Phases) > 0:
		return "phase"
	case len(n.Facts.Tasks) > 0:
		return "task"
	default:
		return "plan"
	}
}

// Read returns the notices that events carry: see [outboxtest.Read].
func Read(t testing.TB, events []store.Event) (all []Told) {
	t.Helper()
	for _, n := range outboxtest.Read[releaseplan.NoticeData](t, events) {
		all = append(all, Told{n})
	}
	return all
}

// Titles returns the titles of notices.
func Titles(all []Told) (titles []string) {
	for _, n := range all {
		titles = append(titles, n.Title)
	}
	return titles
}

// Named returns the title of a notice of plan P as it is when the plan is called
// Checkout 2.4.
func Named(title string) string {
	title = strings.Replace(title, "Plan P", `Plan "Checkout 2.4"`, 1)
	return strings.Replace(title, "plan P", `plan "Checkout 2.4"`, 1)
}
