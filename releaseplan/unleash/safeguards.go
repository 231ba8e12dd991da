package unleash

import (
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// safeguardOperations are about what keeps watch over plans.
func safeguardOperations() []rest.Operation[*api] {
	const ofPlan, ofEnvironment = atPlan + "/safeguards", atEnvironment + "/safeguards"
	of := plans("PUT", ofEnvironment, "changeFeatureEnvSafeguard", "Is not done here: only plans have safeguards", safeguardBody{}, http.StatusNoContent, nil)
	of.Fails = []int{http.StatusNotImplemented}
	return []rest.Operation[*api]{
		{Operation: plans("PUT", ofPlan, "changeReleasePlanSafeguard", "Gives a plan its safeguard", safeguardBody{}, http.StatusNoContent, nil), Handle: (*api).changeSafeguard, Keyed: true},
		{Operation: plans("DELETE", ofPlan+"/{safeguardId}", "deleteReleasePlanSafeguard", "Removes a safeguard of a plan", nil, http.StatusNoContent, nil), Handle: (*api).deleteSafeguard, Keyed: true},
		{Operation: of, Handle: (*api).changeEnvironmentSafeguard},
		{Operation: plans("DELETE", ofEnvironment+"/{safeguardId}", "deleteFeatureEnvSafeguard", "Finds none: only plans have safeguards", nil, http.StatusNoContent, nil), Handle: (*api).deleteEnvironmentSafeguard},
	}
}

// changeSafeguard gives a plan its safeguard, or changes the one that it has.
func (a *api) changeSafeguard(c *rest.Call) error {
	var body safeguardBody
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	checked := false
	_, err = a.edit(c, p.ID(), func(p *releaseplan.Plan, content *releaseplan.Content) (string, error) {
		switch len(content.Safeguards) {
		case 0:
			content.Safeguards = []releaseplan.Safeguard{{Name: "safeguard"}}
		case 1:
		default:
			return "", &penstock.RefusedError{Action: "change the safeguard", State: string(p.State()), Needs: []string{"a plan with at most one safeguard: delete the others first"}}
		}
		err := body.apply(&content.Safeguards[0])
		checked = err == nil
		return "", err
	})
	if err != nil && checked {
		err = rest.Renamed(err, safeguardPaths.Replace)
	}
	if err != nil {
		return err
	}
	return c.Empty(http.StatusNoContent)
}

func (a *api) deleteSafeguard(c *rest.Call) error {
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	id := c.Path("safeguardId")
	_, err = a.edit(c, p.ID(), func(p *releaseplan.Plan, content *releaseplan.Content) (string, error) {
		at := slices.IndexFunc(content.Safeguards, func(g releaseplan.Safeguard) bool { return g.ID == id })
		if at < 0 {
			return "", notFound("safeguard %q of release plan %s", id, p.ID())
		}
		content.Safeguards = slices.Delete(content.Safeguards, at, at+1)
		return "", nil
	})
	if err != nil {
		return err
	}
	return c.Empty(http.StatusNoContent)
}

// changeEnvironmentSafeguard says that a safeguard that turns a feature off without a plan is not
// kept here.
func (a *api) changeEnvironmentSafeguard(c *rest.Call) error {
	if _, err := a.target(c); err != nil {
		return err
	}
	return &failed{status: http.StatusNotImplemented, err: penstock.ErrRefused,
		body: failure{Name: nameMethod, Message: "A feature has no safeguards in an environment here: give one to its release plan."}}
}

func (a *api) deleteEnvironmentSafeguard(c *rest.Call) error {
	if _, err := a.target(c); err != nil {
		return err
	}
	return notFound("safeguard %q of feature %q in environment %q", c.Path("safeguardId"), c.Path("featureName"), c.Path("environment"))
}

// safeguardPaths are where fields of a safeguard are in the body.
var safeguardPaths = strings.NewReplacer("safeguards[0].metric.name", "impactMetric.metricName", "safeguards[0].metric.labels", "impactMetric.labelSelectors",
	"safeguards[0].metric.aggregation", "impactMetric.aggregationMode", "safeguards[0].metric", "impactMetric", "safeguards[0].window", "impactMetric.timeRange",
	"safeguards[0].above", "triggerCondition.threshold", "safeguards[0].below", "triggerCondition.threshold")
