package workflow

import (
	"fmt"
	"maps"
	"slices"

	"github.com/penstock-go/penstock"
)

// StageInputs are what a stage that was executed by hand was given in the place of what the
// start gave: see [ExecuteStage].
type StageInputs struct {
	Stage  string     `json:"stage"`
	Inputs []JobInput `json:"inputs"`

	// Members are the users of groups, as those of a [Start], of approvals that were left
	// out until then.
	Members map[string][]penstock.Party `json:"members,omitempty"`
}

// Start returns a copy of what the run was started with, and of what stages were given
// since. It holds secrets: it is not to be shown.
func (r *Run) Start() Start {
	s := *r.start
	s.Params, s.Inputs, s.Later = slices.Clone(s.Params), slices.Clone(s.Inputs), slices.Clone(s.Later)
	return s
}

// inputs returns those that count: of each job the latest. Those that came last are in front.
func (s *Start) inputs() []JobInput {
	all := s.Inputs
	for _, later := range s.Later {
		next := slices.Clone(later.Inputs)
		for _, in := range all {
			if !slices.ContainsFunc(later.Inputs, func(x JobInput) bool { return x.Job == in.Job }) {
				next = append(next, in)
			}
		}
		all = next
	}
	return all
}

// with returns s with what a stage is given.
func (s *Start) with(in StageInputs) *Start {
	next := *s
	next.Later = append(slices.Clone(s.Later), in)
	if len(in.Members) > 0 {
		next.Members = make(map[string][]penstock.Party, len(s.Members)+len(in.Members))
		maps.Copy(next.Members, s.Members)
		maps.Copy(next.Members, in.Members)
	}
	return &next
}

// give lets a stage that is about to be executed by hand have other inputs.
func (t *transition) give(stage int) error {
	s, c := t.r.graph.stages[stage].Stage, t.command
	if !s.Manual.Modify {
		return &penstock.RefusedError{Action: string(c.Action), State: string(RunPaused),
			Needs: []string{fmt.Sprintf("stage %q to let its inputs be changed: modify_params", s.Name)}}
	}
	var k Checker
	for i, in := range c.Inputs {
		if !slices.ContainsFunc(s.Jobs, func(j Job) bool { return j.Name == in.Job }) {
			k.Fault(fmt.Sprintf("inputs[%d].job_name", i), "%q is no job of stage %q", short(in.Job), short(s.Name))
		}
	}
	if err := k.Faults(); err != nil {
		return err
	}
	t.r.start = t.r.start.with(StageInputs{Stage: s.Name, Inputs: slices.Clone(c.Inputs), Members: c.Members})
	return nil
}

// regraph makes the graph of a run anew, for the inputs that count by now. What is
// before the current stage stays as it is: its inputs have not changed.
func (r *Run) regraph() error {
	g, err := newGraph(r.graph.def, r.graph.types, r.start.inputs(), r.params)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(g.stages, r.graph.stages, func(a, b stageNode) bool { return a.place == b.place }) {
		return penstock.Invalid("inputs", "no job of the stage is left")
	}
	jobs, pending := make([]*JobStatus, len(g.nodes)), new(JobStatus)
	for i := range g.nodes {
		if j, ok := r.graph.index[g.nodes[i].key]; ok {
			jobs[i] = r.jobs[j]
		} else {
			jobs[i] = pending
		}
	}
	r.graph, r.jobs = g, jobs
	return nil
}

// replay makes a fact of the trail so again; later is what stages were given.
func (r *Run) replay(c *Change, later []StageInputs) error {
	if n := c.Inputs; n > 0 {
		if n != len(r.start.Later)+1 || n > len(later) {
			return penstock.Invalid("inputs", "change %d counts %d inputs of stages, which is not the next of %d", r.st.Changes+1, n, len(later))
		}
		r.start = r.start.with(later[n-1])
	}
	return r.apply(c)
}
