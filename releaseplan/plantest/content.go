package plantest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// An Option changes a content. Any function of this form is one.
type Option func(*releaseplan.Content)

// Content returns a content with the options applied in order to a name. A content that
// got no phases, milestones or name from them has one phase with two tasks:
// "deploy", of the kind "deploy", and "check", which is manual.
func Content(options ...Option) releaseplan.Content {
	c := releaseplan.Content{Name: "Checkout 2.4"}
	for _, o := range options {
		o(&c)
	}
	if len(c.Phases) == 0 && len(c.Milestones) == 0 {
		Phase(releaseplan.Sequential, Task("deploy", "deploy"), Task("check", releaseplan.Manual))(&c)
	}
	return c
}

// Of replaces all that is there by a content of your own.
func Of(c releaseplan.Content) Option {
	return func(to *releaseplan.Content) { *to = c }
}

// Named gives the plan a name.
func Named(name string) Option {
	return func(c *releaseplan.Content) { c.Name = name }
}

// Phase adds a phase. Its name tells its number, from 1.
func Phase(kind releaseplan.PhaseKind, tasks ...releaseplan.Task) Option {
	return func(c *releaseplan.Content) {
		c.Phases = append(c.Phases, releaseplan.Phase{Name: fmt.Sprintf("phase %d", len(c.Phases)+1), Kind: kind, Tasks: tasks})
	}
}

// Task returns a task of a kind that needs the named ones. A Wait lasts an hour.
func Task(name, kind string, needs ...string) releaseplan.Task {
	t := releaseplan.Task{Name: name, Kind: kind, Needs: needs}
	if kind == releaseplan.Wait {
		return Waiting(name, time.Hour)
	}
	return t
}

// Waiting returns a task that passes by itself after a time.
func Waiting(name string, after time.Duration) releaseplan.Task {
	return releaseplan.Task{Name: name, Kind: releaseplan.Wait, Spec: spec(releaseplan.WaitSpec{For: penstock.FromTime(after)})}
}

// Exposing returns a task that makes a milestone live.
func Exposing(name, milestone string) releaseplan.Task {
	return releaseplan.Task{Name: name, Kind: releaseplan.Expose, Spec: spec(releaseplan.ExposeSpec{Milestone: milestone})}
}

// spec writes what can always be written.
func spec(v any) json.RawMessage {
	raw, _ := json.Marshal(v) // texts, times and durations
	return raw
}

// Approval asks k of the [Approvers].
func Approval(k int) Option {
	return func(c *releaseplan.Content) {
		node := approval.Node{Need: approval.KOf, K: k}
		for _, a := range Approvers() {
			node.Approvers = append(node.Approvers, penstock.UserParty(a.ID))
		}
		c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{node}}
	}
}

// Gates puts gates before steps that have none yet; no step means all three.
func Gates(on ...releaseplan.GateKind) Option {
	if len(on) == 0 {
		on = []releaseplan.GateKind{releaseplan.GateFinalize, releaseplan.GateExecute, releaseplan.GateComplete}
	}
	return func(c *releaseplan.Content) {
		for _, kind := range on {
			if !slices.ContainsFunc(c.Gates, func(g releaseplan.Gate) bool { return g.On == kind }) {
				c.Gates = append(c.Gates, releaseplan.Gate{On: kind})
			}
		}
	}
}

// Open gives the plan a window.
func Open(from, to time.Time) Option {
	return func(c *releaseplan.Content) { c.Window = &releaseplan.Window{Start: from, End: to} }
}

// Variables adds variables: name, value, name, value and so on.
func Variables(pairs ...string) Option {
	return func(c *releaseplan.Content) {
		for i := 0; i+1 < len(pairs); i += 2 {
			c.Variables = append(c.Variables, releaseplan.Variable{Name: pairs[i], Value: pairs[i+1]})
		}
	}
}

// Milestones adds n milestones, each for more people than the one before and
// served for an hour, and a target for them. They are named "10%", "20%" and so on.
func Milestones(n int) Option {
	return func(c *releaseplan.Content) {
		c.Target = &releaseplan.Target{Feature: "checkout", Environment: "production"}
		for range n {
			share, hour := fmt.Sprint(min(10*(len(c.Milestones)+1), 100)), penstock.FromTime(time.Hour)
			c.Milestones = append(c.Milestones, releaseplan.Milestone{Name: fmt.Sprintf("%d%%", 10*(len(c.Milestones)+1)), After: &hour,
				Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": share}}}})
		}
	}
}

// Guarded adds a safeguard named "errors": it does action when the metric "error_rate"
// is above 0.05 over five minutes. To go back means to the first milestone.
func Guarded(action releaseplan.SafeguardAction) Option {
	return func(c *releaseplan.Content) {
		bound := 0.05
		g := releaseplan.Safeguard{Name: "errors", Metric: releaseplan.Metric{Name: "error_rate"}, Above: &bound,
			Window: penstock.FromTime(5 * time.Minute), Action: action}
		if action == releaseplan.SafeguardBack && len(c.Milestones) > 0 {
			g.Back = c.Milestones[0].Name
		}
		c.Safeguards = append(c.Safeguards, g)
	}
}

// Everything has all that can hold a plan up: three gates, an approval, a window
// of ten hours around at, and a variable named "version".
func Everything(at time.Time) Option {
	return func(c *releaseplan.Content) {
		for _, o := range []Option{Gates(), Approval(1), Open(at.Add(-time.Hour), at.Add(9*time.Hour)), Variables("version", "2.4")} {
			o(c)
		}
	}
}
