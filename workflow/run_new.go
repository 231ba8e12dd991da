package workflow

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
)

// RunIdentity is what tells a run from others.
type RunIdentity struct {
	ID      string
	Number  int64 // of the workflow's runs, from 1
	Version int64 // of the definition
}

// A Start is what a run is started with. It is stored with the run, and a retry
// begins from it.
type Start struct {
	Params []Argument `json:"parameters,omitempty"`
	Inputs []JobInput `json:"inputs,omitempty"`
	Remark string     `json:"remark,omitempty"`
	Ticket string     `json:"ticket,omitempty"` // id or approval id of a pre-approval ticket

	Plan        string            `json:"plan,omitempty"`         // id of the release plan that starts it
	ProjectName string            `json:"project_name,omitempty"` // for people; empty: the project's key
	Email       string            `json:"email,omitempty"`        // of who starts it
	URL         string            `json:"url,omitempty"`          // where people see the run
	Host        map[string]string `json:"host,omitempty"`         // GROUP.KEY: what {{.parameter.GROUP.KEY}} stands for
	Payload     map[string]string `json:"payload,omitempty"`      // trigger.branch and its like: what triggered the run

	// Members are the users of the groups that the definition's approvals name, by
	// [penstock.Party.Key], as they are when the run starts.
	Members map[string][]penstock.Party `json:"members,omitempty"`
}

// NewRun returns a run of a definition, which waits for its turn. The definition
// is taken over. Everything that is wrong with it or with the start is an
// ErrInvalid that tells every fault; a definition that is disabled, or that no
// run can be of, is an ErrRefused.
func NewRun(id RunIdentity, d *Definition, types *Types, s Start, by penstock.Actor, at time.Time) (*Run, []Change, error) {
	r, err := prepare(id, d, types, s)
	if err != nil {
		return nil, nil, err
	}
	return r.create(by, at)
}

// create makes the first change of a run to which nothing has happened yet.
func (r *Run) create(by penstock.Actor, at time.Time) (*Run, []Change, error) {
	c := Change{Kind: RunCreated, At: instant(at), By: partyOf(by), Remark: r.start.Remark}
	if err := r.apply(&c); err != nil {
		return nil, nil, err
	}
	if err := r.canAsk(c.At); err != nil {
		return nil, nil, err
	}
	return r, []Change{c}, nil
}

// prepare returns a run to which nothing has happened yet.
func prepare(id RunIdentity, d *Definition, types *Types, s Start) (*Run, error) {
	return prepareWith(id, d, s, func() (*graph, error) { return newGraph(d, types, s.Inputs) })
}

// prepareWith is prepare with a graph that may be there already.
func prepareWith(id RunIdentity, d *Definition, s Start, makeGraph func() (*graph, error)) (*Run, error) {
	refusal := &penstock.RefusedError{Action: "start", State: "stored"}
	if d.Disabled {
		refusal.Needs = append(refusal.Needs, "a workflow that is not disabled")
	}
	if n, limited := d.Limit(); limited && n == 0 {
		refusal.Needs = append(refusal.Needs, "a concurrency_limit that is not 0")
	}
	if len(refusal.Needs) > 0 {
		return nil, refusal
	}
	var remark error
	switch {
	case len(s.Remark) > MaxRemark:
		remark = penstock.Invalid("remark", "%d bytes are too many: at most %d", len(s.Remark), MaxRemark)
	case d.RemarkRequired && s.Remark == "":
		remark = penstock.Invalid("remark", "workflow remark is required")
	}
	if remark == nil && !utf8.ValidString(s.Remark) {
		remark = penstock.Invalid("remark", "must be UTF-8")
	}
	params, paramErr := d.Arguments(s.Params)
	graph, graphErr := makeGraph()
	if err := errors.Join(remark, paramErr, graphErr); err != nil {
		return nil, err
	}
	return &Run{id: id.ID, number: id.Number, version: id.Version, graph: graph, start: &s, params: params}, nil
}

// Fold makes the run again of all its changes: the first is its creation.
func Fold(id RunIdentity, d *Definition, types *Types, s Start, changes []Change) (*Run, error) {
	r, err := prepare(id, d, types, s)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		if (i == 0) != (changes[i].Kind == RunCreated) {
			return nil, penstock.Invalid(fmt.Sprintf("changes[%d].kind", i), "a run begins with its creation, once")
		}
		if err := r.apply(&changes[i]); err != nil {
			return nil, err
		}
	}
	if len(changes) == 0 {
		return nil, penstock.Invalid("changes", "a run begins with its creation")
	}
	return r, nil
}
