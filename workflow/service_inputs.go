package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// kindRunInputs is the kind of the record of what stages of a run were given by hand. It
// is written by the commits that do so, and may hold secrets: no event tells it.
const kindRunInputs = "workflow.run.inputs" // <run>

func runInputsKey(id string) store.Key { return store.Key{Kind: kindRunInputs, ID: id} }

// inputsOp returns the op that stores what stages of a run were given, if some was given
// since base.
func inputsOp(base *storedRun, next *Run) (op store.Op, needed bool, err error) {
	if base == nil || len(next.start.Later) == len(base.run.start.Later) {
		return op, false, nil
	}
	body, err := json.Marshal(next.start.Later)
	if err != nil {
		return op, false, fmt.Errorf("encode inputs of run %s: %w", next.id, err)
	}
	return store.Op{Record: store.Record{Key: runInputsKey(next.id), Version: base.inputs, Body: body}}, true, nil
}

// decodeInputs adds to a start what stages were given, as inputsOp wrote it; it may be empty.
func decodeInputs(start *Start, body []byte) (*Start, error) {
	if len(body) == 0 {
		return start, nil
	}
	var later []StageInputs
	if err := json.Unmarshal(body, &later); err != nil {
		return nil, err
	}
	for _, in := range later {
		start = start.with(in)
	}
	return start, nil
}

// fresh returns the run as it was when nothing had happened to it.
func (r *Run) fresh() (*Run, error) {
	then := &Run{id: r.id, number: r.number, version: r.version, graph: r.graph, start: r.start, params: r.params}
	if len(r.start.Later) == 0 {
		return then, nil
	}
	first := *r.start
	first.Later = nil
	then.start = &first
	var err error
	then.graph, err = newGraph(r.graph.def, r.graph.types, first.Inputs, r.params)
	return then, err
}

// checkInputs asks about other inputs of a stage what a start is asked about: whether
// there are executors, and whether the Catalog knows what is named. It returns the command with the members of
// groups. What the run itself says against the command, Do tells.
func (s *Service) checkInputs(ctx context.Context, r *Run, c Command, by penstock.Actor) (Command, error) {
	if c.Action != ExecuteStage || len(c.Inputs) == 0 || !r.mayGive(c, by) {
		return c, nil
	}
	later := r.laterWith(c.Inputs)
	if later == nil {
		return c, nil
	}
	if err := errors.Join(s.executable(later, c.Action), s.resolve(ctx, later)); err != nil || r.granted() {
		return c, err
	}
	err := s.askable(later, c.Action)
	if err != nil {
		return c, err
	}
	c.Members, err = s.groupMembers(ctx, later)
	return c, err
}

// mayGive reports whether a stage waits that by may execute.
func (r *Run) mayGive(c Command, by penstock.Actor) bool {
	return r.st.State == RunPaused && r.permit(by, c) == nil
}

// laterWith returns the current stage with other inputs and what comes after it, or nil if
// they cannot be.
func (r *Run) laterWith(inputs []JobInput) *graph {
	current := r.graph.stages[r.current()]
	start := r.start.with(StageInputs{Stage: current.Name, Inputs: inputs})
	g, err := newGraph(r.graph.def, r.graph.types, start.inputs(), r.params)
	if err != nil {
		return nil
	}
	later := &graph{def: g.def, types: g.types}
	for _, stage := range g.stages {
		if stage.place >= current.place {
			later.stages = append(later.stages, stage)
			later.nodes = append(later.nodes, g.nodes[stage.first:stage.end]...)
		}
	}
	return later
}
