package zadig

import (
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

const (
	pathPlans   = "/openapi/release_plan/v1"
	pathPlansUI = "/api/aslan/release_plan/v1"
	tagPlans    = "release plans"
)

var (
	pageNum  = openapi.Param{Name: "pageNum", About: "the page, from 1", Type: openapi.Integer, Required: true}
	pageSize = openapi.Param{Name: "pageSize", About: "plans on a page, from 1 to 1000", Type: openapi.Integer, Required: true}
)

func planOperations() []rest.Operation[*api] {
	search := []openapi.Param{pageNum, pageSize,
		{Name: "type", About: "what the keyword is about; default: name", Enum: []string{searchName, searchManager, searchStatus, searchSuccess, searchUpdate}},
		{Name: "keyword", About: "part of a name, a status, or from-to in Unix time"},
		{Name: "startTime", About: "plans whose window begins or ends from then on", Type: openapi.Integer},
		{Name: "endTime", About: "plans whose window begins or ends by then", Type: openapi.Integer}}
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{Method: http.MethodGet, Path: pathPlans, ID: "listPlans", Summary: "The release plans, the latest first", Tag: tagPlans,
			Query: []openapi.Param{pageNum, pageSize}, Answers: answers(planRows{})}, Handle: (*api).listPlans},
		{Operation: openapi.Operation{Method: http.MethodPost, Path: pathPlans, ID: "createPlan", Summary: "Create a release plan", Tag: tagPlans,
			Body: planBody{}, Fails: bodyFails, Answers: answers(planCreated{})}, Handle: (*api).createPlan, Keyed: true},
		{Operation: openapi.Operation{Method: http.MethodGet, Path: pathPlans + "/{id}", ID: "getPlan", Summary: "A release plan", Tag: tagPlans,
			Answers: answers(planDetail{})}, Handle: (*api).getPlan},
		{Operation: openapi.Operation{Method: http.MethodPatch, Path: pathPlans + "/{id}", ID: "replacePlan", Summary: "Replace a release plan, its jobs too; it goes back to planning", Tag: tagPlans,
			Body: planBody{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).replacePlan, Keyed: true},

		{Operation: openapi.Operation{Method: http.MethodGet, Path: pathPlansUI, ID: "searchPlans", Summary: "Release plans that are searched for", Tag: tagPlans,
			Query: search, Answers: answers(planItems{})}, Handle: (*api).searchPlans},
		{Operation: openapi.Operation{Method: http.MethodPost, Path: pathPlansUI, ID: "createPlanUI", Summary: "Create a release plan", Tag: tagPlans,
			Body: planBody{}, Fails: bodyFails, Answers: answers(planCreated{})}, Handle: (*api).createPlan, Keyed: true},
		{Operation: openapi.Operation{Method: http.MethodGet, Path: pathPlansUI + "/{id}", ID: "viewPlan", Summary: "A release plan with all that is known of it", Tag: tagPlans,
			Answers: answers(planView{})}, Handle: (*api).viewPlan},
		{Operation: openapi.Operation{Method: http.MethodPut, Path: pathPlansUI + "/{id}", ID: "updatePlan", Summary: "Change one thing of a release plan that is in planning", Tag: tagPlans,
			Body: planUpdate{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).updatePlan, Keyed: true},
		{Operation: openapi.Operation{Method: http.MethodDelete, Path: pathPlansUI + "/{id}", ID: "deletePlan", Summary: "Delete a release plan", Tag: tagPlans,
			Answers: answers(success{})}, Handle: (*api).deletePlan, Keyed: true},
		{Operation: openapi.Operation{Method: http.MethodPost, Path: pathPlansUI + "/{id}/copy", ID: "copyPlan", Summary: "Copy a release plan", Tag: tagPlans,
			Body: planCopy{}, Fails: bodyFails, Answers: answers(planCreated{})}, Handle: (*api).copyPlan, Keyed: true},
		{Operation: openapi.Operation{Method: http.MethodGet, Path: pathPlansUI + "/{id}/job/{jobID}", ID: "getPlanJob", Summary: "A job of a release plan", Tag: tagPlans,
			Answers: answers(planJob{})}, Handle: (*api).getPlanJob},
	}
}

// page reads the window of a list.
func page(c *rest.Call) (penstock.Page, error) {
	n, size := c.Int("pageNum", 0), c.Int("pageSize", 0)
	switch {
	case n < 1:
		return penstock.Page{}, &rest.ParamError{Name: "pageNum", Value: c.Query("pageNum"), Why: "must be at least 1"}
	case size < 1 || size > penstock.MaxLimit:
		return penstock.Page{}, &rest.ParamError{Name: "pageSize", Value: c.Query("pageSize"), Why: fmt.Sprintf("must be from 1 to %d", penstock.MaxLimit)}
	case n-1 > math.MaxInt32/size:
		return penstock.Page{}, &rest.ParamError{Name: "pageNum", Value: c.Query("pageNum"), Why: "is too large"}
	}
	return penstock.Page{Offset: (n - 1) * size, Limit: size}, nil
}

func (a *api) listPlans(c *rest.Call) error {
	window, err := page(c)
	if err != nil {
		return err
	}
	found, err := a.Plans.List(c.Context(), releaseplan.Filter{Page: window}, c.Actor)
	if err != nil {
		return err
	}
	lib, out := a.library(c), planRows{List: []planRow{}, Total: found.Total}
	for _, s := range found.Items {
		manager, err := lib.manager(s.Owner)
		if err != nil {
			return err
		}
		out.List = append(out.List, toHead(s, manager).planRow)
	}
	return c.JSON(http.StatusOK, out)
}

func (a *api) createPlan(c *rest.Call) error {
	var body planBody
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	var content releaseplan.Content
	if err := a.library(c).replace(&content, &body); err != nil {
		return err
	}
	p, err := a.keyed(c).Create(releaseplan.Creation{Content: content})
	if err != nil {
		return sent(err)
	}
	return c.JSON(http.StatusOK, planCreated{p.ID()})
}

// plan returns the plan that the path names.
func (a *api) plan(c *rest.Call) (*releaseplan.Plan, error) {
	return a.keyed(c).Get(c.Path("id"))
}

// planInDetail returns the plan that the path names, and what is shown of it.
func (a *api) planInDetail(c *rest.Call) (*releaseplan.Plan, planDetail, error) {
	p, err := a.plan(c)
	if err != nil {
		return nil, planDetail{}, err
	}
	out, err := a.library(c).detail(p)
	return p, out, err
}

func (a *api) getPlan(c *rest.Call) error {
	_, out, err := a.planInDetail(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

func (a *api) viewPlan(c *rest.Call) error {
	p, out, err := a.planInDetail(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toPlanView(p, out, c.Actor))
}

func (a *api) getPlanJob(c *rest.Call) error {
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	v, err := p.Task(c.Path("jobID"))
	if err != nil {
		return err
	}
	out, err := a.library(c).job(p, v)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

func (a *api) deletePlan(c *rest.Call) error {
	return succeed(c, a.keyed(c).Delete(c.Path("id")))
}

func (a *api) copyPlan(c *rest.Call) error {
	var body planCopy
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	name := strings.TrimSpace(body.Name)
	if name == "" {
		return penstock.Invalid("name", "must not be empty")
	}
	p, err := a.keyed(c).Duplicate(c.Path("id"), releaseplan.Copy{Name: name})
	if err != nil {
		return sent(err)
	}
	return c.JSON(http.StatusOK, planCreated{p.ID()})
}
