package unleash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/unleash"
)

// A row is an operation with a request that succeeds, and one for each of its documented errors.
type row struct {
	operation string
	method    string
	path      string // {t} {m} {s} of a template, {p} {pm} {ps} of a plan, {g} of its safeguard
	body      string
	status    int
	fails     []failing
}

// A failing is a request that fails.
type failing struct {
	status int
	kind   string
	path   string // if it is another one
	body   string // if it is another one
	token  string // if it is another one; "-": none
}

// The errors that are the same for all.
var (
	nobody  = failing{401, "AuthenticationRequired", "", "", "-"}
	unknown = failing{401, "UnauthorizedError", "", "", "*.*.forged"}
	denied  = failing{403, "PermissionError", "", "", bobsToken}
)

func (f failing) at(path string) failing   { f.path = path; return f }
func (f failing) with(body string) failing { f.body = body; return f }

var (
	notFound = failing{status: 404, kind: "NotFoundError"}
	badData  = failing{status: 400, kind: "BadDataError", body: "{"}
	exists   = failing{status: 409, kind: "NameExistsError"}
)

const (
	at        = "/api/admin/release-plan-templates"
	ofProject = "/api/admin/projects/shop/release-templates"
	ofPlans   = "/api/admin/projects/shop/features/checkout/environments/production"
	added     = `{"name":"added","sortOrder":9}`
	strategy  = `{"name":"default","sortOrder":1}`
	guard     = `{"impactMetric":{"metricName":"errors","timeRange":"hour","aggregationMode":"rps","labelSelectors":{}},"triggerCondition":{"operator":">","threshold":0.5}}`
	progress  = `{"targetMilestone":"{pn}","transitionCondition":{"intervalMinutes":5}}`
)

// table is every operation on templates and plans with each of its documented errors. Rows that
// change something leave what the others need.
var table = []row{
	{"getReleaseTemplates", "GET", at, "", 200, []failing{nobody, unknown}},
	{"createReleaseTemplate", "POST", at, `{"name":"created"}`, 200, []failing{nobody, unknown, denied, badData, exists.with(`{"name":"template"}`), {status: 415, kind: "ContentTypeError"}, {status: 413, kind: "PayloadTooLargeError"}}},
	{"getReleaseTemplate", "GET", at + "/{t}", "", 200, []failing{nobody, unknown, denied, notFound.at(at + "/none")}},
	{"updateReleaseTemplate", "PUT", at + "/{t}", `{"name":"template"}`, 200, []failing{nobody, denied, notFound.at(at + "/none"), badData, exists.with(`{"name":"other"}`)}},
	{"addMilestoneToReleaseTemplate", "POST", at + "/{t}/milestones", added, 200, []failing{nobody, denied, notFound.at(at + "/none/milestones"), badData}},
	{"updateReleaseTemplateMilestone", "PUT", at + "/{t}/milestones/{m}", `{"name":"first","sortOrder":0}`, 200, []failing{nobody, denied, notFound.at(at + "/{t}/milestones/none"), badData}},
	{"addStrategyToMilestone", "POST", at + "/{t}/milestones/{m}/strategies", strategy, 200, []failing{nobody, denied, notFound.at(at + "/{t}/milestones/none/strategies"), badData}},
	{"updateMilestoneStrategy", "PUT", at + "/{t}/milestones/{m}/strategies/{s}", strategy, 200, []failing{nobody, denied, notFound.at(at + "/{t}/milestones/{m}/strategies/none"), badData}},
	{"remoteMilestoneStrategy", "DELETE", at + "/{t}/milestones/{m}/strategies/{s}", "", 200, []failing{nobody, denied, notFound.at(at + "/{t}/milestones/{m}/strategies/none")}},
	{"removeReleaseTemplateMilestone", "DELETE", at + "/{t}/milestones/{m}", "", 200, []failing{nobody, denied, notFound.at(at + "/{t}/milestones/none")}},
	{"archiveReleaseTemplate", "POST", at + "/archive/{t}", "", 200, []failing{nobody, denied, notFound.at(at + "/archive/none")}},
	{"deleteReleaseTemplate", "DELETE", at + "/{t}", "", 200, []failing{nobody, denied, notFound.at(at + "/none")}},
	{"getProjectReleaseTemplates", "GET", ofProject, "", 200, []failing{nobody, badData.at(ofProject + "?include=x")}},
	{"createProjectReleaseTemplate", "POST", ofProject, `{"name":"in the shop"}`, 200, []failing{nobody, denied, badData, exists.with(`{"name":"other"}`)}},
	{"updateProjectReleaseTemplate", "PUT", ofProject + "/{u}", `{"name":"own"}`, 200, []failing{nobody, denied, notFound.at(ofProject + "/{o}"), badData, exists.with(`{"name":"other"}`)}},
	{"archiveProjectReleaseTemplate", "POST", ofProject + "/archive/{u}", "", 200, []failing{nobody, denied, notFound.at(ofProject + "/archive/{o}")}},
	{"getReleasePlans", "GET", ofPlans + "/release-plans", "", 200, []failing{nobody, notFound.at(plansOf("other", "checkout", "production"))}},
	{"startMilestone", "POST", ofPlans + "/release-plans/{p}/milestones/{pn}/start", "", 200, []failing{nobody, denied, notFound.at(ofPlans + "/release-plans/{p}/milestones/none/start"), {status: 403, kind: "InvalidOperationError", path: ofPlans + "/release-plans/{p}/milestones/{pm}/start"}}},
	{"changeMilestoneProgression", "PUT", ofPlans + "/progressions/{pm}", progress, 200, []failing{nobody, denied, notFound.at(ofPlans + "/progressions/none"), badData}},
	{"deleteMilestoneProgression", "DELETE", ofPlans + "/progressions/{pm}", "", 204, []failing{nobody, denied, notFound.at(ofPlans + "/progressions/none")}},
	{"changeReleasePlanSafeguard", "PUT", ofPlans + "/release-plans/{p}/safeguards", guard, 204, []failing{nobody, denied, notFound.at(ofPlans + "/release-plans/none/safeguards"), badData}},
	{"resumeMilestoneProgressions", "POST", ofPlans + "/progressions/{p}/resume", "", 200, []failing{nobody, denied, notFound.at(ofPlans + "/progressions/none/resume")}},
	{"deleteReleasePlanSafeguard", "DELETE", ofPlans + "/release-plans/{p}/safeguards/{g}", "", 204, []failing{nobody, denied, notFound.at(ofPlans + "/release-plans/{p}/safeguards/none")}},
	{"updateProjectMilestoneStrategy", "PUT", ofPlans + "/milestone-strategies/{ps}", `{"parameters":{"rollout":"7"}}`, 200, []failing{nobody, denied, notFound.at(ofPlans + "/milestone-strategies/none"), badData}},
	{"changeFeatureEnvSafeguard", "PUT", ofPlans + "/safeguards", guard, 501, []failing{nobody, denied, notFound.at(environmentOf("other", "checkout", "production") + "/safeguards")}},
	{"deleteFeatureEnvSafeguard", "DELETE", ofPlans + "/safeguards/{g}", "", 404, []failing{nobody, denied}},
	{"removeReleasePlan", "DELETE", ofPlans + "/release-plans/{p}", "", 200, []failing{nobody, denied, notFound.at(ofPlans + "/release-plans/none")}},
	{"addReleasePlan", "POST", ofPlans + "/release-plans", `{"templateId":"{o}"}`, 200, []failing{nobody, denied, notFound.with(`{"templateId":"none"}`), badData, {status: 409, kind: "ConflictError", body: `{"templateId":"{o}"}`}}},
}

// tableWorld has what the table needs, and lets bob do nothing.
func tableWorld(t *testing.T) (w *world, fill func(string) string) {
	t.Helper()
	w = newWorld(t, setup{authorizer: func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID == bob.ID {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	w.feature("checkout", "shop", "production")
	tpl := w.template(body("template", 5, 50, 100))
	other := w.template(body("other", 5, 50, 100))
	own := w.Do("POST", ofProject, body("own", 5)).Want(http.StatusOK).Get("id").(string)
	plan := w.Do("POST", ofPlans+"/release-plans", `{"templateId":"`+other+`"}`).Want(http.StatusOK)
	id := plan.Get("id").(string)
	first := w.Do("GET", at+"/"+tpl, nil)
	w.Do("PUT", ofPlans+"/release-plans/"+id+"/safeguards", guard).Want(http.StatusNoContent)
	return w, func(text string) string {
		return strings.NewReplacer("{t}", tpl, "{o}", other, "{u}", own, "{m}", first.Get("milestones.0.id").(string), "{s}", first.Get("milestones.0.strategies.0.id").(string),
			"{p}", id, "{pm}", plan.Get("milestones.0.id").(string), "{pn}", plan.Get("milestones.1.id").(string), "{ps}", plan.Get("milestones.2.strategies.0.id").(string),
			"{g}", w.guard(id)).Replace(text)
	}
}

// guard returns the id of the safeguard of a plan, if it has one.
func (w *world) guard(plan string) string {
	p, err := w.plans.Get(w.t.Context(), plan, ann)
	if err != nil || len(p.Content().Safeguards) == 0 {
		return "none"
	}
	return p.Content().Safeguards[0].ID
}

// TestEndpoints: each operation on templates and plans does what it is for, and fails as it is
// documented to: with that status, and that kind of error. No failure changes anything.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	w, fill := tableWorld(t)
	var answers []*check.Answer
	for _, r := range table {
		for _, f := range r.fails {
			if f.status == http.StatusConflict && r.operation == "addReleasePlan" {
				continue // below: there is none now
			}
			before := w.everything()
			a := w.fail(r, f, fill)
			answers = append(answers, a)
			if after := w.everything(); before != after {
				t.Errorf("%s that fails with %d changed something:\n%s", r.operation, f.status, cmp.Diff(before, after))
			}
		}
		if r.operation == "resumeMilestoneProgressions" {
			w.trip(fill("{p}"), fill("{g}"))
		}
		a := w.Do(r.method, fill(r.path), bodyOf(fill(r.body))).Want(r.status)
		answers = append(answers, a)
	}
	last := table[len(table)-1]
	answers = append(answers, w.fail(last, last.fails[len(last.fails)-1], fill), w.Do("GET", ofPlans+"/release-plans", nil).Want(http.StatusOK))

	for _, r := range table {
		for _, f := range append(r.fails, failing{status: r.status}) {
			if !w.Seen(r.operation, f.status) {
				t.Errorf("%s was not seen to answer %d", r.operation, f.status)
			}
		}
	}
	loose := w.Mutations(t, answers...)
	equal(t, "what may be otherwise", []string{}, slices.DeleteFunc(loose, meant))
}

// meant reports whether a looseness of the description is meant: what need not be there, or
// need not be known.
func meant(loose string) bool {
	return slices.ContainsFunc([]string{
		"Failure.details may be missing", "Detail.path may be missing", ".transitionCondition may be missing",
		"ReleasePlanTemplate.project may be missing", "ReleasePlanTemplate.archivedAt may be missing",
		".description may be null", "MilestoneStrategy.title may be null", "MilestoneStrategy.sortOrder may be a fraction", "ReleasePlan.activeMilestoneId may be null",
		"PlanMilestone.startedAt may be null", "PlanMilestone.transitionCondition may be null", "PlanMilestone.progressionExecutedAt may be null", "PlanMilestone.pausedAt may be null",
	}, func(end string) bool { return strings.HasSuffix(loose, end) })
}

func (w *world) fail(r row, f failing, fill func(string) string) *check.Answer {
	w.t.Helper()
	path, text, token, media := r.path, r.body, annsToken, "application/json"
	if f.path != "" {
		path = f.path
	}
	if f.body != "" {
		text = f.body
	}
	switch f.token {
	case "":
	case "-":
		token = ""
	default:
		token = f.token
	}
	switch f.status {
	case http.StatusUnsupportedMediaType:
		media = "text/plain"
	case http.StatusRequestEntityTooLarge:
		text = `{"name":"` + strings.Repeat("x", 600_000) + `"}`
	}
	a := w.Do(r.method, fill(path), bodyOf(fill(text)), "Authorization", token, "Content-Type", media)
	if a.Status != f.status {
		w.t.Errorf("%s, %s: status %d, want %d\n%s", r.operation, f.kind, a.Status, f.status, a.Body)
	} else if got := a.Get("name"); got != f.kind {
		w.t.Errorf("%s: %d is a %v, want %s", r.operation, a.Status, got, f.kind)
	}
	return a
}

func bodyOf(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// everything is what is stored of templates and plans.
func (w *world) everything() string {
	return string(w.Do("GET", at, nil).Body) + string(w.Do("GET", ofProject, nil).Body) + string(w.Do("GET", ofPlans+"/release-plans", nil).Body)
}

// TestTableIsWhole: every operation on templates and plans has a row.
func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string   `json:"operationId"`
			Tags        []string `json:"tags"`
		}
	}
	if err := json.Unmarshal(unleash.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if slices.ContainsFunc(op.Tags, func(tag string) bool { return tag == "Release templates" || tag == "Release plans" }) {
				want = append(want, fmt.Sprint(op.OperationID, " ", strings.ToUpper(method)))
			}
			_ = path
		}
	}
	for _, r := range table {
		got = append(got, r.operation+" "+r.method)
	}
	slices.Sort(want)
	slices.Sort(got)
	equal(t, "operations", want, got)
}
