package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// MaxRunJobs bounds the jobs of a run, after those that expand have been expanded.
const MaxRunJobs = 2_000

// A JobInput is what a start says about one job of the definition.
type JobInput struct {
	Job        string          `json:"job_name"`
	Type       string          `json:"job_type,omitempty"` // if set, it must be the job's
	Parameters json.RawMessage `json:"parameters,omitempty"`
	Skip       *bool           `json:"skip,omitempty"` // default: what the definition says
}

// A graph is a definition made ready to be run with some inputs: every job
// expanded, in order. It is immutable and shared between runs that are alike.
type graph struct {
	def    *Definition
	types  *Types
	stages []stageNode
	nodes  []node
	index  map[string]int // by key

	bytes   int  // of specs
	borrows bool // repositories are those of parameters

	named     []namedVariable // that its jobs need
	listening *listening      // whom the run has to tell; nil: nobody
	secrets   graphSecrets
}

// A stageNode is a stage that has jobs. They are nodes[first:end].
type stageNode struct {
	*Stage
	first, end int
	place      int // among those of the definition
}

// A node is one job of a run.
type node struct {
	key, name string
	path      string // in the definition
	stage     int
	job       *Job
	spec      json.RawMessage // of this job alone, its variables not filled in
	values    map[string]string
	timeout   time.Duration    // 0: none
	policy    *approval.Policy // of an approval job
	wait      *WaitSpec        // of a wait
	dynamic   bool             // variables may have to be filled in
	repeats   bool             // an attempt whose process is gone is made again
}

// executes reports whether a node needs an executor.
func (n *node) executes() bool { return n.policy == nil && n.wait == nil }

// expandGraph is newGraph that panics if a type of jobs does.
func expandGraph(d *Definition, types *Types, inputs []JobInput, params []Param) (*graph, error) {
	if len(inputs) > MaxRunJobs {
		return nil, penstock.Invalid("inputs", "%d are too many: at most %d", len(inputs), MaxRunJobs)
	}
	b := graphBuilder{types: types, params: params, inputs: make(map[string]jobInput, len(inputs)), pieces: make(map[string][]Piece),
		graph: &graph{def: d, types: types, index: make(map[string]int)}}
	b.take(d, inputs)
	for i := range d.Stages {
		if b.stage(i, &d.Stages[i]); b.full {
			break
		}
	}
	switch {
	case len(b.faults) > 0:
	case len(b.graph.nodes) == 0:
		b.fault("stages", "there is no job to run")
	}
	if err := errors.Join(b.faults...); err != nil {
		return nil, err
	}
	b.graph.named = namedIn(b.graph)
	b.graph.listening = newListening(b.graph)
	b.graph.secrets.find(b.graph.nodes)
	return b.graph, nil
}

type graphBuilder struct {
	graph  *graph
	types  *Types
	params []Param // with the values of the start
	inputs map[string]jobInput
	pieces map[string][]Piece // of jobs before, by name
	all    expansion
	full   bool // no more fits in
	faults []error
}

// A jobInput is an input with its path.
type jobInput struct {
	*JobInput
	path string
}

func (b *graphBuilder) fault(path, format string, args ...any) {
	b.faults = append(b.faults, penstock.Invalid(path, format, args...))
}

// nest adds the faults of a part under its path.
func (b *graphBuilder) nest(path string, err error) {
	if err != nil {
		b.faults = append(b.faults, under(path, err))
	}
}

func joined(path, field string) string {
	if field == "" {
		return path
	}
	return path + "." + field
}

// take checks which jobs the inputs are about.
func (b *graphBuilder) take(d *Definition, inputs []JobInput) {
	for i := range inputs {
		in, path := &inputs[i], fmt.Sprintf("inputs[%d]", i)
		job, _ := d.Job(in.Job)
		switch {
		case job == nil:
			b.fault(path+".job_name", "%q is no job of the workflow", short(in.Job))
		case b.inputs[in.Job].JobInput != nil:
			b.fault(path+".job_name", "%q is there already", in.Job)
		case in.Type != "" && in.Type != job.Type:
			b.fault(path+".job_type", "job %s is of type %s", job.Name, job.Type)
		case in.Skip != nil && *in.Skip && job.RunPolicy == ForceRun:
			b.fault(path+".skip", "job %s must not be skipped", job.Name)
		}
		b.inputs[in.Job] = jobInput{in, path}
	}
}

// stage adds a stage, unless all its jobs are left out.
func (b *graphBuilder) stage(i int, s *Stage) {
	g := b.graph
	first := len(g.nodes)
	for j := range s.Jobs {
		if b.job(i, j, &s.Jobs[j], len(g.stages)); b.full {
			return
		}
	}
	if len(g.nodes) > first {
		g.stages = append(g.stages, stageNode{Stage: s, first: first, end: len(g.nodes), place: i})
	}
}

func (b *graphBuilder) job(i, j int, job *Job, stage int) {
	path := fmt.Sprintf("stages[%d].jobs[%d]", i, j)
	spec, err := b.types.Decode(job)
	if err != nil {
		b.nest(path, err)
		return
	}
	in, given := b.inputs[job.Name]
	skipped := job.Skipped && job.RunPolicy != ForceRun
	if given && in.Skip != nil {
		skipped = *in.Skip
	}
	if given && len(in.Parameters) > 0 && string(in.Parameters) != "null" {
		if err := b.parameters(spec, job, in); err != nil {
			return
		}
	}
	pieces, err := b.expand(spec)
	for k := range pieces {
		err = errors.Join(err, b.borrow(job, &pieces[k]))
	}
	if b.fit(path, pieces); b.full {
		return
	}
	b.pieces[job.Name] = pieces // what follows a job that is left out still knows what it was about
	switch {
	case skipped: // what nobody has chosen for it matters to nobody
		return
	case err != nil:
		b.nest(path, err)
		return
	}
	for k, piece := range pieces {
		n := node{key: job.Name, path: path, name: fmt.Sprintf("job-%d-%d-%d-%s", i, j, k, job.Name), stage: stage, job: job, spec: piece.Spec, values: piece.Values}
		if piece.Suffix != "" {
			n.key += "." + piece.Suffix
		}
		if err := n.interpret(b.types); err != nil {
			b.nest(path, err)
			continue
		}
		if _, taken := b.graph.index[n.key]; taken {
			b.fault(path, "expands to %q twice", short(n.key))
			continue
		}
		b.graph.index[n.key] = len(b.graph.nodes)
		b.graph.nodes = append(b.graph.nodes, n)
	}
}

// fit reports a fault if pieces do not fit into the graph: before they are made much of.
func (b *graphBuilder) fit(path string, pieces []Piece) {
	var bytes int
	for i := range pieces {
		bytes += len(pieces[i].Spec)
	}
	if n := len(b.graph.nodes) + len(pieces); n > MaxRunJobs {
		b.full = true
		b.fault("stages", "%d jobs are too many: at most %d", n, MaxRunJobs)
	}
	if err := b.all.add(bytes); err != nil {
		b.full = true
		b.nest(path, err)
	}
	b.graph.bytes = b.all.bytes
}

// parameters puts the parameters of a start into a spec.
func (b *graphBuilder) parameters(spec Spec, job *Job, in jobInput) error {
	taker, ok := spec.(InputTaker)
	if !ok {
		if strings.TrimSpace(string(in.Parameters)) == "{}" {
			return nil // there are none in it
		}
		err := penstock.Invalid(in.path+".parameters", "job %s of type %s takes no parameters", job.Name, job.Type)
		b.faults = append(b.faults, err)
		return err
	}
	plain, err := QuoteSpec(in.Parameters) // what a start says is data: it refers to nothing
	if err == nil {
		err = taker.TakeInputs(plain)
	}
	b.nest(in.path+".parameters", err)
	return err
}

// expand returns the pieces of a job.
func (b *graphBuilder) expand(spec Spec) ([]Piece, error) {
	expander, ok := spec.(Expander)
	if !ok {
		raw, err := EncodeSpec(spec)
		return []Piece{{Spec: raw}}, err
	}
	var from Upstream
	if follower, ok := spec.(Follower); ok && follower.FromJob() != "" {
		from = Upstream{Job: follower.FromJob(), Pieces: b.pieces[follower.FromJob()]}
	}
	return expander.Expand(from)
}

// interpret notes what the engine itself wants to know of a job's own spec.
func (n *node) interpret(types *Types) error {
	spec, err := types.Decode(&Job{Type: n.job.Type, Spec: n.spec})
	if err != nil {
		return err
	}
	if timer, ok := spec.(Timer); ok {
		n.timeout = time.Duration(timer.Timeout()) * time.Minute
	}
	switch s := spec.(type) {
	case *ApprovalSpec:
		policy := s.Policy.Clone()
		policy.Enabled, policy.TimeoutMinutes = true, s.Timeout()
		n.policy, n.timeout = &policy, 0
	case *WaitSpec:
		n.wait = s
	}
	n.repeats = n.job.Crash == RepeatOnCrash
	n.dynamic = isDynamic(n.job, n.spec)
	return nil
}
