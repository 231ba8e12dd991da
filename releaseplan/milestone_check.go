package releaseplan

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// rollout checks what a status that comes from outside says of milestones: it
// must be what commands could have made of it.
func (v *validator) rollout(path string, p *Plan) {
	r := p.st.Rollout
	if r == nil {
		return
	}
	v.past(path, p, r.Since, r.Before, r.Clock, r.Paused, r.Stopped)
	for i := range r.Tripped {
		v.past(path+".tripped", p, r.Tripped[i].At)
	}
	if n := len(r.Cleared); n > 2*MaxSafeguards {
		v.fault(path+".cleared", "%d are too many: at most %d", n, 2*MaxSafeguards)
		return
	}
	for i := range r.Cleared {
		v.handle(path+".cleared", r.Cleared[i].Safeguard, nil)
		v.past(path+".cleared", p, r.Cleared[i].At)
	}
	v.liveMilestone(path, p, r)
	if n := len(r.Each); n > 2*MaxMilestones {
		v.fault(path+".milestones", "%d are too many: at most %d", n, 2*MaxMilestones)
		return
	}
	seen := make(map[string]bool, len(r.Each))
	for i := range r.Each {
		at := fmt.Sprintf("%s.milestones[%d]", path, i)
		v.exposure(at, &r.Each[i])
		v.once(at+".milestone", r.Each[i].Milestone, seen)
	}
	if n := len(r.Tripped); n > 2*MaxSafeguards {
		v.fault(path+".tripped", "%d are too many: at most %d", n, 2*MaxSafeguards)
		return
	}
	if len(r.Tripped) > 0 && r.Paused.IsZero() {
		v.fault(path+".paused", "must be set while a safeguard has tripped")
	}
	seen = make(map[string]bool, len(r.Tripped))
	for i := range r.Tripped {
		at := fmt.Sprintf("%s.tripped[%d]", path, i)
		v.trip(at, &r.Tripped[i])
		v.once(at+".safeguard", r.Tripped[i].Safeguard, seen)
	}
}

// past checks times at which something happened: not after the latest change.
func (v *validator) past(path string, p *Plan, times ...time.Time) {
	for _, t := range times {
		if v.instant(path, t); t.After(p.st.Updated.At) {
			v.fault(path, "must be up to the latest change")
		}
	}
}

// liveMilestone checks the milestone that is served, and how long it was.
func (v *validator) liveMilestone(path string, p *Plan, r *RolloutStatus) {
	if r.Live == "" {
		if r.Name != "" || len(r.Serves) > 0 || !r.Since.IsZero() || !r.Clock.IsZero() || r.Counted != 0 || r.Through {
			v.fault(path+".live", "must name the milestone that the rest is about")
		}
		return
	}
	v.handle(path+".live", r.Live, nil)
	v.name(path+".name", r.Name)
	v.served(path+".serves", r.Serves)
	latest := p.st.Updated.At
	counting := later(r.Since, latest)
	if !r.Clock.IsZero() {
		counting = r.Clock
	}
	switch {
	case !r.Stopped.IsZero():
		v.fault(path+".stopped", "must not be set while a milestone is live")
	case r.exposure(r.Live).Count < 1:
		v.fault(path+".milestones", "must tell of the one that is live")
	case r.Since.IsZero() || r.Since.After(latest):
		v.fault(path+".since", "must be a time up to the latest change")
	case p.clockRuns() == r.Clock.IsZero():
		v.fault(path+".clock", "must be set while the plan and its rollout go on, and at no other time")
	case counting.Before(r.Since) || counting.After(latest):
		v.fault(path+".clock", "must be a time from since to the latest change")
	case r.Counted < 0 || r.Counted%tick != 0 || r.Counted > counting.Sub(r.Since):
		v.fault(path+".counted", "must be the whole microseconds of a time that has passed")
	}
}

// served checks what goes live: enabled strategies that can be kept.
func (v *validator) served(path string, all []rollout.Strategy) {
	if len(all) > MaxStrategies {
		v.fault(path, "%d are too many: at most %d", len(all), MaxStrategies)
		return
	}
	ids := make(map[string]bool, len(all))
	for i := range all {
		at := fmt.Sprintf("%s[%d]", path, i)
		if v.strategy(at, &all[i], ids); all[i].Disabled {
			v.fault(at+".disabled", "must not be set: it is served")
		}
	}
}

func (v *validator) exposure(path string, e *Exposure) {
	v.handle(path+".milestone", e.Milestone, nil)
	v.number(path+".count", int64(e.Count))
	v.duration(path+".after", e.After)
	for _, t := range []time.Time{e.Started, e.Ended, e.At, e.AtUsed} {
		v.instant(path, t)
	}
}

func (v *validator) trip(path string, t *Trip) {
	v.handle(path+".safeguard", t.Safeguard, nil)
	v.name(path+".name", t.Name)
	v.instant(path+".at", t.At)
	v.sample(path+".sample", &t.Sample)
}
