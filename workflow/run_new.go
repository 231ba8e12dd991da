package workflow

import (
	"errors"
	"fmt"
	"strings"
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

	ProjectName string            `json:"project_name,omitempty"` // for people; empty: the project's key
	Email       string            `json:"email,omitempty"`        // of who starts it
	URL         string            `json:"url,omitempty"`          // where people see the run
	Host        map[string]string `json:"host,omitempty"`         // GROUP.KEY: what {{.parameter.GROUP.KEY}} stands for; a secret, but for what is Public
	Public      []string          `json:"public,omitempty"`       // GROUP.KEY of what anybody may be shown of Host
	Payload     map[string]string `json:"payload,omitempty"`      // trigger.branch and its like: what triggered the run

	// Later is what stages that were executed by hand were given since, in order. A start
	// has none: it is for [Fold].
	Later []StageInputs `json:"later,omitempty"`

	// Origin is which task of a release plan starts it. [Service.StartFor] sets it, and other
	// starts of a Service drop it.
	Origin *Origin `json:"-"`

	// Version is that of the definition that is meant; 0 is the latest, whatever it is. Another one
	// than the latest is an ErrConflict of a Service. It is not stored.
	Version int64 `json:"-"`

	// Key makes the start idempotent in a Service, as [Command.Key] does a command: the same start with
	// the same key starts no second run, and returns the first as it was then. It belongs to the actor.
	Key    string `json:"-"`
	KeyFor string `json:"-"` // what the Key stands for: see [Command.KeyFor]

	// Secrets names parameters whose values are secrets elsewhere: a run is started only
	// if they are secret parameters. It is not stored.
	Secrets []string `json:"-"`

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
	r.hide(&c)
	r.start.Remark = c.Remark
	if err := r.apply(&c); err != nil {
		return nil, nil, err
	}
	if err := errors.Join(r.canAsk(c.At), r.unknown()); err != nil {
		return nil, nil, err
	}
	return r, []Change{c}, nil
}

// prepare returns a run to which nothing has happened yet.
func prepare(id RunIdentity, d *Definition, types *Types, s Start) (*Run, error) {
	return prepareWith(id, d, s, func(params []Param) (*graph, error) { return newGraph(d, types, s.Inputs, params) })
}

// prepareWith is prepare with a graph that may be there already.
func prepareWith(id RunIdentity, d *Definition, s Start, makeGraph func([]Param) (*graph, error)) (*Run, error) {
	if needs := d.unfit(); len(needs) > 0 {
		return nil, &penstock.RefusedError{Action: "start", State: "stored", Needs: needs}
	}
	var remark error
	switch {
	case len(s.Remark) > MaxRemark:
		remark = penstock.Invalid("remark", "%d bytes are too many: at most %d", len(s.Remark), MaxRemark)
	case d.RemarkRequired && strings.TrimSpace(s.Remark) == "":
		remark = penstock.Invalid("remark", "workflow remark is required")
	}
	if remark == nil && !utf8.ValidString(s.Remark) {
		remark = penstock.Invalid("remark", "must be UTF-8")
	}
	var later error
	if len(s.Later) > 0 {
		later = penstock.Invalid("later", "must be empty when a run starts")
	}
	params, paramErr := d.Arguments(s.Params)
	graph, graphErr := makeGraph(params)
	if err := errors.Join(remark, later, s.Origin.check(), s.secretsKept(d), paramErr, graphErr); err != nil {
		return nil, err
	}
	return &Run{id: id.ID, number: id.Number, version: id.Version, graph: graph, start: &s, params: params}, nil
}

// Fold makes the run again of all its changes: the first is its creation. s is what
// [Run.Start] returned, then or later.
func Fold(id RunIdentity, d *Definition, types *Types, s Start, changes []Change) (*Run, error) {
	later := s.Later
	s.Later = nil
	r, err := prepare(id, d, types, s)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		if (i == 0) != (changes[i].Kind == RunCreated) {
			return nil, penstock.Invalid(fmt.Sprintf("changes[%d].kind", i), "a run begins with its creation, once")
		}
		if err := r.replay(&changes[i], later); err != nil {
			return nil, err
		}
	}
	if len(changes) == 0 {
		return nil, penstock.Invalid("changes", "a run begins with its creation")
	}
	return r, nil
}
