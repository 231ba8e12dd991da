package unleash

import (
	"net/http"
	"slices"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// milestoneOperations are about the milestones of templates, and their strategies.
func milestoneOperations() []rest.Operation[*api] {
	about := func(method, path, id, summary string, body, answer any) openapi.Operation {
		return openapi.Operation{Method: method, Path: atTemplate + path, ID: id, Summary: summary, Tag: tagTemplates, Body: body,
			Answers: []openapi.Answer{{Status: http.StatusOK, Body: answer}}}
	}
	const one, strategies, strategy = "/milestones/{milestoneId}", "/milestones/{milestoneId}/strategies", "/milestones/{milestoneId}/strategies/{strategyId}"
	return []rest.Operation[*api]{
		{Operation: about("POST", "/milestones", "addMilestoneToReleaseTemplate", "Adds a milestone to a template", milestoneBody{}, templateMilestone{}), Handle: (*api).putMilestone},
		{Operation: about("PUT", one, "updateReleaseTemplateMilestone", "Writes a milestone anew", milestoneBody{}, templateMilestone{}), Handle: (*api).putMilestone},
		{Operation: about("DELETE", one, "removeReleaseTemplateMilestone", "Removes a milestone with its strategies", nil, nil), Handle: (*api).removeMilestone},
		{Operation: about("POST", strategies, "addStrategyToMilestone", "Adds a strategy to a milestone", strategyBody{}, templateMilestone{}), Handle: (*api).addStrategy},
		{Operation: about("PUT", strategy, "updateMilestoneStrategy", "Writes a strategy anew", strategyBody{}, milestoneStrategy{}), Handle: (*api).updateStrategy},
		{Operation: about("DELETE", strategy, "remoteMilestoneStrategy", "Removes a strategy", nil, nil), Handle: (*api).removeStrategy},
	}
}

// putMilestone adds a milestone, or changes the one of the path.
func (a *api) putMilestone(c *rest.Call) error {
	var body milestoneBody
	if err := c.Read(&body, false, false); err != nil {
		return err
	}
	id := c.Path("milestoneId")
	var before []releaseplan.Milestone
	t, err := a.changeTemplate(c, func(t *template.Template) (origin, error) {
		before = slices.Clone(t.Content.Milestones)
		return body.put(t, id)
	})
	if err != nil {
		return err
	}
	at := slices.IndexFunc(t.Content.Milestones, func(m releaseplan.Milestone) bool {
		return m.ID == id || id == "" && milestoneAt(before, m.ID) < 0
	})
	return c.JSON(http.StatusOK, toTemplateMilestone(&t, at))
}

func (a *api) removeMilestone(c *rest.Call) error {
	if _, err := a.changeTemplate(c, func(t *template.Template) (origin, error) { return unmoved, dropMilestone(t, c.Path("milestoneId")) }); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

func (a *api) addStrategy(c *rest.Call) error {
	t, err := a.putStrategy(c, "")
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toTemplateMilestone(&t, milestoneAt(t.Content.Milestones, c.Path("milestoneId"))))
}

func (a *api) updateStrategy(c *rest.Call) error {
	id := c.Path("strategyId")
	t, err := a.putStrategy(c, id)
	if err != nil {
		return err
	}
	m := &t.Content.Milestones[milestoneAt(t.Content.Milestones, c.Path("milestoneId"))]
	return c.JSON(http.StatusOK, toMilestoneStrategy(&m.Strategies[strategyAt(m.Strategies, id)], m.ID))
}

func (a *api) putStrategy(c *rest.Call, id string) (template.Template, error) {
	var body strategyBody
	if err := c.Read(&body, false, false); err != nil {
		return template.Template{}, err
	}
	return a.changeTemplate(c, func(t *template.Template) (origin, error) { return body.put(t, c.Path("milestoneId"), id) })
}

func (a *api) removeStrategy(c *rest.Call) error {
	_, err := a.changeTemplate(c, func(t *template.Template) (origin, error) {
		return unmoved, dropStrategy(t, c.Path("milestoneId"), c.Path("strategyId"))
	})
	if err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

// strategyOrder is what strategies of a milestone are sorted by.
func strategyOrder(s rollout.Strategy) float64 { return s.SortOrder }
