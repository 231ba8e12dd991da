package releaseplan

import (
	"iter"
	"time"

	"github.com/penstock-go/penstock/approval"
)

// A Step is something to be carried out for a plan by who drives it: a
// [Runner], a simulator.
type Step struct {
	Kind    StepKind
	Task    string // id, but for StepAdvance and the steps of an approval
	Attempt string // id, of StepRun and StepStop; of StepCheck, that of the round
	Handler string // the task's kind; of StepCheck, the name of the Check
	Lease   string // who carries the attempt out, of StepStop

	Request  string        // id, of StepRequest and StepPoll
	Instance string        // of StepRetract
	Provider approval.Kind // of StepRetract

	Safeguard string // id, of StepMeasure
}

// A StepKind says what there is to do.
type StepKind string

// The kinds of step.
const (
	StepAdvance StepKind = "advance" // time has done something: Do an Advance
	StepStart   StepKind = "start"   // a task starts by itself: Do a Start
	StepRun     StepKind = "run"     // somebody started an attempt that nobody carries out: Do a Lease
	StepStop    StepKind = "stop"    // whoever carries the attempt out is to stop
	StepRequest StepKind = "request" // an approval has to be requested from its provider
	StepPoll    StepKind = "poll"    // an approval's provider may have an answer
	StepRetract StepKind = "retract" // an approval's provider is to drop a request
	StepCheck   StepKind = "check"   // a gate waits for what a Check says: Do an AnswerGate
	StepMeasure StepKind = "measure" // a safeguard's metric is to be measured, every now and then: Do an Observe
)

// Next returns what there is to do at now, and when time does the next thing by
// itself: zero if never. A plan that is archived or at its end needs nothing but, perhaps, that providers drop
// its requests.
func (p *Plan) Next(now time.Time) (steps []Step, wake time.Time) {
	now = later(instant(now), p.st.Updated.At)
	p = p.pin()
	if due, _ := p.due(now); !due.IsZero() {
		if !due.After(now) {
			return []Step{{Kind: StepAdvance}}, due
		}
		wake = due
	}
	for step := range p.pending(now) {
		steps = append(steps, step)
	}
	return steps, earlier(wake, p.thaws(now))
}

// isDue reports whether time has done something by itself.
func (p *Plan) isDue(now time.Time) bool {
	due, _ := p.due(now)
	return !due.IsZero() && !due.After(now)
}

// pending yields the steps that do not wait for time.
func (p *Plan) pending(now time.Time) iter.Seq[Step] {
	return func(yield func(Step) bool) { p.eachStep(now, yield) }
}

func (p *Plan) eachStep(now time.Time, yield func(Step) bool) {
	for step := range p.errands {
		if !yield(step) {
			return
		}
	}
	if p.Archived() || p.st.State.Final() {
		return
	}
	if p.watches() {
		for i := range p.def.content.Safeguards {
			if !yield(Step{Kind: StepMeasure, Safeguard: p.def.content.Safeguards[i].ID}) {
				return
			}
		}
	}
	unfrozen := p.unfrozen(now)
	for i, s := range p.phases {
		for j := range s.active.all() {
			ref := taskRef{i, j}
			task, status := p.def.task(ref), p.task(ref)
			a := status.current()
			if a == nil || task.Kind == Manual || task.Kind == Wait || task.Kind == Expose {
				continue
			}
			step := Step{Kind: StepRun, Task: task.ID, Attempt: a.ID, Handler: task.Kind, Lease: a.Lease}
			switch {
			case status.State == TaskCanceling:
				step.Kind = StepStop
			case a.Lease != "" || p.st.State != Running || !p.def.content.Window.Open(now) || !p.contentApproved() || !unfrozen(ref):
				continue
			}
			if !yield(step) {
				return
			}
		}
	}
	if p.st.State != Running || !p.def.content.Window.Open(now) {
		return
	}
	for ref := range p.startable {
		if task := p.def.task(ref); p.automatic(ref) && task.Kind != Wait && task.Kind != Expose && p.task(ref).NotBefore.IsZero() && p.task(ref).Count < MaxAttempts && unfrozen(ref) {
			if !yield(Step{Kind: StepStart, Task: task.ID, Handler: task.Kind}) {
				return
			}
		}
	}
}
