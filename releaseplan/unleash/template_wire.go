package unleash

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/template"
)

// A releasePlanTemplate is a template of milestones.
type releasePlanTemplate struct {
	ID              string              `json:"id" doc:"a ULID"`
	Discriminator   string              `json:"discriminator" enum:"template"`
	Name            string              `json:"name" doc:"unique among those of all projects, archived ones too"`
	Description     *string             `json:"description"`
	Project         string              `json:"project,omitempty" doc:"whose it is; not there: everybody's"`
	CreatedByUserID int64               `json:"createdByUserId"`
	CreatedAt       time.Time           `json:"createdAt"`
	ArchivedAt      *time.Time          `json:"archivedAt,omitempty"`
	Milestones      []templateMilestone `json:"milestones" doc:"in their order"`
}

// A templateMilestone is a milestone of a template.
type templateMilestone struct {
	milestone
	TransitionCondition *transitionCondition `json:"transitionCondition,omitempty" doc:"when the next one starts; not there: when a person says so"`
}

func toTemplate(t *template.Template, createdBy int64) releasePlanTemplate {
	out := releasePlanTemplate{
		ID: t.ID, Discriminator: "template", Name: t.Name, Description: orNull(t.Description), Project: t.Project,
		CreatedByUserID: createdBy, CreatedAt: t.Created.At.UTC(), ArchivedAt: timeOrNull(t.Archived.UTC()), Milestones: make([]templateMilestone, len(t.Content.Milestones)),
	}
	for i := range out.Milestones {
		out.Milestones[i] = toTemplateMilestone(t, i)
	}
	return out
}

func toTemplateMilestone(t *template.Template, i int) templateMilestone {
	m := &t.Content.Milestones[i]
	return templateMilestone{toMilestone(m, t.ID, sortOrders(t.Content.Milestones)[i]), toTransition(m.After)}
}

// A createTemplate is a template as it is first written.
type createTemplate struct {
	Name        string           `json:"name"`
	Description *string          `json:"description" need:"false"`
	Milestones  *[]milestoneBody `json:"milestones" need:"false"`
}

// An updateTemplate is a template as it is written anew.
type updateTemplate struct {
	ID *string `json:"id" need:"false" doc:"that of the path"`
	createTemplate
}

// apply makes the template what the body says. Milestones that it does not speak of stay.
func (b *createTemplate) apply(t *template.Template) (origin, error) {
	t.Name, t.Description = b.Name, ""
	if b.Description != nil {
		t.Description = *b.Description
	}
	var v faults
	if b.Name == "" {
		v.add("name", "must not be empty")
	}
	if b.Milestones == nil {
		return unmoved, v.err()
	}
	bodies := *b.Milestones
	if n := len(bodies); n > releaseplan.MaxMilestones {
		return unmoved, tooMany("milestones", n, releaseplan.MaxMilestones)
	}
	made, inner := make([]releaseplan.Milestone, len(bodies)), make([][]int, len(bodies))
	for i := range bodies {
		var err error
		path := fmt.Sprintf("milestones[%d].", i)
		v.join(bodies[i].belongs(path, t.ID))
		made[i], inner[i], err = bodies[i].milestone(path, t.Content.Milestones, true)
		v.join(err)
	}
	order := sorted(made, func(m releaseplan.Milestone) int { return m.SortOrder })
	t.Content.Milestones = arranged(made, order)
	if n := len(order); n > 0 && bodies[order[n-1]].TransitionCondition.Set {
		v.join(lastWaits(made[order[n-1]], fmt.Sprintf("milestones[%d].", order[n-1])))
	}
	return origin{func(i int) (string, []int, bool) {
		if i >= len(order) {
			return "", nil, false
		}
		return fmt.Sprintf("milestones[%d]", order[i]), inner[order[i]], true
	}}, v.err()
}

// tooMany says that a list is longer than it can be.
func tooMany(field string, n, most int) error {
	return penstock.Invalid(field, "%d are too many: at most %d", n, most)
}

// lastWaits is what is wrong with the last milestone if one is to follow it.
func lastWaits(m releaseplan.Milestone, path string) error {
	if m.After == nil {
		return nil
	}
	return penstock.Invalid(path+"transitionCondition", "goes with a milestone that another one follows: this is the last")
}

// belongs checks what the body says of where it belongs.
func (b *milestoneBody) belongs(path, template string) error {
	if b.ReleasePlanDefinitionID == nil || template == "" || *b.ReleasePlanDefinitionID == template {
		return nil
	}
	return penstock.Invalid(path+"releasePlanDefinitionId", "must be that of the template: %s", template)
}

// unmoved is the origin of milestones that a body leaves as they are.
var unmoved = origin{func(int) (string, []int, bool) { return "", nil, false }}

// put makes the milestone with an id, or a new one, what the body says.
func (b *milestoneBody) put(t *template.Template, id string) (origin, error) {
	var v faults
	v.join(b.belongs("", t.ID))
	all := t.Content.Milestones
	at := milestoneAt(all, id)
	if id == "" {
		b.ID = nil
	} else {
		if at < 0 {
			return origin{}, notFound("milestone %q of template %s", id, t.ID)
		}
		if b.ID != nil && *b.ID != id {
			v.add("id", "must be that of the path: %s", id)
		}
		b.ID = &id
	}
	m, inner, err := b.milestone("", all, id == "")
	v.join(err)
	if id == "" {
		if b.TransitionCondition.Set && !b.TransitionCondition.Null {
			v.add("transitionCondition", "goes with a milestone that another one follows: update it once there is one")
		}
		at, all = len(all), append(all, m)
	} else {
		all[at] = m
	}
	order := sorted(all, func(m releaseplan.Milestone) int { return m.SortOrder })
	t.Content.Milestones = arranged(all, order)
	if id != "" && b.TransitionCondition.Set && order[len(order)-1] == at {
		v.join(lastWaits(m, ""))
	}
	return origin{func(i int) (string, []int, bool) { return "", inner, i < len(order) && order[i] == at }}, v.err()
}

// dropMilestone takes a milestone out.
func dropMilestone(t *template.Template, id string) error {
	all := t.Content.Milestones
	at := milestoneAt(all, id)
	if at < 0 {
		return notFound("milestone %q of template %s", id, t.ID)
	}
	all = append(all[:at:at], all[at+1:]...)
	if n := len(all); n > 0 && at == n {
		all[n-1].After = nil // nothing follows it any more
	}
	t.Content.Milestones = all
	return nil
}

// put makes the strategy with an id of a milestone, or a new one, what the body says.
func (b *strategyBody) put(t *template.Template, milestone, id string) (origin, error) {
	var v faults
	i := milestoneAt(t.Content.Milestones, milestone)
	if i < 0 {
		return origin{}, notFound("milestone %q of template %s", milestone, t.ID)
	}
	if b.MilestoneID != nil && *b.MilestoneID != milestone {
		v.add("milestoneId", "must be that of the path: %s", milestone)
	}
	m := &t.Content.Milestones[i]
	at := strategyAt(m.Strategies, id)
	if id == "" {
		b.ID = nil
	} else {
		if at < 0 {
			return origin{}, notFound("strategy %q of milestone %s", id, milestone)
		}
		if b.ID != nil && *b.ID != id {
			v.add("id", "must be that of the path: %s", id)
		}
		b.ID = &id
	}
	s, err := b.strategy("", m.Strategies)
	v.join(err)
	if id == "" {
		m.Strategies = append(m.Strategies, s)
	} else {
		m.Strategies[at] = s
	}
	order := sorted(m.Strategies, strategyOrder)
	m.Strategies = arranged(m.Strategies, order)
	return origin{func(k int) (string, []int, bool) { return "", nil, k == i }}, v.err()
}

// dropStrategy takes a strategy out of a milestone.
func dropStrategy(t *template.Template, milestone, id string) error {
	i := milestoneAt(t.Content.Milestones, milestone)
	if i < 0 {
		return notFound("milestone %q of template %s", milestone, t.ID)
	}
	m := &t.Content.Milestones[i]
	at := strategyAt(m.Strategies, id)
	if at < 0 {
		return notFound("strategy %q of milestone %s", id, milestone)
	}
	m.Strategies = append(m.Strategies[:at:at], m.Strategies[at+1:]...)
	return nil
}

// notFound says that there is no such thing.
func notFound(format string, args ...any) error {
	for i, arg := range args {
		if name, ok := arg.(string); ok { // what somebody asked for can be long
			args[i] = excerpt.Line(name, 64)
		}
	}
	return &missing{fmt.Sprintf(format, args...)}
}

// missing is a NotFoundError: what is named is not there, or not where it was looked for.
type missing struct{ what string }

func (e *missing) Error() string        { return e.what + " is not there" }
func (e *missing) Is(target error) bool { return target == penstock.ErrNotFound }
