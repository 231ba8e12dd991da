package arp

import (
	"net/http"
	"strings"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// explanationOperations are those on why something cannot be done.
func explanationOperations() []rest.Operation[*api] {
	return table("plans", []operation{
		{method: http.MethodGet, path: "/plans/{id}/explanation", id: "explainActions", summary: "Get what can be done with a plan or a task now, and what stands against the rest", query: explanationParams,
			answer: explanation{}, says: wording{"explanation", noPlan, badData}, handle: explain},
	})
}

var explanationParams = []openapi.Param{
	{Name: "action", About: "one of them, such as execute; default: all"}, taskParam,
}

// An explanation tells of actions.
type explanation struct {
	Total int       `json:"total"`
	Data  []verdict `json:"data"`
}

// A verdict says whether an action can be done now and, if not, why.
type verdict struct {
	Action   string    `json:"action"`
	Allowed  bool      `json:"allowed"`
	Earliest *string   `json:"earliest" format:"date-time" doc:"when all that stands against it can have cleared; null: nothing does, or time alone will not do it"`
	Refusals []refusal `json:"refusals" doc:"all that stands against it"`
	Desc     string    `json:"desc" doc:"for people"`
}

// A refusal is one thing that stands against an action.
type refusal struct {
	Rule     string  `json:"rule" doc:"short and stable: state, permitted, calendars_open"`
	Needs    string  `json:"needs" doc:"what is missing, for people"`
	Earliest *string `json:"earliest" format:"date-time" doc:"when it can clear; null: time alone will not do it"`
	Detail   string  `json:"detail" doc:"the faults behind it, such as the calendars that are closed and until when; may be empty"`
}

// actionWords are what this dialect calls in another way than the library: as the last part of the paths.
var actionWords = map[releaseplan.Action]string{
	releaseplan.Reopen: "reset", releaseplan.Vote: "approve", releaseplan.SetVariables: "variables",
	releaseplan.ReleaseClaim: "unclaim", releaseplan.Reassign: "assign",
}

func actionWord(a releaseplan.Action) string {
	if word, ok := actionWords[a]; ok {
		return word
	}
	return string(a)
}

func explain(r *request) error {
	if err := r.readWithTask(); err != nil {
		return err
	}
	var all []releaseplan.Verdict
	var err error
	of := "a plan: a task may be meant"
	if r.task == nil {
		all, err = r.Plans.Can(r.Context(), r.plan.ID(), r.Actor)
	} else {
		of = "a task"
		all, err = r.Plans.CanTask(r.Context(), r.plan.ID(), r.task.ID, r.Actor)
	}
	if err != nil {
		return err
	}
	out := explanation{Data: []verdict{}}
	for _, v := range all {
		if !r.Has("action") || r.Query("action") == actionWord(v.Action) {
			out.Data = append(out.Data, toVerdict(v))
		}
	}
	if out.Total = len(out.Data); out.Total == 0 {
		return &rest.ParamError{Name: "action", Value: r.Query("action"), Why: "is nothing that can be asked of " + of}
	}
	return r.JSON(http.StatusOK, out)
}

func toVerdict(v releaseplan.Verdict) verdict {
	v.Action = releaseplan.Action(actionWord(v.Action))
	out := verdict{Action: string(v.Action), Allowed: v.Allowed, Earliest: stampUp(v.Earliest()), Refusals: []refusal{}, Desc: v.String()}
	for _, x := range v.Refusals {
		said := refusal{Rule: x.Rule, Needs: x.Needs, Earliest: stampUp(x.Earliest)}
		if x.Err != nil && x.Rule != "permitted" {
			said.Detail = strings.ReplaceAll(details(x.Err), "\n", "; ")
		}
		out.Refusals = append(out.Refusals, said)
	}
	return out
}
