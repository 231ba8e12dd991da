package releaseplan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// When milestones start, or started, if all goes on as it does now; "" is not known.
func TestProjectedStarts(t *testing.T) {
	t.Parallel()
	execute := func(a *aLife) { a.act(releaseplan.Execute) }
	then := func(at time.Duration, do ...releaseplan.Action) func(*aLife) {
		return func(a *aLife) { a.act(releaseplan.Execute).at(at).advance().act(do...) }
	}
	hour := new(aMinutes(60))
	planned := func(c *releaseplan.Content) {
		c.Planned = &releaseplan.PlannedTime{Start: aStart.Add(10 * time.Hour), Duration: hour}
	}
	for _, row := range []struct {
		rule   string
		change func(*releaseplan.Content)
		do     func(*aLife)
		want   []string
	}{
		{"a draft without a planned start", nil, nil, []string{"", "", ""}},
		{"a draft with a planned start", planned, nil, []string{"10h0m0s", "11h0m0s", "12h0m0s"}},
		{"a draft with a schedule", func(c *releaseplan.Content) {
			c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: aStart.Add(5 * time.Hour)}
		}, nil, []string{"5h0m0s", "6h0m0s", "7h0m0s"}},
		{"a draft with phases", func(c *releaseplan.Content) {
			planned(c)
			c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a!"), aPhase(releaseplan.Parallel, "b!")}
			c.Phases[0].Duration, c.Phases[1].Duration = hour, hour
		}, nil, []string{"12h0m0s", "13h0m0s", "14h0m0s"}},
		{"executed early", planned, execute, []string{"0s", "1h0m0s", "2h0m0s"}},
		{"the first is live", nil, execute, []string{"0s", "1h0m0s", "2h0m0s"}},
		{"the second is live", nil, then(90 * time.Minute), []string{"0s", "1h0m0s", "2h0m0s"}},
		{"late", nil, func(a *aLife) { a.act(releaseplan.Execute).at(90 * time.Minute) }, []string{"0s", "1h0m0s", "2h0m0s"}},
		{"no interval on the way", func(c *releaseplan.Content) { c.Milestones[1].After = nil }, execute, []string{"0s", "1h0m0s", ""}},
		{"one starts by hand", func(c *releaseplan.Content) { c.Milestones[1].Start = releaseplan.ByHand }, execute, []string{"0s", "", ""}},
		{"a task starts one", func(c *releaseplan.Content) { c.Phases = []releaseplan.Phase{mPhase(releaseplan.Free, mExpose("25%"))} },
			func(a *aLife) { a.act(releaseplan.Execute).of(releaseplan.StartMilestone, "5%") }, []string{"0s", "", ""}},
		{"one starts at a time", func(c *releaseplan.Content) { c.Milestones[1].At = aStart.Add(4 * time.Hour) }, execute, []string{"0s", "4h0m0s", "5h0m0s"}},
		{"one is to start at a time", nil, func(a *aLife) { a.act(releaseplan.Execute).do(mStartAt("100%", 4*time.Hour)) }, []string{"0s", "1h0m0s", "4h0m0s"}},
		{"one is skipped", nil, func(a *aLife) { a.act(releaseplan.Execute).of(releaseplan.SkipMilestone, "25%") }, []string{"0s", "", "1h0m0s"}},
		{"the rollout is paused", nil, then(30*time.Minute, releaseplan.PauseRollout), []string{"0s", "", ""}},
		{"the plan is paused", nil, then(30*time.Minute, releaseplan.Pause), []string{"0s", "", ""}},
		{"what would be missed", func(c *releaseplan.Content) { c.Milestones[2].At = aStart.Add(4 * time.Hour) }, then(30*time.Minute, releaseplan.PauseRollout), []string{"0s", "", ""}},
		{"the rollout went on", nil, func(a *aLife) {
			then(30*time.Minute, releaseplan.PauseRollout)(a)
			a.at(2 * time.Hour).act(releaseplan.ResumeRollout)
		},
			[]string{"0s", "2h30m0s", "3h30m0s"}},
		{"the rollout is stopped", nil, then(30*time.Minute, releaseplan.StopRollout), []string{"", "", ""}},
		{"it went back", nil, func(a *aLife) { then(90 * time.Minute)(a); a.of(releaseplan.StartMilestone, "5%") }, []string{"1h30m0s", "2h30m0s", "3h30m0s"}},
		{"the window ends before", func(c *releaseplan.Content) { c.Window = aWindow(-time.Hour, 90*time.Minute) }, execute, []string{"0s", "1h0m0s", ""}},
		{"the window ends then", func(c *releaseplan.Content) { c.Window = aWindow(-time.Hour, 2*time.Hour) }, execute, []string{"0s", "1h0m0s", "2h0m0s"}},
		{"another interval", nil, func(a *aLife) {
			a.act(releaseplan.Execute).do(releaseplan.Command{Action: releaseplan.SetInterval, Milestone: "25%", Interval: new(aMinutes(5))})
		}, []string{"0s", "1h0m0s", "1h5m0s"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mThree()
			if row.change != nil {
				row.change(&c)
			}
			a := aNew(t, c)
			if row.do != nil {
				row.do(a)
			}
			var got []string
			for i, m := range a.p.Milestones(a.now) {
				if m.Place != i {
					t.Errorf("%s is at place %d", m.Name, m.Place)
				}
				at := ""
				if !m.Projected.IsZero() {
					at = m.Projected.Sub(aStart).String()
				}
				got = append(got, at)
			}
			if row.rule == "the rollout is stopped" { // it tells what is to come, not what was
				got[0] = ""
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("projected (-want +got):\n%s", diff)
			}
		})
	}
}

// A view is a copy, and tells a milestone by its id or name.
func TestMilestoneViews(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Milestones[1].ID = "m-25"
	a := aNew(t, c).act(releaseplan.Execute).at(20 * time.Minute)
	for named, want := range map[string]time.Duration{"5%": 20 * time.Minute, "25%": 0, "m-25": 0} {
		if got := mView(t, a.p, named, a.now); got.Elapsed != want {
			t.Errorf("%s: %v have passed", named, got.Elapsed)
		}
	}
	before := aExport(t, a.p)
	all := a.p.Milestones(a.now)
	all[0].Strategies[0].Parameters["rollout"], all[0].After.Time, all[0].Interval.Time = "100", 1, 1
	status := a.p.Status()
	status.Rollout.Serves[0].Parameters["rollout"] = "100"
	status.Rollout.Each[0].Count = 7
	if aExport(t, a.p) != before {
		t.Error("a view is not a copy")
	}
	a.do(releaseplan.Command{Action: releaseplan.SetInterval, Interval: new(aMinutes(50))})
	before = aExport(t, a.p)
	a.last[0].Exposure.After.Time = 1
	a.p.Status().Rollout.Each[0].After.Time = 1
	if aExport(t, a.p) != before {
		t.Error("a change is not a copy")
	}
	a.last[0].Exposure.After.Time = 50 * time.Minute // it is kept as the trail
}

// What is served is the enabled strategies, with defaults, weights that fit, and
// nothing of another milestone.
func TestMilestoneServesItsEnabledStrategies(t *testing.T) {
	t.Parallel()
	c := mThree()
	off := c.Milestones[1].Strategies[0].Clone()
	off.Disabled, off.ID = true, "off"
	c.Milestones[1].Strategies = append(c.Milestones[1].Strategies, off)
	c.Milestones[1].Strategies[0].Variants = []rollout.Variant{{Name: "b", WeightType: rollout.WeightVariable, Stickiness: "default"},
		{Name: "a", WeightType: rollout.WeightVariable, Stickiness: "default"}, {Name: "c", WeightType: rollout.WeightVariable, Stickiness: "default"}}
	a := aNew(t, c).act(releaseplan.Execute).at(time.Hour).advance()
	start := a.happened(releaseplan.ExposureStarted)
	serves := a.p.Status().Rollout.Serves
	if len(serves) != 1 || serves[0].Disabled || !cmp.Equal(serves, start.Serves) {
		t.Fatalf("it serves %+v, and told %+v", serves, start.Serves)
	}
	want := map[string]string{"rollout": "25", "stickiness": "default", "groupId": "checkout"}
	if diff := cmp.Diff(want, map[string]string(serves[0].Parameters)); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	var weights []string
	for _, v := range serves[0].Variants {
		weights = append(weights, fmt.Sprint(v.Name, v.Weight))
	}
	if diff := cmp.Diff([]string{"a333", "b334", "c333"}, weights); diff != "" {
		t.Errorf("weights (-want +got):\n%s", diff)
	}
	if start.From != "5%" || start.To != "25%" || start.Milestone != a.milestone("25%").ID || start.By.ID != penstock.SystemID {
		t.Errorf("it told %+v", start)
	}
}
