package unleash

import (
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

const (
	tagFeatures = "Features"
	atFeatures  = "/api/admin/projects/{projectId}/features"
	atFeature   = atFeatures + "/{featureName}"
	atArchived  = "/api/admin/archive"
)

// featureOperations are about features as a whole, in environments, and their own strategies.
func featureOperations() []rest.Operation[*api] {
	about := func(method, path, id, summary string, body any, status int, answer any) openapi.Operation {
		return openapi.Operation{Method: method, Path: path, ID: id, Summary: summary, Tag: tagFeatures, Body: body, Answers: []openapi.Answer{{Status: status, Body: answer}}}
	}
	const ok, created, accepted = http.StatusOK, http.StatusCreated, http.StatusAccepted
	const in, strategies, strategy = atFeature + "/environments/{environment}", atFeature + "/environments/{environment}/strategies", atFeature + "/environments/{environment}/strategies/{strategyId}"
	projects := about("GET", "/api/admin/projects", "getProjects", "Lists the projects that features are of", nil, ok, projectList{})
	projects.Query = []openapi.Param{{Name: "archived", Type: openapi.Boolean, About: "only those that are archived: none is"}}
	return []rest.Operation[*api]{
		{Operation: projects, Handle: (*api).listProjects},
		{Operation: about("GET", atFeatures, "getFeatures", "Lists the features of a project that are not archived", nil, ok, featureList{}), Handle: (*api).listFeatures},
		{Operation: about("POST", atFeatures, "createFeature", "Makes a feature, off everywhere", createFeature{}, created, feature{}), Handle: (*api).createFeature},
		{Operation: about("GET", atFeature, "getFeature", "Shows a feature, archived or not", nil, ok, feature{}), Handle: (*api).getFeature},
		{Operation: about("PUT", atFeature, "updateFeature", "Changes what is said of a feature", updateFeature{}, ok, feature{}), Handle: (*api).updateFeature},
		{Operation: about("DELETE", atFeature, "archiveFeature", "Archives a feature: nobody is served it, and its name stays taken", nil, accepted, nil), Handle: (*api).archiveFeature},
		{Operation: about("GET", atArchived+"/features/{projectId}", "getArchivedFeaturesByProjectId", "Lists the archived features of a project", nil, ok, featureList{}), Handle: (*api).listFeatures},
		{Operation: about("POST", atArchived+"/revive/{featureName}", "reviveFeature", "Brings an archived feature back, off in all environments", nil, ok, nil), Handle: (*api).reviveFeature},
		{Operation: about("DELETE", atArchived+"/{featureName}", "deleteFeature", "Deletes an archived feature", nil, ok, nil), Handle: (*api).deleteFeature},

		{Operation: about("GET", in, "getFeatureEnvironment", "Shows a feature in an environment", nil, ok, featureEnvironment{}), Handle: (*api).getFeatureEnvironment},
		{Operation: about("POST", in+"/on", "toggleFeatureEnvironmentOn", "Turns a feature on; without strategies and plans, for everyone", nil, ok, nil), Handle: (*api).switchOn},
		{Operation: about("POST", in+"/off", "toggleFeatureEnvironmentOff", "Turns a feature off", nil, ok, nil), Handle: (*api).switchOff},

		{Operation: about("GET", strategies, "getFeatureStrategies", "Lists a feature's own strategies", nil, ok, []featureStrategy{}), Handle: (*api).listFeatureStrategies},
		{Operation: about("POST", strategies, "addFeatureStrategy", "Adds a strategy", featureStrategyBody{}, ok, featureStrategy{}), Handle: (*api).putFeatureStrategy},
		{Operation: about("GET", strategy, "getFeatureStrategy", "Shows a strategy", nil, ok, featureStrategy{}), Handle: (*api).getFeatureStrategy},
		{Operation: about("PUT", strategy, "updateFeatureStrategy", "Writes a strategy anew", featureStrategyBody{}, ok, featureStrategy{}), Handle: (*api).putFeatureStrategy},
		{Operation: about("DELETE", strategy, "deleteFeatureStrategy", "Removes a strategy", nil, ok, nil), Handle: (*api).removeFeatureStrategy},
	}
}

func (a *api) listFeatures(c *rest.Call) error {
	environments, err := a.environments(c)
	if err != nil {
		return err
	}
	project := c.Path("projectId")
	f := rollout.Filter{Projects: []string{project}, Archived: c.Operation.ID != "getFeatures"}
	if project == projectDefault {
		f.Projects = append(f.Projects, "")
	}
	number, out := a.numbers(c), featureList{Version: 2, Features: []listedFeature{}}
	err = pages(c, a.Rollout.Features(), f, func(r *rollout.Record[rollout.Flag]) error {
		by, err := number(r.Created.By)
		if err == nil {
			out.Features = append(out.Features, listedFeature{toFeatureAbout(r, by), toFeatureSettings(&r.Value, environments)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

func (a *api) createFeature(c *rest.Call) error {
	var body createFeature
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	r, err := a.Rollout.Features().Create(c.Context(), body.flag(c.Path("projectId")), c.Actor)
	if err != nil {
		return err
	}
	c.W.Header().Set("Location", c.R.URL.JoinPath(r.Value.Name).EscapedPath())
	return a.showFeature(c, http.StatusCreated, &r)
}

// flag returns the feature of the path as it is stored.
func (a *api) flag(c *rest.Call) (rollout.Record[rollout.Flag], error) {
	r, err := a.Rollout.Features().Get(c.Context(), c.Path("featureName"), c.Actor)
	if err == nil {
		err = ofProject(c, &r.Value)
	}
	return r, err
}

// ofProject checks that a feature is one of the project that the path names, if it names one.
func ofProject(c *rest.Call, f *rollout.Flag) error {
	if project := c.Path("projectId"); project != "" && project != projectOf(f.Project) {
		return notFound("feature %s of project %q", f.Name, project)
	}
	return nil
}

// changeFlag lets f change the feature of the path.
func (a *api) changeFlag(c *rest.Call, f func(*rollout.Flag) error) (rollout.Record[rollout.Flag], error) {
	return a.Rollout.Features().Update(c.Context(), c.Path("featureName"), 0, func(stored *rollout.Flag) error {
		if err := ofProject(c, stored); err != nil {
			return err
		}
		return f(stored)
	}, c.Actor)
}

func (a *api) showFeature(c *rest.Call, status int, r *rollout.Record[rollout.Flag]) error {
	environments, err := a.environments(c)
	if err != nil {
		return err
	}
	by, err := a.numbers(c)(r.Created.By)
	if err != nil {
		return err
	}
	out := feature{toFeatureAbout(r, by), make([]featureEnvironment, len(environments))}
	for i := range environments {
		if out.Environments[i], err = a.featureEnvironment(c, &r.Value, &environments[i]); err != nil {
			return err
		}
	}
	return c.JSON(status, out)
}

func (a *api) getFeature(c *rest.Call) error {
	r, err := a.flag(c)
	if err != nil {
		return err
	}
	return a.showFeature(c, http.StatusOK, &r)
}

func (a *api) updateFeature(c *rest.Call) error {
	var body updateFeature
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	if body.Name != nil && *body.Name != c.Path("featureName") {
		return penstock.Invalid("name", "must be that of the path")
	}
	if _, err := a.flag(c); err != nil { // the answer shows all of it
		return err
	}
	r, err := a.changeFlag(c, body.apply)
	if err != nil {
		return err
	}
	return a.showFeature(c, http.StatusOK, &r)
}

func (a *api) archiveFeature(c *rest.Call) error {
	if _, err := a.changeFlag(c, archived(true)); err != nil {
		return err
	}
	return c.Empty(http.StatusAccepted)
}

func (a *api) reviveFeature(c *rest.Call) error {
	if _, err := a.changeFlag(c, archived(false)); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

func archived(yes bool) func(*rollout.Flag) error {
	return func(f *rollout.Flag) error {
		archive(f, yes)
		return nil
	}
}

// archive archives a feature, or brings it back: then nobody is served what was forgotten until
// somebody turns it on.
func archive(f *rollout.Flag, yes bool) {
	if f.Archived && !yes {
		for name, in := range f.Environments {
			in.Enabled = false
			f.Environments[name] = in
		}
	}
	f.Archived = yes
}

func (a *api) deleteFeature(c *rest.Call) error {
	r, err := a.flag(c)
	if err != nil {
		return err
	}
	if !r.Value.Archived {
		return &penstock.RefusedError{Action: "delete", State: "active", Allowed: []string{"archive"}}
	}
	if err := a.Rollout.Features().Delete(c.Context(), r.Value.Name, r.Version, c.Actor); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

// pages calls f with every record of a filter that the actor may read.
func pages[ID int | string, T any](c *rest.Call, of *rollout.Records[ID, T], filter rollout.Filter, f func(*rollout.Record[T]) error) error {
	filter.Limit = penstock.MaxLimit
	for {
		page, err := of.List(c.Context(), filter, c.Actor)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := f(&page.Items[i]); err != nil {
				return err
			}
		}
		if filter.Offset += len(page.Items); len(page.Items) == 0 || filter.Offset >= page.Total {
			return nil
		}
	}
}
