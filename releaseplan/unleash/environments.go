package unleash

import (
	"net/http"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

const (
	tagEnvironments = "Environments"
	atEnvironments  = "/api/admin/environments"
)

// An environment is a place that features are on or off in.
type environment struct {
	Name      string `json:"name"`
	Type      string `json:"type" doc:"development, test, production and the like"`
	SortOrder int    `json:"sortOrder"`
	Enabled   bool   `json:"enabled" doc:"always: what is off is a feature"`
	Protected bool   `json:"protected" doc:"never"`
}

// environmentList are all environments.
type environmentList struct {
	Version      int           `json:"version" doc:"of the format"`
	Environments []environment `json:"environments" doc:"by their order"`
}

// createEnvironment is an environment as it is made.
type createEnvironment struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	SortOrder *int   `json:"sortOrder" need:"false"`
	Enabled   *bool  `json:"enabled" need:"false" doc:"true"`
}

// updateEnvironment is what can be changed of an environment. What is left out stays.
type updateEnvironment struct {
	Type      *string `json:"type" need:"false"`
	SortOrder *int    `json:"sortOrder" need:"false"`
}

// environmentOperations are about environments, and about types of strategies.
func environmentOperations() []rest.Operation[*api] {
	about := func(method, path, id, summary string, body any, status int, answer any) openapi.Operation {
		return openapi.Operation{Method: method, Path: atEnvironments + path, ID: id, Summary: summary, Tag: tagEnvironments, Body: body, Answers: []openapi.Answer{{Status: status, Body: answer}}}
	}
	return append([]rest.Operation[*api]{
		{Operation: about("GET", "", "getAllEnvironments", "Lists the environments", nil, http.StatusOK, environmentList{}), Handle: (*api).listEnvironments},
		{Operation: about("POST", "", "createEnvironment", "Makes an environment, with all features off", createEnvironment{}, http.StatusCreated, environment{}), Handle: (*api).createEnvironment},
		{Operation: about("GET", "/{name}", "getEnvironment", "Shows an environment", nil, http.StatusOK, environment{}), Handle: (*api).getEnvironment},
		{Operation: about("PUT", "/update/{name}", "updateEnvironment", "Changes what is said of an environment", updateEnvironment{}, http.StatusOK, environment{}), Handle: (*api).updateEnvironment},
		{Operation: about("DELETE", "/{name}", "removeEnvironment", "Deletes an environment that nothing refers to", nil, http.StatusOK, nil), Handle: (*api).removeEnvironment},
	}, strategyTypeOperations()...)
}

func toEnvironment(e *rollout.Environment) environment {
	return environment{Name: e.Name, Type: e.Type, SortOrder: e.SortOrder, Enabled: true}
}

// environments returns all environments that the actor may read, by their order.
func (a *api) environments(c *rest.Call) (all []rollout.Environment, err error) {
	err = pages(c, a.Rollout.Environments(), rollout.Filter{}, func(r *rollout.Record[rollout.Environment]) error {
		all = append(all, r.Value)
		return nil
	})
	return all, err
}

func (a *api) listEnvironments(c *rest.Call) error {
	all, err := a.environments(c)
	if err != nil {
		return err
	}
	out := environmentList{Version: 1, Environments: make([]environment, len(all))}
	for i := range all {
		out.Environments[i] = toEnvironment(&all[i])
	}
	return c.JSON(http.StatusOK, out)
}

func (a *api) createEnvironment(c *rest.Call) error {
	var body createEnvironment
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	var v faults
	if body.Type == "" {
		v.add("type", "is required")
	}
	if body.Enabled != nil && !*body.Enabled {
		v.add("enabled", "must be true")
	}
	if err := v.err(); err != nil {
		return err
	}
	e := rollout.Environment{Name: body.Name, Type: body.Type}
	set(&e.SortOrder, body.SortOrder)
	r, err := a.Rollout.Environments().Create(c.Context(), e, c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, toEnvironment(&r.Value))
}

func (a *api) getEnvironment(c *rest.Call) error {
	r, err := a.Rollout.Environments().Get(c.Context(), c.Path("name"), c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toEnvironment(&r.Value))
}

func (a *api) updateEnvironment(c *rest.Call) error {
	var body updateEnvironment
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	r, err := a.Rollout.Environments().Update(c.Context(), c.Path("name"), 0, func(e *rollout.Environment) error {
		set(&e.Type, body.Type)
		set(&e.SortOrder, body.SortOrder)
		return nil
	}, c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toEnvironment(&r.Value))
}

func (a *api) removeEnvironment(c *rest.Call) error {
	if err := a.Rollout.Environments().Delete(c.Context(), c.Path("name"), 0, c.Actor); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}
