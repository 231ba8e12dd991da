package unleash

import (
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A releasePlan is a plan of a feature in an environment.
type releasePlan struct {
	ID                    string          `json:"id" doc:"a ULID"`
	Discriminator         string          `json:"discriminator" enum:"plan"`
	Name                  string          `json:"name"`
	Description           *string         `json:"description"`
	FeatureName           string          `json:"featureName"`
	Environment           string          `json:"environment"`
	CreatedByUserID       int64           `json:"createdByUserId"`
	CreatedAt             time.Time       `json:"createdAt"`
	ActiveMilestoneID     *string         `json:"activeMilestoneId" doc:"of the milestone that is live"`
	Milestones            []planMilestone `json:"milestones" doc:"in their order"`
	ReleasePlanTemplateID string          `json:"releasePlanTemplateId" doc:"that it was made of; empty: of none"`
	Safeguards            []planSafeguard `json:"safeguards" doc:"what keeps watch over it"`
}

// A planMilestone is a milestone of a plan.
type planMilestone struct {
	milestone
	StartedAt             *time.Time           `json:"startedAt" doc:"the latest time; null: never"`
	TransitionCondition   *transitionCondition `json:"transitionCondition" doc:"when the next one starts; null: when a person says so"`
	ProgressionExecutedAt *time.Time           `json:"progressionExecutedAt" doc:"when the next one started by that"`
	PausedAt              *time.Time           `json:"pausedAt" doc:"since when that is put off until somebody resumes it"`
}

func toReleasePlan(p *releaseplan.Plan, createdBy int64, now time.Time) releasePlan {
	c, st := p.Content(), p.Status()
	out := releasePlan{ID: p.ID(), Discriminator: "plan", Name: c.Name, Description: orNull(c.Description), CreatedByUserID: createdBy,
		CreatedAt: st.Created.At.UTC(), Milestones: toPlanMilestones(p, now), Safeguards: make([]planSafeguard, len(c.Safeguards))}
	if c.Target != nil {
		out.FeatureName, out.Environment = c.Target.Feature, c.Target.Environment
	}
	if st.Rollout != nil {
		out.ActiveMilestoneID = orNull(st.Rollout.Live)
	}
	if c.Origin != nil {
		out.ReleasePlanTemplateID = c.Origin.Template
	}
	for i := range c.Safeguards {
		out.Safeguards[i] = toPlanSafeguard(&c.Safeguards[i], p.ID())
	}
	return out
}

func toPlanMilestones(p *releaseplan.Plan, now time.Time) []planMilestone {
	views, all := p.Milestones(now), p.Content().Milestones
	orders, paused := sortOrders(all), pausedAt(p)
	out := make([]planMilestone, len(views))
	for i := range views {
		v := &views[i]
		out[i] = planMilestone{milestone: toMilestone(&v.Milestone, p.ID(), orders[i]), StartedAt: timeOrNull(v.Exposure.Started.UTC()), TransitionCondition: toTransition(v.Interval)}
		if out[i].TransitionCondition == nil {
			continue
		}
		if out[i].ProgressionExecutedAt = timeOrNull(executedAt(views, i, p.Status().Rollout)); out[i].ProgressionExecutedAt == nil {
			out[i].PausedAt = timeOrNull(paused)
		}
	}
	return out
}

// pausedAt returns since when nothing goes on by itself; zero: it does.
func pausedAt(p *releaseplan.Plan) time.Time {
	st := p.Status()
	if st.Rollout != nil && !st.Rollout.Paused.IsZero() {
		return st.Rollout.Paused.UTC()
	}
	if s := p.State(); s == releaseplan.Paused || s == releaseplan.Failed {
		return st.Visits[len(st.Visits)-1].Entered.UTC()
	}
	return time.Time{}
}

// executedAt returns when the interval of the milestone at place i made the next one start;
// zero: it did not, or not in the latest stay. What a plan keeps does not tell that of
// stays before the latest one of the milestone that is live: those that lasted as long as
// the interval are taken to have ended by it.
func executedAt(views []releaseplan.MilestoneView, i int, r *releaseplan.RolloutStatus) time.Time {
	v := &views[i]
	ended := v.Exposure.Ended
	if r == nil || ended.IsZero() || i+1 >= len(views) {
		return time.Time{}
	}
	for _, next := range views[i+1:] {
		if !next.Exposure.Started.Equal(ended) {
			continue
		}
		byItself := !v.Interval.AddTo(v.Exposure.Started).After(ended)
		if next.ID == r.Live {
			byItself = r.Before.Equal(v.Exposure.Started)
		}
		if byItself {
			return ended.UTC()
		}
	}
	return time.Time{}
}
