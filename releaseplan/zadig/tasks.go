package zadig

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// taskOperations are those on tasks, which are the runs of workflows.
func taskOperations() []rest.Operation[*api] {
	return slices.Concat(taskReadOperations(), taskExecuteOperations(), taskCommandOperations(), taskManualOperations())
}

const tagTasks = "tasks"

// taskQuery names a task.
func taskQuery() []openapi.Param {
	return []openapi.Param{{Name: "taskId", About: "its number", Type: openapi.Integer, Required: true}, {Name: "workflowKey", About: "the workflow", Required: true}}
}

func taskReadOperations() []rest.Operation[*api] {
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/openapi/workflows/custom/{workflowKey}/tasks", ID: "listTasks", Tag: tagTasks, Summary: "List the tasks of a workflow, the newest first",
			Query: []openapi.Param{
				projectKey,
				{Name: "pageNum", Type: openapi.Integer, About: "from 1; default: 1"},
				{Name: "pageSize", Type: openapi.Integer, About: "from 1 to 1000; default: 50"},
			},
			Answers: answers(taskList{}),
		}, Handle: (*api).listTasks},
		{Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/openapi/workflows/custom/task", ID: "getTask", Tag: tagTasks, Summary: "Get a task",
			Query: taskQuery(), Answers: answers(task{}),
		}, Handle: (*api).getTask},
	}
}

func (a *api) listTasks(c *rest.Call) error {
	key := strings.TrimSpace(c.Path("workflowKey"))
	if key == "" {
		return &rest.ParamError{Name: "workflow name", Why: "is required"}
	}
	page, err := taskPage(c.Int("pageNum", 1), c.Int("pageSize", penstock.DefaultLimit))
	if err != nil {
		return err
	}
	list, err := a.Workflows.List(c.Context(), workflow.RunFilter{Workflow: key, Project: c.Query("projectKey"), Page: page}, c.Actor)
	if err != nil {
		return codeListTasks.failing(err)
	}
	return c.JSON(http.StatusOK, listedTasks(list))
}

// taskPage is the window of a page, of which the first has the number 1.
func taskPage(number, size int) (penstock.Page, error) {
	switch {
	case number < 1:
		return penstock.Page{}, &rest.ParamError{Name: "pageNum", Value: strconv.Itoa(number), Why: "must be at least 1"}
	case size < 1 || size > penstock.MaxLimit:
		return penstock.Page{}, &rest.ParamError{Name: "pageSize", Value: strconv.Itoa(size), Why: "must be from 1 to " + strconv.Itoa(penstock.MaxLimit)}
	case number > math.MaxInt32: // no list is that long
		number = math.MaxInt32
	}
	return penstock.Page{Offset: (number - 1) * size, Limit: size}, nil
}

func (a *api) getTask(c *rest.Call) error {
	run, err := a.Workflows.GetByNumber(c.Context(), c.Query("workflowKey"), int64(c.Int("taskId", 0)), c.Actor)
	if err != nil {
		return missing(err)
	}
	return c.JSON(http.StatusOK, shownTask(run))
}

// taskInPath returns the task that the path and the project of the query name. One of another project
// is not there.
func (a *api) taskInPath(c *rest.Call) (*workflow.Run, error) {
	number, err := strconv.ParseInt(c.Path("taskID"), 10, 64)
	if err != nil {
		return nil, &rest.ParamError{Name: "taskID", Value: c.Path("taskID"), Why: "is invalid"}
	}
	run, err := a.task(c, c.Path("workflowKey"), number)
	if err == nil && run.Resource().Project != c.Query("projectKey") {
		err = penstock.ErrNotFound
	}
	if err != nil {
		return nil, codeGetTask.failing(err)
	}
	return run, nil
}
