package plantest

import (
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// rollout checks what the milestones of a plan have come to.
func (b *breaches) rollout(p *releaseplan.Plan) {
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
	counts := p.State() == releaseplan.Running && !p.Archived() && r.Live != "" && !r.Through && r.Paused.IsZero()
	switch {
	case live > 1 || (live == 1) != (r.Live != ""):
		b.add("at most one milestone is live", "%d are: %+v", live, r.Each)
	case len(r.Tripped) > 0 && r.Paused.IsZero():
		b.add("what tripped holds the rollout", "it goes on with %+v", r.Tripped)
	case counts == r.Clock.IsZero():
		b.add("time counts while the plan runs", "it is %s, and the clock says %v", p.State(), r.Clock)
	case r.Live != "" && !r.Stopped.IsZero():
		b.add("what was stopped is not served", "%s is live", r.Name)
	case r.Live != "" && (p.State() == releaseplan.Canceling || p.State() == releaseplan.Canceled):
		b.add("what was canceled is not served", "%s is live", r.Name)
	}
	b.projected(p)
}

// projected: what is projected to go live next in a running plan does so then.
func (b *breaches) projected(p *releaseplan.Plan) {
	const rule = "a milestone starts when it is projected"
	now := p.Status().Updated.At
	if n := p.TaskCount(); p.State() != releaseplan.Running || p.Archived() || n.Todo+n.Running+n.Canceling+n.Failed > 0 {
		return
	}
	live := p.Status().Rollout.Live
	var next *releaseplan.MilestoneView
	for _, v := range p.Milestones(now) {
		if v.ID == live || !v.Projected.After(now) {
			continue
		}
		if next == nil || v.Projected.Before(next.Projected) {
			next = &v
		}
	}
	if next == nil {
		return
	}
	then, err := p.At(next.Projected).Milestone(next.ID, next.Projected)
	if err != nil {
		b.because(rule, err)
	} else if !then.Exposure.Started.Equal(next.Projected) {
		b.add(rule, "%s is at %v, and started at %v", next.Name, next.Projected, then.Exposure.Started)
	}
	if early := p.At(next.Projected.Add(-time.Microsecond)).Status().Rollout; early.Live != live {
		b.add(rule, "%s is at %v, and %s is live before", next.Name, next.Projected, early.Name)
	}
}
