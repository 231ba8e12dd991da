package releaseplan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func mStartAt(milestone string, after time.Duration) releaseplan.Command {
	return releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: milestone, Start: aStart.Add(after), Remark: "because"}
}

// A milestone that is to start at a time does so if the plan and its rollout go on
// then. In every other situation it is missed, and the trail says why.
func TestScheduledStartIsKeptOrMissed(t *testing.T) {
	t.Parallel()
	const at = 2 * time.Hour
	for _, row := range []struct {
		rule string
		do   func(*aLife)
		want string
	}{
		{"a running plan", func(a *aLife) { a.act(releaseplan.Execute) }, "2h0m0s milestone.started 100%"},
		{"a draft", func(a *aLife) {}, "2h0m0s milestone.missed 100%: the plan was draft"},
		{"a finalized plan", func(a *aLife) { a.act(releaseplan.Finalize) }, "2h0m0s milestone.missed 100%: the plan was finalized"},
		{"a paused plan", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Pause) }, "2h0m0s milestone.missed 100%: the plan was paused"},
		{"a reopened plan", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Reopen) }, "2h0m0s milestone.missed 100%: the plan was draft"},
		{"a paused rollout", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.PauseRollout) }, "2h0m0s milestone.missed 100%: the rollout was paused"},
		{"a stopped rollout", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.StopRollout) }, "2h0m0s milestone.missed 100%: the rollout was stopped"},
		{"a shut window", func(a *aLife) {
			a.edit(func(c *releaseplan.Content) { c.Window = aWindow(-time.Hour, time.Hour) }).act(releaseplan.Execute)
		}, "2h0m0s milestone.missed 100%: the window was shut"},
		{"it was started by hand", func(a *aLife) { a.act(releaseplan.Execute).of(releaseplan.StartMilestone, "100%") }, ""},
		{"it was skipped", func(a *aLife) { a.act(releaseplan.Execute).of(releaseplan.SkipMilestone, "100%") }, ""},
		{"it was skipped and then started by hand", func(a *aLife) {
			a.act(releaseplan.Execute).of(releaseplan.SkipMilestone, "100%").of(releaseplan.StartMilestone, "100%")
		}, ""},
		{"a canceled plan", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Cancel) }, ""},
		{"a completed plan", func(a *aLife) { a.act(releaseplan.Execute, releaseplan.Finish) }, ""},
	} {
		t.Run("content/"+row.rule, func(t *testing.T) {
			t.Parallel()
			c := mContent("5%", "25%", "100%")
			c.Milestones[2].At = aStart.Add(at)
			a := aNew(t, c)
			row.do(a)
			if want := row.want; strings.HasSuffix(row.rule, "by hand") {
				mMeets(a, at, "2h0m0s milestone.changed 100%") // that its time is over
			} else {
				mMeets(a, at, want)
			}
		})
		t.Run("command/"+row.rule, func(t *testing.T) {
			t.Parallel()
			a := aNew(t, mContent("5%", "25%", "100%")).do(mStartAt("100%", at))
			row.do(a)
			mMeets(a, at, row.want)
		})
	}
}

// mMeets checks what the time at makes of a milestone that is to start then: it
// happens then and not before, and once.
func mMeets(a *aLife, at time.Duration, want string) {
	a.Helper()
	a.at(at - time.Microsecond).advance().tells()
	if a.at(at).advance(); want != "" {
		a.tells(want)
	} else {
		a.tells()
	}
	a.wait(24 * time.Hour).advance().tells()
	if _, wake := a.p.Next(a.now); !wake.IsZero() {
		a.Errorf("it wakes again at %v", wake)
	}
}

func TestScheduledStartOfWhatIsLiveOrPassedIsOver(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Milestones[0].Start, c.Milestones[1].At = releaseplan.ByHand, aStart.Add(2*time.Hour)
	a := aNew(t, c).act(releaseplan.Execute).of(releaseplan.StartMilestone, "100%")
	a.at(2 * time.Hour).advance().tells("2h0m0s milestone.changed 25%")
	// but a person may want to go back
	a.do(mStartAt("5%", 3*time.Hour)).serves("100%", "skipped skipped active")
	a.at(3 * time.Hour).advance().tells("3h0m0s milestone.started 5%")
	// whatever stands against going forward
	a.of(releaseplan.StartMilestone, "100%").act(releaseplan.PauseRollout).do(mStartAt("5%", 4*time.Hour))
	a.at(4 * time.Hour).advance().tells("4h0m0s milestone.started 5%")
}

// A person who names a time that is past would be surprised by a start now.
func TestScheduledStartIsNotInThePast(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).at(time.Minute)
	mOnly(t, a.refusedAs(aAnn, mStartAt("25%", time.Second), penstock.ErrInvalid), "start")
	a.do(mStartAt("25%", time.Minute)).serves("25%", "")
}

// A time that a person gave stands in place of that of the content.
func TestScheduledStartByCommandReplacesThatOfTheContent(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule string
		do   func(*aLife)
		want []string // when 25% went live
	}{
		{"a later time", func(a *aLife) { a.do(mStartAt("25%", 3*time.Hour)) }, []string{"0s 5%", "3h0m0s 25%"}},
		{"an earlier time", func(a *aLife) { a.do(mStartAt("25%", 90*time.Minute)) }, []string{"0s 5%", "1h30m0s 25%"}},
		{"now", func(a *aLife) { a.at(time.Minute).of(releaseplan.StartMilestone, "25%") }, []string{"0s 5%", "1m0s 25%"}},
		{"again, after it was kept", func(a *aLife) {
			a.at(150*time.Minute).of(releaseplan.StartMilestone, "5%").do(mStartAt("25%", 5*time.Hour))
		}, []string{"0s 5%", "2h0m0s 25%", "2h30m0s 5%", "5h0m0s 25%"}},
		{"before its time, and then back", func(a *aLife) {
			a.at(time.Minute).of(releaseplan.StartMilestone, "25%").of(releaseplan.StartMilestone, "5%")
		}, []string{"0s 5%", "1m0s 25%", "1m0s 5%", "2h0m0s 25%"}},
		{"the same time again, after it was started by hand", func(a *aLife) {
			a.at(time.Minute).of(releaseplan.StartMilestone, "25%").of(releaseplan.StartMilestone, "5%").do(mStartAt("25%", 2*time.Hour))
		}, []string{"0s 5%", "1m0s 25%", "1m0s 5%", "2h0m0s 25%"}},
		{"another time", func(a *aLife) { a.do(mStartAt("25%", 3*time.Hour)).do(mStartAt("25%", 4*time.Hour)) }, []string{"0s 5%", "4h0m0s 25%"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			c := mContent("5%", "25%", "100%")
			c.Milestones[1].At = aStart.Add(2 * time.Hour)
			a := aNew(t, c).act(releaseplan.Execute)
			row.do(a)
			a.at(20 * time.Hour).history(row.want...)
			for _, c := range a.trail {
				if c.Kind == releaseplan.ExposureMissed {
					t.Errorf("missed at %v: %s", c.At.Sub(aStart), c.Remark)
				}
			}
		})
	}
}

func TestScheduledStartThatIsEdited(t *testing.T) {
	t.Parallel()
	c := mContent("5%", "25%", "100%")
	c.Milestones[1].At = aStart.Add(2 * time.Hour)
	a := aNew(t, c).act(releaseplan.Execute, releaseplan.Pause)
	a.edit(func(c *releaseplan.Content) { c.Milestones[1].At = aStart.Add(4 * time.Hour) }).act(releaseplan.Resume)
	a.at(10*time.Hour).history("0s 5%", "4h0m0s 25%")
	a.act(releaseplan.Pause).edit(func(c *releaseplan.Content) { c.Milestones[2].At = aStart.Add(time.Hour) })
	a.tells("10h0m0s milestone.missed 100%: the plan was paused") // a time that is past is not waited for
}

func TestScheduledStartLiesInTheWindow(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Window = aWindow(-time.Hour, 10*time.Hour)
	a := aNew(t, c).act(releaseplan.Execute)
	mOnly(t, a.refusedAs(aAnn, mStartAt("100%", 11*time.Hour), penstock.ErrInvalid), "start")
	a.do(mStartAt("100%", 10*time.Hour)).at(10*time.Hour).serves("100%", "")
}

// Who may start a milestone is asked when it is scheduled; whether it may go
// forward, at its time.
func TestForwardStartIsJudgedAtItsTime(t *testing.T) {
	t.Parallel()
	a := aNew(t, mWatched()).act(releaseplan.Execute).wait(time.Minute).observe("errors", 2)
	a.needs(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "25%"}, "every safeguard to be clear")
	a.do(mStartAt("25%", 2*time.Hour)).do(mStartAt("100%", 3*time.Hour))
	a.at(2 * time.Hour).advance().tells("2h0m0s milestone.missed 25%: the rollout was paused")
	a.do(releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors", Remark: "a bad host"}).act(releaseplan.ResumeRollout)
	a.at(3*time.Hour).serves("100%", "")
}
