package zadig

import (
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// toHead returns what a summary tells. manager is the name of the owner.
func toHead(s releaseplan.Summary, manager string) planHead {
	out := planHead{
		planRow: planRow{ID: s.ID, Index: s.Number, Name: s.Name, Manager: manager, Description: s.Description,
			CreatedBy: s.Status.Created.By.Label(), CreateTime: seconds(s.Status.Created.At)},
		ManagerID: s.Owner.ID,
		UpdatedBy: s.Status.Updated.By.Label(), UpdateTime: seconds(s.Status.Updated.At),
		Status: planWord(s.Status.State),
	}
	if s.Window != nil {
		out.StartTime, out.EndTime = seconds(s.Window.Start), seconds(s.Window.End)
	}
	v := visits(s.Status.Visits)
	out.PlanningTime = seconds(v.of(releaseplan.Draft).Left)
	if awaited := v.of(releaseplan.AwaitingApproval); !v.of(releaseplan.Approved).Entered.Before(awaited.Left) || !v.of(releaseplan.Denied).Entered.Before(awaited.Left) {
		out.ApprovalTime = seconds(awaited.Left)
	}
	out.ExecutingTime = seconds(v.of(releaseplan.Running).Entered)
	out.SuccessTime = seconds(v.of(releaseplan.Completed).Entered)
	return out
}

// visits are the latest stays of a plan in its states, in the order in which they began.
type visits []releaseplan.Visit

// of returns the stay in a state since the plan was last in planning, zero if there was none.
func (all visits) of(s releaseplan.State) releaseplan.Visit {
	begin := slices.IndexFunc(all, func(v releaseplan.Visit) bool { return v.State == releaseplan.Draft })
	for _, v := range all[max(0, begin):] {
		if v.State == s {
			return v
		}
	}
	return releaseplan.Visit{}
}

// summary is what a list would tell of a plan.
func summary(p *releaseplan.Plan) releaseplan.Summary {
	c := p.Content()
	return releaseplan.Summary{ID: p.ID(), Number: p.Number(), Name: c.Name, Description: c.Description, Folder: c.Folder, Owner: c.Owner,
		Planned: c.Planned, Window: c.Window, Labels: c.Labels, Status: p.Status(), Version: p.Version(), Tasks: p.TaskCount()}
}

// toPlanDetail returns a plan with its jobs.
func toPlanDetail(p *releaseplan.Plan, manager string, jobs []planJob) planDetail {
	out := planDetail{planHead: toHead(summary(p), manager), Approval: toApproval(p.Content().Approval, counting(p)), Jobs: jobs}
	if start := p.Content().Start; start.Mode == releaseplan.Scheduled {
		out.ScheduleTime = seconds(start.At)
	}
	return out
}

// toPlanView returns all that is known of a plan. Who may not answer its checks is not shown the code.
func toPlanView(p *releaseplan.Plan, d planDetail, by penstock.Actor) planView {
	c, st := p.Content(), p.Status()
	out := planView{planDetail: d, Version: p.Version(), Jira: toJira(c.Labels), Hooks: toHooks(c.Gates)}
	v := visits(st.Visits)
	out.FinishPlanningTime = seconds(v.of(releaseplan.Finalized).Entered)
	for _, g := range c.Gates {
		switch g.On {
		case releaseplan.GateFinalize:
			out.FinishCheckTime = seconds(v.of(releaseplan.FinalizeCheck).Left)
		case releaseplan.GateExecute:
			out.ExecuteCheckTime = seconds(v.of(releaseplan.ExecuteCheck).Left)
		case releaseplan.GateComplete:
			out.CompleteCheckTime = seconds(v.of(releaseplan.CompleteCheck).Left)
		}
	}
	if g := st.Gate; g != nil && st.State != releaseplan.Draft {
		open := slices.Contains([]releaseplan.State{releaseplan.FinalizeCheck, releaseplan.ExecuteCheck, releaseplan.CompleteCheck}, st.State)
		switch {
		case g.Answer == releaseplan.GateFail:
			out.CheckFailedReason = g.Note
		case g.Answer == releaseplan.GateProgress:
			out.CheckProgress = g.Note
		}
		if open && (by.Admin || by.Is(c.Owner)) {
			out.InstanceCode = g.Code
		}
	}
	return out
}

// A gateEvent is the word for a gate.
type gateEvent struct {
	on    releaseplan.GateKind
	event string
}

// gateEvents are the words for the gates, in order.
var gateEvents = []gateEvent{{releaseplan.GateFinalize, "finish_planning"}, {releaseplan.GateExecute, "start_execute"}, {releaseplan.GateComplete, "all_job_done"}}

func toHooks(gates []releaseplan.Gate) *planHooks {
	if len(gates) == 0 {
		return nil
	}
	out := &planHooks{Enable: true, Callback: true, Events: []string{}}
	for _, row := range gateEvents {
		if slices.ContainsFunc(gates, func(g releaseplan.Gate) bool { return g.On == row.on }) {
			out.Events = append(out.Events, row.event)
		}
	}
	return out
}
