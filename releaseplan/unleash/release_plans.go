package unleash

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/template"
)

const (
	tagPlans      = "Release plans"
	atEnvironment = "/api/admin/projects/{projectId}/features/{featureName}/environments/{environment}"
	atPlans       = atEnvironment + "/release-plans"
	atPlan        = atPlans + "/{planId}"
)

// A templateID names the template that a plan is made of.
type templateID struct {
	TemplateID string `json:"templateId"`
}

// releasePlanOperations are about the plans of a feature in an environment.
func releasePlanOperations() []rest.Operation[*api] {
	return []rest.Operation[*api]{
		{Operation: plans("GET", atPlans, "getReleasePlans", "Lists the plans of a feature in an environment", nil, http.StatusOK, []releasePlan{}), Handle: (*api).listPlans},
		{Operation: plans("POST", atPlans, "addReleasePlan", "Makes a plan of a template, and begins with it", templateID{}, http.StatusOK, releasePlan{}), Handle: (*api).addPlan, Keyed: true},
		{Operation: plans("DELETE", atPlan, "removeReleasePlan", "Removes a plan with what it serves", nil, http.StatusOK, nil), Handle: (*api).removePlan, Keyed: true},
		{Operation: plans("POST", atPlan+"/milestones/{milestoneId}/start", "startMilestone", "Starts a milestone, an earlier or a later one", nil, http.StatusOK, planMilestone{}), Handle: (*api).startMilestone, Keyed: true},
		{Operation: plans("PUT", atEnvironment+"/milestone-strategies/{strategyId}", "updateProjectMilestoneStrategy", "Writes a strategy of a plan anew; one that is live is served from then on", planStrategyBody{}, http.StatusOK, milestoneStrategy{}), Handle: (*api).updatePlanStrategy, Keyed: true},
	}
}

// plans describes an operation on plans.
func plans(method, path, id, summary string, body any, status int, answer any) openapi.Operation {
	return openapi.Operation{Method: method, Path: path, ID: id, Summary: summary, Tag: tagPlans, Body: body, Answers: []openapi.Answer{{Status: status, Body: answer}}}
}

// target returns the feature and environment of the path, which have to be there.
func (a *api) target(c *rest.Call) (releaseplan.Target, error) {
	t := releaseplan.Target{Feature: c.Path("featureName"), Environment: c.Path("environment"), Project: c.Path("projectId")}
	flag, err := a.Rollout.Features().Get(c.Context(), t.Feature, c.Actor)
	switch {
	case err != nil:
		return t, err
	case projectOf(flag.Value.Project) != t.Project || flag.Value.Archived:
		return t, notFound("feature %q of project %q", t.Feature, t.Project)
	}
	_, err = a.Rollout.Environments().Get(c.Context(), t.Environment, c.Actor)
	return t, err
}

// plansAt returns the plans that the feature of the path has in its environment.
func (a *api) plansAt(c *rest.Call) ([]*releaseplan.Plan, error) {
	t, err := a.target(c)
	if err != nil {
		return nil, err
	}
	return a.Plans.PlansAt(c.Context(), t.Feature, t.Environment, c.Actor)
}

// plan returns the plan of the path.
func (a *api) plan(c *rest.Call) (*releaseplan.Plan, error) {
	id := c.Path("planId")
	return a.planWhere(c, func(p *releaseplan.Plan) bool { return p.ID() == id }, "release plan "+id)
}

// planWhere returns the plan of the feature and environment of the path that is as has says.
func (a *api) planWhere(c *rest.Call, has func(*releaseplan.Plan) bool, what string) (*releaseplan.Plan, error) {
	all, err := a.plansAt(c)
	if err != nil {
		return nil, err
	}
	if all, err = a.asFound(c, all); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, has)
	if at < 0 {
		return nil, notFound("%s of feature %q in environment %q", what, c.Path("featureName"), c.Path("environment"))
	}
	return all[at], nil
}

func (a *api) listPlans(c *rest.Call) error {
	plans, err := a.plansAt(c)
	if err != nil {
		return err
	}
	number, all := a.numbers(c), []releasePlan{}
	for _, p := range plans {
		by, err := number(p.Status().Created.By)
		if err != nil {
			return err
		}
		all = append(all, toReleasePlan(p, by, a.Now()))
	}
	return c.JSON(http.StatusOK, all)
}

func (a *api) addPlan(c *rest.Call) error {
	var body templateID
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	if body.TemplateID == "" {
		return penstock.Invalid("templateId", "must not be empty")
	}
	target, err := a.target(c)
	if err != nil {
		return err
	}
	t, err := a.Templates.Get(c.Context(), body.TemplateID, c.Actor)
	if err != nil {
		return err
	}
	if t.Project != "" && t.Project != target.Project {
		return notFound("template %s of project %q", t.ID, target.Project)
	}
	content, err := a.Templates.Instantiate(c.Context(), t.ID, template.Arguments{Target: &target}, c.Actor)
	if err != nil {
		return err
	}
	content.Description = cmp.Or(content.Description, t.Description)
	p, err := a.keyed(c).Create(releaseplan.Creation{Content: content, Then: []releaseplan.Command{{Action: releaseplan.Execute}}})
	if errors.Is(err, releaseplan.ErrTargetTaken) {
		return &failed{status: http.StatusConflict, err: err, body: failure{Name: nameConflict, Message: "The feature has a release plan in this environment."}}
	}
	if err != nil {
		return err
	}
	by, err := a.numbers(c)(p.Status().Created.By)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toReleasePlan(p, by, a.Now()))
}

// removePlan cancels the plan, so that it serves nothing any more and its trail stays. One
// that is completed cannot be canceled: it is deleted, and its events stay.
func (a *api) removePlan(c *rest.Call) error {
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	switch p.State() {
	case releaseplan.Completed:
		err = a.keyed(c).Delete(p.ID())
	case releaseplan.Canceling: // it waits for what runs
	default:
		_, err = a.keyed(c).Do(p.ID(), releaseplan.Command{Action: releaseplan.Cancel})
	}
	if err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

func (a *api) startMilestone(c *rest.Call) error {
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	id := c.Path("milestoneId")
	if milestoneAt(p.Content().Milestones, id) < 0 {
		return notFound("milestone %q of release plan %s", id, p.ID())
	}
	if p, err = a.keyed(c).Do(p.ID(), releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: id}); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toPlanMilestones(p, a.Now())[milestoneAt(p.Content().Milestones, id)])
}
