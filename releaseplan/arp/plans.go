package arp

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// planOperations are those on plans.
func planOperations() []rest.Operation[*api] {
	plan := releasePlan{}
	rows := []operation{
		{method: http.MethodGet, path: "/plans", id: "listPlans", summary: "List plans", query: listParams, answer: planList{},
			says: wording{invalid: badData, missing: noObject}, handle: listPlans},
		{method: http.MethodPost, path: "/plans", id: "createPlan", summary: "Create a plan", body: newPlanBody{}, status: http.StatusCreated, answer: plan,
			says: wording{"create", noObject, badPlan}, handle: createPlan},
		{method: http.MethodGet, path: "/plans/{id}", id: "getPlan", summary: "Get a plan", query: pastParams, answer: plan,
			says: wording{"get", noObject, badData}, handle: getPlan},
		{method: http.MethodPost, path: "/plans/{id}", id: "updatePlan", summary: "Change what is said of a plan", body: planBody{}, answer: plan,
			says: wording{"edit", noID, badData}, handle: updatePlan},
		{method: http.MethodDelete, path: "/plans/{id}", id: "deletePlan", summary: "Delete a plan",
			says: wording{"delete", noneToDel, badData}, handle: deletePlan},
		{method: http.MethodPost, path: "/plans/{id}/execute", id: "executePlan", summary: "Start a plan", body: executeBody{}, bare: true, answer: plan,
			says: wording{"execute", noPlan, badData}, handle: executePlan},
		{method: http.MethodPost, path: "/plans/{id}/duplicate", id: "duplicatePlan", summary: "Make a copy of a plan", body: duplicateBody{}, bare: true, answer: plan,
			says: wording{"duplicate", noPlan, badData}, handle: duplicatePlan},
		{method: http.MethodPost, path: "/plans/{id}/variables", id: "setVariables", summary: "Give variables other values", body: []variableBody{}, answer: plan,
			says: wording{"variables", noObject, badData}, handle: setVariables},
		{method: http.MethodGet, path: "/plans/{id}/export", id: "exportPlan", summary: "Get everything about a plan as a document", answer: json.RawMessage{},
			says: wording{"export", noPlan, badData}, handle: exportPlan},
		{method: http.MethodPost, path: "/plans/import", id: "importPlan", summary: "Create a plan of such a document", body: json.RawMessage{}, status: http.StatusCreated, answer: plan,
			says: wording{"import", noObject, badPlan}, handle: importPlan},
		{method: http.MethodPost, path: "/plans/{id}/approve", id: "approvePlan", summary: "Vote on a plan", body: voteBody{}, bare: true, answer: plan,
			says: wording{"approve", noPlan, badData}, handle: approvePlan},
		{method: http.MethodGet, path: "/plans/{id}/history", id: "getHistory", summary: "Get what happened to a plan", query: pageParams, answer: historyList{},
			says: wording{"history", noPlan, badData}, handle: getHistory},
	}
	return table("plans", append(rows, planCommands()...))
}

// view returns a plan with all that is needed to show it in full.
func (r *request) view(p *releaseplan.Plan) (*view, error) {
	return r.viewWith(p, true, true, newBook())
}

// viewWith returns a plan with what is needed to show its actions, and its phases, if they are
// asked for.
func (r *request) viewWith(p *releaseplan.Plan, actions, phases bool, names book) (*view, error) {
	v := newView(p)
	v.book = names
	if err := names.add(r.Context(), r.Directory, &v.content, v.tasks); err != nil {
		return nil, err
	}
	if !actions && !phases {
		return v, nil
	}
	can, err := r.Plans.Can(r.Context(), p.ID(), r.Actor)
	if err != nil {
		return v, unlessGone(err)
	}
	v.can = allowed(can)
	if phases && len(v.tasks) > 0 {
		v.canTask, err = r.Plans.CanTasks(r.Context(), p.ID(), r.Actor)
	}
	return v, unlessGone(err)
}

// unlessGone passes over that a plan, which was there a moment ago, is out of sight by now: nothing
// can be done with it.
func unlessGone(err error) error {
	if errors.Is(err, penstock.ErrNotFound) || errors.Is(err, penstock.ErrForbidden) {
		return nil
	}
	return err
}

// show answers with a plan.
func (r *request) show(status int, p *releaseplan.Plan, err error) error {
	if err != nil {
		return err
	}
	v, err := r.view(p)
	if err != nil {
		return err
	}
	return r.JSON(status, v.plan())
}

func createPlan(r *request) error {
	var b newPlanBody
	if err := r.body(&b, false); err != nil {
		return err
	}
	start := instantOf(r.Now().Add(startsIn))
	c := releaseplan.Content{Planned: &releaseplan.PlannedTime{Start: start}}
	if err := errors.Join(b.complete(), r.write(r.Context(), planBody(b), &c)); err != nil {
		return err
	}
	p, err := r.keyed().Create(releaseplan.Creation{Content: c})
	return r.show(http.StatusCreated, p, err)
}

func getPlan(r *request) error {
	if r.Has("at") {
		return r.showPast()
	}
	err := r.read()
	return r.show(http.StatusOK, r.plan, err)
}

func updatePlan(r *request) error {
	var b planBody
	if err := r.readThen(&b, false); err != nil {
		return err
	}
	p, err := r.keyed().Edit(r.plan.ID(), 0, func(c *releaseplan.Content) error {
		if b.PlannedTime != nil && b.PlannedTime.echoes(planned(planTime(c.Planned, c.Window, r.plan.Status()))) {
			b.PlannedTime = nil
		}
		return r.write(r.Context(), b, c)
	})
	return r.show(http.StatusOK, p, err)
}

func deletePlan(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	err := r.keyed().Delete(r.plan.ID())
	if errors.Is(err, penstock.ErrRefused) && allowed(r.plan.Can(r.Actor, r.Now()))[releaseplan.Delete] { // the plan itself has nothing against it
		body := referred
		body.Details = details(err)
		return &failed{http.StatusBadRequest, body, err}
	}
	if err != nil {
		return err
	}
	return r.deleted()
}

func exportPlan(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	doc, err := r.Plans.Export(r.Context(), r.plan.ID(), r.Actor)
	if err != nil {
		return err
	}
	return r.Text(http.StatusOK, "application/json; charset=utf-8", string(doc))
}

func importPlan(r *request) error {
	doc, err := r.Raw(false)
	if err != nil {
		return err
	}
	p, err := r.keyed().Create(releaseplan.Creation{Document: doc})
	return r.show(http.StatusCreated, p, err)
}
