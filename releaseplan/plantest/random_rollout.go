package plantest

import (
	"fmt"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// milestones gives a content milestones, tasks that expose them, and safeguards.
func (d *dice) milestones(c *releaseplan.Content) {
	n := d.upTo(d.Generator.Milestones)
	if n == 0 {
		return
	}
	c.Target = &releaseplan.Target{Feature: "checkout", Environment: "production", Project: d.text(2, "shop")}
	for i := range n {
		c.Milestones = append(c.Milestones, d.milestone(i))
	}
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			if t := &c.Phases[i].Tasks[j]; d.oneIn(6) {
				t.Kind, t.Spec = releaseplan.Expose, spec(releaseplan.ExposeSpec{Milestone: c.Milestones[d.IntN(n)].Name})
			}
		}
	}
	for i := range d.upTo(d.Generator.Safeguards) {
		c.Safeguards = append(c.Safeguards, d.safeguard(i, c.Milestones[d.IntN(n)].Name))
	}
}

func (d *dice) milestone(i int) releaseplan.Milestone {
	m := releaseplan.Milestone{ID: d.handle(8), Name: fmt.Sprintf("m%d", i), Description: d.text(4, "Some more."), SortOrder: d.upTo(3),
		Strategies: []rollout.Strategy{d.strategy(min(10*(i+1), 100))}}
	if d.oneIn(2) {
		m.Strategies = append(m.Strategies, rollout.Strategy{Name: rollout.UserWithID, Parameters: rollout.Parameters{"userIds": "ann"}, Disabled: d.oneIn(2)})
	}
	if !d.oneIn(3) {
		after := d.minutes(40)
		m.After = &after
	}
	m.Start = pick(d, "", "", "", releaseplan.Automatic, releaseplan.ByHand)
	if d.oneIn(4) {
		m.At = d.Around.Add(pick(d, time.Minute, 20*time.Minute, time.Hour) * time.Duration(1+d.IntN(4)))
	}
	return m
}

// strategy gives a share of people the feature.
func (d *dice) strategy(percent int) rollout.Strategy {
	s := rollout.Strategy{ID: d.handle(8), Name: rollout.FlexibleRollout, Title: d.text(4, "A share."), SortOrder: float64(d.upTo(3)),
		Parameters: rollout.Parameters{"rollout": strconv.Itoa(percent)}}
	if d.oneIn(3) {
		s.Constraints = []rollout.Constraint{d.constraint()}
	}
	if len(d.Generator.Segments) > 0 && d.oneIn(3) {
		s.Segments = []int{pick(d, d.Generator.Segments...)}
	}
	if d.oneIn(4) {
		s.Variants = []rollout.Variant{
			{Name: "blue", Weight: 500, WeightType: rollout.WeightVariable, Stickiness: d.text(2, rollout.StickyDefault)},
			{Name: "green", Weight: 500, WeightType: rollout.WeightVariable, Payload: &rollout.Payload{Type: "string", Value: "#0f0"}},
		}
	}
	return s
}

func (d *dice) constraint() rollout.Constraint {
	switch d.IntN(3) {
	case 0:
		return rollout.Constraint{ContextName: "region", Operator: rollout.In, Values: []string{"eu", "us"}, Inverted: d.oneIn(2)}
	case 1:
		return rollout.Constraint{ContextName: "userId", Operator: rollout.StartsWith, Values: []string{"a"}, CaseInsensitive: d.oneIn(2)}
	default:
		return rollout.Constraint{ContextName: "appVersion", Operator: rollout.SemverGTE, Value: "2.4.0"}
	}
}

func (d *dice) safeguard(i int, back string) releaseplan.Safeguard {
	g := releaseplan.Safeguard{ID: d.handle(8), Name: fmt.Sprintf("g%d", i), Window: d.minutes(10), MinSamples: int64(d.IntN(2)) * 10,
		Metric: releaseplan.Metric{Name: "errors", Aggregation: d.text(3, "rps"), Source: d.text(3, "prometheus")},
		Action: pick(d, "", releaseplan.SafeguardPause, releaseplan.SafeguardBack, releaseplan.SafeguardStop)}
	if d.oneIn(3) {
		g.Metric.Labels = map[string][]string{"zone": {"eu"}}
	}
	bound, good := 5.0, 5.0
	if d.oneIn(2) {
		g.Above = &bound
	} else {
		g.Below = &bound
	}
	if d.oneIn(2) {
		g.Clear = &good
	}
	if g.Action == releaseplan.SafeguardBack {
		g.Back = back
	}
	return g
}
