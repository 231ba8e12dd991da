package arp

import (
	"errors"
	"net/http"
	"strings"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

var verifyParams = []openapi.Param{
	{Name: "state", Type: openapi.Boolean, About: "true: the plan must also be what its trail makes of it; default: false"},
	{Name: "since_seq", Type: openapi.Integer, About: "the head of an earlier proof, from which on is proved; goes with since_hash"},
	{Name: "since_hash", About: "the hash of that head"},
}

// A verification is what was found out about a trail.
type verification struct {
	Valid   bool        `json:"valid"`
	Entries int64       `json:"entries" doc:"that were proved; 0 if it is not valid"`
	Head    *checkpoint `json:"head" doc:"the last entry; null if it is not valid"`
	Anchor  *checkpoint `json:"anchor" doc:"the last entry that was pruned, where the trail begins; null: none was"`
	Fault   *trailFault `json:"fault" doc:"the first thing that is wrong; null: nothing is"`
}

// A checkpoint is a place in a trail.
type checkpoint struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// A trailFault is what is wrong with a trail, or with the plan.
type trailFault struct {
	Kind string `json:"kind" enum:"Altered,Missing,Added,Reordered,State" doc:"State: the plan is not what its trail makes of it"`
	Seq  int64  `json:"seq" doc:"of the entry; 0: it is the plan"`
	Why  string `json:"why" doc:"for people"`
}

// faultWords are the kinds of faults on the wire.
var faultWords = map[releaseplan.TrailFault]string{
	releaseplan.TrailAltered: "Altered", releaseplan.TrailMissing: "Missing", releaseplan.TrailAdded: "Added", releaseplan.TrailReordered: "Reordered",
}

const stateFault = "State"

func toCheckpoint(seq int64, hash string) *checkpoint {
	if seq == 0 {
		return nil
	}
	return &checkpoint{seq, hash}
}

func verifyPlan(r *request) error {
	since, err := r.since()
	if err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	id := r.plan.ID()
	var proof releaseplan.Proof
	if r.Bool("state") {
		proof, err = r.Plans.VerifyState(r.Context(), id, r.Actor)
	} else {
		proof, err = r.Plans.VerifySince(r.Context(), id, since, r.Actor)
	}
	fault := faultOf(err)
	switch {
	case fault != nil: // and there is no proof
	case errors.Is(err, releaseplan.ErrPruned):
		body := failure{Code: codeGeneric, Error: "That part of the trail is not kept any more.", Details: err.Error()}
		return &failed{http.StatusNotFound, body, err}
	case err != nil:
		return err
	}
	anchor, err := r.Plans.Anchor(r.Context(), id, r.Actor)
	if err != nil {
		return err
	}
	return r.JSON(http.StatusOK, verification{
		Valid: fault == nil, Entries: proof.Entries, Head: toCheckpoint(proof.Head.Seq, proof.Head.Hash), Anchor: toCheckpoint(anchor.Seq, anchor.Hash), Fault: fault,
	})
}

// since reads the place from which on is proved; zero: the beginning.
func (r *request) since() (releaseplan.Checkpoint, error) {
	var faults []error
	fault := func(name, why string) {
		faults = append(faults, &rest.ParamError{Name: name, Value: r.Query(name), Why: why})
	}
	at := releaseplan.Checkpoint{Seq: int64(r.Int("since_seq", 0)), Hash: r.Query("since_hash")}
	switch seq, hash := r.Has("since_seq"), r.Has("since_hash"); {
	case seq && at.Seq < 1:
		fault("since_seq", "must be 1 or more")
	case seq && !hash:
		fault("since_hash", "goes with since_seq")
	case hash && !seq:
		fault("since_seq", "goes with since_hash")
	case seq && r.Bool("state"):
		fault("state", "goes without since_seq")
	}
	return at, errors.Join(faults...)
}

// faultOf returns what an error says is wrong with a trail or a plan; nil if it says something else.
func faultOf(err error) *trailFault {
	var trail *releaseplan.TrailError
	var state *releaseplan.StateError
	switch {
	case errors.As(err, &trail):
		return &trailFault{faultWords[trail.Kind], trail.Seq, trail.Why}
	case errors.As(err, &state):
		return &trailFault{Kind: stateFault, Why: "differs at " + strings.Join(state.Paths, ", ")}
	default:
		return nil
	}
}
