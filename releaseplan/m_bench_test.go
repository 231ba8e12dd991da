package releaseplan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// mHundred is a plan with as many milestones as there can be, halfway through.
func mHundred(b *testing.B) (*releaseplan.Plan, time.Time) {
	var steps []string
	for i := range releaseplan.MaxMilestones {
		steps = append(steps, fmt.Sprintf("%d%% 1h", i+1))
	}
	c := mContent(steps...)
	c.Name = "hundred"
	p := bAct(b, bPlan(b, c), bNoon, releaseplan.Execute)
	at := bNoon.Add(50*time.Hour + time.Minute)
	return p.At(at), at
}

func BenchmarkMilestoneDoStart(b *testing.B) {
	p, at := mHundred(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "70%"}, bAnn, at); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMilestoneDoPause(b *testing.B) {
	p, at := mHundred(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Do(releaseplan.Command{Action: releaseplan.PauseRollout}, bAnn, at); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMilestoneNext(b *testing.B) {
	p, at := mHundred(b)
	b.ReportAllocs()
	for b.Loop() {
		p.Next(at)
	}
}

func BenchmarkMilestoneViews(b *testing.B) {
	p, at := mHundred(b)
	b.ReportAllocs()
	for b.Loop() {
		p.Milestones(at)
	}
}
