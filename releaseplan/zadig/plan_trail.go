package zadig

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

func planTrailOperations() []rest.Operation[*api] {
	get := func(path, id, summary string, query []openapi.Param, body any, handle func(*api, *rest.Call) error) rest.Operation[*api] {
		return rest.Operation[*api]{Operation: openapi.Operation{Method: http.MethodGet, Path: pathPlansUI + "/{id}/" + path, ID: id, Summary: summary, Tag: tagPlans,
			Query: query, Answers: answers(body)}, Handle: handle}
	}
	seen := []openapi.Param{{Name: "version", About: "that was seen", Type: openapi.Integer, Required: true}, {Name: "verb", About: "is passed over"}}
	return []rest.Operation[*api]{
		get("logs", "listPlanLogs", "What happened to a release plan, the latest first; at most the last 1000", nil, planLogs{}, (*api).listPlanLogs),
		get("check_update", "checkPlanUpdate", "Whether a release plan was edited since a version", seen, planChecked{}, (*api).checkPlanUpdate),
		get("versions", "listPlanVersions", "The versions of the content of a release plan, the latest first", nil, planVersions{}, (*api).listPlanVersions),
		get("versions/{version}/diff", "diffPlanVersion", "What a version changed", nil, planDiff{}, (*api).diffPlanVersion),
	}
}

type planLogs struct {
	Words planLogWords `json:"i18n" doc:"other words for those in the list; there are none"`
	List  []planLog    `json:"list"`
}

type planLogWords struct {
	Verbs   map[string]string `json:"verb_i18_map"`
	Targets map[string]string `json:"target_type_i18_map"`
	Details map[string]string `json:"detail_i18_map"`
	Users   map[string]string `json:"user_name_i18_map"`
}

// A planLog is one thing that happened.
type planLog struct {
	ID         string  `json:"id"`
	PlanID     string  `json:"plan_id"`
	Username   string  `json:"username"`
	Account    string  `json:"account"`
	Verb       string  `json:"verb" enum:"create,update,delete,execute,retry,skip"`
	TargetName string  `json:"target_name"`
	TargetType string  `json:"target_type" enum:"release_plan,release_plan_status,metadata,release_job,approval"`
	Before     *string `json:"before" doc:"the status before, of the plan or the job"`
	After      *string `json:"after"`
	Detail     string  `json:"detail"`
	Version    int64   `json:"version" doc:"of the content, if it was edited; otherwise 0"`
	CreatedAt  int64   `json:"created_at"`
}

// Targets of logs.
const (
	targetPlan     = "release_plan"
	targetStatus   = "release_plan_status"
	targetMetadata = "metadata"
	targetJob      = "release_job"
	targetApproval = "approval"
)

// toLog tells of an entry of the trail of a plan.
func toLog(id, name string, e releaseplan.Entry) planLog {
	out := planLog{ID: fmt.Sprintf("%s-%d", id, e.Seq), PlanID: id, Username: e.By.Label(), Account: e.By.ID, Verb: "update", TargetName: name,
		TargetType: targetPlan, Detail: e.String(), CreatedAt: seconds(e.At)}
	switch {
	case e.Kind == releaseplan.PlanCreated:
		out.Verb, out.Version = "create", 1
	case e.Kind == releaseplan.PlanDeleted:
		out.Verb = "delete"
	case e.Revision != nil:
		out.Version, out.TargetType = e.Revision.Version, targetMetadata
		if e.Revision.Phased {
			out.TargetType = targetJob
		}
	case e.Task != "":
		out.TargetName, out.TargetType = e.Name, targetJob
		out.Verb = jobVerb(e.Action)
		before, after := jobWord(releaseplan.TaskState(e.From)), jobWord(releaseplan.TaskState(e.To))
		out.Before, out.After = &before, &after
	case e.Kind == releaseplan.PlanMoved:
		out.TargetType = targetStatus
		before, after := planWord(releaseplan.State(e.From)), planWord(releaseplan.State(e.To))
		out.Before, out.After = &before, &after
	case e.Request != nil:
		out.TargetType = targetApproval
	}
	return out
}

// jobVerb is the word for what was done with a job.
func jobVerb(a releaseplan.Action) string {
	switch a {
	case releaseplan.Start, releaseplan.Complete:
		return "execute"
	case releaseplan.Retry:
		return "retry"
	case releaseplan.Skip:
		return "skip"
	default:
		return "update"
	}
}

const maxLogs = 1_000

func (a *api) listPlanLogs(c *rest.Call) error {
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	entries, err := a.Plans.History(c.Context(), p.ID(), max(0, p.Status().Changes-maxLogs), maxLogs, c.Actor)
	if err != nil {
		return err
	}
	slices.Reverse(entries)
	none := map[string]string{}
	return c.JSON(http.StatusOK, planLogs{Words: planLogWords{none, none, none, none},
		List: eachOf(entries, func(e releaseplan.Entry) planLog { return toLog(p.ID(), p.Name(), e) })})
}

// A planChecked tells whether a plan was edited.
type planChecked struct {
	HasUpdate  bool   `json:"has_update"`
	Version    int64  `json:"current_version"`
	UpdatedBy  string `json:"updated_by"`
	UpdateTime int64  `json:"update_time"`
}

func (a *api) checkPlanUpdate(c *rest.Call) error {
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	edited := p.Status().Edited
	return c.JSON(http.StatusOK, planChecked{HasUpdate: p.Version() != int64(c.Int("version", 0)), Version: p.Version(), UpdatedBy: edited.By.Label(), UpdateTime: seconds(edited.At)})
}
