package releaseplan

import (
	"fmt"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
)

// Query returns what has to be measured for the safeguard with an id or name at
// now, and false if it watches nothing now. What was before the live milestone
// went live is left out: it is not to blame for that. So is what was before a
// safeguard became clear, lest what somebody took care of counts again.
func (p *Plan) Query(safeguard string, now time.Time) (MetricQuery, bool) {
	now = later(instant(now), p.st.Updated.At)
	p = p.At(now)
	r, i := p.rollout(), p.def.content.safeguard(safeguard)
	if i < 0 || !p.watches() || !now.After(r.counts(p.def.content.Safeguards[i].ID)) {
		return MetricQuery{}, false
	}
	g := p.def.content.Safeguards[i].clone()
	q := MetricQuery{Metric: g.Metric, From: later(now.Add(-g.window()), r.counts(g.ID)), To: now, Plan: p.id, Milestone: r.Name}
	if p.def.content.Target != nil {
		q.Target = *p.def.content.Target
	}
	return q, true
}

// counts returns from when on what a safeguard measures counts.
func (r *RolloutStatus) counts(safeguard string) time.Time {
	return later(r.Since, r.clearedAt(safeguard))
}

// blames returns from when on what a safeguard measures makes it trip. Whatever
// followed by itself while the value was on its way does not excuse it.
func (r *RolloutStatus) blames(safeguard string) time.Time {
	from := r.Since
	if !r.Before.IsZero() {
		from = r.Before
	}
	return later(from, r.clearedAt(safeguard))
}

// clearedAt returns when a safeguard became clear the latest time.
func (r *RolloutStatus) clearedAt(safeguard string) time.Time {
	for _, c := range r.Cleared {
		if c.Safeguard == safeguard {
			return c.At
		}
	}
	return time.Time{}
}

// watches reports whether safeguards have something to watch over.
func (p *Plan) watches() bool {
	return p.rollout().Live != "" && !p.st.State.Final() && !p.Archived() && len(p.def.content.Safeguards) > 0
}

// observe judges what a safeguard has measured.
func (t *transition) observe() error {
	c, r := t.command, t.p.rollout()
	i := t.p.def.content.safeguard(c.Safeguard)
	if i < 0 {
		return fmt.Errorf("safeguard %q of plan %s: %w", short(c.Safeguard), t.p.id, penstock.ErrNotFound)
	}
	g := &t.p.def.content.Safeguards[i]
	sample := *c.Sample
	sample.From, sample.To = instant(sample.From), instant(sample.To)
	if !t.p.watches() || sample.before(r.blames(g.ID)) || !sample.To.IsZero() && sample.To.Before(t.at.Add(-g.window())) {
		return nil // it tells of another milestone, of what somebody took care of, or of long ago
	}
	enough := sample.Count >= max(g.MinSamples, 1)
	trip := Trip{Safeguard: g.ID, Name: g.Name, At: t.at, Sample: sample}
	switch at := r.trip(g.ID); {
	case !enough:
		return nil
	case at < 0 && g.crossed(sample.Value):
		return t.tripped(g, trip)
	case at >= 0 && !sample.before(r.counts(g.ID)) && g.recovered(sample.Value) && g.whole(&sample):
		return t.record(Change{Kind: SafeguardCleared, Action: Observe, Name: g.Name, Trip: &trip, Remark: g.tell(sample.Value)})
	default:
		return nil
	}
}

// tripped does what a safeguard is there for.
func (t *transition) tripped(g *Safeguard, trip Trip) error {
	if err := t.record(Change{Kind: SafeguardTripped, Action: Observe, Name: g.Name, Trip: &trip, Remark: g.tell(trip.Sample.Value)}); err != nil {
		return err
	}
	return t.asSystem(func() error {
		because := "safeguard " + g.Name
		if t.p.rollout().Paused.IsZero() {
			if err := t.record(Change{Kind: RolloutPaused, Action: Observe, Remark: because}); err != nil {
				return err
			}
		}
		r := t.p.rollout()
		stop := Change{Kind: RolloutStopped, Action: Observe, Milestone: r.Live, Name: r.Name, From: r.Name, Remark: because}
		switch g.Action {
		case SafeguardStop:
			return t.record(stop)
		case SafeguardBack:
			to := t.p.def.content.milestone(g.Back)
			if to < 0 || to >= t.p.livePlace() && t.p.livePlace() >= 0 {
				return nil
			}
			if !t.p.backApproved() {
				stop.Remark += ": " + g.Back + " was edited since its approval"
				return t.record(stop)
			}
			if err := t.startMilestone(Observe, to, time.Time{}, because); err != nil {
				stop.Remark += fmt.Sprintf(": %s cannot be served: %s", g.Back, remarkOf(err, nil))
				return t.record(stop)
			}
			return nil
		default: // SafeguardPause: it is paused
			return nil
		}
	})
}

// clearSafeguard lets a person say that a safeguard is taken care of.
func (t *transition) clearSafeguard() error {
	c, r := t.command, t.p.rollout()
	at := r.trip(c.Safeguard)
	if at < 0 {
		return fmt.Errorf("safeguard %q of plan %s, tripped: %w", short(c.Safeguard), t.p.id, penstock.ErrNotFound)
	}
	trip := r.Tripped[at]
	return t.record(Change{Kind: SafeguardCleared, Action: c.Action, Name: trip.Name, Trip: &trip, Remark: c.Remark})
}

// before reports whether a sample stands on what was before a time.
func (s *Sample) before(at time.Time) bool {
	return !s.From.IsZero() && s.From.Before(at) || !s.To.IsZero() && !s.To.After(at)
}

// crossed reports whether a value is beyond the bound.
func (g *Safeguard) crossed(value float64) bool {
	return g.Above != nil && value > *g.Above || g.Below != nil && value < *g.Below
}

// whole reports whether a sample stands for a whole window, as far as it tells: soon
// after a milestone went live there is little to be judged by.
func (g *Safeguard) whole(s *Sample) bool {
	return s.From.IsZero() || s.To.IsZero() || s.To.Sub(s.From) >= g.window()
}

// recovered reports whether a value has come back far enough.
func (g *Safeguard) recovered(value float64) bool {
	return g.Above != nil && value <= g.clearAt() || g.Below != nil && value >= g.clearAt()
}

func (g *Safeguard) clearAt() float64 {
	switch {
	case g.Clear != nil:
		return *g.Clear
	case g.Above != nil:
		return *g.Above
	case g.Below != nil:
		return *g.Below
	default: // cannot be: content was checked
		return 0
	}
}

// tell says what was measured, for people.
func (g *Safeguard) tell(value float64) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }
	said := g.Metric.Name + " is " + number(value)
	switch {
	case g.Above != nil && value > *g.Above:
		return said + ", above " + number(*g.Above)
	case g.Below != nil && value < *g.Below:
		return said + ", below " + number(*g.Below)
	default:
		return said + ", clear at " + number(g.clearAt())
	}
}
