package unleash

import (
	"net/http"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

const (
	tagStrategies = "Strategies"
	atStrategies  = "/api/admin/strategies"
)

// A strategyType is a kind of strategy.
type strategyType struct {
	Name        string              `json:"name"`
	DisplayName *string             `json:"displayName" doc:"null always: the name is the only one"`
	Description *string             `json:"description"`
	Editable    bool                `json:"editable" doc:"it is not built in"`
	Deprecated  bool                `json:"deprecated" doc:"features that have it keep it; no others get it"`
	Parameters  []strategyParameter `json:"parameters"`
}

// A strategyParameter is one that strategies of a type take. All values are texts.
type strategyParameter struct {
	Name        string `json:"name"`
	Type        string `json:"type" enum:"string,percentage,list,number,boolean"`
	Description string `json:"description"`
	Required    bool   `json:"required"`
}

// strategyTypeList are all types.
type strategyTypeList struct {
	Version    int            `json:"version" doc:"of the format"`
	Strategies []strategyType `json:"strategies" doc:"those that are built in, then the others by name"`
}

// createStrategyType is a type of the host's own as it is made.
type createStrategyType struct {
	Name        string                  `json:"name"`
	Description string                  `json:"description" need:"false"`
	Parameters  []strategyParameterBody `json:"parameters" need:"false"`
	Editable    *bool                   `json:"editable" need:"false" doc:"passed over"`
	Deprecated  bool                    `json:"deprecated" need:"false"`
}

// A strategyParameterBody is a parameter as it is written.
type strategyParameterBody struct {
	Name        string `json:"name"`
	Type        string `json:"type" enum:"string,percentage,list,number,boolean"`
	Description string `json:"description" need:"false"`
	Required    bool   `json:"required" need:"false"`
}

// strategyTypeOperations are about the types of strategies.
func strategyTypeOperations() []rest.Operation[*api] {
	about := func(method, path, id, summary string, body any, status int, answer any) openapi.Operation {
		return openapi.Operation{Method: method, Path: path, ID: id, Summary: summary, Tag: tagStrategies, Body: body, Answers: []openapi.Answer{{Status: status, Body: answer}}}
	}
	return []rest.Operation[*api]{
		{Operation: about("GET", atStrategies, "getAllStrategies", "Lists the strategy types", nil, http.StatusOK, strategyTypeList{}), Handle: (*api).listStrategyTypes},
		{Operation: about("POST", atStrategies, "createStrategy", "Makes a strategy type, which SDKs have to know", createStrategyType{}, http.StatusCreated, strategyType{}), Handle: (*api).createStrategyType},
		{Operation: about("DELETE", atStrategies+"/{strategyName}", "removeStrategy", "Deletes a strategy type that nothing refers to", nil, http.StatusOK, nil), Handle: (*api).removeStrategyType},
	}
}

// builtIn are the types that every SDK knows.
func builtIn() []rollout.Definition {
	is := func(name, about string, parameters ...rollout.Parameter) rollout.Definition {
		return rollout.Definition{Name: name, Description: about, Parameters: parameters}
	}
	part := rollout.Parameter{Name: "percentage", Type: rollout.PercentageParameter, Required: true}
	group := rollout.Parameter{Name: "groupId", Type: rollout.StringParameter, Description: "who has the same fall on the same side; default: the feature"}
	old := func(d rollout.Definition) rollout.Definition {
		d.Deprecated = true
		return d
	}
	return []rollout.Definition{
		is(rollout.Everyone, "On for everyone"),
		is(rollout.FlexibleRollout, "On for a part of the users",
			rollout.Parameter{Name: "rollout", Type: rollout.PercentageParameter}, rollout.Parameter{Name: "stickiness", Type: rollout.StringParameter}, group),
		is(rollout.RemoteAddress, "On for addresses", rollout.Parameter{Name: "IPs", Type: rollout.ListParameter, Required: true}),
		is(rollout.ApplicationHostname, "On for hosts", rollout.Parameter{Name: "hostNames", Type: rollout.ListParameter, Required: true}),
		old(is(rollout.UserWithID, "On for users", rollout.Parameter{Name: "userIds", Type: rollout.ListParameter, Required: true})),
		old(is(rollout.GradualUserID, "On for a part of the users", part, group)),
		old(is(rollout.GradualSessionID, "On for a part of the sessions", part, group)),
		old(is(rollout.GradualRandom, "On at random", part)),
	}
}

func toStrategyType(d *rollout.Definition, editable bool) strategyType {
	out := strategyType{Name: d.Name, Description: orNull(d.Description), Editable: editable, Deprecated: d.Deprecated, Parameters: make([]strategyParameter, len(d.Parameters))}
	for i, p := range d.Parameters {
		out.Parameters[i] = strategyParameter{Name: p.Name, Type: string(p.Type), Description: p.Description, Required: p.Required}
	}
	return out
}

func (a *api) listStrategyTypes(c *rest.Call) error {
	out := strategyTypeList{Version: 1}
	for _, d := range builtIn() {
		out.Strategies = append(out.Strategies, toStrategyType(&d, false))
	}
	if err := pages(c, a.Rollout.Strategies(), rollout.Filter{}, func(r *rollout.Record[rollout.Definition]) error {
		out.Strategies = append(out.Strategies, toStrategyType(&r.Value, true))
		return nil
	}); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

func (a *api) createStrategyType(c *rest.Call) error {
	var body createStrategyType
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	d := rollout.Definition{Name: body.Name, Description: body.Description, Deprecated: body.Deprecated}
	for _, p := range body.Parameters {
		d.Parameters = append(d.Parameters, rollout.Parameter{Name: p.Name, Type: rollout.ParameterType(p.Type), Description: p.Description, Required: p.Required})
	}
	r, err := a.Rollout.Strategies().Create(c.Context(), d, c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, toStrategyType(&r.Value, true))
}

func (a *api) removeStrategyType(c *rest.Call) error {
	if err := a.Rollout.Strategies().Delete(c.Context(), c.Path("strategyName"), 0, c.Actor); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}
