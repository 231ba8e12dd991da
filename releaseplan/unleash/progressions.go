package unleash

import (
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// A changeProgression says when the next milestone starts, and which one that is.
type changeProgression struct {
	_                   struct{}             `open:"true"`
	TargetMilestone     string               `json:"targetMilestone" doc:"the milestone that follows"`
	TransitionCondition *transitionCondition `json:"transitionCondition,omitempty" need:"true"`
}

// A progression is how one milestone follows another by itself.
type progression struct {
	SourceMilestone     string              `json:"sourceMilestone"`
	TargetMilestone     string              `json:"targetMilestone"`
	TransitionCondition transitionCondition `json:"transitionCondition"`
}

// progressionOperations are about milestones of plans that follow each other by themselves.
func progressionOperations() []rest.Operation[*api] {
	const at, one = atEnvironment + "/progressions", atEnvironment + "/progressions/{sourceMilestoneId}"
	return []rest.Operation[*api]{
		{Operation: plans("PUT", one, "changeMilestoneProgression", "Says how long a milestone is served before the next one starts", changeProgression{}, http.StatusOK, progression{}), Handle: (*api).changeProgression, Keyed: true},
		{Operation: plans("DELETE", one, "deleteMilestoneProgression", "Leaves it to people when the next milestone starts", nil, http.StatusNoContent, nil), Handle: (*api).deleteProgression, Keyed: true},
		{Operation: plans("POST", at+"/{planId}/resume", "resumeMilestoneProgressions", "Lets a plan go on that a safeguard or a person paused", nil, http.StatusOK, nil), Handle: (*api).resumeProgressions, Keyed: true},
	}
}

// source returns the plan of the milestone of the path, and its place.
func (a *api) source(c *rest.Call) (*releaseplan.Plan, int, error) {
	id := c.Path("sourceMilestoneId")
	p, err := a.planWhere(c, func(p *releaseplan.Plan) bool { return milestoneAt(p.Content().Milestones, id) >= 0 }, "milestone "+id)
	if err != nil {
		return nil, 0, err
	}
	return p, milestoneAt(p.Content().Milestones, id), nil
}

func (a *api) changeProgression(c *rest.Call) error {
	var body changeProgression
	if err := c.Read(&body, true, false); err != nil {
		return err
	}
	p, at, err := a.source(c)
	if err != nil {
		return err
	}
	var v faults
	all := p.Content().Milestones
	switch {
	case at == len(all)-1:
		v.add("targetMilestone", "cannot be: no milestone follows the last one")
	case body.TargetMilestone != all[at+1].ID:
		v.add("targetMilestone", "must be the milestone that follows: %s", all[at+1].ID)
	}
	var interval *penstock.Duration
	if body.TransitionCondition == nil {
		v.add("transitionCondition", "is required")
	} else {
		interval, err = body.TransitionCondition.duration("transitionCondition")
		v.join(err)
	}
	if err := v.err(); err != nil {
		return err
	}
	if _, err := a.keyed(c).Do(p.ID(), releaseplan.Command{Action: releaseplan.SetInterval, Milestone: all[at].ID, Interval: interval}); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, progression{all[at].ID, all[at+1].ID, *body.TransitionCondition})
}

func (a *api) deleteProgression(c *rest.Call) error {
	p, at, err := a.source(c)
	if err != nil {
		return err
	}
	m := p.Milestones(a.Now())[at]
	if m.Interval == nil {
		return notFound("progression of milestone %s", m.ID)
	}
	if _, err := a.keyed(c).Do(p.ID(), releaseplan.Command{Action: releaseplan.SetInterval, Milestone: m.ID}); err != nil {
		return err
	}
	return c.Empty(http.StatusNoContent)
}

// resumeProgressions lets a plan go on. Who says so has taken care of the safeguards that
// tripped: what was measured before counts no more.
func (a *api) resumeProgressions(c *rest.Call) error {
	p, err := a.plan(c)
	if err != nil {
		return err
	}
	if _, err := a.keyed(c).Do(p.ID(), resume(p)); err != nil {
		return err
	}
	return c.Empty(http.StatusOK)
}

// resume returns what lets a plan go on, as one command.
func resume(p *releaseplan.Plan) releaseplan.Command {
	var all []releaseplan.Command
	r := p.Status().Rollout
	if r != nil {
		for _, trip := range r.Tripped {
			all = append(all, releaseplan.Command{Action: releaseplan.ClearSafeguard, Safeguard: trip.Safeguard, Remark: "the progressions are resumed"})
		}
	}
	paused := p.State() == releaseplan.Paused
	if !paused || r != nil && !r.Paused.IsZero() {
		all = append(all, releaseplan.Command{Action: releaseplan.ResumeRollout})
	}
	if paused {
		all = append(all, releaseplan.Command{Action: releaseplan.Resume})
	}
	first := all[0]
	first.Then = all[1:]
	return first
}
