package arp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// startsIn is when a new plan starts that says nothing of it.
const startsIn = 30 * 24 * time.Hour

// A newPlanBody is a new plan as it is read.
type newPlanBody struct {
	Name        *string         `json:"name,omitempty" need:"true"`
	Folder      *reference      `json:"folder,omitempty" need:"true"`
	PlannedTime *plannedBody    `json:"planned_time,omitempty" need:"true" doc:"with an end or a duration; the start is in 30 days unless it says otherwise"`
	Owner       *reference      `json:"owner,omitempty" doc:"default: who asks"`
	Description *string         `json:"description,omitempty"`
	NotifyOwner *bool           `json:"notify_owner_on_error,omitempty" doc:"default: true"`
	Variables   *[]variableBody `json:"variables,omitempty"`
	Listeners   *[]listenerBody `json:"listeners,omitempty"`
}

// A planBody is what shall change in a plan.
type planBody struct {
	Name        *string         `json:"name,omitempty"`
	Folder      *reference      `json:"folder,omitempty"`
	PlannedTime *plannedBody    `json:"planned_time,omitempty"`
	Owner       *reference      `json:"owner,omitempty"`
	Description *string         `json:"description,omitempty"`
	NotifyOwner *bool           `json:"notify_owner_on_error,omitempty"`
	Variables   *[]variableBody `json:"variables,omitempty" doc:"all that there shall be"`
	Listeners   *[]listenerBody `json:"listeners,omitempty" doc:"all that there shall be"`
}

// complete reports what a new plan lacks.
func (b *newPlanBody) complete() error {
	var faults []error
	needs := func(path string, there bool, why string) {
		if !there {
			faults = append(faults, penstock.Invalid(path, "%s", why))
		}
	}
	needs("name", b.Name != nil, "must be set")
	needs("folder", b.Folder != nil, "must be set")
	needs("planned_time", b.PlannedTime != nil, "must be set")
	needs("planned_time", b.PlannedTime == nil || b.PlannedTime.End != nil || b.PlannedTime.Duration != nil, "needs an end or a duration")
	return errors.Join(faults...)
}

// write puts what the body says into a content.
func (a *api) write(ctx context.Context, b planBody, c *releaseplan.Content) error {
	var faults []error
	if b.Name != nil {
		c.Name = *b.Name
	}
	if b.Description != nil {
		c.Description = *b.Description
	}
	if b.NotifyOwner != nil {
		c.NotifyOwnerOnError = b.NotifyOwner
	}
	if b.Folder != nil {
		folder, err := a.folder(ctx, b.Folder)
		if err == nil && folder.Key() != c.Folder.Key() {
			c.Folder = folder
		}
		faults = append(faults, err)
	}
	faults = append(faults, a.writeOwner(ctx, b.Owner, &c.Owner), b.PlannedTime.write(&c.Planned))
	if b.Variables != nil {
		err := complete("variables", *b.Variables)
		if err == nil {
			c.Variables = rewritten(c.Variables, *b.Variables)
		}
		faults = append(faults, err)
	}
	faults = append(faults, a.writeListeners(ctx, b.Listeners, &c.Listeners))
	return errors.Join(faults...)
}

// complete reports what variables lack.
func complete(path string, all []variableBody) error {
	if n := len(all); n > releaseplan.MaxVariables {
		return penstock.Invalid(path, "%d are too many: at most %d", n, releaseplan.MaxVariables)
	}
	var faults []error
	for i, x := range all {
		if x.Name == nil {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("%s[%d].name", path, i), "must be set"))
		}
		if x.Value == nil {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("%s[%d].value", path, i), "must be set"))
		}
	}
	return rest.Join(faults)
}

// rewritten returns variables as they shall be. One that was secret stays so.
func rewritten(before []releaseplan.Variable, all []variableBody) []releaseplan.Variable {
	secret := make(map[string]bool, len(before))
	for _, x := range before {
		secret[x.Name] = x.Secret
	}
	out := make([]releaseplan.Variable, 0, len(all))
	for _, x := range all {
		next := releaseplan.Variable{Name: *x.Name, Value: *x.Value, Secret: secret[*x.Name]}
		if next.Secret && next.Value == secretMask { // as it was shown
			next.Value = ""
		}
		out = append(out, next)
	}
	return out
}

// echoes reports whether a planned time says no more than what was shown.
func (b *plannedBody) echoes(shown plannedTime) bool {
	same := func(said, have *string) bool { return said == nil || have != nil && *said == *have }
	return same(b.Start, shown.Start) && same(b.End, shown.End) && (b.End != nil || same(b.Duration, shown.Duration))
}
