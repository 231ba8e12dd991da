package arp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// taskOperations are those on the tasks of a plan.
func taskOperations() []rest.Operation[*api] {
	rows := []operation{
		{method: http.MethodGet, path: "/plans/{id}/tasks", id: "listTasks", summary: "List the tasks of a plan", query: pageParams, answer: taskList{},
			says: wording{"get", noPlan, badData}, handle: listTasks},
		{method: http.MethodPost, path: "/plans/{id}/phases/{phase}/tasks", id: "addTask", summary: "Add a task", body: newTaskBody{}, status: http.StatusCreated, answer: taskDetail{},
			says: wording{"add", noPlan, badData}, handle: addTask},
		{method: http.MethodGet, path: "/plans/{id}/tasks/{task}", id: "getTask", summary: "Get a task", answer: taskDetail{},
			says: wording{"get", noPlan, badData}, handle: getTask},
		{method: http.MethodPost, path: "/plans/{id}/tasks/{task}", id: "updateTask", summary: "Change what is said of a task", body: taskBody{}, answer: taskDetail{},
			says: wording{"edit", noPlan, badData}, handle: updateTask},
		{method: http.MethodDelete, path: "/plans/{id}/tasks/{task}", id: "deleteTask", summary: "Delete a task",
			says: wording{"delete", noPlan, badData}, handle: deleteTask},
		{method: http.MethodPost, path: "/plans/{id}/tasks/{task}/reorder", id: "reorderTask", summary: "Move a task", body: taskPlace{}, answer: taskDetail{},
			says: wording{"reorder", noPlan, badData}, handle: reorderTask},
		{method: http.MethodPost, path: "/plans/{id}/tasks/{task}/assign", id: "assignTask", summary: "Say who is to do a task", body: assignBody{}, bare: true, answer: taskDetail{},
			says: wording{"assign", noPlan, badData}, handle: assignTask},
	}
	return table("tasks", append(rows, taskCommands()...))
}

// taskCommands are the operations on tasks that say no more than what to do.
func taskCommands() []operation {
	var all []operation
	for _, c := range []struct {
		path, id, summary string
		action            releaseplan.Action
	}{
		{"start", "startTask", "Begin a task", releaseplan.Start},
		{"complete", "completeTask", "Say that a task is done", releaseplan.Complete},
		{"fail", "failTask", "Say that a task failed", releaseplan.Fail},
		{"skip", "skipTask", "Pass a task over; the remark is required", releaseplan.Skip},
		{"retry", "retryTask", "Do a task that failed once more", releaseplan.Retry},
		{"abort", "abortTask", "Stop a task that runs", releaseplan.Abort},
		{"hold", "holdTask", "Do not let a task begin", releaseplan.Hold},
		{"release", "releaseTask", "Let it begin again", releaseplan.Release},
		{"claim", "claimTask", "Take a task over", releaseplan.Claim},
		{"unclaim", "unclaimTask", "Give it back", releaseplan.ReleaseClaim},
	} {
		all = append(all, operation{
			method: http.MethodPost, path: "/plans/{id}/tasks/{task}/" + c.path, id: c.id, summary: c.summary, body: remarkBody{}, bare: true, answer: taskDetail{},
			says: wording{c.path, noPlan, badData},
			handle: func(r *request) error {
				var b remarkBody
				if err := errors.Join(r.findTask(), r.body(&b, true)); err != nil {
					return err
				}
				return r.doTask(releaseplan.Command{Action: c.action, Remark: b.Remark})
			},
		})
	}
	return all
}

// doTask lets the task do something, and answers with it.
func (r *request) doTask(c releaseplan.Command) error {
	c.Task = r.task.ID
	p, err := r.keyed().Do(r.plan.ID(), c)
	if err != nil {
		return err
	}
	r.plan = p
	t, err := p.Task(c.Task)
	if err != nil {
		return err
	}
	return r.showTask(http.StatusOK, t.Phase, t.Place)
}

// A taskBody is what shall change in a task.
type taskBody struct {
	Name *string `json:"name,omitempty"`
	taskParts
}

// A newTaskBody is a new task as it is read.
type newTaskBody struct {
	Name *string `json:"name,omitempty" need:"true"`
	taskParts
	Position *int `json:"position,omitempty" doc:"in the phase: 1 is the first; default: behind the last"`
}

// taskParts are what is said of a task besides its name.
type taskParts struct {
	Description *string         `json:"description,omitempty"`
	Owner       *reference      `json:"owner,omitempty" doc:"default: the owner of the phase"`
	Type        *string         `json:"type,omitempty" doc:"Manual, Wait, Milestone, or the kind of what carries it out; default: Manual"`
	PlannedTime *plannedBody    `json:"planned_time,omitempty" doc:"it informs people"`
	Spec        json.RawMessage `json:"spec,omitempty" open:"true" doc:"what its type wants to know: an object"`
	Needs       *[]int64        `json:"needs,omitempty" doc:"ids of tasks that are to be settled first"`
	Disabled    *bool           `json:"disabled,omitempty"`
	Listeners   *[]listenerBody `json:"listeners,omitempty" doc:"all that there shall be"`
}

// A taskPlace is where a task is to stand.
type taskPlace struct {
	Phase    *int64 `json:"phase,omitempty" doc:"id; default: where it is"`
	Position *int   `json:"position,omitempty" need:"true" doc:"in the phase: 1 is the first"`
}

// An assignBody is who is to do a task.
type assignBody struct {
	Assignee *reference `json:"assignee,omitempty" doc:"none: nobody in particular"`
	Remark   string     `json:"remark,omitempty"`
}

// writeTask puts what the body says into a task of a content.
func (a *api) writeTask(ctx context.Context, b taskBody, c *releaseplan.Content, t *releaseplan.Task) error {
	var faults []error
	if b.Name != nil {
		t.Name = *b.Name
	}
	if b.Description != nil {
		t.Description = *b.Description
	}
	faults = append(faults, a.writeOwner(ctx, b.Owner, &t.Owner))
	if b.Type != nil {
		if kind, ok := meaning(taskTypes, *b.Type); ok {
			t.Kind = kind
		} else {
			t.Kind = *b.Type
		}
	}
	faults = append(faults, b.PlannedTime.write(&t.Planned))
	if b.Spec != nil {
		if t.Spec = b.Spec; string(b.Spec) == "null" {
			t.Spec = nil
		}
	}
	if b.Needs != nil {
		needs, err := needed(c, *b.Needs)
		t.Needs = needs
		faults = append(faults, err)
	}
	if b.Disabled != nil {
		t.Disabled = *b.Disabled
	}
	faults = append(faults, a.writeListeners(ctx, b.Listeners, &t.Listeners))
	return errors.Join(faults...)
}

// needed finds tasks by their numbers.
func needed(c *releaseplan.Content, numbers []int64) ([]string, error) {
	var faults []error
	ids := make(map[int64]string)
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			ids[c.Phases[i].Tasks[j].Number] = c.Phases[i].Tasks[j].ID
		}
	}
	out := make([]string, 0, len(numbers))
	for i, n := range numbers {
		id, ok := ids[n]
		if !ok || id == "" {
			faults = append(faults, penstock.Invalid("needs["+strconv.Itoa(i)+"]", "there is no task %d in the plan", n))
		}
		out = append(out, id)
	}
	return out, errors.Join(faults...)
}

func listTasks(r *request) error {
	page, err := r.page()
	if err != nil {
		return err
	}
	if err := r.read(); err != nil {
		return err
	}
	v, err := r.view(r.plan)
	if err != nil {
		return err
	}
	out := taskList{Total: len(v.tasks), Data: []task{}}
	f := v.frontier()
	places := make([]int, len(v.tasks))
	for i := range places {
		places[i] = i
	}
	places, out.HasMore = window(places, page)
	for _, at := range places {
		out.Data = append(out.Data, v.task(at, f))
	}
	return r.JSON(http.StatusOK, out)
}

func getTask(r *request) error {
	if err := r.findTask(); err != nil {
		return err
	}
	return r.showTask(http.StatusOK, r.task.Phase, r.task.Place)
}

func addTask(r *request) error {
	var b newTaskBody
	if err := errors.Join(r.findPhase(), r.body(&b, false)); err != nil {
		return err
	}
	i, j := 0, 0
	err := r.edit(func() string { return inPhase(i, j) }, func(c *releaseplan.Content) (err error) {
		if i, err = phaseAt(c, r.Path("phase")); err != nil {
			return err
		}
		var t releaseplan.Task
		if err := r.writeTask(r.Context(), taskBody{b.Name, b.taskParts}, c, &t); err != nil {
			return err
		}
		p := &c.Phases[i]
		p.Tasks, j, err = insert(p.Tasks, t, b.Position)
		return err
	})
	if err != nil {
		return err
	}
	return r.showTask(http.StatusCreated, i, j)
}

func updateTask(r *request) error {
	var b taskBody
	if err := errors.Join(r.findTask(), r.body(&b, false)); err != nil {
		return err
	}
	i, j := 0, 0
	err := r.edit(func() string { return inPhase(i, j) }, func(c *releaseplan.Content) (err error) {
		if i, j, err = taskAt(c, r.Path("task")); err != nil {
			return err
		}
		return r.writeTask(r.Context(), b, c, &c.Phases[i].Tasks[j])
	})
	if err != nil {
		return err
	}
	return r.showTask(http.StatusOK, i, j)
}

func deleteTask(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	err := r.edit(nowhere, func(c *releaseplan.Content) error {
		i, j, err := taskAt(c, r.Path("task"))
		if err != nil {
			return err
		}
		err = unneeded(c, c.Phases[i].Tasks[j:j+1])
		c.Phases[i].Tasks = slices.Delete(c.Phases[i].Tasks, j, j+1)
		return err
	})
	if err != nil {
		return err
	}
	return r.deleted()
}

func reorderTask(r *request) error {
	var b taskPlace
	if err := errors.Join(r.findTask(), r.body(&b, false)); err != nil {
		return err
	}
	if b.Position == nil {
		return penstock.Invalid("position", "must be set")
	}
	to, at := 0, 0
	err := r.edit(nowhere, func(c *releaseplan.Content) error {
		i, j, err := taskAt(c, r.Path("task"))
		if err != nil {
			return err
		}
		if to = i; b.Phase != nil {
			to = slices.IndexFunc(c.Phases, func(p releaseplan.Phase) bool { return p.Number == *b.Phase })
		}
		if to < 0 {
			return penstock.Invalid("phase", "there is no phase %d in the plan", *b.Phase)
		}
		t := c.Phases[i].Tasks[j]
		c.Phases[i].Tasks = slices.Delete(c.Phases[i].Tasks, j, j+1)
		c.Phases[to].Tasks, at, err = insert(c.Phases[to].Tasks, t, b.Position)
		return err
	})
	if err != nil {
		return err
	}
	return r.showTask(http.StatusOK, to, at)
}

func assignTask(r *request) error {
	var b assignBody
	if err := errors.Join(r.findTask(), r.body(&b, true)); err != nil {
		return err
	}
	c := releaseplan.Command{Action: releaseplan.Reassign, Remark: b.Remark}
	if b.Assignee != nil {
		info, err := r.party(r.Context(), "assignee", b.Assignee)
		if err != nil {
			return err
		}
		c.Assignee = &info.Party
	}
	return r.doTask(c)
}
