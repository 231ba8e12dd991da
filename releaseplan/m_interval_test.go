package releaseplan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func TestSetInterval(t *testing.T) {
	t.Parallel()
	minutes := func(n int) *penstock.Duration { return new(aMinutes(n)) }
	for _, row := range []struct {
		rule     string
		at       time.Duration
		c        releaseplan.Command
		refused  bool
		secondAt time.Duration // when 25% goes live; 0: not at all
	}{
		{"longer", 30 * time.Minute, releaseplan.Command{Interval: minutes(120)}, false, 2 * time.Hour},
		{"shorter, but not over", 30 * time.Minute, releaseplan.Command{Interval: minutes(40)}, false, 40 * time.Minute},
		{"over by a moment more", 30*time.Minute - time.Microsecond, releaseplan.Command{Interval: minutes(30)}, false, 30 * time.Minute},
		{"over at this very moment", 30 * time.Minute, releaseplan.Command{Interval: minutes(30)}, true, time.Hour},
		{"over", 30 * time.Minute, releaseplan.Command{Interval: minutes(10)}, true, time.Hour},
		{"over, and that is said", 30 * time.Minute, releaseplan.Command{Interval: minutes(10), AtOnce: true}, false, 30 * time.Minute},
		{"not over, though that may be", 30 * time.Minute, releaseplan.Command{Interval: minutes(40), AtOnce: true}, false, 40 * time.Minute},
		{"none", 30 * time.Minute, releaseplan.Command{}, false, 0},
		{"none, at once", 30 * time.Minute, releaseplan.Command{AtOnce: true}, false, 0},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			row.c.Action, row.c.Remark = releaseplan.SetInterval, "because"
			a := aNew(t, mThree()).act(releaseplan.Execute).at(row.at)
			if row.refused {
				e := a.refused(row.c)
				if len(e.Needs) != 1 || !strings.Contains(e.Needs[0], "30m0s") || !strings.Contains(e.Needs[0], "at_once") {
					t.Errorf("needs %q", e.Needs)
				}
			} else {
				a.do(row.c)
			}
			if row.secondAt == 0 {
				if got := a.milestone("5%").Interval; got != nil {
					t.Errorf("the interval is %v", got)
				}
				a.at(1000*time.Hour).serves("5%", "")
				return
			}
			if row.secondAt > row.at {
				a.at(row.secondAt-time.Microsecond).serves("5%", "")
			}
			a.at(row.secondAt).serves("25%", "")
		})
	}
}

// Time that was paused is not behind a milestone when its interval is shortened.
func TestShortenedIntervalCountsNoPausedTime(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).at(10 * time.Minute).act(releaseplan.PauseRollout).at(5 * time.Hour)
	set := releaseplan.Command{Action: releaseplan.SetInterval, Interval: new(aMinutes(10))}
	a.refused(set)
	set.Interval = new(aMinutes(11))
	a.do(set).act(releaseplan.ResumeRollout).wait(time.Minute-time.Microsecond).serves("5%", "").wait(time.Microsecond).serves("25%", "")
	// and one that is over, which was said, waits until the rollout goes on
	b := aNew(t, mThree()).act(releaseplan.Execute).at(10 * time.Minute).act(releaseplan.PauseRollout)
	b.do(releaseplan.Command{Action: releaseplan.SetInterval, Interval: new(aMinutes(1)), AtOnce: true})
	b.wait(time.Hour).serves("5%", "paused not_started not_started").act(releaseplan.ResumeRollout).serves("25%", "completed active not_started")
}

// Of milestones that are not live nothing can be over; it counts once they are.
func TestIntervalOfAnother(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).at(30 * time.Minute)
	set := func(name string, minutes int) {
		a.do(releaseplan.Command{Action: releaseplan.SetInterval, Milestone: name, Interval: new(aMinutes(minutes)), Remark: "because"})
	}
	set("25%", 1)
	a.tells("30m0s milestone.changed 25% by ann: because")
	a.at(2*time.Hour).history("0s 5%", "1h0m0s 25%", "1h1m0s 100%")
	set("5%", 5) // it is passed, and longer ago
	a.of(releaseplan.StartMilestone, "5%").wait(time.Hour).history("0s 5%", "1h0m0s 25%", "1h1m0s 100%", "2h0m0s 5%", "2h5m0s 25%", "2h6m0s 100%")
	// The same again changes nothing.
	set("5%", 5)
	if len(a.last) != 0 {
		t.Errorf("changes %v", a.last)
	}
}

func TestIntervalsThatAreNone(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute)
	for rule, d := range map[string]penstock.Duration{
		"nothing": {}, "negative": {Time: -time.Hour}, "negative days": {Days: -1}, "nanoseconds": {Time: 1}, "without end": {Days: 1 << 40}, "months without end": {Months: 1 << 60},
	} {
		t.Run(rule, func(t *testing.T) {
			mOnly(t, a.refusedAs(aAnn, releaseplan.Command{Action: releaseplan.SetInterval, Interval: &d, AtOnce: true}, penstock.ErrInvalid), "interval")
		})
	}
	a.do(releaseplan.Command{Action: releaseplan.SetInterval, Interval: &penstock.Duration{Days: penstock.MaxDuration}})
	if wake := a.milestone("25%").Projected; wake.Before(a.now) {
		t.Errorf("the longest interval ends at %v", wake)
	}
}
