package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
)

// A run is stored split by how often its parts change: a header that every commit
// writes, so that its version is the run's and its only lock; its outputs; and,
// written once, what it was started with. These are the kinds of record.
const (
	kindRun        = "workflow.run"         // <run>: the header
	kindRunStart   = "workflow.run.start"   // <run>: the Start, without what is secret
	kindRunSecret  = "workflow.run.secret"  // <run>: what is secret of it
	kindRunOutputs = "workflow.run.outputs" // <run>: by job and name
	kindRunKey     = "workflow.run.key"     // <run>/<hash of an idempotency key>: the first answer
	kindQueue      = "workflow.queue"       // <workflow>, or "/" for all: written by who admits a run under a limit
)

// Fields of a header that lists, engines and hosts can ask for.
const (
	runWorkflow = "workflow" // key
	runProject  = "project"
	runState    = "state"
	runCreator  = "creator" // id
	runNumber   = "number"  // <workflow>/<number>
	runWake     = "wake"    // when time does something by itself
	runWork     = "work"    // exec:<type>, stop:<lease>, approval
	runLease    = "lease"   // processes that carry attempts out
	runWaiting  = "waiting" // <workflow>/<when it was started>, of a run that waits for its turn
	runQueued   = "queued"  // when it was started, of a run that waits for its turn
)

// A runHeader is the record that every commit of a run writes.
type runHeader struct {
	Workflow string    `json:"workflow"`
	Number   int64     `json:"number"`
	Version  int64     `json:"version"` // of the definition
	Commit   string    `json:"commit"`  // id of the commit that wrote this
	Status   RunStatus `json:"status"`
}

// A storedRun is a run as a store has it. It is immutable.
type storedRun struct {
	run     *Run
	version int64   // of the header
	outputs int64   // version of the outputs; 0: there are none
	inputs  int64   // version of what stages were given; 0: nothing
	jobs    []int64 // versions of the records of jobs, if they have some
	commit  string
	bytes   int // of its records
}

// memory is about how much of it a run takes.
func (st *storedRun) memory() int64 {
	size := int64(st.bytes)*4 + int64(len(st.run.jobs))*512 + 1_024
	if g := st.run.graph; g.borrows || len(st.run.start.inputs()) > 0 { // it is the run's own
		size += g.memory()
	}
	return size
}

func runKey(id string) store.Key        { return store.Key{Kind: kindRun, ID: id} }
func runStartKey(id string) store.Key   { return store.Key{Kind: kindRunStart, ID: id} }
func runSecretKey(id string) store.Key  { return store.Key{Kind: kindRunSecret, ID: id} }
func runOutputsKey(id string) store.Key { return store.Key{Kind: kindRunOutputs, ID: id} }

// A RunEntry is a change as it is recorded: with its place in the run's trail.
type RunEntry struct {
	Seq    int64  `json:"seq"` // from 1, without gaps
	Commit string `json:"commit"`
	Change Change `json:"change"`
}

// runRecord returns the header of a run as it is to be stored.
func runRecord(m *scratch, r *Run, version int64, commit string) (store.Record, error) {
	body, err := encodeHeader(m.room(), &runHeader{Workflow: r.graph.def.Key, Number: r.number, Version: r.version, Commit: commit, Status: r.st}, r.headerJobs())
	if err != nil {
		return store.Record{}, fmt.Errorf("encode run %s: %w", r.id, err)
	}
	return store.Record{Key: runKey(r.id), Version: version, Sort: r.st.Created.At.UnixMicro(), Fields: r.fields(), Body: m.keep(body)}, nil
}

// fields returns what can be asked about a run.
func (r *Run) fields() map[string][]string {
	key := r.graph.def.Key
	values := [...]string{key, r.graph.def.Project, string(r.st.State), numberValue(key, r.number), r.st.Created.By.ID}
	f := make(map[string][]string, 8)
	for i, field := range [...]string{runWorkflow, runProject, runState, runNumber, runCreator} {
		if values[i] != "" {
			f[field] = values[i : i+1 : i+1]
		}
	}
	if r.st.State == RunQueued {
		started := store.Time(r.st.Created.At) // who is retried or goes on was there before others
		f[runWaiting], f[runQueued] = []string{key + "/" + started}, []string{started}
	}
	if due := r.wake(); !due.IsZero() {
		f[runWake] = []string{store.Time(due)}
	}
	r.workFields(f)
	return f
}

// wake returns when somebody has to look at the run although nothing happens; zero if
// never. Who executes an attempt minds its deadline, and who takes it over ends it.
func (r *Run) wake() (at time.Time) {
	i := r.current()
	if i == len(r.graph.stages) || r.st.State != RunRunning {
		return time.Time{}
	}
	if request := r.st.Stages[i].Request; request != nil && request.State() == approval.Pending {
		at = request.Deadline()
	}
	for j := r.graph.stages[i].first; j < r.graph.stages[i].end; j++ {
		if s := r.jobs[j]; s.state() != JobRunning || s.Attempt.Lease == "" {
			at = earlier(at, s.due())
		}
	}
	return at
}

// holdsSlot reports whether a run counts against limits.
func (r *Run) holdsSlot() bool { return r.st.State == RunRunning || r.st.State == RunCanceling }

func numberValue(key string, number int64) string { return key + "/" + strconv.FormatInt(number, 10) }

// workFields adds what engines look for.
func (r *Run) workFields(f map[string][]string) {
	add := func(field, value string) {
		if !slices.Contains(f[field], value) && len(f[field]) < store.MaxValues {
			f[field] = append(f[field], value)
		}
	}
	if len(r.st.Retract) > 0 {
		add(runWork, workApproval)
	}
	if r.forgettable() {
		add(runWork, workForget)
	}
	i := r.current()
	if i == len(r.graph.stages) || !r.holdsSlot() {
		return
	}
	if _, ok := asks(r.st.Stages[i].Request); ok && r.st.State == RunRunning {
		add(runWork, workApproval)
	}
	for j := r.graph.stages[i].first; j < r.graph.stages[i].end; j++ {
		n, s := &r.graph.nodes[j], r.jobs[j]
		state := s.state()
		lease := s.Attempt.Lease
		switch {
		case state.active() && lease != "" && !s.Attempt.Ended:
			add(runLease, lease)
			if state == JobCanceling {
				add(runWork, workStop+lease)
			}
		case state == JobRunning && n.executes():
			add(runWork, workExecute+n.job.Type)
		case state == JobWaiting:
			if _, ok := asks(s.Request); ok {
				add(runWork, workApproval)
			}
		}
	}
}

// Values of the work field.
const (
	workApproval = "approval"
	workForget   = "forget"
	workExecute  = "exec:" // and a type of jobs
	workStop     = "stop:" // and a lease
)

// loadRun reads the whole run with id, as of one moment.
func (s *Service) loadRun(ctx context.Context, id string) (*storedRun, error) {
	records, err := s.store.Get(ctx, runKey(id), runStartKey(id), runSecretKey(id), runOutputsKey(id), runInputsKey(id))
	if err != nil {
		return nil, err
	}
	if records[0].Version == 0 {
		return nil, runNotFound(id)
	}
	var h runHeader
	if err := json.Unmarshal(records[0].Body, &h); err != nil {
		return nil, corrupt(id, "header", err)
	}
	start, err := decodeStart(records[1].Body, records[2].Body)
	if err != nil {
		return nil, corrupt(id, "start", err)
	}
	if start, err = decodeInputs(start, records[4].Body); err != nil {
		return nil, corrupt(id, "inputs", err)
	}
	d, version, err := s.definition(ctx, h.Workflow, h.Version)
	if err != nil {
		return nil, fmt.Errorf("the definition of run %s: %w", id, err)
	}
	params, err := d.Arguments(start.Params)
	if err != nil {
		return nil, corrupt(id, "parameters", err)
	}
	g, err := s.graphs.get(d, version, s.types, start.inputs(), params)
	if err != nil {
		return nil, corrupt(id, "inputs", err)
	}
	r := &Run{id: id, number: h.Number, version: h.Version, graph: g, start: start, params: params, st: h.Status}
	if len(h.Status.Stages) != len(g.stages) || !h.Status.State.known() {
		return nil, corrupt(id, "header", penstock.Invalid("status", "is not one of this workflow"))
	}
	var versions []int64
	if r.jobs, versions, err = s.loadJobs(ctx, id, records[0].Version, h.Status.Jobs, len(g.nodes)); err != nil {
		return nil, err
	}
	r.st.Jobs = nil
	if len(records[3].Body) > 0 {
		if err := json.Unmarshal(records[3].Body, &r.outputs); err != nil {
			return nil, corrupt(id, "outputs", err)
		}
	}
	r.recount()
	st := &storedRun{run: r, version: records[0].Version, outputs: records[3].Version, inputs: records[4].Version, jobs: versions, commit: h.Commit}
	for _, record := range records {
		st.bytes += len(record.Body)
	}
	return st, nil
}

func runNotFound(id string) error { return fmt.Errorf("run %q: %w", short(id), penstock.ErrNotFound) }

// A corruptError says that what is stored of a run cannot be read.
type corruptError struct {
	run, part string
	err       error
}

func corrupt(id, part string, err error) error { return &corruptError{id, part, err} }

func (e *corruptError) Error() string {
	return fmt.Sprintf("the stored %s of run %s cannot be read: %v", e.part, e.run, e.err)
}

func (e *corruptError) Unwrap() error { return e.err }
