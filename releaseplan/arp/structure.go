package arp

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// A place is one in a list as it is read: 1 is the first. Nothing is behind the last.
type place = *int

// insert puts what is new at a place, and returns its index.
func insert[T any](all []T, x T, at place) ([]T, int, error) {
	i := len(all)
	if at != nil {
		if i = *at - 1; i < 0 || i > len(all) {
			return nil, i, penstock.Invalid("position", "must be from 1 to %d", len(all)+1)
		}
	}
	return slices.Insert(all, i, x), i, nil
}

// phaseAt returns the place of the phase that a number names.
func phaseAt(c *releaseplan.Content, id string) (int, error) {
	n, err := number(id)
	if err == nil {
		if i := slices.IndexFunc(c.Phases, func(p releaseplan.Phase) bool { return p.Number == n }); i >= 0 {
			return i, nil
		}
	}
	return 0, missing(id)
}

// taskAt returns the place of the task that a number names.
func taskAt(c *releaseplan.Content, id string) (phase, task int, err error) {
	n, err := number(id)
	if err == nil {
		for i := range c.Phases {
			if j := slices.IndexFunc(c.Phases[i].Tasks, func(t releaseplan.Task) bool { return t.Number == n }); j >= 0 {
				return i, j, nil
			}
		}
	}
	return 0, 0, missing(id)
}

// findPhase finds the plan, and that it has the phase that the path names.
func (r *request) findPhase() error {
	if err := r.read(); err != nil {
		return err
	}
	c := r.plan.Content()
	_, err := phaseAt(&c, r.Path("phase"))
	return err
}

// findTask finds the plan and the task that the path names.
func (r *request) findTask() error {
	if err := r.read(); err != nil {
		return err
	}
	return r.pick(r.Path("task"))
}

// readWithTask finds the plan that the path names and, if the query names one, its task.
func (r *request) readWithTask() error {
	if err := r.read(); err != nil || !r.Has(taskParam.Name) {
		return err
	}
	return r.pick(r.Query(taskParam.Name))
}

// pick finds the task of the plan with a number.
func (r *request) pick(task string) error {
	n, err := number(task)
	if err != nil {
		return missing(task)
	}
	for _, t := range r.plan.Tasks() {
		if t.Number == n {
			r.task = &t
			return nil
		}
	}
	return missing(task)
}

// unneeded reports what needs one of some tasks that are about to be deleted.
func unneeded(c *releaseplan.Content, gone []releaseplan.Task) error {
	ids := make(map[string]bool, len(gone))
	for _, t := range gone {
		ids[t.ID] = true
	}
	for _, p := range c.Phases {
		for _, t := range p.Tasks {
			if !ids[t.ID] && slices.ContainsFunc(t.Needs, func(id string) bool { return ids[id] }) {
				body := referred
				body.Details = fmt.Sprintf("the task %q needs it", excerpt.Line(t.Name, 64))
				return &failed{http.StatusBadRequest, body, penstock.ErrRefused}
			}
		}
	}
	return nil
}

// edit lets f change the content of the plan that the path names. Faults in the part of it that lies
// at path are told without that path, as the caller knows it.
func (r *request) edit(path func() string, f func(*releaseplan.Content) error) error {
	r.task = nil // it is the plan that says no
	p, err := r.keyed().Edit(r.plan.ID(), 0, f)
	if err != nil {
		return within(path(), err)
	}
	r.plan = p
	return nil
}

// partNames are what members of phases and tasks are called in this API.
var partNames = strings.NewReplacer("planned_duration", "planned_time.duration", "kind", "type")

// within returns faults with paths below path as those of a part that lies there.
func within(path string, err error) error {
	return rest.Renamed(err, func(field string) string {
		if in, ok := strings.CutPrefix(field, path+"."); ok && path != "" {
			return partNames.Replace(in)
		}
		return field
	})
}

func phasePath(i int) string  { return fmt.Sprintf("phases[%d]", i) }
func inPhase(i, j int) string { return fmt.Sprintf("phases[%d].tasks[%d]", i, j) }
func nowhere() string         { return "" }

// showPhase answers with the phase that has a place.
func (r *request) showPhase(status, i int) error {
	v, err := r.view(r.plan)
	if err != nil {
		return err
	}
	if i >= len(v.content.Phases) {
		return missing(r.Path("phase"))
	}
	return r.JSON(status, v.phase(i, v.frontier()))
}

// showTask answers with the task that has a place.
func (r *request) showTask(status, i, j int) error {
	v, err := r.viewWith(r.plan, true, false, newBook())
	if err != nil {
		return err
	}
	if i >= len(v.content.Phases) || j >= len(v.content.Phases[i].Tasks) {
		return missing(r.Path("task"))
	}
	id := v.tasks[v.first[i]+j].ID // that of one is cheaper than that of all
	can, canErr := r.Plans.CanTask(r.Context(), r.plan.ID(), id, r.Actor)
	if err := unlessGone(canErr); err != nil {
		return err
	}
	v.canTask = map[string][]releaseplan.Verdict{id: can}
	return r.JSON(status, v.taskInFull(v.first[i]+j))
}

// window cuts a page out of a list.
func window[T any](all []T, p penstock.Page) (page []T, more bool) {
	from := min(p.Offset, len(all))
	to := min(from+p.Limit, len(all))
	return all[from:to], to < len(all)
}
