package releaseplan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// milestones gives a content up to four milestones, tasks that expose them, and
// safeguards.
func (d *aDice) milestones(c *releaseplan.Content) {
	c.Target = &releaseplan.Target{Feature: "checkout", Environment: "production"}
	n := 1 + d.intn(4)
	for i := range n {
		c.Milestones = append(c.Milestones, d.milestone(i))
	}
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			if t := &c.Phases[i].Tasks[j]; d.oneIn(6) {
				t.Kind = releaseplan.Expose
				t.Spec, _ = json.Marshal(releaseplan.ExposeSpec{Milestone: c.Milestones[d.intn(n)].Name})
			}
		}
	}
	for i := range d.intn(3) {
		c.Safeguards = append(c.Safeguards, d.safeguard(i, c.Milestones[d.intn(n)].Name))
	}
}

func (d *aDice) milestone(i int) releaseplan.Milestone {
	m := releaseplan.Milestone{Name: fmt.Sprintf("m%d", i), Strategies: []rollout.Strategy{
		{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": fmt.Sprint(10 * (i + 1))}},
		{Name: rollout.UserWithID, Parameters: rollout.Parameters{"userIds": "ann"}, Disabled: d.oneIn(2)},
	}}
	if !d.oneIn(3) {
		m.After = new(aMinutes(1 + d.intn(40)))
	}
	if d.oneIn(5) {
		m.Start = releaseplan.ByHand
	}
	if d.oneIn(4) {
		m.At = d.after(time.Minute, 20*time.Minute, time.Hour)
	}
	return m
}

func (d *aDice) safeguard(i int, back string) releaseplan.Safeguard {
	g := releaseplan.Safeguard{Name: fmt.Sprintf("g%d", i), Metric: releaseplan.Metric{Name: "errors"}, Window: aMinutes(5), MinSamples: int64(d.intn(2)) * 10,
		Action: aPick(d, "", releaseplan.SafeguardPause, releaseplan.SafeguardBack, releaseplan.SafeguardStop)}
	if d.oneIn(2) {
		g.Above = new(5.0)
	} else {
		g.Below = new(5.0)
	}
	if d.oneIn(2) {
		g.Clear = new(5.0)
	}
	if g.Action == releaseplan.SafeguardBack {
		g.Back = back
	}
	return g
}

// editMilestones changes the milestones of a content in one place.
func (d *aDice) editMilestones(c *releaseplan.Content) {
	n := len(c.Milestones)
	switch i := d.intn(n + 1); {
	case i == n:
		if n > 0 {
			c.Milestones = append(c.Milestones, d.milestone(n+10*d.intn(9)))
		}
	case d.oneIn(4):
		c.Milestones = slices.Delete(c.Milestones, i, i+1)
	default:
		was := c.Milestones[i]
		c.Milestones[i] = d.milestone(i)
		c.Milestones[i].ID, c.Milestones[i].Name = was.ID, was.Name
	}
}

// onMilestone returns something to ask of the milestones of p.
func (d *aDice) onMilestone(p *releaseplan.Plan, now time.Time) releaseplan.Command {
	c := releaseplan.Command{Action: aPick(d, aMilestoneActions...), Remark: "because"}
	if r := p.Status().Rollout; r != nil && len(r.Tripped) > 0 && d.oneIn(2) {
		c.Action = releaseplan.ClearSafeguard
	} else if d.oneIn(2) {
		c.Action = aPick(d, releaseplan.StartMilestone, releaseplan.StartMilestone, releaseplan.CompleteMilestone, releaseplan.ResumeRollout, releaseplan.SetInterval)
	}
	content := p.Content()
	if !d.oneIn(3) {
		m := content.Milestones[d.intn(len(content.Milestones))]
		c.Milestone = aPick(d, m.ID, m.Name)
	}
	switch c.Action {
	case releaseplan.StartMilestone:
		if d.oneIn(4) {
			c.Start = now.Add(time.Duration(d.intn(60)) * time.Minute)
		}
	case releaseplan.SetInterval:
		if !d.oneIn(4) {
			c.Interval = new(aMinutes(1 + d.intn(60)))
		}
		c.AtOnce = d.oneIn(2)
	case releaseplan.ClearSafeguard:
		c.Safeguard = fmt.Sprintf("g%d", d.intn(2))
	}
	return c
}

// measured returns what a Runner does of a step that measures.
func (d *aDice) measured(safeguard string) releaseplan.Command {
	return releaseplan.Command{Action: releaseplan.Observe, Safeguard: safeguard, Sample: &releaseplan.Sample{
		Value: aPick(d, 4.0, 4.5, 5, 5.5, 6), Count: aPick[int64](d, 0, 1, 10, 100), From: aStart.Add(time.Duration(d.intn(200)) * time.Minute)}}
}

// mTrailing follows what changes say of milestones.
type mTrailing struct {
	*testing.T
	content         releaseplan.Content
	state           releaseplan.State
	live            string
	serves          []rollout.Strategy
	paused, stopped bool
	tripped         map[string]bool
}

// mTrail holds the changes of one command against the rules of milestones.
func mTrail(t *testing.T, before, after *releaseplan.Plan, changes []releaseplan.Change) {
	t.Helper()
	w := &mTrailing{T: t, content: before.Content(), state: before.State(), tripped: make(map[string]bool)}
	r := before.Status().Rollout
	if r != nil {
		w.serves = r.Serves
		w.live, w.paused, w.stopped = r.Live, !r.Paused.IsZero(), !r.Stopped.IsZero()
		for _, trip := range r.Tripped {
			w.tripped[trip.Safeguard] = true
		}
	}
	for i := range changes {
		w.follow(&changes[i], after)
	}
	now := after.Status().Rollout
	switch {
	case now == nil:
		return
	case now.Live != w.live:
		t.Errorf("the trail ends with %q live, the plan serves %q", w.live, now.Live)
	case len(now.Tripped) != len(w.tripped):
		t.Errorf("the trail ends with %v tripped, the plan with %v", w.tripped, now.Tripped)
	case r != nil && r.Live == now.Live && r.Since.Equal(now.Since) && now.Counted < r.Counted:
		t.Errorf("counted %v, then %v", r.Counted, now.Counted)
	}
}

func (w *mTrailing) place(id string) int {
	for i, m := range w.content.Milestones {
		if m.ID == id {
			return i
		}
	}
	return -1
}

func (w *mTrailing) follow(c *releaseplan.Change, after *releaseplan.Plan) {
	w.Helper()
	switch c.Kind {
	case releaseplan.PlanMoved:
		if w.state = releaseplan.State(c.To); w.state == releaseplan.Canceling {
			w.live = ""
		}
	case releaseplan.PlanEdited:
		w.content = after.Content()
	case releaseplan.RolloutPaused:
		w.paused = true
	case releaseplan.RolloutResumed:
		if w.paused = false; len(w.tripped) > 0 {
			w.Errorf("resumed while %v tripped", w.tripped)
		}
	case releaseplan.RolloutStopped:
		w.live, w.stopped = "", true
	case releaseplan.SafeguardTripped:
		if w.tripped[c.Trip.Safeguard] {
			w.Errorf("%s tripped twice", c.Name)
		}
		w.tripped[c.Trip.Safeguard] = true
	case releaseplan.SafeguardCleared:
		delete(w.tripped, c.Trip.Safeguard)
	case releaseplan.ExposureStarted:
		w.starts(c)
		w.live, w.serves, w.stopped = c.Milestone, c.Serves, false
	}
}

// starts: forward only in a running plan, inside the window, with no safeguard
// tripped; by itself only while the rollout goes on; what is live only if it serves something else.
func (w *mTrailing) starts(c *releaseplan.Change) {
	w.Helper()
	to, live := w.place(c.Milestone), w.place(w.live)
	switch {
	case to < 0:
		w.Errorf("%s starts, which is no milestone", c.Name)
	case c.Milestone == w.live && cmp.Equal(c.Serves, w.serves):
		w.Errorf("%s starts, but is live", c.Name)
	case to >= live && (w.state != releaseplan.Running || !w.content.Window.Open(c.At) || len(w.tripped) > 0):
		w.Errorf("%s starts in a plan that is %s, at %v, with %v tripped", c.Name, w.state, c.At, w.tripped)
	case c.Action == "progress" && (w.state != releaseplan.Running || w.paused || w.stopped || !w.content.Window.Open(c.At)):
		w.Errorf("%s starts by itself in a plan that is %s, paused %v, stopped %v", c.Name, w.state, w.paused, w.stopped)
	}
	for _, s := range c.Serves {
		if s.Disabled {
			w.Errorf("%s serves what is disabled", c.Name)
		}
	}
	if len(c.Serves) == 0 && w.content.Target != nil {
		w.Errorf("%s serves no strategy: everybody has it", c.Name)
	}
}

// mConsistent: at most one milestone is live, the clock runs in a running plan
// only, what has tripped pauses, and no end keeps more than it may.
func mConsistent(t *testing.T, p *releaseplan.Plan, now time.Time) {
	t.Helper()
	r := p.Status().Rollout
	if r == nil {
		return
	}
	live := 0
	for _, e := range r.Each {
		if !e.Started.IsZero() && e.Ended.IsZero() {
			live++
		}
	}
	runs := p.State() == releaseplan.Running && !p.Archived() && r.Live != "" && !r.Through && r.Paused.IsZero()
	switch {
	case live > 1 || (live == 1) != (r.Live != ""):
		t.Errorf("%d are live: %+v", live, r)
	case len(r.Tripped) > 0 && r.Paused.IsZero():
		t.Errorf("tripped, but goes on: %+v", r)
	case runs == r.Clock.IsZero():
		t.Errorf("it is %s, and the clock says %v", p.State(), r.Clock)
	case r.Live != "" && !r.Stopped.IsZero():
		t.Errorf("stopped, but %s is live", r.Name)
	case r.Live != "" && (p.State() == releaseplan.Canceling || p.State() == releaseplan.Canceled):
		t.Errorf("canceled, but %s is served", r.Name)
	}
	mProjected(t, p, now)
}

// mProjected: what is projected to start next in a running plan starts then.
func mProjected(t *testing.T, p *releaseplan.Plan, now time.Time) {
	t.Helper()
	p = p.At(now)
	if n := p.TaskCount(); p.State() != releaseplan.Running || p.Archived() || n.Todo+n.Running+n.Canceling+n.Failed > 0 {
		return
	}
	live := p.Status().Rollout.Live
	var next *releaseplan.MilestoneView
	for _, v := range p.Milestones(now) {
		if v.ID == live || v.Projected.IsZero() || !v.Projected.After(now) {
			continue
		}
		if next == nil || v.Projected.Before(next.Projected) {
			next = &v
		}
	}
	if next == nil {
		return
	}
	later := p.At(next.Projected)
	if r, e := later.Status().Rollout, mView(t, later, next.Name, next.Projected).Exposure; !e.Started.Equal(next.Projected) {
		t.Errorf("%s is projected at %v, but then %q is live since %v", next.Name, next.Projected.Sub(aStart), r.Name, r.Since.Sub(aStart))
	}
	if early := p.At(next.Projected.Add(-time.Microsecond)); early.Status().Rollout.Live != live {
		t.Errorf("%s is projected at %v, but %q is live before", next.Name, next.Projected.Sub(aStart), early.Status().Rollout.Name)
	}
}

func mView(t testing.TB, p *releaseplan.Plan, name string, now time.Time) releaseplan.MilestoneView {
	t.Helper()
	v, err := p.Milestone(name, now)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
