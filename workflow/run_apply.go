package workflow

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// apply makes a fact so. It is the only place that writes a run's status, and
// both Do and Fold go through it, so that a replay cannot differ. r is a copy that
// nobody else has seen, as [Run.copy] makes it.
func (r *Run) apply(c *Change) error {
	r.st.Changes++
	r.st.Updated = c.At
	switch c.Kind {
	case RunCreated:
		r.st.State = runLife.Initial
		r.st.Created, r.st.Queued, r.st.Remark = Stamp{By: c.By, At: c.At}, c.At, c.Remark
		r.st.Stages, r.jobs = make([]StageStatus, len(r.graph.stages)), make([]*JobStatus, len(r.graph.nodes))
		pending := new(JobStatus)
		for i := range r.jobs {
			r.jobs[i] = pending
		}
		r.recount()
	case RunMoved:
		if !RunState(c.To).known() {
			return penstock.Invalid("to", "%q is no state of a run", short(c.To))
		}
		r.applyMove(c)
	case RunCommented, RunDeleted:
	case RunForgotten:
		r.st.Forgotten = true
	case RunRetracted:
		r.st.Retract = slices.DeleteFunc(slices.Clone(r.st.Retract), func(x Retraction) bool { return x.Instance == c.Instance })
	case StageExecuted, StageAsked, StageGranted:
		i := r.graph.stage(c.Stage)
		if i < 0 {
			return penstock.Invalid("stage", "change %d is about %q, which is no stage of the run", r.st.Changes, short(c.Stage))
		}
		switch c.Kind {
		case StageAsked:
			r.retract(c.Action, r.st.Stages[i].Request, c.Request)
			r.st.Stages[i].Request = c.Request
		case StageGranted:
			r.st.Stages[i].Granted = c.At
		default:
			r.st.Stages[i].Executed = Stamp{By: c.By, At: c.At}
			if c.Inputs > 0 {
				return r.regraph()
			}
		}
	case JobMoved:
		i, ok := r.graph.index[c.Job]
		if !ok || c.Status == nil {
			return penstock.Invalid("job", "change %d is about %q, which is no job of the run", r.st.Changes, short(c.Job))
		}
		if err := c.Status.check(); err != nil {
			return err
		}
		r.retract(c.Action, r.jobs[i].Request, c.Status.Request)
		r.setJob(i, c.Status, c.At)
		r.setOutputs(c)
	default:
		return penstock.Invalid("kind", "change %d is of the unknown kind %q", r.st.Changes, short(string(c.Kind)))
	}
	return nil
}

// setOutputs keeps what the latest attempt at a job has put out.
func (r *Run) setOutputs(c *Change) {
	_, has := r.outputs[c.Job]
	if len(c.Outputs) == 0 && (c.Action != begin || !has) {
		return
	}
	r.outputs = maps.Clone(r.outputs)
	if len(c.Outputs) == 0 {
		delete(r.outputs, c.Job)
		return
	}
	if r.outputs == nil {
		r.outputs = make(map[string]map[string]string)
	}
	r.outputs[c.Job] = maps.Clone(c.Outputs)
}

// retract notes that a request which was closed here, and not by its provider, has
// to be dropped there too.
func (r *Run) retract(a Action, before, after *approval.Request) {
	if a == Report || before == nil || after == nil || before.State() != approval.Pending || after.State() == approval.Pending {
		return
	}
	if after.Kind().Remote() && after.Instance() != "" {
		r.st.Retract = append(slices.Clone(r.st.Retract), Retraction{Kind: after.Kind(), Instance: after.Instance()})
	}
}

// applyMove is where the state of a run changes.
func (r *Run) applyMove(c *Change) {
	to := RunState(c.To)
	r.st.State = to
	switch {
	case to == RunQueued:
		r.st.Queued, r.st.Ended = c.At, time.Time{}
		if c.Action == RetryRun {
			r.begin()
			r.st.Retries++
			r.st.Canceler = Stamp{}
		}
	case to == RunRunning:
		r.st.Started = c.At
	case to == RunCanceling:
		r.st.Canceler = Stamp{By: c.By, At: c.At}
	case to.Ended():
		r.st.Ended = c.At
		r.endStage(c.At)
		if c.Action == CancelRun {
			r.st.Canceler = Stamp{By: c.By, At: c.At}
		}
	default: // nothing but the state changes
	}
}

// endStage ends the stage that the run ends in, whose last jobs may never begin.
func (r *Run) endStage(at time.Time) {
	if r.cur < len(r.st.Stages) && !r.st.Stages[r.cur].Started.IsZero() && r.st.Stages[r.cur].Ended.IsZero() {
		r.st.Stages[r.cur].Ended = at
	}
}

// begin lets everything be done again that did not pass. Attempts go on being
// counted, so that each has an id of its own.
func (r *Run) begin() {
	for i, s := range r.jobs {
		if !s.state().settled() {
			r.jobs[i] = &JobStatus{State: jobLife.Initial, Count: s.Count}
		}
	}
	for i := range r.st.Stages {
		s := &r.st.Stages[i]
		if !r.stageApproved(i) {
			s.Request = nil
		}
		if i >= r.current() {
			s.Started, s.Ended = time.Time{}, time.Time{}
		}
	}
}

// setJob replaces the status of a job, and keeps its stage's times.
func (r *Run) setJob(i int, s *JobStatus, at time.Time) {
	r.jobs[i] = s
	if s.state().settled() {
		r.recount()
	}
	n := r.graph.nodes[i].stage
	stage := &r.st.Stages[n]
	if stage.Started.IsZero() && s.state() != JobPending {
		stage.Started = at
	}
	if stage.Ended = (time.Time{}); r.isThrough(n) {
		stage.Ended = at
	}
}

// copy returns a run that can be written to: maps and requests are replaced, never
// changed, and so is everything that lies beyond the slices.
func (r *Run) copy() *Run {
	next := *r
	next.st.Stages, next.jobs = slices.Clone(r.st.Stages), slices.Clone(r.jobs)
	return &next
}

// isThrough reports whether every job of a stage has ended.
func (r *Run) isThrough(stage int) bool {
	for j := r.graph.stages[stage].first; j < r.graph.stages[stage].end; j++ {
		if state := r.jobs[j].state(); !state.settled() && !state.bad() {
			return false
		}
	}
	return true
}

// stage returns the place of the stage with a name, or -1.
func (g *graph) stage(name string) int {
	return slices.IndexFunc(g.stages, func(s stageNode) bool { return s.Name == name })
}

// check reports whether a status can be one of a job.
func (s *JobStatus) check() error {
	var faults []error
	if !s.state().known() {
		faults = append(faults, penstock.Invalid("status.state", "%q is no state of a job", short(string(s.State))))
	}
	if s.Count < 0 || s.Count > MaxAttempts || s.Failures < 0 || s.Failures > s.Count {
		faults = append(faults, penstock.Invalid("status.count", "%d attempts, %d of them failures, cannot be", s.Count, s.Failures))
	}
	return errors.Join(faults...)
}
