package releaseplan

import (
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/lifecycle"
)

// A situation is what the guards of a plan look at: they answer from it alone.
type situation struct {
	p  *Plan
	by penstock.Actor
	at time.Time

	place int  // of the milestone that it is about, or -1
	later bool // the milestone is to start at a later time, at which that is judged
}

var (
	somethingToDo = planGuard{Rule: "something_to_do", Needs: "an enabled task or a milestone",
		Holds: func(s *situation) bool { return s.p.enabled() > 0 || len(s.p.def.content.Milestones) > 0 }}
	lintFree = planGuard{Rule: "lint", Needs: "content without faults",
		Holds: func(s *situation) bool { return s.p.Lint() == nil },
		Fault: func(s *situation) error { return s.p.Lint() }}
	noApprovalRequired = planGuard{Rule: "no_approval_required", Needs: "an approval",
		Holds: func(s *situation) bool { return !s.p.approvalRequired() }}
	approvalRequired = planGuard{Rule: "approval_required", Needs: "an approval policy that is enabled",
		Holds: func(s *situation) bool { return s.p.approvalRequired() }}
	noFinalizeGate = planGuard{Rule: "no_finalize_gate", Needs: "the finalize check (finalize first)",
		Holds: func(s *situation) bool { return s.p.gate(GateFinalize) == nil }}

	windowOpen = planGuard{Rule: "window_open", Needs: "an open window",
		Holds:  func(s *situation) bool { return s.p.def.content.Window.Open(s.at) },
		Clears: func(s *situation) time.Time { return s.p.def.content.Window.opens(s.at) }}
	windowOver = planGuard{Rule: "window_over", Needs: "the end of the window",
		Holds: func(s *situation) bool {
			end := s.p.def.content.Window.expires()
			return !end.IsZero() && !s.at.Before(end)
		},
		Clears: func(s *situation) time.Time { return s.p.def.content.Window.expires() }}

	calendarsOpen = planGuard{Rule: "calendars_open", Needs: "every calendar to be open",
		Holds:  func(s *situation) bool { return len(s.p.closedToExecute(s.at)) == 0 },
		Clears: func(s *situation) time.Time { return s.p.executable(s.at) },
		Fault:  func(s *situation) error { return frozen(s.p.closedToExecute(s.at)) }}
	calendarsLetOn = planGuard{Rule: "calendars_open", Needs: "calendars that let a task go on",
		Holds:  func(s *situation) bool { return len(s.p.closedToResume(s.at)) == 0 },
		Clears: func(s *situation) time.Time { return s.p.resumable(s.at) },
		Fault:  func(s *situation) error { return frozen(s.p.closedToResume(s.at)) }}
	planCalendarsOpen = planGuard{Rule: "calendars_open", Needs: "every calendar to be open",
		Holds:  func(s *situation) bool { return len(s.p.closures(s.at)) == 0 },
		Clears: func(s *situation) time.Time { return s.p.calendarsOpen(s.at) },
		Fault:  func(s *situation) error { return frozen(s.p.closures(s.at)) }}
	calendarKnown = planGuard{Rule: "calendar", Needs: "a calendar",
		Holds: func(s *situation) bool { return len(s.p.calendars().Names()) > 0 }}
	overridden = planGuard{Rule: "overridden", Needs: "an override that has not ended",
		Holds: func(s *situation) bool { return len(s.p.overrides(s.at)) > 0 }}

	contentApproved = planGuard{Rule: "content_approved", Needs: "an approval of the content as it is",
		Holds: func(s *situation) bool { return s.p.contentApproved() }}
	approvalStale = planGuard{Rule: "content_changed", Needs: "content that changed since its approval",
		Holds: func(s *situation) bool { return !s.p.contentApproved() }}
	executorPermitted = planGuard{Rule: "executor_permitted", Needs: "an executor who did not vote",
		Holds: func(s *situation) bool { return s.p.st.Request == nil || s.p.st.Request.MayExecute(s.by.ID) }}
	requestApproved = planGuard{Rule: "request_approved", Needs: "the deciding approval",
		Holds: func(s *situation) bool { return s.p.requestIs(approval.Approved) }}
	requestRejected = planGuard{Rule: "request_rejected", Needs: "a rejection",
		Holds: func(s *situation) bool { return s.p.requestIs(approval.Rejected) }}
	requestLapsed = planGuard{Rule: "request_lapsed", Needs: "the end of the time to vote",
		Holds: func(s *situation) bool { return s.p.requestIs(approval.Lapsed) }}
	requestClosed = planGuard{Rule: "no_open_request", Needs: "no open request for approval",
		Holds: func(s *situation) bool { return !s.p.requestIs(approval.Pending) }}

	gatePassed = planGuard{Rule: "gate_passed", Needs: "the check to pass", Holds: func(s *situation) bool {
		return s.p.gate(gateOf(s.p.st.State)) == nil || s.p.st.Gate != nil && s.p.st.Gate.Answer == GatePass
	}}
	gateFailed = planGuard{Rule: "gate_failed", Needs: "the check to fail", Holds: func(s *situation) bool {
		return s.p.gate(gateOf(s.p.st.State)) != nil && s.p.st.Gate != nil && s.p.st.Gate.Answer == GateFail
	}}
	gateOpen = planGuard{Rule: "gate_open", Needs: "a check that waits for its answer",
		Holds: func(s *situation) bool { return s.p.st.Gate.open() }}

	nothingRuns = planGuard{Rule: "nothing_runs", Needs: "no task to run",
		Holds: func(s *situation) bool { return s.p.busy() == 0 }}
	allSettled = planGuard{Rule: "all_settled", Needs: "every enabled task done or skipped",
		Holds: func(s *situation) bool { return s.p.open() == 0 }}
	tasksOpen = planGuard{Rule: "tasks_open", Needs: "an open task",
		Holds: func(s *situation) bool { return s.p.open() > 0 }}
	stuck = planGuard{Rule: "stuck", Needs: "a failed task, and none that can run",
		Holds: func(s *situation) bool { return s.p.count(countFailed) > 0 && s.p.busy() == 0 && !s.p.canGoOn() }}
	noFailedTask = planGuard{Rule: "no_failed_task", Needs: "every failed task retried or skipped",
		Holds: func(s *situation) bool { return s.p.count(countFailed) == 0 }}
	finishAsked = planGuard{Rule: "finish_asked", Needs: "the owner to finish it",
		Holds: func(s *situation) bool { return s.p.st.FinishAsked || len(s.p.def.content.Milestones) == 0 }}
	hasMilestones = planGuard{Rule: "has_milestones", Needs: "milestones (a plan without them finishes by itself)",
		Holds: func(s *situation) bool { return len(s.p.def.content.Milestones) > 0 }}
	finishNotAsked = planGuard{Rule: "finish_not_asked", Needs: "not to have been asked for before",
		Holds: func(s *situation) bool { return !s.p.st.FinishAsked }}

	retracted = planGuard{Rule: "retracted", Needs: "its providers to have dropped its requests",
		Holds: func(s *situation) bool { return len(s.p.st.Retract) == 0 }}

	archived = planGuard{Rule: "archived", Needs: "to be archived",
		Holds: func(s *situation) bool { return !s.p.st.Archived.IsZero() }}
	notArchived = planGuard{Rule: "not_archived", Needs: "to be unarchived first",
		Holds: func(s *situation) bool { return s.p.st.Archived.IsZero() }}
)

// gateOf returns the gate that a state waits for.
func gateOf(s State) GateKind {
	switch s {
	case FinalizeCheck:
		return GateFinalize
	case ExecuteCheck:
		return GateExecute
	case CompleteCheck:
		return GateComplete
	default:
		return ""
	}
}

// A standing rule says where an action that leaves the state as it is can be
// asked for.
type standingRule struct {
	in     []State // nil: everywhere
	guards []planGuard
}

// standing is every action that a plan takes without moving.
var standing = map[Action]standingRule{
	Edit:             {in: []State{Draft, Paused, Failed}, guards: []planGuard{notArchived}},
	SetVariables:     {in: []State{Draft, Paused, Failed}, guards: []planGuard{notArchived}},
	Vote:             {in: []State{AwaitingApproval}, guards: []planGuard{notArchived}},
	Retracted:        {},
	ReportApproval:   {in: []State{AwaitingApproval}, guards: []planGuard{notArchived}},
	AnswerGate:       {in: []State{FinalizeCheck, ExecuteCheck, CompleteCheck}, guards: []planGuard{notArchived, gateOpen}},
	OverrideCalendar: {guards: []planGuard{notArchived, planNotOver, calendarKnown}},
	EndOverride:      {guards: []planGuard{notArchived, overridden}},
	Finish:           {in: []State{Running, Paused}, guards: []planGuard{notArchived, hasMilestones, finishNotAsked}},
	Comment:          {},

	StartMilestone:    {guards: []planGuard{notArchived, milestoneThere, planNotOver, notLive, forwardRunning, forwardWindow, forwardCalendars, forwardClear, backApproved}},
	SkipMilestone:     {guards: []planGuard{notArchived, milestoneThere, planNotOver, notPassed, notSkipped}},
	CompleteMilestone: {guards: []planGuard{notArchived, planGoing, isLive, notThrough, rolloutGoing, windowOpen, planCalendarsOpen}},
	SetInterval:       {guards: []planGuard{notArchived, milestoneThere, planNotOver, intervalOpen}},
	PauseRollout:      {guards: []planGuard{notArchived, hasMilestones, planNotOver, rolloutGoing}},
	ResumeRollout:     {guards: []planGuard{notArchived, planNotOver, rolloutPaused, safeguardsClear}},
	StopRollout:       {guards: []planGuard{notArchived, planNotOver, somethingLive}},
	ClearSafeguard:    {guards: []planGuard{notArchived, planNotOver, safeguardTripped}},
	Observe:           {guards: []planGuard{notArchived}},

	Archive:    {guards: []planGuard{notArchived, nothingRuns, requestClosed}},
	Unarchive:  {guards: []planGuard{archived}},
	Duplicate:  {},
	ExportPlan: {},
	Delete:     {guards: []planGuard{nothingRuns, requestClosed, retracted}},
}

// refusals returns why an action that keeps the state cannot be done; none if it can.
func (r standingRule) refusals(s *situation) []lifecycle.Refusal {
	if r.in != nil && !slices.Contains(r.in, s.p.st.State) {
		return []lifecycle.Refusal{{Rule: "state", Needs: "a plan that is " + oneOf(r.in)}}
	}
	var all []lifecycle.Refusal
	for _, g := range r.guards {
		if !g.Holds(s) {
			refusal := lifecycle.Refusal{Rule: g.Rule, Needs: g.Needs}
			if g.Clears != nil {
				refusal.Earliest = g.Clears(s)
			}
			if g.Fault != nil {
				refusal.Err = g.Fault(s)
			}
			all = append(all, refusal)
		}
	}
	return all
}

// oneOf lists states for people.
func oneOf(states []State) string {
	var b strings.Builder
	for i, s := range states {
		switch {
		case i > 0 && i == len(states)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(words(string(s)))
	}
	return b.String()
}
