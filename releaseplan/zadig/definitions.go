package zadig

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// Two paths of one operation: that of the document, and that of the rest of that system's API.
const (
	pathDefinitions   = "/api/aslan/workflow/v4"
	pathDefinitionsV1 = "/openapi/workflows/custom"
)

// bodyFails are the failures of operations that read a body, beside those of all.
var bodyFails = []int{http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}

var (
	projectKey  = openapi.Param{Name: "projectKey", About: "the project", Required: true}
	projectName = openapi.Param{Name: "projectName", About: "the project", Required: true}
)

func definitionOperations() []rest.Operation[*api] {
	list := []openapi.Param{projectKey, {Name: "viewName", About: "only what is in this view, in its order"}}
	stored := []openapi.Param{{Name: "projectName", About: "the project; required with viewName"}, {Name: "viewName", About: "only what is in this view, in its order"}}
	which := []openapi.Param{{Name: "workflowKey", About: "the workflow", Required: true}, projectKey}
	const tag = "workflows"
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{Method: http.MethodGet, Path: "/openapi/workflows", ID: "listWorkflows", Summary: "The workflows of a project", Tag: tag,
			Query: list, Answers: answers(workflowList{})}, Handle: (*api).listWorkflows},
		{Operation: openapi.Operation{Method: http.MethodGet, Path: "/openapi/workflows/custom/{workflowKey}/detail", ID: "getWorkflow", Summary: "A workflow", Tag: tag,
			Query: []openapi.Param{projectKey}, Answers: answers(workflowDetail{})}, Handle: (*api).getWorkflow},
		{Operation: openapi.Operation{Method: http.MethodPost, Path: pathDefinitions, ID: "createWorkflow", Summary: "Create a workflow", Tag: tag,
			Body: definitionBody{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).createDefinition},
		{Operation: openapi.Operation{Method: http.MethodPost, Path: pathDefinitionsV1, ID: "createCustomWorkflow", Summary: "Create a workflow", Tag: tag,
			Body: definitionBody{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).createDefinition},
		{Operation: openapi.Operation{Method: http.MethodPut, Path: pathDefinitions + "/{name}", ID: "updateWorkflow", Summary: "Replace a workflow", Tag: tag,
			Query: []openapi.Param{projectName}, Body: definitionBody{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).updateDefinition},
		{Operation: openapi.Operation{Method: http.MethodPut, Path: pathDefinitionsV1 + "/{name}", ID: "updateCustomWorkflow", Summary: "Replace a workflow", Tag: tag,
			Query: []openapi.Param{projectName}, Body: definitionBody{}, Fails: bodyFails, Answers: answers(success{})}, Handle: (*api).updateDefinition},
		{Operation: openapi.Operation{Method: http.MethodGet, Path: pathDefinitions, ID: "listDefinitions", Summary: "Workflows, those of all projects if none is named", Tag: tag,
			Query: stored, Answers: answers(definitionList{})}, Handle: (*api).listDefinitions},
		{Operation: openapi.Operation{Method: http.MethodGet, Path: pathDefinitions + "/{name}", ID: "getDefinition", Summary: "A workflow as it is sent to replace it", Tag: tag,
			Query: []openapi.Param{projectName}, Answers: answers(storedDefinition{})}, Handle: (*api).getDefinition},
		{Operation: openapi.Operation{Method: http.MethodDelete, Path: pathDefinitionsV1, ID: "deleteWorkflow", Summary: "Delete a workflow; its tasks are canceled", Tag: tag,
			Query: which, Answers: answers(success{})}, Handle: (*api).deleteDefinition},
	}
}

// answers is the one answer that an operation gives when it succeeds.
func answers(body any) []openapi.Answer { return []openapi.Answer{{Status: http.StatusOK, Body: body}} }

// A success is the answer to what succeeded, if there is nothing else to tell.
type success struct {
	Message string `json:"message" enum:"success"`
}

// succeed answers that it is done, unless err is why it is not.
func succeed(c *rest.Call, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, success{"success"})
}

func (a *api) listWorkflows(c *rest.Call) error {
	all, err := a.definitionsIn(c, c.Query("projectKey"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, workflowList{eachOf(all, fromWorkflow)})
}

func (a *api) listDefinitions(c *rest.Call) error {
	all, err := a.definitionsIn(c, c.Query("projectName"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, definitionList{eachOf(all, toDefinitionEntry), len(all)})
}

// definitionsIn returns what is known of the definitions of a project, or of one of its views. A
// view that is unknown is none, not all.
func (a *api) definitionsIn(c *rest.Call, project string) ([]workflow.Workflow, error) {
	all, err := every(func(p penstock.Page) (penstock.List[workflow.Workflow], error) {
		return a.Workflows.Definitions().List(c.Context(), workflow.WorkflowFilter{Project: project, View: c.Query("viewName"), Page: p}, c.Actor)
	})
	return all, codeListWorkflows.failing(err)
}

// definition returns a definition of a project. One of another project is not there.
func (a *api) definition(c *rest.Call, key, project string) (workflow.Record[workflow.Definition], error) {
	r, err := a.Workflows.Definitions().Get(c.Context(), key, c.Actor)
	if err == nil && r.Value.Project != project {
		return workflow.Record[workflow.Definition]{}, penstock.ErrNotFound
	}
	return r, err
}

func (a *api) getWorkflow(c *rest.Call) error {
	r, err := a.definition(c, c.Path("workflowKey"), c.Query("projectKey"))
	if err != nil {
		return codeFindWorkflow.failing(err)
	}
	detail, err := toDetail(r)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, detail)
}

func (a *api) getDefinition(c *rest.Call) error {
	r, err := a.definition(c, c.Path("name"), c.Query("projectName"))
	if err != nil {
		return codeFindWorkflow.failing(err)
	}
	stored, err := toStored(r)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, stored)
}

func (a *api) createDefinition(c *rest.Call) error {
	d, err := readDefinition(c)
	if err != nil {
		return err
	}
	_, err = a.Workflows.Definitions().Create(c.Context(), d, c.Actor)
	return succeed(c, unstored(err))
}

func (a *api) updateDefinition(c *rest.Call) error {
	d, err := readDefinition(c)
	if err != nil {
		return err
	}
	project := c.Query("projectName")
	_, err = a.Workflows.Definitions().Update(c.Context(), c.Path("name"), 0, func(now *workflow.Definition) error {
		if now.Project != project {
			return penstock.ErrNotFound
		}
		*now = d
		return nil
	}, c.Actor)
	if errors.Is(err, penstock.ErrNotFound) {
		return codeFindWorkflow.failing(err)
	}
	return succeed(c, unstored(err))
}

// readDefinition reads the definition that is sent.
func readDefinition(c *rest.Call) (workflow.Definition, error) {
	body, err := c.Raw(false)
	if err != nil {
		return workflow.Definition{}, err
	}
	d, err := fromDefinition(body)
	return d, codeLintWorkflow.failing(err)
}

// unstored says why a definition was not stored: since it cannot be, or for another reason.
func unstored(err error) error {
	if errors.Is(err, penstock.ErrInvalid) {
		return codeLintWorkflow.failing(err)
	}
	return codeUpsertWorkflow.failing(err)
}

// deleteDefinition deletes what it has looked at, and nothing that took its key since.
func (a *api) deleteDefinition(c *rest.Call) error {
	key := c.Query("workflowKey")
	r, err := a.definition(c, key, c.Query("projectKey"))
	if err == nil {
		err = a.Workflows.Definitions().Delete(c.Context(), key, r.Version, c.Actor)
	}
	return succeed(c, codeDeleteWorkflow.failing(err))
}
