package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// RolloutStatus is what the milestones of a plan have come to.
type RolloutStatus struct {
	Live   string             `json:"live,omitempty"`   // id of the milestone that is served; empty: none
	Name   string             `json:"name,omitempty"`   // of that milestone
	Serves []rollout.Strategy `json:"serves,omitempty"` // what it serves, as it went live
	Since  time.Time          `json:"since,omitzero"`   // it is live
	Before time.Time          `json:"before,omitzero"`  // since when the one before was live, if this one followed it by itself

	Clock   time.Time     `json:"clock,omitzero"`       // its time counts since then; zero: it does not count now
	Counted time.Duration `json:"counted,omitempty"`    // what had counted before, in nanoseconds
	Through bool          `json:"through,omitempty"`    // it is through: nothing more comes of its After
	Paused  time.Time     `json:"paused,omitzero"`      // nothing goes on by itself
	Stopped time.Time     `json:"stopped,omitzero"`     // nothing is served, and nothing starts by itself
	Tripped []Trip        `json:"tripped,omitempty"`    // safeguards that are not clear
	Cleared []Clearing    `json:"cleared,omitempty"`    // safeguards that became clear, each the latest time
	Each    []Exposure    `json:"milestones,omitempty"` // those to which something happened
}

// An Exposure is what happened to one milestone.
type Exposure struct {
	Milestone string             `json:"milestone"`         // id
	Count     int                `json:"count,omitempty"`   // how often it went live
	Started   time.Time          `json:"started,omitzero"`  // the latest time
	Ended     time.Time          `json:"ended,omitzero"`    // of that
	Skipped   bool               `json:"skipped,omitempty"` // it is passed over
	At        time.Time          `json:"at,omitzero"`       // it is to start then, whatever its content says
	AtUsed    time.Time          `json:"at_used,omitzero"`  // the time of its content that was kept or missed
	After     *penstock.Duration `json:"after,omitempty"`   // in place of that of its content
}

// A Trip is a safeguard that tripped and is not clear yet.
type Trip struct {
	Safeguard string    `json:"safeguard"` // id
	Name      string    `json:"name"`      // of the safeguard
	At        time.Time `json:"at"`
	Sample    Sample    `json:"sample"` // that it tripped on
}

// A Clearing is when a safeguard became clear: what was measured before counts no
// more.
type Clearing struct {
	Safeguard string    `json:"safeguard"` // id
	At        time.Time `json:"at"`
}

// A Sample is the value of a metric over a stretch of time.
type Sample struct {
	Value float64   `json:"value"`
	Count int64     `json:"count"` // how many samples it stands on
	From  time.Time `json:"from,omitzero"`
	To    time.Time `json:"to,omitzero"`
}

// A MilestoneState is derived, never stored.
type MilestoneState string

// The states of a milestone.
const (
	MilestoneWaiting   MilestoneState = "not_started"
	MilestoneActive    MilestoneState = "active"    // live
	MilestonePaused    MilestoneState = "paused"    // live, while the plan or its rollout does not go on
	MilestoneCompleted MilestoneState = "completed" // it was live, and a later one is; or it is live, and through
	MilestoneSkipped   MilestoneState = "skipped"   // passed over, by hand or by starting a later one
)

// A MilestoneView is a milestone with what happened to it.
type MilestoneView struct {
	Milestone
	State     MilestoneState
	Place     int                // from 0
	Exposure  Exposure           // its zero value if nothing happened to it
	Interval  *penstock.Duration // its After as it counts now
	Elapsed   time.Duration      // of the live one: how much of the interval has passed
	Projected time.Time          // when it starts, or started, if all goes on as it does now; zero: not known
}
