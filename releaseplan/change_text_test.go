package releaseplan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// The trail tells people of milestones and safeguards by name.
func TestChangesOfMilestonesInWords(t *testing.T) {
	t.Parallel()
	a := aNew(t, noticeStages()).act(releaseplan.Execute)
	seen := len(a.trail) - 1 // from the first milestone on
	day := aMinutes(90)
	a.wait(time.Minute).do(releaseplan.Command{Action: releaseplan.SetInterval, Interval: &day})
	a.do(releaseplan.Command{Action: releaseplan.SetInterval, Milestone: "25 %"})
	a.do(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "100 %", Start: aStart.Add(2 * time.Hour)})
	a.do(releaseplan.Command{Action: releaseplan.SkipMilestone, Milestone: "100 %", Remark: "not yet"})
	a.do(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "25 %"})
	a.act(releaseplan.CompleteMilestone)
	a.wait(time.Minute).observed(0.031)
	a.wait(time.Minute).observed(0.001)
	a.act(releaseplan.ResumeRollout, releaseplan.StopRollout)
	var got []string
	for _, c := range a.trail[seen:] {
		got = append(got, c.String())
	}
	want := []string{
		`milestone "5 %" started`,
		`milestone "5 %" served for PT1H30M by ann`,
		`milestone "25 %" served until somebody says so by ann`,
		`milestone "100 %" to start at 2026-05-04T11:00:00Z by ann`,
		`milestone "100 %" skipped by ann (not yet)`,
		`milestone "5 %" → "25 %" by ann`,
		`milestone "25 %" completed by ann`,
		`safeguard "errors" tripped (error_rate is 0.031, above 0.01)`,
		`rollout paused (safeguard errors)`,
		`milestone "25 %" → "5 %" (safeguard errors)`,
		`safeguard "errors" cleared (error_rate is 0.001, clear at 0.01)`,
		`rollout resumed by ann`,
		`rollout stopped at milestone "5 %" by ann`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
