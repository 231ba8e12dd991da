package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// A Run is a workflow on its way, at one moment. It is immutable: methods that
// change something return the next value, which shares what stayed the same, so
// any number of goroutines may use a Run. Its methods know no clock, no store and
// no context; who acts and when is told to them.
type Run struct {
	id      string
	number  int64 // of the workflow's runs, from 1
	version int64 // of the definition
	graph   *graph
	start   *Start                       // what it was started with
	params  []Param                      // with the values of the start
	st      RunStatus                    // without Jobs
	jobs    []*JobStatus                 // each as it stays: another one takes its place
	outputs map[string]map[string]string // by job, then by name

	// front is the place of the first job that what follows waits for, and cur that of
	// its stage; or how many there are.
	front, cur int
}

// ID returns the run's id.
func (r *Run) ID() string { return r.id }

// Number returns the run's number among those of its workflow, from 1.
func (r *Run) Number() int64 { return r.number }

// Workflow returns the key of the definition.
func (r *Run) Workflow() string { return r.graph.def.Key }

// Version returns the version of the definition that is run.
func (r *Run) Version() int64 { return r.version }

// State returns the run's state.
func (r *Run) State() RunState { return r.st.State }

// Status returns a copy of what happened to the run.
func (r *Run) Status() RunStatus {
	s := r.st
	s.Stages, s.Retract, s.Jobs = slices.Clone(s.Stages), slices.Clone(s.Retract), make([]JobStatus, len(r.jobs))
	for i, j := range r.jobs {
		s.Jobs[i] = *j
	}
	return s
}

// Resource returns the run's workflow as an Authorizer is asked about it.
func (r *Run) Resource() penstock.Resource {
	return penstock.Resource{Kind: "workflow", ID: r.graph.def.Key, Name: r.graph.def.DisplayName(), Project: r.graph.def.Project}
}

// String tells the workflow, the number and the state.
func (r *Run) String() string {
	return fmt.Sprintf("%s #%d: %s", r.graph.def.Key, r.number, r.st.State)
}

// Format writes what String returns, whatever the verb: a run may hold secrets.
func (r *Run) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.String()) }

// A StageView is a stage with what happened to it.
type StageView struct {
	Name     string
	Parallel bool
	State    StageState
	Status   StageStatus
	Jobs     []JobView
}

// A JobView is a job with what happened to it.
type JobView struct {
	Key    string // what others refer to it by: build, or build.service.module
	Name   string // unique in the run: job-0-1-0-build
	Job    string // its name in the definition
	Type   string
	Stage  int // from 0
	State  JobState
	Status JobStatus
}

// Stages returns every stage in order.
func (r *Run) Stages() []StageView {
	all := make([]StageView, len(r.graph.stages))
	for i, s := range r.graph.stages {
		v := StageView{Name: s.Name, Parallel: s.Parallel, State: r.stageState(i), Status: r.st.Stages[i]}
		for j := s.first; j < s.end; j++ {
			v.Jobs = append(v.Jobs, r.job(j))
		}
		all[i] = v
	}
	return all
}

// Job returns the job with a key. One that is not of this run is an ErrNotFound.
func (r *Run) Job(key string) (JobView, error) {
	i, ok := r.graph.index[key]
	if !ok {
		return JobView{}, r.noJob(key)
	}
	return r.job(i), nil
}

func (r *Run) job(i int) JobView {
	n := &r.graph.nodes[i]
	return JobView{Key: n.key, Name: n.name, Job: n.job.Name, Type: n.job.Type, Stage: n.stage, State: r.jobs[i].state(), Status: *r.jobs[i]}
}

func (r *Run) noJob(key string) error {
	return fmt.Errorf("job %q of run %s: %w", short(key), r.id, penstock.ErrNotFound)
}

// Outputs returns a copy of what the job with a key has put out.
func (r *Run) Outputs(job string) map[string]string { return maps.Clone(r.outputs[job]) }

// current returns the place of the first stage that is not through, or how many
// stages there are.
func (r *Run) current() int { return r.cur }

// recount finds the current stage anew. What is settled stays so, so that it only
// has to go on.
func (r *Run) recount() {
	for r.front < len(r.jobs) && r.jobs[r.front].state().settled() {
		r.front++
	}
	r.cur = len(r.graph.stages)
	if r.front < len(r.graph.nodes) {
		r.cur = r.graph.nodes[r.front].stage
	}
}

// open returns how many jobs something is still to come of by itself or by a
// person, put-off ones and those whose turn it is included, and whether the stage
// waits for its approval.
func (r *Run) open() (n int) {
	i := r.current()
	if i == len(r.graph.stages) {
		return 0
	}
	for j := r.graph.stages[i].first; j < r.graph.stages[i].end; j++ { // nothing of later stages has begun
		if s := r.jobs[j].state(); s.open() || s == JobPending && r.isTurn(j) {
			n++
		}
	}
	if r.st.State == RunRunning && r.awaitsApproval(i) {
		n++
	}
	return n
}

// byHand reports whether a stage is to be executed by hand first.
func (r *Run) byHand(i int) bool {
	m := r.graph.stages[i].Manual
	return m != nil && m.Enabled && r.st.Stages[i].Executed.At.IsZero()
}

// awaitsApproval reports whether a stage's request is open, or is still to be opened.
func (r *Run) awaitsApproval(i int) bool {
	policy, request := r.graph.stages[i].Approval, r.st.Stages[i].Request
	return policy != nil && policy.Required() && r.st.Stages[i].Granted.IsZero() && (request == nil || request.State() == approval.Pending)
}

// stageApproved reports whether nothing stands between a stage and its jobs.
func (r *Run) stageApproved(i int) bool {
	policy, request := r.graph.stages[i].Approval, r.st.Stages[i].Request
	return policy == nil || !policy.Required() || !r.st.Stages[i].Granted.IsZero() || request != nil && request.State() == approval.Approved
}

// isTurn reports whether a pending job may start: the run goes on, earlier stages
// are through, its own is approved, and in a serial one the jobs before it are.
// Whether it is put off is not asked.
func (r *Run) isTurn(i int) bool {
	n := &r.graph.nodes[i]
	if r.st.State != RunRunning || r.jobs[i].state() != JobPending || r.current() != n.stage || r.byHand(n.stage) || !r.stageApproved(n.stage) {
		return false
	}
	return r.graph.stages[n.stage].Parallel || i == r.front
}

// stageState rolls the jobs of a stage up.
func (r *Run) stageState(i int) StageState {
	s := r.graph.stages[i]
	current := r.current()
	switch {
	case i > current:
		return StagePending
	case i == current && r.st.State == RunPaused:
		return StagePaused
	case i == current && r.st.State == RunCanceled:
		return StageCanceled
	case i == current && r.st.State == RunRunning && r.awaitsApproval(i):
		return StageWaiting
	}
	if request := r.st.Stages[i].Request; request != nil && i == current {
		switch request.State() {
		case approval.Rejected:
			return StageRejected
		case approval.Lapsed:
			return StageTimedOut
		case approval.Canceled, approval.Withdrawn:
			return StageCanceled
		default: // approved: the jobs tell
		}
	}
	worst, rank, left := StageSkipped, rankOf(JobSkipped), 0 // left: not begun
	for j := s.first; j < s.end; j++ {
		state := r.jobs[j].state()
		if state.open() || r.isTurn(j) {
			return StageRunning
		}
		if state == JobPending {
			left++
			continue
		}
		if n := rankOf(state); n > rank {
			worst, rank = StageState(state), n
		}
	}
	if left > 0 && !JobState(worst).bad() { // it waits for the queue
		return StagePending
	}
	return worst
}

// rankOf is the priority of a job's state in its stage: the highest one tells.
func rankOf(s JobState) int {
	switch s {
	case JobCanceled:
		return 7
	case JobTimedOut:
		return 6
	case JobFailed:
		return 5
	case JobRejected:
		return 3
	case JobPassed:
		return 2
	case JobUnstable:
		return 1
	default: // skipped
		return 0
	}
}

// derivedID returns a UUID that the run, a kind and a number determine, so that
// deciding the same twice names it the same.
func (r *Run) derivedID(kind string, n int64) string {
	name := strconv.AppendInt([]byte("penstock:"+r.id+"/"+kind+"/"), n, 10)
	return uuid.NewSHA1(uuid.NameSpaceOID, name).String()
}
