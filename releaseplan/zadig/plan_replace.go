package zadig

import (
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// replace makes content what the body says. Jobs that were there are known by type and name, and
// stay where they are; everything that this dialect does not know stays too.
func (l *library) replace(c *releaseplan.Content, b *planBody) error {
	if n := len(b.Jobs); n > releaseplan.MaxTasks {
		return tooMany("jobs", n, releaseplan.MaxTasks)
	}
	owner, ownerErr := l.owner(b.ManagerID, b.Manager, b.IdentityType, c.Owner)
	faults := []error{b.into(c), ownerErr}
	c.Owner = owner

	left := make(map[string][]*releaseplan.Task) // by type and name
	for _, t := range tasks(c) {
		key := l.kindWord(t.Kind) + "/" + t.Name
		left[key] = append(left[key], t)
	}
	phases := slices.Clone(c.Phases)
	place := make(map[*releaseplan.Task]int)
	for i := range phases {
		for j := range c.Phases[i].Tasks {
			place[&c.Phases[i].Tasks[j]] = i
		}
		phases[i].Tasks = nil
	}
	next := releaseplan.Content{Phases: phases}
	for i, job := range b.Jobs {
		var before *releaseplan.Task
		if key := job.Type + "/" + job.Name; len(left[key]) > 0 {
			before, left[key] = left[key][0], left[key][1:]
			if job.Manager == "" && job.ManagerID == "" {
				job.Manager, job.ManagerID = before.Owner.Label(), before.Owner.ID
			}
		}
		t, err := l.fromJob(job, before)
		if err != nil {
			faults = append(faults, rest.Under(fmt.Sprintf("jobs[%d]", i), err))
			continue
		}
		if before == nil {
			addTask(&next, t)
			continue
		}
		at := place[before]
		next.Phases[at].Tasks = append(next.Phases[at].Tasks, t)
	}
	c.Phases = next.Phases
	return rest.Join(faults)
}

// replacePlan replaces the content in one commit with going back to planning.
func (a *api) replacePlan(c *rest.Call) error {
	var body planBody
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	content := p.Content()
	switch planWord(p.State()) {
	case planSuccess, planExecuting, planAwaits:
		return refused("replace", p, "release plan status is success, executing or wait for approve, can't update")
	case planCancel:
		return refused("replace", p, "release plan status is cancel, can't update")
	}
	if err := a.library(c).replace(&content, &body); err != nil {
		return err
	}
	edit := releaseplan.Command{Action: releaseplan.Edit, Content: &content}
	if p.State() != releaseplan.Draft {
		edit = releaseplan.Command{Action: releaseplan.Reopen, Then: []releaseplan.Command{edit}}
	}
	edit.IfVersion = p.Version()
	_, err = a.keyed(c).Do(p.ID(), edit)
	return succeed(c, sent(err))
}

// refused says that the state of a plan does not allow something, in the words of this dialect.
func refused(action string, p *releaseplan.Plan, format string, args ...any) error {
	return &failed{code: codeBadRequest, why: fmt.Sprintf(format, args...), err: &penstock.RefusedError{Action: action, State: string(p.State())}}
}

// fields are what this dialect calls the fields of content.
var fields = map[string]string{"window.start": "start_time", "window.end": "end_time", "window": "start_time", "start.at": "schedule_execute_time",
	"start.mode": "schedule_execute_time", "owner": "manager_id", "tasks": "jobs"}

// sent names the faults of content by what was sent.
func sent(err error) error {
	return rest.Renamed(err, func(field string) string {
		if name, ok := fields[field]; ok {
			return name
		}
		if job, ok := strings.CutPrefix(field, "phases[0].tasks["); ok { // of plans that are made here there is one phase
			return "jobs[" + job
		}
		return field
	})
}
