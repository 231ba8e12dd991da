package workflow

import (
	"time"

	"github.com/penstock-go/penstock/approval"
)

// A Step is something to be carried out for a run by who drives it: an [Engine],
// a simulator.
type Step struct {
	Kind    StepKind
	Job     string // key; of an approval it may be empty: then it is the stage's
	Stage   string // of an approval of a stage
	Attempt string // id, of StepExecute and StepStop
	Lease   string // who carries the attempt out, of StepStop
	Request string // id, of StepRequest and StepPoll

	Instance string        // of StepRetract
	Provider approval.Kind // of StepRetract
}

// A StepKind says what there is to do.
type StepKind string

// The kinds of step.
const (
	StepAdmit   StepKind = "admit"   // it is the run's turn if the limits allow: Do an Admit
	StepAdvance StepKind = "advance" // time has done something: Do an Advance
	StepExecute StepKind = "execute" // an attempt that nobody carries out yet: Do a Lease, then execute it
	StepStop    StepKind = "stop"    // whoever carries the attempt out is to stop
	StepRequest StepKind = "request" // an approval has to be requested from its provider
	StepPoll    StepKind = "poll"    // an approval's provider may have an answer
	StepRetract StepKind = "retract" // an approval's provider is to drop a request: then Do a Retracted
	StepForget  StepKind = "forget"  // executors are to forget what jobs have shared: then Do a Forgotten
)

// Next returns what there is to do at now, and when time does the next thing by
// itself: zero if never.
func (r *Run) Next(now time.Time) (steps []Step, wake time.Time) {
	now = later(instant(now), r.st.Updated)
	if wake = r.due(); !wake.IsZero() && !wake.After(now) {
		return []Step{{Kind: StepAdvance}}, wake
	}
	for _, x := range r.st.Retract {
		steps = append(steps, Step{Kind: StepRetract, Instance: x.Instance, Provider: x.Kind})
	}
	if r.forgettable() {
		steps = append(steps, Step{Kind: StepForget})
	}
	if r.st.State == RunQueued {
		return append(steps, Step{Kind: StepAdmit}), wake
	}
	i := r.current()
	if i == len(r.graph.stages) || r.st.State.Ended() {
		return steps, wake
	}
	stage := r.graph.stages[i]
	if r.st.State == RunRunning {
		if step, ok := asks(r.st.Stages[i].Request); ok {
			step.Stage = stage.Name
			steps = append(steps, step)
		}
	}
	for j := stage.first; j < stage.end; j++ {
		n, s := &r.graph.nodes[j], r.jobs[j]
		switch s.state() {
		case JobRunning:
			if n.executes() && s.Attempt.Lease == "" {
				steps = append(steps, Step{Kind: StepExecute, Job: n.key, Attempt: s.Attempt.ID})
			}
		case JobCanceling:
			steps = append(steps, Step{Kind: StepStop, Job: n.key, Attempt: s.Attempt.ID, Lease: s.Attempt.Lease})
		case JobWaiting:
			if step, ok := asks(s.Request); ok {
				step.Job = n.key
				steps = append(steps, step)
			}
		default: // it waits for others
		}
	}
	return steps, wake
}

// asks returns what there is to do for a request that a provider decides.
func asks(request *approval.Request) (Step, bool) {
	if request == nil || request.State() != approval.Pending || request.Kind() == approval.Native {
		return Step{}, false
	}
	step := Step{Kind: StepPoll, Request: request.ID()}
	if request.Instance() == "" {
		step.Kind = StepRequest
	}
	return step, true
}

// tick is the smallest step of time.
const tick = time.Microsecond

// instant is how every time enters a run: in UTC, in whole microseconds, without
// a monotonic reading.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Truncate(tick).UTC()
}

// isDue reports whether a time, of which zero means never, has come.
func isDue(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// earlier returns the earlier of two times of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
