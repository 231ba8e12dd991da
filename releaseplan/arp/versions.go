package arp

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// versionOperations are those on what the content of plans was.
func versionOperations() []rest.Operation[*api] {
	return table("plans", []operation{
		{method: http.MethodGet, path: "/plans/{id}/versions", id: "listVersions", summary: "Get who changed a plan when, the latest first", query: pageParams,
			answer: versionList{}, says: wording{"versions", noPlan, badData}, handle: listVersions},
		{method: http.MethodGet, path: "/plans/{id}/diff", id: "diffPlan", summary: "Get in what two versions of a plan differ", query: diffParams,
			answer: planDiff{}, says: wording{"diff", noPlan, badData}, handle: diffPlan},
	})
}

// A version is a version of what was said of a plan.
type version struct {
	ID          int64  `json:"id" doc:"from 1, without gaps"`
	Time        string `json:"time" format:"date-time"`
	By          string `json:"by" doc:"who made it"`
	Remark      string `json:"remark"`
	Differences int    `json:"differences" doc:"from the version before"`
}

type versionList struct {
	HasMore bool      `json:"has_more"`
	Total   int       `json:"total"`
	Data    []version `json:"data"`
}

func toVersion(v releaseplan.Version) version {
	return version{ID: v.Number, Time: v.At.UTC().Format(timeLayout), By: v.By.Label(), Remark: v.Remark, Differences: v.Differences}
}

func listVersions(r *request) error {
	page, err := r.page()
	if err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	all, err := r.Plans.Versions(r.Context(), r.plan.ID(), page, r.Actor)
	if err != nil {
		return err
	}
	list := versionList{HasMore: page.Offset < all.Total && all.More(page.Offset), Total: all.Total, Data: []version{}}
	for _, v := range all.Items {
		list.Data = append(list.Data, toVersion(v))
	}
	return r.JSON(http.StatusOK, list)
}

var diffParams = []openapi.Param{
	{Name: "from", Type: openapi.Integer, About: "a version; default: the first"},
	{Name: "to", Type: openapi.Integer, About: "a version; default: the latest"},
	{Name: "since", Enum: []string{"approval"}, About: "approval: from what was approved the latest time to the latest version"},
}

// A planDiff is in what two versions differ.
type planDiff struct {
	From     int64        `json:"from"`
	To       int64        `json:"to"`
	Approval *agreement   `json:"approval" doc:"of the version that is compared with, if that was asked for"`
	Total    int          `json:"total"`
	Data     []difference `json:"data"`
}

// An agreement is an approval.
type agreement struct {
	Time  string   `json:"time" format:"date-time"`
	By    []string `json:"by" doc:"who approved"`
	Holds bool     `json:"holds" doc:"what was agreed to is the same"`
}

// A difference is one thing in which two versions differ.
type difference struct {
	Type          string          `json:"type" enum:"Added,Removed,Moved,Renamed,Retimed,Changed"`
	Path          string          `json:"path" doc:"of the part, by ids, and of what differs in it"`
	Object        string          `json:"object" doc:"the part by its name; of the plan itself: empty"`
	Before        json.RawMessage `json:"before" doc:"null: it was not there, or is secret"`
	After         json.RawMessage `json:"after" doc:"null: it is not there any more, or is secret"`
	NeedsApproval bool            `json:"needs_approval" doc:"an approval is bound to it"`
	Desc          string          `json:"desc" doc:"for people"`
}

// differenceWords are the kinds of differences on the wire.
var differenceWords = map[releaseplan.DifferenceKind]string{
	releaseplan.Added: "Added", releaseplan.Removed: "Removed", releaseplan.Moved: "Moved",
	releaseplan.Renamed: "Renamed", releaseplan.Retimed: "Retimed", releaseplan.Changed: "Changed",
}

func diffPlan(r *request) error {
	from, fromErr := r.version("from")
	to, toErr := r.version("to")
	var mixed error
	if r.Has("since") && (r.Has("from") || r.Has("to")) {
		mixed = &rest.ParamError{Name: "since", Value: r.Query("since"), Why: "goes with neither from nor to"}
	}
	if err := errors.Join(fromErr, toErr, mixed); err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	if r.Has("since") {
		since, err := r.Plans.DiffSinceApproval(r.Context(), r.plan.ID(), r.Actor)
		if err != nil {
			return notKept(err)
		}
		out := planDiff{From: since.Approved.Number, To: since.Current.Number,
			Approval: &agreement{Time: since.At.UTC().Format(timeLayout), By: []string{}, Holds: since.Holds}}
		for _, who := range since.ApprovedBy {
			out.Approval.By = append(out.Approval.By, who.Label())
		}
		return r.diff(out, append(since.Covered, since.Rest...))
	}
	if from == 0 {
		from = 1
	}
	if to == 0 {
		to = r.plan.Version()
	}
	delta, err := r.Plans.Diff(r.Context(), r.plan.ID(), from, to, r.Actor)
	if err != nil {
		return notKept(err)
	}
	return r.diff(planDiff{From: from, To: to}, delta)
}

// diff answers with differences.
func (r *request) diff(out planDiff, delta releaseplan.Delta) error {
	out.Total, out.Data = len(delta), make([]difference, len(delta))
	for i, d := range delta {
		out.Data[i] = difference{Type: differenceWords[d.Kind], Path: d.Path, Object: d.Label, Before: d.Before, After: d.After,
			NeedsApproval: d.Covered(), Desc: d.String()}
		switch {
		case d.Secret():
			out.Data[i].Before, out.Data[i].After = nil, nil
		case strings.HasPrefix(d.Path, "variables["):
			out.Data[i].Before, out.Data[i].After = withoutDigest(d.Before), withoutDigest(d.After)
		}
	}
	return r.JSON(http.StatusOK, out)
}

// withoutDigest takes the digest out of a variable that is secret.
func withoutDigest(raw json.RawMessage) json.RawMessage {
	var v map[string]json.RawMessage
	if json.Unmarshal(raw, &v) != nil || v["digest"] == nil || v["secret"] == nil {
		return raw
	}
	delete(v, "digest")
	out, _ := json.Marshal(v) // it came from JSON
	return out
}

// version reads the number of a version.
func (r *request) version(name string) (int64, error) {
	n := int64(r.Int(name, 0))
	if r.Has(name) && n < 1 {
		return 0, &rest.ParamError{Name: name, Value: r.Query(name), Why: "must be 1 or more"}
	}
	return n, nil
}

// notKept puts into words that a plan is there, but not what was asked for.
func notKept(err error) error {
	body := failure{Code: codeGeneric}
	switch {
	case errors.Is(err, releaseplan.ErrNeverApproved):
		body.Error = "The release plan was never approved."
	case errors.Is(err, releaseplan.ErrPruned):
		body.Error = "The version is not kept any more."
	case errors.Is(err, releaseplan.ErrNoVersion):
		body.Error = "The version does not exist."
	default:
		return err
	}
	body.Details = err.Error()
	return &failed{http.StatusNotFound, body, fmt.Errorf("%w: %w", penstock.ErrNotFound, err)}
}
