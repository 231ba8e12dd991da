package releaseplan_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestMilestonesFollowEachOther(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute)
	a.tells("0s milestone.started 5%")
	a.at(time.Hour-time.Microsecond).serves("5%", "active not_started not_started")
	a.at(time.Hour).serves("25%", "completed active not_started")
	a.at(2*time.Hour).advance().tells("1h0m0s milestone.started 25%", "2h0m0s milestone.started 100%").serves("100%", "completed completed active")
	if _, wake := a.p.Next(a.now); !wake.IsZero() {
		t.Errorf("the last one wakes at %v", wake)
	}
	a.do(releaseplan.Command{Action: releaseplan.CompleteMilestone, Remark: "all well"}).tells("2h0m0s milestone.completed 100% by ann: all well")
	a.serves("100%", "completed completed completed")
	a.act(releaseplan.Finish).is(releaseplan.Completed).serves("100%", "completed completed completed")
}

// Calendar months count from when the milestone went live.
func TestIntervalIsAddedToTheCalendar(t *testing.T) {
	t.Parallel()
	c := mContent("5%", "25%", "100%")
	c.Milestones[0].After, c.Milestones[1].After = &penstock.Duration{Months: 1}, &penstock.Duration{Months: 1}
	a := aNew(t, c).act(releaseplan.Execute) // 4 May 2026
	a.now = aStart.AddDate(0, 1, 0).Add(-time.Microsecond)
	a.serves("5%", "")
	a.now = aStart.AddDate(0, 1, 0)
	a.serves("25%", "")
	a.now = aStart.AddDate(0, 2, 0)
	a.serves("100%", "")
}

// Only time in which the plan and its rollout go on counts.
func TestPausedTimeDoesNotCount(t *testing.T) {
	t.Parallel()
	do := func(all ...releaseplan.Action) func(*aLife) { return func(a *aLife) { a.act(all...) } }
	for _, row := range []struct {
		rule    string
		off, on func(*aLife)
		state   releaseplan.State
	}{
		{"the rollout is paused", do(releaseplan.PauseRollout), do(releaseplan.ResumeRollout), releaseplan.Running},
		{"the plan is paused", do(releaseplan.Pause), do(releaseplan.Resume), releaseplan.Paused},
		{"the plan is archived", do(releaseplan.Archive), do(releaseplan.Unarchive), releaseplan.Running},
		{"the plan is a draft again", do(releaseplan.Reopen), do(releaseplan.Execute), releaseplan.Draft},
		{"both are paused", do(releaseplan.PauseRollout, releaseplan.Pause), do(releaseplan.Resume, releaseplan.ResumeRollout), releaseplan.Paused},
		{"the plan failed", func(a *aLife) { a.on(releaseplan.Start, "a").on(releaseplan.Fail, "a") },
			func(a *aLife) { a.on(releaseplan.Retry, "a") }, releaseplan.Failed},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mThree()
			c.Phases = []releaseplan.Phase{aPhase(releaseplan.Free, "a")}
			a := aNew(t, c).act(releaseplan.Execute).of(releaseplan.StartMilestone, "5%")
			for i := range 4 { // four pauses of an odd length, after 10 minutes each
				a.wait(10 * time.Minute)
				row.off(a)
				a.is(row.state).wait(time.Duration(i)*time.Hour + 7*time.Microsecond)
				if got, want := a.milestone("5%").Elapsed, time.Duration(i+1)*10*time.Minute; got != want {
					t.Errorf("pause %d: %v have passed, want %v", i, got, want)
				}
				if _, wake := a.p.Next(a.now); !wake.IsZero() {
					t.Errorf("pause %d: it wakes at %v", i, wake)
				}
				row.on(a)
			}
			if got := a.milestone("25%").Projected; !got.Equal(a.now.Add(20 * time.Minute)) {
				t.Errorf("the next one is projected at %v", got)
			}
			a.wait(20*time.Minute-time.Microsecond).serves("5%", "")
			a.wait(time.Microsecond).serves("25%", "")
			a.history("0s 5%", "7h0m0.000028s 25%")
		})
	}
}

// A pause at the very instant at which the interval ends comes after that.
func TestAtTheSameInstant(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule string
		do   func(*aLife)
		live string
	}{
		{"a pause comes after the interval", func(a *aLife) { a.act(releaseplan.PauseRollout) }, "25%"},
		{"a finish comes after the interval", func(a *aLife) { a.act(releaseplan.Finish) }, "25%"},
		{"a start comes after the interval", func(a *aLife) { a.of(releaseplan.StartMilestone, "100%") }, "100%"},
		{"the end of the window comes after the interval", func(a *aLife) {}, "25%"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mThree()
			c.Window = aWindow(-time.Hour, time.Hour)
			a := aNew(t, c).act(releaseplan.Execute).at(time.Hour)
			row.do(a)
			a.serves(row.live, "")
			if first := a.advance().mHistory()[1]; first != "1h0m0s 25%" {
				t.Errorf("the second start is %s", first)
			}
		})
	}
}

// The outcome of a task that lets the first milestone start counts before what is
// due at the same instant.
func TestOutcomeComesBeforeMilestones(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "a")}
	c.Milestones[0].At = aStart.Add(time.Hour)
	a := aNew(t, c).act(releaseplan.Execute).lease("a").at(time.Hour).on(releaseplan.Complete, "a")
	var order []string
	for _, c := range a.last {
		order = append(order, string(c.Kind))
	}
	if diff := cmp.Diff([]string{"task.ended", "milestone.started"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestWindowEndsProgression(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Window = aWindow(-time.Hour, 90*time.Minute)
	a := aNew(t, c).act(releaseplan.Execute).at(5*time.Hour).advance().serves("25%", "completed active not_started")
	if _, wake := a.p.Next(a.now); !wake.IsZero() {
		t.Errorf("it wakes at %v", wake)
	}
	e := a.needs(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "100%"}, "an open window")
	if !e.Earliest.IsZero() {
		t.Errorf("it can start at %v", e.Earliest)
	}
	a.needs(releaseplan.Command{Action: releaseplan.CompleteMilestone}, "an open window")
	// A shorter interval would have ended inside the window, but it is over.
	a.do(releaseplan.Command{Action: releaseplan.SetInterval, Interval: new(aMinutes(5)), AtOnce: true}).serves("25%", "completed active not_started")
	a.of(releaseplan.StartMilestone, "5%").serves("5%", "active not_started not_started").wait(2*time.Hour).serves("5%", "")
}

// Nobody who wakes late has another history.
func TestWakingLateIsTheSame(t *testing.T) {
	t.Parallel()
	c := mContent("1% 10m", "5% 1h", "25%", "50% 3h", "100%")
	c.Milestones[3].At = aStart.Add(4*time.Hour + time.Microsecond)
	late := aNew(t, c).act(releaseplan.Execute).at(20 * time.Hour).advance()
	early := aNew(t, c).act(releaseplan.Execute)
	for range 10 {
		_, wake := early.p.Next(early.now)
		if wake.IsZero() {
			break
		}
		early.now = wake
		early.advance()
	}
	if diff := cmp.Diff(aExport(t, early.p), aExport(t, late.p)); diff != "" {
		t.Errorf("on time and late (-on time +late):\n%s", diff)
	}
	late.history("0s 1%", "10m0s 5%", "1h10m0s 25%", "4h0m0.000001s 50%", "7h0m0.000001s 100%")
}

func TestNextThatDoesNotStartItselfLeavesTheLiveOneThrough(t *testing.T) {
	t.Parallel()
	for rule, change := range map[string]func(*releaseplan.Content){
		"by hand":            func(c *releaseplan.Content) { c.Milestones[1].Start = releaseplan.ByHand },
		"at a later time":    func(c *releaseplan.Content) { c.Milestones[1].At = aStart.Add(5 * time.Hour) },
		"by a task":          func(c *releaseplan.Content) { c.Phases = []releaseplan.Phase{mPhase(releaseplan.Free, mExpose("25%"))} },
		"there is no other":  func(c *releaseplan.Content) { c.Milestones = c.Milestones[:1] },
		"all others skipped": func(c *releaseplan.Content) {},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			c := mThree()
			change(&c)
			a := aNew(t, c).act(releaseplan.Execute)
			if a.p.Status().Rollout == nil {
				a.of(releaseplan.StartMilestone, "5%")
			}
			if rule == "all others skipped" {
				a.of(releaseplan.SkipMilestone, "25%").of(releaseplan.SkipMilestone, "100%")
			}
			a.at(time.Hour).advance().tells("1h0m0s milestone.completed 5%").serves("5%", "")
			if got := a.milestone("5%").State; got != releaseplan.MilestoneCompleted {
				t.Errorf("it is %s", got)
			}
			a.needs(releaseplan.Command{Action: releaseplan.CompleteMilestone}, "a milestone that is not through")
			a.at(4*time.Hour).serves("5%", "")
			if rule != "there is no other" && rule != "all others skipped" {
				a.of(releaseplan.StartMilestone, "").serves("25%", "completed active not_started")
			}
		})
	}
}

// To complete a milestone starts the next one as its interval would.
func TestCompleteMilestone(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).wait(time.Minute)
	a.do(releaseplan.Command{Action: releaseplan.CompleteMilestone, Remark: "no errors"}).tells("1m0s milestone.started 25% by ann: no errors")
	a.serves("25%", "completed active not_started").wait(time.Hour).history("0s 5%", "1m0s 25%", "1h1m0s 100%")
}

func TestGoingBackRestartsTheClock(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).at(90 * time.Minute).advance()
	a.of(releaseplan.StartMilestone, "5%").tells("1h30m0s milestone.started 5% by ann: because").serves("5%", "active not_started not_started")
	if e := a.milestone("5%").Exposure; e.Count != 2 || !e.Ended.IsZero() {
		t.Errorf("exposure %+v", e)
	}
	if e := a.milestone("25%").Exposure; e.Count != 1 || !e.Ended.Equal(a.now) {
		t.Errorf("exposure of the one before %+v", e)
	}
	a.at(6*time.Hour).history("0s 5%", "1h0m0s 25%", "1h30m0s 5%", "2h30m0s 25%", "3h30m0s 100%")
}

func TestSkippedMilestoneIsPassedOver(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).of(releaseplan.SkipMilestone, "25%").tells("0s milestone.changed 25% by ann: because")
	a.serves("5%", "active skipped not_started").at(time.Hour).serves("100%", "completed skipped active")
	a.of(releaseplan.StartMilestone, "25%").serves("25%", "completed active not_started") // a person may start it all the same
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.SkipMilestone, Milestone: "100%"}, penstock.ErrInvalid)
	b := aNew(t, mThree()).act(releaseplan.Execute).of(releaseplan.StartMilestone, "100%")
	b.serves("100%", "completed skipped active") // passed over by starting a later one
}

// A command that names the milestone is not about the next one, which may have
// gone live a moment ago.
func TestCompleteMilestoneThatIsNamed(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute)
	a.needs(releaseplan.Command{Action: releaseplan.CompleteMilestone, Milestone: "25%"}, "a milestone that is live")
	a.at(time.Hour).needs(releaseplan.Command{Action: releaseplan.CompleteMilestone, Milestone: "5%"}, "a milestone that is live")
	a.of(releaseplan.CompleteMilestone, "25%").serves("100%", "")
}

func TestUnknownMilestonesAndSafeguardsAreNotFound(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute)
	for _, do := range []releaseplan.Action{releaseplan.StartMilestone, releaseplan.SkipMilestone, releaseplan.SetInterval, releaseplan.CompleteMilestone} {
		a.refusedAs(aAnn, releaseplan.Command{Action: do, Milestone: "7%", Remark: "because"}, penstock.ErrNotFound)
	}
	a.refusedAs(penstock.System(), releaseplan.Command{Action: releaseplan.Observe, Safeguard: "latency", Sample: &releaseplan.Sample{Count: 1}}, penstock.ErrNotFound)
	if _, err := a.p.Milestone("7%", a.now); !errors.Is(err, penstock.ErrNotFound) {
		t.Error(err)
	}
	if _, err := a.p.CanMilestone("7%", aAnn, a.now); !errors.Is(err, penstock.ErrNotFound) {
		t.Error(err)
	}
	a.wait(time.Second).observe("errors", 7)
	a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "latency", Remark: "because"}, penstock.ErrNotFound)
}
