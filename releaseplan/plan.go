package releaseplan

import (
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// A Plan is a release on its way, at one moment. It is immutable: methods that
// change something return the next value, which shares what stayed the same, so
// any number of goroutines may use a Plan. Its methods know no clock, no store
// and no context; who acts and when is told to them.
type Plan struct {
	id     string
	number int64
	key    []byte // of digests and codes; never in events or exports
	rules  *Rules
	def    *definition
	st     Status
	phases []*phaseStatus
	totals [len(taskStates)]int32 // enabled tasks by state, of all phases

	pinned  *calendar.Set     // the calendars that one command is decided on
	deleted bool              // its last change says so
	secrets map[string]string // values that came in with the latest change, for the Service to put away
}

// Rules are what a host decides about all its plans. The zero Rules are fine.
type Rules struct {
	// Permit says who may do what, instead of the rules of ownership that
	// [Owners] tells. It is pure, and returns nil or a *penstock.ForbiddenError.
	Permit func(by penstock.Actor, c Command, p *Plan) error

	// Stickiness returns that of a project's flexibleRollout strategies where they
	// have none. It is pure. Default: rollout.StickyDefault.
	Stickiness func(project string) string

	// Calendars say when nothing may go on; nil: none does. They may change: every
	// decision is made on those that hold then.
	Calendars calendar.Source

	// Providers are the kinds of approval that can be requested besides the native one.
	Providers []approval.Kind

	// CheckApproval returns what the provider of an approval has against its policy:
	// faults whose fields are paths in it. It is pure. Default: nothing. See
	// [approval.Check].
	CheckApproval func(p approval.Policy) error
}

// ID returns the plan's id.
func (p *Plan) ID() string { return p.id }

// Number returns the plan's number for people, 0 if no Service gave it one.
func (p *Plan) Number() int64 { return p.number }

// Version returns the version of the content: 1 at first, and one more with each
// effective edit.
func (p *Plan) Version() int64 { return p.def.version }

// State returns the plan's state.
func (p *Plan) State() State { return p.st.State }

// Name returns the plan's name.
func (p *Plan) Name() string { return p.def.content.Name }

// Content returns a copy of the content. Values of secret variables are not in it.
func (p *Plan) Content() Content { return p.def.content.clone() }

// Hash returns what approvals are bound to: SHA-256, in hex, over the canonical
// JSON of the part of the content that an approver agrees to.
func (p *Plan) Hash() string { return p.def.hash }

// Status returns a copy of what happened to the plan as a whole.
func (p *Plan) Status() Status {
	s := p.st
	s.Visits = slices.Clone(s.Visits)
	s.Retract = slices.Clone(s.Retract)
	s.Overrides = slices.Clone(s.Overrides)
	s.Effective = s.Effective.clone()
	s.Gate = copyOf(s.Gate)
	s.Rollout = s.Rollout.clone()
	return s
}

// Archived reports whether the plan is archived.
func (p *Plan) Archived() bool { return !p.st.Archived.IsZero() }

// Resource returns the plan as an Authorizer is asked about it: its project is that of its target.
func (p *Plan) Resource() penstock.Resource {
	return p.def.content.resource(p.id)
}

// resource is the plan with an id and this content, as an Authorizer is asked about it.
func (c *Content) resource(id string) penstock.Resource {
	on := penstock.Resource{Kind: "plan", ID: id, Name: c.Name, Folder: c.Folder}
	if c.Target != nil {
		on.Project = c.Target.Project
	}
	return on
}

// A TaskView is a task with what happened to it.
type TaskView struct {
	Task
	Status TaskStatus
	State  TaskState // finer than the stored one: see TaskReady and its like
	Phase  int       // the place of its phase, from 0
	Place  int       // its place in the phase, from 0
}

// Task returns the task with id. One that is not of this plan is an ErrNotFound.
func (p *Plan) Task(id string) (TaskView, error) {
	ref, err := p.find(id)
	if err != nil {
		return TaskView{}, err
	}
	return p.view(ref), nil
}

// Tasks returns every task in order.
func (p *Plan) Tasks() []TaskView {
	all := make([]TaskView, 0, len(p.def.index))
	for i, phase := range p.def.phases {
		for j := range phase.Tasks {
			all = append(all, p.view(taskRef{i, j}))
		}
	}
	return all
}

// PhaseState returns the state of the phase at place i, from 0; it is "" if there
// is no such phase.
func (p *Plan) PhaseState(i int) PhaseState {
	if i < 0 || i >= len(p.phases) {
		return ""
	}
	s := p.phases[i]
	switch state := p.st.State; {
	case s.open() == 0 && (!p.st.Started.IsZero() || s.counts[countDone] > 0):
		return PhaseDone
	case state == Canceled || state == Canceling:
		return PhaseCanceled
	case p.st.Started.IsZero():
		return PhaseDraft
	case s.counts[countFailed] > 0:
		return PhaseFailed
	case i != p.current():
		return PhaseWaiting
	case state == Running:
		return PhaseRunning
	default:
		return PhasePaused
	}
}

func (p *Plan) find(id string) (taskRef, error) {
	ref, ok := p.def.index[id]
	if !ok {
		return taskRef{}, fmt.Errorf("task %q of plan %s: %w", short(id), p.id, penstock.ErrNotFound)
	}
	return ref, nil
}

func (p *Plan) view(r taskRef) TaskView {
	return TaskView{Task: p.def.task(r).clone(), Status: p.task(r).clone(), State: p.taskState(r), Phase: r.phase, Place: r.task}
}

// task returns the stored status of a task.
func (p *Plan) task(r taskRef) *TaskStatus { return &p.phases[r.phase].task(r.task).TaskStatus }

// taskState is the stored state, or a finer word for todo.
func (p *Plan) taskState(r taskRef) TaskState {
	s := p.task(r)
	switch {
	case s.State != TaskTodo && s.State != "":
		return s.State
	case p.def.task(r).Disabled:
		return TaskDisabled
	case p.st.State != Running:
		return TaskPending
	case s.Held:
		return TaskPaused
	case !p.ready(r) || !s.NotBefore.IsZero():
		return TaskWaiting
	default:
		return TaskReady
	}
}

// current returns the place of the first phase with an open task, or how many
// phases there are.
func (p *Plan) current() int {
	for i, s := range p.phases {
		if s.open() > 0 {
			return i
		}
	}
	return len(p.phases)
}

// ready reports whether all that a todo task waits for is settled: earlier
// phases, earlier tasks of a sequential phase, needs. Whether it is held, put
// off, or outside the window is not asked.
func (p *Plan) ready(r taskRef) bool {
	return p.phases[r.phase].todo.has(r.task) && p.current() == r.phase && p.readyInPhase(r)
}

// readyInPhase is ready of a todo task of the current phase.
func (p *Plan) readyInPhase(r taskRef) bool {
	s, phase := p.phases[r.phase], p.def.phases[r.phase]
	if phase.Kind == Sequential && (s.todo.first() != r.task || s.counts[countFailed]+s.counts[countRunning]+s.counts[countCanceling] > 0) {
		return false
	}
	for _, need := range phase.needs[r.task] {
		if !p.task(need).State.settled() && !p.def.task(need).Disabled {
			return false
		}
	}
	return true
}

// startable yields the tasks that are ready and not held.
func (p *Plan) startable(yield func(taskRef) bool) {
	i := p.current()
	if i == len(p.phases) {
		return
	}
	for j := range p.phases[i].todo.all() {
		r := taskRef{i, j}
		if p.readyInPhase(r) && !p.task(r).Held && !yield(r) {
			return
		}
		if p.def.phases[i].Kind == Sequential {
			return // only the first can be
		}
	}
}

// canGoOn reports whether a task can start, now or when a put-off ends.
func (p *Plan) canGoOn() bool {
	for range p.startable {
		return true
	}
	return false
}

// automatic reports whether a task starts by itself when it is ready.
func (p *Plan) automatic(r taskRef) bool {
	t := p.def.task(r)
	return t.Kind != Manual && t.Start != ByHand && p.def.phases[r.phase].Kind != Free
}

// count returns how many enabled tasks are in a state, by its ordinal.
func (p *Plan) count(ordinal int) int { return int(p.totals[ordinal]) }

// enabled returns how many tasks are enabled.
func (p *Plan) enabled() (n int) {
	for _, c := range p.totals {
		n += int(c)
	}
	return n
}

// open returns how many enabled tasks are neither done nor skipped.
func (p *Plan) open() int { return p.enabled() - p.count(countDone) - p.count(countSkipped) }

// busy returns how many attempts are under way.
func (p *Plan) busy() int { return p.count(countRunning) + p.count(countCanceling) }

func (p *Plan) approvalRequired() bool {
	return p.def.content.Approval != nil && p.def.content.Approval.Required()
}

func (p *Plan) contentApproved() bool {
	return !p.approvalRequired() || p.st.Request != nil && p.st.Request.Valid(p.def.hash)
}

func (p *Plan) requestIs(s approval.State) bool {
	return p.st.Request != nil && p.st.Request.State() == s
}

// gate returns the gate of a kind, or nil.
func (p *Plan) gate(on GateKind) *Gate {
	for i := range p.def.content.Gates {
		if p.def.content.Gates[i].On == on {
			return &p.def.content.Gates[i]
		}
	}
	return nil
}
