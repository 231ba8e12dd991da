package plantest

import (
	"encoding/json"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// Comparers returns options with which cmp.Diff and cmp.Equal compare everything
// of package releaseplan, and tell in which members two plans differ:
//
//	if diff := cmp.Diff(want, got, plantest.Comparers()...); diff != "" {
//
// Plans are equal if all that can be seen of them is, as [Snapshot] tells it; what a host
// decides about its plans and the secrets that it keeps for them are not. No element and
// nil are the same. Specs are compared as JSON.
func Comparers() cmp.Options {
	return cmp.Options{
		cmp.Transformer("Snapshot", Snapshot),
		cmp.Transformer("Request", func(r *approval.Request) any {
			if r == nil {
				return nil
			}
			return tree(r)
		}),
		cmp.FilterValues(func(a, b json.RawMessage) bool { return json.Valid(a) && json.Valid(b) },
			cmp.Transformer("JSON", func(raw json.RawMessage) any { return tree(raw) })),
		cmpopts.IgnoreUnexported(releaseplan.Change{}),
		cmpopts.EquateEmpty(),
	}
}

// tree returns the JSON of v, decoded; as a text if it is none.
func tree(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var decoded any
	if err := json.Unmarshal(text, &decoded); err != nil {
		return string(text)
	}
	return decoded
}

// A View is a plan as a plain value.
type View struct {
	ID      string
	Number  int64
	Version int64
	Hash    string
	Content releaseplan.Content
	Status  releaseplan.Status
	Tasks   []releaseplan.TaskView
	Count   releaseplan.TaskCount
}

// Snapshot returns all that can be seen of a plan, as a value of its own; nil of a nil plan.
func Snapshot(p *releaseplan.Plan) *View {
	if p == nil {
		return nil
	}
	return &View{ID: p.ID(), Number: p.Number(), Version: p.Version(), Hash: p.Hash(), Content: p.Content(), Status: p.Status(),
		Tasks: p.Tasks(), Count: p.TaskCount()}
}
