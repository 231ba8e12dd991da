package arp

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// phaseOperations are those on the phases of a plan.
func phaseOperations() []rest.Operation[*api] {
	return table("phases", []operation{
		{method: http.MethodGet, path: "/plans/{id}/phases", id: "listPhases", summary: "List the phases of a plan", query: pageParams, answer: phaseList{},
			says: wording{"get", noPlan, badData}, handle: listPhases},
		{method: http.MethodPost, path: "/plans/{id}/phases", id: "addPhase", summary: "Add a phase", body: newPhaseBody{}, status: http.StatusCreated, answer: phase{},
			says: wording{"add", noPlan, badData}, handle: addPhase},
		{method: http.MethodGet, path: "/plans/{id}/phases/{phase}", id: "getPhase", summary: "Get a phase", answer: phase{},
			says: wording{"get", noPlan, badData}, handle: getPhase},
		{method: http.MethodPost, path: "/plans/{id}/phases/{phase}", id: "updatePhase", summary: "Change what is said of a phase", body: phaseBody{}, answer: phase{},
			says: wording{"edit", noPlan, badData}, handle: updatePhase},
		{method: http.MethodDelete, path: "/plans/{id}/phases/{phase}", id: "deletePhase", summary: "Delete a phase and its tasks",
			says: wording{"delete", noPlan, badData}, handle: deletePhase},
		{method: http.MethodPost, path: "/plans/{id}/phases/{phase}/reorder", id: "reorderPhase", summary: "Move a phase", body: phasePlace{}, answer: phase{},
			says: wording{"reorder", noPlan, badData}, handle: reorderPhase},
	})
}

// A phaseBody is what shall change in a phase.
type phaseBody struct {
	Name *string `json:"name,omitempty"`
	phaseParts
}

// A newPhaseBody is a new phase as it is read.
type newPhaseBody struct {
	Name *string `json:"name,omitempty" need:"true"`
	phaseParts
	Position *int `json:"position,omitempty" doc:"1 is the first; default: behind the last"`
}

// phaseParts are what is said of a phase besides its name.
type phaseParts struct {
	Description *string         `json:"description,omitempty"`
	Owner       *reference      `json:"owner,omitempty" doc:"default: the owner of the plan"`
	Type        *string         `json:"type,omitempty" enum:"Sequential,Parallel" doc:"the order of its tasks; default: Sequential"`
	PlannedTime *phaseTime      `json:"planned_time,omitempty" doc:"default: what its tasks need"`
	Listeners   *[]listenerBody `json:"listeners,omitempty" doc:"all that there shall be"`
}

// phaseTime is how long a phase is meant to take: when it starts follows from the phases before it.
type phaseTime struct {
	Duration *string `json:"duration,omitempty" format:"duration"`
}

// A phasePlace is where a phase is to stand.
type phasePlace struct {
	Position *int `json:"position,omitempty" need:"true" doc:"1 is the first"`
}

// writePhase puts what the body says into a phase.
func (a *api) writePhase(ctx context.Context, b phaseBody, p *releaseplan.Phase) error {
	var faults []error
	if b.Name != nil {
		p.Name = *b.Name
	}
	if b.Description != nil {
		p.Description = *b.Description
	}
	faults = append(faults, a.writeOwner(ctx, b.Owner, &p.Owner))
	if b.Type != nil && *b.Type != phaseTypes[kindOf(*p)] { // a free one stays so if it is called Parallel, as it was shown
		kind, ok := meaning(phaseTypes, *b.Type)
		if !ok {
			faults = append(faults, penstock.Invalid("type", "must be one of %s", strings.Join(wordsIn(phaseTypes), ", ")))
		}
		p.Kind = kind
	}
	if b.PlannedTime != nil && b.PlannedTime.Duration != nil {
		d, err := penstock.ParseDuration(*b.PlannedTime.Duration)
		if err != nil {
			faults = append(faults, rest.Under("planned_time.duration", err))
		}
		p.Duration = &d
	}
	faults = append(faults, a.writeListeners(ctx, b.Listeners, &p.Listeners))
	return errors.Join(faults...)
}

func listPhases(r *request) error {
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
	out := phaseList{Total: len(v.content.Phases)}
	out.Data, out.HasMore = window(v.phases(), page)
	return r.JSON(http.StatusOK, out)
}

func getPhase(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	c := r.plan.Content()
	i, err := phaseAt(&c, r.Path("phase"))
	if err != nil {
		return err
	}
	return r.showPhase(http.StatusOK, i)
}

func addPhase(r *request) error {
	var b newPhaseBody
	if err := r.readThen(&b, false); err != nil {
		return err
	}
	at := 0
	err := r.edit(func() string { return phasePath(at) }, func(c *releaseplan.Content) (err error) {
		var p releaseplan.Phase
		if err := r.writePhase(r.Context(), phaseBody{b.Name, b.phaseParts}, &p); err != nil {
			return err
		}
		c.Phases, at, err = insert(c.Phases, p, b.Position)
		return err
	})
	if err != nil {
		return err
	}
	return r.showPhase(http.StatusCreated, at)
}

func updatePhase(r *request) error {
	var b phaseBody
	if err := errors.Join(r.findPhase(), r.body(&b, false)); err != nil {
		return err
	}
	at := 0
	err := r.edit(func() string { return phasePath(at) }, func(c *releaseplan.Content) (err error) {
		if at, err = phaseAt(c, r.Path("phase")); err != nil {
			return err
		}
		return r.writePhase(r.Context(), b, &c.Phases[at])
	})
	if err != nil {
		return err
	}
	return r.showPhase(http.StatusOK, at)
}

func deletePhase(r *request) error {
	if err := r.read(); err != nil {
		return err
	}
	err := r.edit(nowhere, func(c *releaseplan.Content) error {
		at, err := phaseAt(c, r.Path("phase"))
		if err != nil {
			return err
		}
		err = unneeded(c, c.Phases[at].Tasks)
		c.Phases = slices.Delete(c.Phases, at, at+1)
		return err
	})
	if err != nil {
		return err
	}
	return r.deleted()
}

func reorderPhase(r *request) error {
	var b phasePlace
	if err := errors.Join(r.findPhase(), r.body(&b, false)); err != nil {
		return err
	}
	if b.Position == nil {
		return penstock.Invalid("position", "must be set")
	}
	at := 0
	err := r.edit(nowhere, func(c *releaseplan.Content) (err error) {
		if at, err = phaseAt(c, r.Path("phase")); err != nil {
			return err
		}
		p := c.Phases[at]
		c.Phases, at, err = insert(slices.Delete(c.Phases, at, at+1), p, b.Position)
		return err
	})
	if err != nil {
		return err
	}
	return r.showPhase(http.StatusOK, at)
}
