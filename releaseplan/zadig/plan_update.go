package zadig

import (
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// An updateSpec is what the verbs of an update want to know.
type updateSpec struct {
	Name         string           `json:"name"`
	Description  string           `json:"description"`
	StartTime    int64            `json:"start_time"`
	EndTime      int64            `json:"end_time"`
	ScheduleTime int64            `json:"schedule_execute_time"`
	Manager      string           `json:"manager"`
	ManagerID    string           `json:"manager_id"`
	Jira         *jiraAssociation `json:"jira_sprint_association"`
	Approval     *approvalBody    `json:"approval"`
	JobIDs       []string         `json:"job_ids"`
}

// updates are the verbs, and what each does to content.
var updates = map[string]func(*library, *releaseplan.Content, updateSpec) error{
	"update_name": func(_ *library, c *releaseplan.Content, s updateSpec) error {
		if strings.TrimSpace(s.Name) == "" {
			return penstock.Invalid("name", "must not be empty")
		}
		c.Name = s.Name
		return nil
	},
	"update_description": func(_ *library, c *releaseplan.Content, s updateSpec) error {
		c.Description = s.Description
		return nil
	},
	"update_time_range": func(_ *library, c *releaseplan.Content, s updateSpec) (err error) {
		c.Window, err = fromWindow(s.StartTime, s.EndTime)
		return err
	},
	"update_schedule_execute_time": func(_ *library, c *releaseplan.Content, s updateSpec) error {
		return reschedule(c, s.ScheduleTime)
	},
	"update_manager": func(l *library, c *releaseplan.Content, s updateSpec) (err error) {
		c.Owner, err = l.owner(s.ManagerID, s.Manager, "", c.Owner)
		return err
	},
	"update_jira_sprint": func(_ *library, c *releaseplan.Content, s updateSpec) (err error) {
		c.Labels, err = withJira(c.Labels, s.Jira)
		return err
	},
	"reorder_release_job": func(_ *library, c *releaseplan.Content, s updateSpec) error { return reorder(c, s.JobIDs) },
	"update_approval": func(_ *library, c *releaseplan.Content, s updateSpec) error {
		if s.Approval == nil {
			return penstock.Invalid("approval", "must be there")
		}
		return approve(c, s.Approval)
	},
	"delete_approval": func(_ *library, c *releaseplan.Content, _ updateSpec) error { return approve(c, nil) },
}

// jobUpdates are the verbs about one job.
var jobUpdates = map[string]func(*library, *releaseplan.Content, jobBody) error{
	"create_release_job": func(l *library, c *releaseplan.Content, b jobBody) error {
		t, err := l.fromJob(b, nil)
		if err == nil {
			addTask(c, t)
		}
		return err
	},
	"update_release_job": func(l *library, c *releaseplan.Content, b jobBody) error {
		before, err := taskOf(c, b.ID)
		if err != nil {
			return err
		}
		t, err := l.fromJob(b, before)
		if err == nil {
			*before = t
		}
		return err
	},
	"delete_release_job": func(_ *library, c *releaseplan.Content, b jobBody) error {
		if _, err := taskOf(c, b.ID); err != nil {
			return err
		}
		for i := range c.Phases {
			c.Phases[i].Tasks = slices.DeleteFunc(c.Phases[i].Tasks, func(t releaseplan.Task) bool { return t.ID == b.ID })
		}
		return nil
	},
}

// taskOf finds a task in content.
func taskOf(c *releaseplan.Content, id string) (*releaseplan.Task, error) {
	for _, t := range tasks(c) {
		if id != "" && t.ID == id {
			return t, nil
		}
	}
	return nil, penstock.Invalid("id", "release job %s not found", clipped(id))
}

// reorder puts all tasks into another order. None moves to another phase.
func reorder(c *releaseplan.Content, ids []string) error {
	places := tasks(c)
	if len(ids) != len(places) {
		return penstock.Invalid("job_ids", "must name each of the %d jobs once", len(places))
	}
	had := make(map[string]releaseplan.Task, len(places))
	phase := make(map[string]int, len(places))
	for i := range c.Phases {
		for _, t := range c.Phases[i].Tasks {
			had[t.ID], phase[t.ID] = t, i
		}
	}
	n := 0
	for i := range c.Phases {
		for range c.Phases[i].Tasks {
			id, path := ids[n], fmt.Sprintf("job_ids[%d]", n)
			t, ok := had[id]
			switch {
			case !ok:
				return penstock.Invalid(path, "job %s not found, or named twice", clipped(id))
			case phase[id] != i:
				return penstock.Invalid(path, "job %s belongs to another phase", clipped(id))
			}
			delete(had, id)
			*places[n] = t
			n++
		}
	}
	return nil
}

// updatePlan changes one thing of a plan.
func (a *api) updatePlan(c *rest.Call) error {
	var body planUpdate
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	update, err := a.update(c, body)
	if err != nil {
		return err
	}
	if body.Version < 0 {
		return penstock.Invalid("version", "must not be negative")
	}
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	if p.State() != releaseplan.Draft {
		return refused("update", p, "plan status is %s, can not update", planWord(p.State()))
	}
	_, err = a.keyed(c).Edit(p.ID(), body.Version, update)
	return succeed(c, sent(err))
}

// update returns what an update does to content.
func (a *api) update(c *rest.Call, body planUpdate) (func(*releaseplan.Content) error, error) {
	lib := a.library(c)
	if do, ok := updates[body.Verb]; ok {
		var spec updateSpec
		if err := decodeSpec(body.Spec, &spec); err != nil {
			return nil, rest.Under("spec", err)
		}
		return func(content *releaseplan.Content) error { return rest.Under("spec", do(lib, content, spec)) }, nil
	}
	if do, ok := jobUpdates[body.Verb]; ok {
		var job jobBody
		if err := decodeSpec(body.Spec, &job); err != nil {
			return nil, rest.Under("spec", err)
		}
		return func(content *releaseplan.Content) error { return rest.Under("spec", do(lib, content, job)) }, nil
	}
	return nil, penstock.Invalid("verb", "%q is not known", clipped(body.Verb))
}
