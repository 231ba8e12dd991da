package releaseplan

import (
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A Target is the feature that a plan's milestones expose, and where. At most one
// plan that is under way may have the same feature and environment.
type Target struct {
	Feature     string `json:"feature"`           // 1 to 100 characters
	Environment string `json:"environment"`       // 1 to 100 characters
	Project     string `json:"project,omitempty"` // at most 100 characters
}

// A Milestone is a step of exposure: who has the feature while it is live. At most
// one is live at a time, and to start one replaces what was served before.
//
// The first one starts by itself once every enabled task is done or skipped; that
// is at once in a plan without tasks. Each other one starts when the one before
// was served for its After. That is so unless Start, At or an [Expose] task says
// otherwise.
type Milestone struct {
	ID          string             `json:"id,omitempty"` // 1 to 64 letters, digits, - or _; given by the plan if empty
	Name        string             `json:"name"`         // 1 to 255 characters, unique in the plan
	Description string             `json:"description,omitempty"`
	SortOrder   int                `json:"sort_order,omitempty"` // kept as it was given; the order is that of the list
	Start       StartMode          `json:"start,omitempty"`      // Automatic, the default, or ByHand: only a person or a task starts it
	At          time.Time          `json:"at,omitzero"`          // it starts then, and not before by itself
	After       *penstock.Duration `json:"after,omitempty"`      // how long it is served before the next one starts; default: until somebody says so
	Strategies  []rollout.Strategy `json:"strategies,omitempty"` // alternatives: one that matches is enough; ids are given by the plan if empty
}

// ExposeSpec is the Spec of an [Expose] task. Such a task is done at once when it
// starts: it makes its milestone live, unless that one or a later one is live
// already, or it was skipped. While the rollout is paused or stopped, or a safeguard has tripped, it
// waits.
type ExposeSpec struct {
	Milestone string `json:"milestone"` // its name, or its id, which is replaced by the name
}

// A Safeguard watches a metric while milestones are served, and acts when it goes
// where it should not. It trips when the value, measured over Window or since the
// milestone went live if that is shorter, is Above or Below the bound and stands on
// at least MinSamples samples. It is clear again when the value of a whole Window,
// on as many samples, has come back to Clear, or when a person says so; until then
// nothing goes forward.
type Safeguard struct {
	ID         string            `json:"id,omitempty"` // as of a milestone
	Name       string            `json:"name"`         // 1 to 255 characters, unique in the plan
	Metric     Metric            `json:"metric"`
	Above      *float64          `json:"above,omitempty"` // it trips strictly above: either this
	Below      *float64          `json:"below,omitempty"` // or this
	Clear      *float64          `json:"clear,omitempty"` // it is clear at this or better; default: the bound
	Window     penstock.Duration `json:"window"`          // 1 s to 31 days
	MinSamples int64             `json:"min_samples,omitempty"`
	Action     SafeguardAction   `json:"action,omitempty"` // default: SafeguardPause
	Back       string            `json:"back,omitempty"`   // of SafeguardBack: a milestone's name, or its id, which is replaced by the name
}

// A SafeguardAction is what a safeguard does when it trips.
type SafeguardAction string

// What safeguards do. Each also pauses the rollout: nothing goes forward by itself
// until a person resumes it.
const (
	SafeguardPause SafeguardAction = "pause" // what is live stays so
	SafeguardBack  SafeguardAction = "back"  // an earlier milestone goes live; if that one or an earlier one is live, it stays so
	SafeguardStop  SafeguardAction = "stop"  // nothing is served any more; only a person clears the safeguard then, as nothing is measured
)

// A Metric is a number that a [MetricSource] can tell, in words of the host's.
type Metric struct {
	Name        string              `json:"name"`                  // 1 to 255 characters
	Aggregation string              `json:"aggregation,omitempty"` // avg, sum, rps, p95, …
	Labels      map[string][]string `json:"labels,omitempty"`      // at most 64 keys; only series with one of the values
	Source      string              `json:"source,omitempty"`      // which of several sources
}

func (m Milestone) clone() Milestone {
	m.After = copyOf(m.After)
	m.Strategies = cloneEach(m.Strategies, rollout.Strategy.Clone)
	return m
}

func (g Safeguard) clone() Safeguard {
	g.Above, g.Below, g.Clear = copyOf(g.Above), copyOf(g.Below), copyOf(g.Clear)
	if g.Metric.Labels != nil {
		labels := make(map[string][]string, len(g.Metric.Labels))
		for k, v := range g.Metric.Labels {
			labels[k] = slices.Clone(v)
		}
		g.Metric.Labels = labels
	}
	return g
}
