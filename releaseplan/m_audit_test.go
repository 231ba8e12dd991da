package releaseplan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// A trail tells everything that happened to the milestones of a plan: what, when,
// by whom and why.
func TestTrailTellsOfMilestones(t *testing.T) {
	t.Parallel()
	c := mWatched(func(g *releaseplan.Safeguard) { g.Action, g.Back = releaseplan.SafeguardBack, "5%" })
	c.Milestones[2].At = aStart.Add(5 * time.Hour)
	a := aNew(t, c).act(releaseplan.Execute)
	say := func(remark string, c releaseplan.Command) { a.wait(time.Minute); c.Remark = remark; a.do(c) }
	say("slowly", releaseplan.Command{Action: releaseplan.SetInterval, Interval: new(aMinutes(120))})
	say("lunch", releaseplan.Command{Action: releaseplan.PauseRollout})
	say("back", releaseplan.Command{Action: releaseplan.ResumeRollout})
	say("go", releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "25%"})
	a.wait(time.Minute).observe("errors", 1.5)
	say("a bad host", releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: "errors"})
	say("at night", mStartAt("25%", 4*time.Hour))
	say("no need", releaseplan.Command{Action: releaseplan.SkipMilestone, Milestone: "25%"})
	say("enough", releaseplan.Command{Action: releaseplan.StopRollout})
	a.at(6 * time.Hour).advance()
	want := []string{
		"0s milestone.started 5%",
		"1m0s milestone.changed 5% by ann: slowly",
		"2m0s rollout.paused by ann: lunch",
		"3m0s rollout.resumed by ann: back",
		"4m0s milestone.started 25% by ann: go",
		"5m0s safeguard.tripped errors: error_rate is 1.5, above 1",
		"5m0s rollout.paused: safeguard errors",
		"5m0s milestone.started 5%: safeguard errors",
		"6m0s safeguard.cleared errors by ann: a bad host",
		"7m0s milestone.changed 25% by ann: at night",
		"8m0s milestone.changed 25% by ann: no need",
		"9m0s rollout.stopped 5% by ann: enough",
		"5h0m0s milestone.missed 100%: the rollout was paused",
	}
	if diff := cmp.Diff(want, mTold(a.trail)); diff != "" {
		t.Errorf("the trail tells (-want +got):\n%s", diff)
	}
	for _, c := range a.trail {
		said := fmt.Sprint(c)
		if c.Name != "" && !strings.Contains(said, c.Name) || c.Remark != "" && !strings.Contains(said, c.Remark) {
			t.Errorf("%s of %q (%s) is told as %q", c.Kind, c.Name, c.Remark, said)
		}
	}
	scheduled := a.trail[len(a.trail)-1]
	if !scheduled.Schedule.Equal(aStart.Add(5 * time.Hour)) {
		t.Errorf("it tells of the schedule %v", scheduled.Schedule)
	}
}

// Whatever is done to a plan with milestones, its trail makes it again, and so does
// its export.
func TestEveryRolloutIsItsTrailAndItsExport(t *testing.T) {
	t.Parallel()
	mLives(t) // each is checked when the test ends
}

// Each start says which time it kept.
func TestStartTellsTheTimeThatItKept(t *testing.T) {
	t.Parallel()
	a := aNew(t, mThree()).act(releaseplan.Execute).do(mStartAt("100%", 30*time.Minute)).wait(time.Hour).advance()
	if c := a.happened(releaseplan.ExposureStarted); !c.Schedule.Equal(aStart.Add(30*time.Minute)) || !c.At.Equal(c.Schedule) {
		t.Errorf("it kept %v at %v", c.Schedule, c.At)
	}
}
