package zadig

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

func viewOperations() []rest.Operation[*api] {
	const path, one, tag = "/openapi/workflows/view", "/openapi/workflows/view/{viewName}", "views"
	project := []openapi.Param{projectKey}
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{Method: http.MethodGet, Path: path, ID: "listViews", Summary: "The views of a project", Tag: tag,
			Query: project, Answers: answers([]view{})}, Handle: (*api).listViews},
		{Operation: openapi.Operation{Method: http.MethodPost, Path: path, ID: "createView", Summary: "Create a view", Tag: tag,
			Body: viewCreation{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).createView},
		{Operation: openapi.Operation{Method: http.MethodPut, Path: one, ID: "updateView", Summary: "Add workflows to a view, and take workflows out of it", Tag: tag,
			Query: project, Body: viewChange{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).updateView},
		{Operation: openapi.Operation{Method: http.MethodDelete, Path: one, ID: "deleteView", Summary: "Delete a view; its workflows stay", Tag: tag,
			Query: project, Answers: answers(success{})}, Handle: (*api).deleteView},
	}
}

func (a *api) listViews(c *rest.Call) error {
	all, err := every(func(p penstock.Page) (penstock.List[workflow.Record[workflow.View]], error) {
		return a.Workflows.Views().List(c.Context(), c.Query("projectKey"), p, c.Actor)
	})
	if err != nil {
		return codeListViews.failing(err)
	}
	return c.JSON(http.StatusOK, eachOf(all, toView))
}

func (a *api) createView(c *rest.Call) error {
	var body viewCreation
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	v, err := fromViewCreation(body)
	if err != nil {
		return err
	}
	_, err = a.Workflows.Views().Create(c.Context(), v, c.Actor)
	if errors.Is(err, penstock.ErrExists) {
		return &failed{code: codeCreateView, why: duplicateKey, err: err}
	}
	return succeed(c, codeCreateView.failing(err))
}

func (a *api) updateView(c *rest.Call) error {
	var body viewChange
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	_, err := a.Workflows.Views().Update(c.Context(), c.Query("projectKey"), c.Path("viewName"), 0, func(v *workflow.View) error {
		body.apply(v)
		return nil
	}, c.Actor)
	return succeed(c, codeUpdateView.failing(err))
}

// deleteView says what there is not as the document does: with the reason in both texts.
func (a *api) deleteView(c *rest.Call) error {
	err := a.Workflows.Views().Delete(c.Context(), c.Query("projectKey"), c.Path("viewName"), 0, c.Actor)
	if errors.Is(err, penstock.ErrNotFound) {
		return &failed{code: code{codeDeleteView.number, "delete workflow view error: " + noDocuments}, why: "find workflow view error: " + noDocuments, err: err}
	}
	return succeed(c, codeDeleteView.failing(err))
}
