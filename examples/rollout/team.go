package main

import (
	"context"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// Who is there. Monitoring only reports what was measured.
var (
	dana       = penstock.Actor{ID: "dana", Name: "Dana"} // the owner of the plan
	monitoring = penstock.Actor{ID: "monitoring", Admin: true}
)

// repair is how long it takes to find the bug and to mend it.
const repair = 2 * time.Hour

// A team looks after the rollout: it mends what a safeguard has shown, and says
// when to go on and when all is done. It knows what everybody can see, and nothing
// of what is to come.
type team struct {
	plans *releaseplan.Service
	world *world
}

// act does what is to be done now.
func (t team) act(ctx context.Context, p *releaseplan.Plan, now time.Time) error {
	status := p.Status().Rollout
	if status == nil {
		return nil
	}
	if status.Paused.IsZero() {
		milestones := p.Milestones(now)
		if last := milestones[len(milestones)-1]; last.State == releaseplan.MilestoneCompleted {
			return t.do(ctx, p, releaseplan.Command{Action: releaseplan.Finish})
		}
		return nil
	}
	if now.Sub(status.Paused) < repair {
		return nil
	}
	if !t.world.checkout.fixed {
		t.world.checkout.fix()
		if err := t.do(ctx, p, releaseplan.Command{Action: releaseplan.Comment, Remark: "the fix is deployed: connections are given back"}); err != nil {
			return err
		}
	}
	if len(status.Tripped) > 0 {
		return nil // it is not clear yet
	}
	return t.do(ctx, p, releaseplan.Command{Action: releaseplan.ResumeRollout})
}

func (t team) do(ctx context.Context, p *releaseplan.Plan, c releaseplan.Command) error {
	_, err := t.plans.Do(ctx, p.ID(), c, dana)
	return err
}
