package releaseplan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/noticetest"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestRecipientsOfNotices(t *testing.T) {
	t.Parallel()
	type content = releaseplan.Content
	ann, bob, sre := penstock.UserParty("ann"), penstock.UserParty("bob"), penstock.GroupParty("sre")
	failed := func(to ...penstock.Party) releaseplan.Listener {
		return releaseplan.Listener{Event: releaseplan.EventFailed, Recipients: to}
	}
	started := releaseplan.Listener{Event: releaseplan.EventStarted}
	off := false
	fail := func(a *aLife) { a.act(releaseplan.Execute).lease("deploy").on(releaseplan.Fail, "deploy") }
	for _, tt := range []struct {
		name string
		edit func(c *content)
		step func(a *aLife)
		want map[string][]string // by title
	}{
		{"the owner hears of errors without asking", func(*content) {}, fail, map[string][]string{
			`Task "deploy" of plan P failed: because`: {"user:ann"}, "Plan P failed": {"user:ann"}}},
		{"unless that is turned off", func(c *content) { c.NotifyOwnerOnError = &off }, fail, map[string][]string{}},
		{"who listens hears then too", func(c *content) { c.NotifyOwnerOnError, c.Listeners = &off, []releaseplan.Listener{failed(bob)} }, fail, map[string][]string{
			"Plan P failed": {"user:bob"}}},
		{"an owner that listens hears once", func(c *content) { c.Listeners = []releaseplan.Listener{failed(bob, ann)} }, fail, map[string][]string{
			`Task "deploy" of plan P failed: because`: {"user:ann"}, "Plan P failed": {"user:bob", "user:ann"}}},
		{"all listeners to an event are one", func(c *content) {
			c.Listeners = []releaseplan.Listener{failed(bob, sre), failed(sre, bob), failed(penstock.Party{ID: "bob"}, penstock.Party{Name: "Cleo"}, penstock.Party{Name: "Dan"})}
		}, fail, map[string][]string{
			`Task "deploy" of plan P failed: because`: {"user:ann"}, "Plan P failed": {"user:bob", "group:sre", "user:", "user:", "user:ann"}}},
		{"an owner that is a group is told as one", func(c *content) { c.Owner, c.Phases[0].Tasks[0].Owner = sre, ann }, fail, map[string][]string{
			`Task "deploy" of plan P failed: because`: {"group:sre", "user:ann"}, "Plan P failed": {"group:sre"}}},
		{"owners of phases and tasks hear of theirs", func(c *content) { c.Phases[0].Owner, c.Phases[0].Tasks[0].Owner = bob, sre }, fail, map[string][]string{
			`Task "deploy" of plan P failed: because`: {"user:ann", "group:sre"}, `Phase "phase" of plan P failed: because`: {"user:bob"}, "Plan P failed": {"user:ann"}}},
		{"who owns plan and phase hears of the task", func(c *content) { c.Phases[0].Owner = ann }, fail, map[string][]string{
			`Task "deploy" of plan P failed: because`: {"user:ann"}, "Plan P failed": {"user:ann"}}},
		{"a listener without recipients stands for the owner", func(c *content) {
			c.Listeners, c.Phases[0].Listeners, c.Phases[0].Tasks[0].Listeners = []releaseplan.Listener{started}, []releaseplan.Listener{started}, []releaseplan.Listener{started}
			c.Phases[0].Tasks[0].Owner = sre
		}, func(a *aLife) { a.act(releaseplan.Execute).lease("deploy") }, map[string][]string{
			"Plan P started": {"user:ann"}, `Phase "phase" of plan P started`: {"user:ann"}, `Task "deploy" of plan P started`: {"group:sre"}}},
		{"the owner hears that the plan expires", func(c *content) { c.Window = aWindow(0, time.Hour) }, func(a *aLife) { a.act(releaseplan.Execute).wait(2 * time.Hour).advance() }, map[string][]string{
			"Plan P expired": {"user:ann"}}},
		{"and that a schedule was missed", func(c *content) {
			c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: aStart.Add(time.Hour)}
		},
			func(a *aLife) { a.wait(2 * time.Hour).advance() }, map[string][]string{"Plan P missed its schedule: the plan was draft": {"user:ann"}}},
		{"and of nothing else", func(*content) {}, func(a *aLife) {
			a.act(releaseplan.Execute).lease("deploy").act(releaseplan.Pause, releaseplan.Resume).on(releaseplan.Hold, "smoke").on(releaseplan.Complete, "deploy").act(releaseplan.Cancel)
		}, map[string][]string{}},
		{"what they are is what they were when it happened", func(c *content) {
			c.Listeners = []releaseplan.Listener{{Event: releaseplan.EventPaused, Recipients: []penstock.Party{bob}}}
		},
			func(a *aLife) {
				a.act(releaseplan.Execute, releaseplan.Pause).edit(func(c *content) { c.Listeners[0].Recipients[0] = sre })
				a.act(releaseplan.Resume)
			}, map[string][]string{"Plan P is paused": {"user:bob"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := aContent(aPhase(releaseplan.Sequential, "deploy", "smoke"))
			tt.edit(&c)
			a := aNewAt(t, c, aStart, &releaseplan.Rules{Permit: func(penstock.Actor, releaseplan.Command, *releaseplan.Plan) error { return nil }})
			before := a.p
			tt.step(a)
			got, want := make(map[string][]string), make(map[string][]string)
			for _, n := range a.told(before) {
				if _, twice := got[n.Title]; twice {
					t.Errorf("%q is told twice", n.Title)
				}
				got[n.Title] = noticeTo(n)
			}
			for title, to := range tt.want {
				want[noticetest.Named(title)] = to
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("who hears of what (-want +got):\n%s", diff)
			}
		})
	}
}
