package unleash_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/store"
)

// A row is an operation with a request that succeeds, and one for each of the errors that are its own.
type row struct {
	operation string
	method    string
	path      string // {t} {m} {s} of a template, {p} {pm} {ps} of a plan, {g} of its safeguard
	body      string
	status    int
	fails     []failing
}

const (
	at        = "/api/admin/release-plan-templates"
	ofProject = "/api/admin/projects/shop/release-templates"
	ofPlans   = "/api/admin/projects/shop/features/checkout/environments/production"
	added     = `{"name":"added","sortOrder":9}`
	strategy  = `{"name":"default","sortOrder":1}`
	guard     = `{"impactMetric":{"metricName":"errors","timeRange":"hour","aggregationMode":"rps","labelSelectors":{}},"triggerCondition":{"operator":">","threshold":0.5}}`
	progress  = `{"targetMilestone":"{pn}","transitionCondition":{"intervalMinutes":5}}`
)

// table is every operation on templates and plans. Rows that change something leave what the others
// need.
var table = []row{
	{"getReleaseTemplates", "GET", at, "", 200, nil},
	{"createReleaseTemplate", "POST", at, `{"name":"created"}`, 200, []failing{denied, badData.with(`{"name":""}`), exists.with(`{"name":"template"}`), exists.after()}},
	{"getReleaseTemplate", "GET", at + "/{t}", "", 200, []failing{denied, notFound.at(at + "/none")}},
	{"updateReleaseTemplate", "PUT", at + "/{t}", `{"name":"template","description":"anew"}`, 200, []failing{denied, badData.with(`{"name":""}`), notFound.at(at + "/none"), exists.with(`{"name":"other"}`)}},
	{"addMilestoneToReleaseTemplate", "POST", at + "/{t}/milestones", added, 200, []failing{denied, badData.with(`{"sortOrder":1}`), notFound.at(at + "/none/milestones")}},
	{"updateReleaseTemplateMilestone", "PUT", at + "/{t}/milestones/{m}", `{"name":"first","sortOrder":0}`, 200, []failing{denied, badData.with(`{"sortOrder":1}`), notFound.at(at + "/{t}/milestones/none")}},
	{"addStrategyToMilestone", "POST", at + "/{t}/milestones/{m}/strategies", strategy, 200, []failing{denied, badData.with(`{"sortOrder":1}`), notFound.at(at + "/{t}/milestones/none/strategies")}},
	{"updateMilestoneStrategy", "PUT", at + "/{t}/milestones/{m}/strategies/{s}", strategy, 200, []failing{denied, badData.with(`{"name":"default","sortOrder":1,"unheardOf":1}`), notFound.at(at + "/{t}/milestones/{m}/strategies/none")}},
	{"remoteMilestoneStrategy", "DELETE", at + "/{t}/milestones/{m}/strategies/{s}", "", 200, []failing{denied, notFound.at(at + "/{t}/milestones/{m}/strategies/none"), notFound.after()}},
	{"removeReleaseTemplateMilestone", "DELETE", at + "/{t}/milestones/{m}", "", 200, []failing{denied, notFound.at(at + "/{t}/milestones/none"), notFound.after()}},
	{"archiveReleaseTemplate", "POST", at + "/archive/{t}", "", 200, []failing{denied, notFound.at(at + "/archive/none")}},
	{"deleteReleaseTemplate", "DELETE", at + "/{t}", "", 200, []failing{denied, notFound.at(at + "/none"), notFound.after()}},
	{"getProjectReleaseTemplates", "GET", ofProject, "", 200, []failing{badData.at(ofProject + "?include=x")}},
	{"createProjectReleaseTemplate", "POST", ofProject, `{"name":"in the shop"}`, 200, []failing{denied, badData.with(`{"name":""}`), exists.with(`{"name":"other"}`), exists.after()}},
	{"updateProjectReleaseTemplate", "PUT", ofProject + "/{u}", `{"name":"own","description":"anew"}`, 200, []failing{denied, badData.with(`{"name":""}`), notFound.at(ofProject + "/{o}"), exists.with(`{"name":"other"}`)}},
	{"archiveProjectReleaseTemplate", "POST", ofProject + "/archive/{u}", "", 200, []failing{denied, notFound.at(ofProject + "/archive/{o}")}},
	{"getReleasePlans", "GET", ofPlans + "/release-plans", "", 200, []failing{denied, notFound.at(plansOf("other", "checkout", "production"))}},
	{"changeReleasePlanSafeguard", "PUT", ofPlans + "/release-plans/{p}/safeguards", strings.Replace(guard, "0.5", "0.4", 1), 204, []failing{denied, badData.with(`{}`), notFound.at(ofPlans + "/release-plans/none/safeguards")}},
	{"changeMilestoneProgression", "PUT", ofPlans + "/progressions/{pm}", progress, 200, []failing{denied, badData.with(`{"targetMilestone":"{pn}","transitionCondition":{"intervalMinutes":-1}}`), notFound.at(ofPlans + "/progressions/none")}},
	{"resumeMilestoneProgressions", "POST", ofPlans + "/progressions/{p}/resume", "", 200, []failing{denied, notFound.at(ofPlans + "/progressions/none/resume")}},
	{"deleteMilestoneProgression", "DELETE", ofPlans + "/progressions/{pm}", "", 204, []failing{denied, notFound.at(ofPlans + "/progressions/none")}},
	{"startMilestone", "POST", ofPlans + "/release-plans/{p}/milestones/{pn}/start", "", 200, []failing{denied, notFound.at(ofPlans + "/release-plans/{p}/milestones/none/start"), refused.at(ofPlans + "/release-plans/{p}/milestones/{pm}/start")}},
	{"deleteReleasePlanSafeguard", "DELETE", ofPlans + "/release-plans/{p}/safeguards/{g}", "", 204, []failing{denied, notFound.at(ofPlans + "/release-plans/{p}/safeguards/none"), notFound.after()}},
	{"updateProjectMilestoneStrategy", "PUT", ofPlans + "/milestone-strategies/{ps}", `{"parameters":{"rollout":"7"}}`, 200, []failing{denied, badData.with(`{"parameters":{"rollout":"101"}}`), notFound.at(ofPlans + "/milestone-strategies/none")}},
	{"changeFeatureEnvSafeguard", "PUT", ofPlans + "/safeguards", guard, 501, []failing{denied, notFound.at(environmentOf("other", "checkout", "production") + "/safeguards")}},
	{"deleteFeatureEnvSafeguard", "DELETE", ofPlans + "/safeguards/{g}", "", 404, []failing{denied}},
	{"removeReleasePlan", "DELETE", ofPlans + "/release-plans/{p}", "", 200, []failing{denied, notFound.at(ofPlans + "/release-plans/none"), notFound.after()}},
	{"addReleasePlan", "POST", ofPlans + "/release-plans", `{"templateId":"{o}"}`, 200, []failing{denied, badData.with(`{}`), notFound.with(`{"templateId":"none"}`), conflict.after()}},
}

// tableWorld has what the table needs, and lets bob do nothing.
func tableWorld(t *testing.T) (w *world, fill func(string) string) {
	t.Helper()
	return tableWorldOver(t, nil)
}

// tableSetup lets bob do nothing.
func tableSetup(over store.Store) setup {
	return setup{store: over, authorizer: func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID == bob.ID {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}}
}

// tableWorldOver is tableWorld over a store that others may use too.
func tableWorldOver(t *testing.T, over store.Store) (w *world, fill func(string) string) {
	t.Helper()
	w = newWorld(t, tableSetup(over))
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
// documented to.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	w, fill := tableWorld(t)
	b := bench{Server: w.Server, t: t, token: annsToken, fill: fill, stored: func() string {
		one := w.Do("GET", fill(at+"/{t}"), nil) // once it is archived, lists are without it
		return fmt.Sprint(one.Status) + w.everything()
	}}
	var answers []*check.Answer
	for _, r := range table {
		if r.operation == "resumeMilestoneProgressions" {
			w.trip(fill("{p}"), fill("{g}"))
		}
		answers = append(answers, b.try(r)...)
	}
	answers = append(answers, w.Do("GET", ofPlans+"/release-plans", nil).Want(http.StatusOK))
	equal(t, "what may be otherwise", []string{}, slices.DeleteFunc(w.Mutations(t, answers...), meant))
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
