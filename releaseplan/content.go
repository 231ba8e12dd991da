package releaseplan

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// Content is what people write in a plan: all that is not its [Status]. The zero
// value of every field but Name is a fine default. A Content belongs to who
// holds it; plans take and give copies.
type Content struct {
	Name        string           `json:"name"` // 1 to 255 characters
	Description string           `json:"description,omitempty"`
	Folder      penstock.Folder  `json:"folder,omitzero"`
	Owner       penstock.Party   `json:"owner,omitzero"` // default: who creates the plan
	Planned     *PlannedTime     `json:"planned_time,omitempty"`
	Window      *Window          `json:"window,omitempty"` // default: always open
	Start       Schedule         `json:"start,omitzero"`
	Approval    *approval.Policy `json:"approval,omitempty"` // default: none is required

	Phases     []Phase     `json:"phases,omitempty"`
	Target     *Target     `json:"target,omitempty"` // what the milestones expose
	Milestones []Milestone `json:"milestones,omitempty"`
	Safeguards []Safeguard `json:"safeguards,omitempty"` // what keeps watch over them
	Variables  []Variable  `json:"variables,omitempty"`
	Listeners  []Listener  `json:"listeners,omitempty"`
	Gates      []Gate      `json:"gates,omitempty"` // at most one of each kind

	NotifyOwnerOnError *bool             `json:"notify_owner_on_error,omitempty"` // default: true
	Labels             map[string]string `json:"labels,omitempty"`
	Origin             *Origin           `json:"origin,omitempty"` // the template it was made from
}

// An Origin names the template that content was made from, for people: nothing
// depends on it.
type Origin struct {
	Template string `json:"template"`          // id
	Version  int64  `json:"version,omitempty"` // of the template
}

// A Phase is one stretch of a plan. Phases run one after another.
type Phase struct {
	ID          string             `json:"id,omitempty"`     // a UUID; given by the plan if empty
	Number      int64              `json:"number,omitempty"` // for people; given by the Service
	Name        string             `json:"name"`             // 1 to 255 characters
	Description string             `json:"description,omitempty"`
	Owner       penstock.Party     `json:"owner,omitzero"`
	Kind        PhaseKind          `json:"kind,omitempty"`             // default: Sequential
	Duration    *penstock.Duration `json:"planned_duration,omitempty"` // default: what its tasks need
	Listeners   []Listener         `json:"listeners,omitempty"`
	Tasks       []Task             `json:"tasks,omitempty"`
}

// A PhaseKind is the order of the tasks in a phase.
type PhaseKind string

// The kinds of a phase. The empty kind means [Sequential].
const (
	Sequential PhaseKind = "sequential" // one by one, in order; a failure stops the rest
	Parallel   PhaseKind = "parallel"   // all whose needs are settled; after a failure the siblings go on
	Free       PhaseKind = "free"       // any order, each started by hand
)

// A Task is one thing to do.
type Task struct {
	ID          string            `json:"id,omitempty"`     // a UUID; given by the plan if empty
	Number      int64             `json:"number,omitempty"` // for people; given by the Service
	Name        string            `json:"name"`             // 1 to 255 characters
	Description string            `json:"description,omitempty"`
	Owner       penstock.Party    `json:"owner,omitzero"` // may do everything with the task
	Kind        string            `json:"kind,omitempty"` // Manual, Wait, Expose, or the name of a Handler; default: Manual
	Spec        json.RawMessage   `json:"spec,omitempty"` // what its kind wants to know: a JSON object
	Start       StartMode         `json:"start,omitempty"`
	Needs       []string          `json:"needs,omitempty"` // tasks to be settled first: ids, or names that are plain
	Class       string            `json:"class,omitempty"` // a word of the host's: "rollback", "standard"
	Timeout     penstock.Duration `json:"timeout,omitzero"`
	Retry       RetryPolicy       `json:"retry,omitzero"`
	Crash       CrashPolicy       `json:"crash,omitempty"`
	Planned     *PlannedTime      `json:"planned_time,omitempty"` // informs people; a Wait task holds things back
	Listeners   []Listener        `json:"listeners,omitempty"`
	Disabled    bool              `json:"disabled,omitempty"` // counts as settled, never starts
}

// Kinds of tasks that need no handler.
const (
	Manual = "manual"    // a person does it and says so; the default
	Wait   = "wait"      // passes by itself: its Spec is a WaitSpec
	Expose = "milestone" // starts a milestone: its Spec is an ExposeSpec
)

// WaitSpec is the Spec of a Wait task: exactly one of its fields.
type WaitSpec struct {
	For   penstock.Duration `json:"for,omitzero"`   // after its start
	Until time.Time         `json:"until,omitzero"` // at once if it is past
}

// A StartMode says who starts something.
type StartMode string

// How a task or a plan starts. The empty mode means [Automatic] for a task that
// has a handler, and [ByHand] for a plan.
const (
	Automatic  StartMode = "auto"        // a task: as soon as it is ready
	ByHand     StartMode = "manual"      // when a person says so
	OnApproval StartMode = "on_approval" // a plan: in the commit of the deciding vote
	Scheduled  StartMode = "scheduled"   // a plan: at a time
)

// RetryPolicy says how often a failed task is tried again by itself.
type RetryPolicy struct {
	Max     int               `json:"max,omitempty"`     // further attempts, 0 to 100
	Delay   penstock.Duration `json:"delay,omitzero"`    // before the first of them
	Backoff int               `json:"backoff,omitempty"` // the delay grows by this factor, 1 to 10; default: 1
}

// A CrashPolicy says what becomes of a task whose process died.
type CrashPolicy string

// The crash policies. The empty policy means [FailOnCrash].
const (
	FailOnCrash   CrashPolicy = "fail"   // a person looks first
	RepeatOnCrash CrashPolicy = "repeat" // again: its effect may be repeated
)

// A Schedule says how a plan starts.
type Schedule struct {
	Mode StartMode `json:"mode,omitempty"` // ByHand, OnApproval or Scheduled; default: ByHand
	At   time.Time `json:"at,omitzero"`    // of Scheduled: inside the window
}

// A Window is when a plan may run, bounds included. Outside it nothing starts, and
// a plan that is not through at its end expires.
type Window struct {
	Start time.Time `json:"start,omitzero"` // zero: open from ever
	End   time.Time `json:"end,omitzero"`   // zero: open for ever
}

// A Gate holds a plan until it is answered: by a callback, which is an [AnswerGate]
// command with the gate's code, or by the [Check] that it names. Whoever is first counts.
type Gate struct {
	On      GateKind          `json:"on"`
	Timeout penstock.Duration `json:"timeout,omitzero"` // then the check has failed; zero: never
	Check   string            `json:"check,omitempty"`  // the name of the Check that answers it; empty: only a callback does
}

// A GateKind says which step a gate guards.
type GateKind string

// The gates.
const (
	GateFinalize GateKind = "finalize"
	GateExecute  GateKind = "execute"
	GateComplete GateKind = "complete"
)

// A Listener is told of events. Which change is which event: see [NoticeData].
type Listener struct {
	Event      Event            `json:"event"`
	Recipients []penstock.Party `json:"recipients"`
}

// An Event is something that listeners can be told of.
type Event string

// The events of listeners.
const (
	EventStarted  Event = "started"
	EventPaused   Event = "paused"
	EventFailed   Event = "failed"
	EventFinished Event = "finished"
	EventCanceled Event = "canceled"
	EventExpired  Event = "expired"
	EventWaiting  Event = "waiting"
)

// NotifiesOwner reports whether the owner hears of errors.
func (c *Content) NotifiesOwner() bool { return c.NotifyOwnerOnError == nil || *c.NotifyOwnerOnError }

// clone returns a deep copy.
func (c Content) clone() Content {
	c.Planned = c.Planned.clone()
	c.Window = copyOf(c.Window)
	if c.Approval != nil {
		policy := c.Approval.Clone()
		c.Approval = &policy
	}
	c.NotifyOwnerOnError = copyOf(c.NotifyOwnerOnError)
	c.Phases = cloneEach(c.Phases, Phase.clone)
	c.Target = copyOf(c.Target)
	c.Milestones = cloneEach(c.Milestones, Milestone.clone)
	c.Safeguards = cloneEach(c.Safeguards, Safeguard.clone)
	c.Origin = copyOf(c.Origin)
	c.Variables = slices.Clone(c.Variables)
	c.Listeners = cloneEach(c.Listeners, Listener.clone)
	c.Gates = slices.Clone(c.Gates)
	c.Labels = maps.Clone(c.Labels)
	return c
}

func (p Phase) clone() Phase {
	p.Duration = copyOf(p.Duration)
	p.Listeners = cloneEach(p.Listeners, Listener.clone)
	p.Tasks = cloneEach(p.Tasks, Task.clone)
	return p
}

func (t Task) clone() Task {
	t.Spec = slices.Clone(t.Spec)
	t.Needs = slices.Clone(t.Needs)
	t.Planned = t.Planned.clone()
	t.Listeners = cloneEach(t.Listeners, Listener.clone)
	return t
}

func (l Listener) clone() Listener {
	l.Recipients = slices.Clone(l.Recipients)
	return l
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneEach[S ~[]T, T any](all S, clone func(T) T) S {
	if all == nil {
		return nil
	}
	c := make(S, len(all))
	for i, v := range all {
		c[i] = clone(v)
	}
	return c
}
