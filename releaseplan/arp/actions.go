package arp

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/releaseplan"
)

// An offer is an action that is shown where it can be done.
type offer struct {
	action       releaseplan.Action
	rel, desc    string
	method, path string // path: below what it is done with; no method: where is not told
	later        bool   // it is not shown of what is still a draft
	unless       releaseplan.Action
}

// planOffers are those of plans. Those of a draft are documented, and their order with them.
var planOffers = []offer{
	{action: releaseplan.Execute, rel: "execute", desc: "Execute", method: http.MethodPost, path: "/execute"},
	{action: releaseplan.Duplicate, rel: "duplicate", desc: "Duplicate", method: http.MethodPost, path: "/duplicate"},
	{action: releaseplan.Edit, rel: "edit", desc: "Edit", method: http.MethodPost},
	{action: releaseplan.ExportPlan, rel: "export", desc: "Export", method: http.MethodGet, path: "/export"},
	{action: releaseplan.Archive, rel: "archive", desc: "Archive", method: http.MethodPost, path: "/archive"},
	{action: releaseplan.Edit, rel: "add", desc: "Add"},
	{action: releaseplan.Unarchive, rel: "unarchive", desc: "Unarchive", method: http.MethodPost, path: "/unarchive"},
	{action: releaseplan.Finalize, rel: "finalize", desc: "Finalize", method: http.MethodPost, path: "/finalize", unless: releaseplan.Execute},
	{action: releaseplan.RequestApproval, rel: "request_approval", desc: "Request approval", method: http.MethodPost, path: "/request_approval"},
	{action: releaseplan.Withdraw, rel: "withdraw", desc: "Withdraw", method: http.MethodPost, path: "/withdraw"},
	{action: releaseplan.Vote, rel: "approve", desc: "Approve", method: http.MethodPost, path: "/approve"},
	{action: releaseplan.Recheck, rel: "recheck", desc: "Recheck", method: http.MethodPost, path: "/recheck"},
	{action: releaseplan.Pause, rel: "pause", desc: "Pause", method: http.MethodPost, path: "/pause"},
	{action: releaseplan.Resume, rel: "resume", desc: "Resume", method: http.MethodPost, path: "/resume"},
	{action: releaseplan.Finish, rel: "finish", desc: "Finish", method: http.MethodPost, path: "/finish"},
	{action: releaseplan.Cancel, rel: "cancel", desc: "Cancel", method: http.MethodPost, path: "/cancel", later: true},
	{action: releaseplan.Reopen, rel: "reset", desc: "Reset", method: http.MethodPost, path: "/reset"},
	{action: releaseplan.SetVariables, rel: "variables", desc: "Change variables", method: http.MethodPost, path: "/variables", later: true},
	{action: releaseplan.Delete, rel: "delete", desc: "Delete", method: http.MethodDelete, later: true},
}

// taskOffers are those of tasks, besides the ones on the content.
var taskOffers = []offer{
	{action: releaseplan.Start, rel: "start", desc: "start", method: http.MethodPost, path: "/start"},
	{action: releaseplan.Complete, rel: "complete", desc: "complete", method: http.MethodPost, path: "/complete"},
	{action: releaseplan.Fail, rel: "fail", desc: "fail", method: http.MethodPost, path: "/fail"},
	{action: releaseplan.Skip, rel: "skip", desc: "skip", method: http.MethodPost, path: "/skip"},
	{action: releaseplan.Retry, rel: "retry", desc: "retry", method: http.MethodPost, path: "/retry"},
	{action: releaseplan.Abort, rel: "abort", desc: "abort", method: http.MethodPost, path: "/abort"},
	{action: releaseplan.Hold, rel: "hold", desc: "hold", method: http.MethodPost, path: "/hold", later: true},
	{action: releaseplan.Release, rel: "release", desc: "release", method: http.MethodPost, path: "/release"},
	{action: releaseplan.Claim, rel: "claim", desc: "claim", method: http.MethodPost, path: "/claim", later: true},
	{action: releaseplan.ReleaseClaim, rel: "unclaim", desc: "unclaim", method: http.MethodPost, path: "/unclaim"},
	{action: releaseplan.Reassign, rel: "assign", desc: "assign", method: http.MethodPost, path: "/assign", later: true},
}

// allowed returns what verdicts allow.
func allowed(all []releaseplan.Verdict) map[releaseplan.Action]bool {
	out := make(map[releaseplan.Action]bool, len(all))
	for _, v := range all {
		out[v.Action] = v.Allowed
	}
	return out
}

// offered returns the actions that can be done with what is at a path below [Base].
func offered(offers []offer, can map[releaseplan.Action]bool, draft bool, path string) []action {
	out := []action{}
	for _, o := range offers {
		if !can[o.action] || o.later && draft || o.unless != "" && can[o.unless] {
			continue
		}
		a := action{Method: o.method, Rel: o.rel, Type: "System", Desc: o.desc}
		if o.method != "" {
			a.Href = strings.TrimPrefix(Base, "/") + path + o.path
		}
		out = append(out, a)
	}
	return out
}

func planPath(number int64) string { return "/plans/" + strconv.FormatInt(number, 10) }

func taskPath(plan, task int64) string {
	return planPath(plan) + "/tasks/" + strconv.FormatInt(task, 10)
}

// phaseOffers and contentOffers are the actions on the structure, as documented: where is not told.
var (
	phaseOffers   = []offer{{rel: "edit", desc: "Edit"}, {rel: "delete", desc: "Delete"}, {rel: "reorder", desc: "Reorder"}, {rel: "add", desc: "add"}}
	contentOffers = []offer{{rel: "delete", desc: "delete"}, {rel: "reorder", desc: "reorder"}, {rel: "edit", desc: "edit"}}
)

// structural returns those of the offers that are on.
func structural(offers []offer, on map[string]bool) []action {
	out := []action{}
	for _, o := range offers {
		if on[o.rel] {
			out = append(out, action{Rel: o.rel, Type: "System", Desc: o.desc})
		}
	}
	return out
}

// A frontier is how far a plan that is under way is through: what lies before it keeps its place.
type frontier struct {
	phase, task int
	edits       bool // the content can be edited at all
}

// frontierOf returns that of a plan with these tasks.
func frontierOf(p *releaseplan.Plan, tasks []releaseplan.TaskView, edits bool) frontier {
	f := frontier{-1, -1, edits}
	if p.State() == releaseplan.Draft {
		return f
	}
	for _, t := range tasks {
		if begun(t) {
			f.phase, f.task = t.Phase, t.Place
		}
	}
	return f
}

// begun reports whether a task is under way or settled.
func begun(t releaseplan.TaskView) bool {
	switch t.Status.State {
	case releaseplan.TaskRunning, releaseplan.TaskCanceling, releaseplan.TaskDone, releaseplan.TaskSkipped:
		return true
	default:
		return false
	}
}

// phaseActions returns what can be done with the phase at a place.
func (f frontier) phaseActions(i int) []action {
	free := f.edits && i > f.phase
	return structural(phaseOffers, map[string]bool{"edit": f.edits, "delete": free, "reorder": free, "add": f.edits && i >= f.phase})
}

// taskActions returns what can be done with the content of a task.
func (f frontier) taskActions(t releaseplan.TaskView) []action {
	free := f.edits && (t.Phase > f.phase || t.Phase == f.phase && t.Place > f.task)
	return structural(contentOffers, map[string]bool{"edit": f.edits && (f.phase < 0 || !begun(t)), "delete": free, "reorder": free})
}
