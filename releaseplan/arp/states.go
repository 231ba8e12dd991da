package arp

import (
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// planWords is how this dialect calls the states of plans. A plan that failed in a sequential phase
// is called Paused: see [planWord].
var planWords = map[releaseplan.State]string{
	releaseplan.Draft:               "Draft",
	releaseplan.FinalizeCheck:       "Draft",
	releaseplan.FinalizeCheckFailed: "Draft",
	releaseplan.Finalized:           "Draft",
	releaseplan.AwaitingApproval:    "Draft",
	releaseplan.Approved:            "Draft",
	releaseplan.Denied:              "Draft",
	releaseplan.ExecuteCheck:        "Running",
	releaseplan.ExecuteCheckFailed:  "Failed",
	releaseplan.Running:             "Running",
	releaseplan.Paused:              "Paused",
	releaseplan.Failed:              "Failed",
	releaseplan.CompleteCheck:       "Running",
	releaseplan.CompleteCheckFailed: "Failed",
	releaseplan.Expired:             "Failed",
	releaseplan.Completed:           "Completed",
	releaseplan.Canceling:           "Canceled",
	releaseplan.Canceled:            "Canceled",
}

// phaseWords and taskWords are those of phases and tasks. A task that a person is to do is
// Running once it is ready: see [taskWord].
var (
	phaseWords = map[releaseplan.PhaseState]string{
		releaseplan.PhaseDraft:    "Draft",
		releaseplan.PhaseWaiting:  "Waiting",
		releaseplan.PhaseRunning:  "Running",
		releaseplan.PhasePaused:   "Paused",
		releaseplan.PhaseFailed:   "Failed",
		releaseplan.PhaseDone:     "Completed",
		releaseplan.PhaseCanceled: "Canceled",
	}
	taskWords = map[releaseplan.TaskState]string{
		releaseplan.TaskPending:   "Draft",
		releaseplan.TaskWaiting:   "Waiting",
		releaseplan.TaskReady:     "Waiting",
		releaseplan.TaskPaused:    "Paused",
		releaseplan.TaskDisabled:  "Disabled",
		releaseplan.TaskTodo:      "Waiting",
		releaseplan.TaskRunning:   "Running",
		releaseplan.TaskCanceling: "Running",
		releaseplan.TaskDone:      "Completed",
		releaseplan.TaskFailed:    "Failed",
		releaseplan.TaskSkipped:   "Skipped",
		releaseplan.TaskCanceled:  "Canceled",
	}
)

// phaseTypes, taskTypes, events and partyTypes are words that come and go.
var (
	phaseTypes = map[releaseplan.PhaseKind]string{
		releaseplan.Sequential: "Sequential", releaseplan.Parallel: "Parallel", releaseplan.Free: "Parallel",
	}
	taskTypes = map[string]string{releaseplan.Manual: "Manual", releaseplan.Wait: "Wait", releaseplan.Expose: "Milestone"}
	events    = map[releaseplan.Event]string{
		releaseplan.EventStarted: "Start", releaseplan.EventPaused: "Pause", releaseplan.EventFailed: "Failure", releaseplan.EventFinished: "Finish",
		releaseplan.EventCanceled: "Cancel", releaseplan.EventExpired: "Expiration", releaseplan.EventWaiting: "Waiting",
	}
	partyTypes = map[penstock.PartyType]string{penstock.User: "User", penstock.Group: "UserGroup"}
)

// planWord calls the state of a plan. failedIn is the kind of the phase that a Failed one failed in.
func planWord(s releaseplan.State, failedIn releaseplan.PhaseKind) string {
	if s == releaseplan.Failed && failedIn == releaseplan.Sequential {
		return planWords[releaseplan.Paused]
	}
	return planWords[s]
}

// wordOf calls the state of a plan.
func wordOf(p *releaseplan.Plan) string {
	if p.State() != releaseplan.Failed {
		return planWords[p.State()]
	}
	return planWord(p.State(), failedIn(p))
}

// failedIn returns the kind of the phase that a plan failed in.
func failedIn(p *releaseplan.Plan) releaseplan.PhaseKind {
	for i, phase := range p.Content().Phases {
		if p.PhaseState(i) == releaseplan.PhaseFailed {
			return kindOf(phase)
		}
	}
	return ""
}

func kindOf(p releaseplan.Phase) releaseplan.PhaseKind {
	if p.Kind == "" {
		return releaseplan.Sequential
	}
	return p.Kind
}

// taskWord calls the state of a task of a plan that is in state s.
func taskWord(t releaseplan.TaskView, s releaseplan.State) string {
	switch {
	case t.State == releaseplan.TaskReady && t.Kind == releaseplan.Manual:
		return taskWords[releaseplan.TaskRunning] // it is up to a person now
	case t.State == releaseplan.TaskPending && planWords[s] != planWords[releaseplan.Draft]:
		return taskWords[releaseplan.TaskWaiting] // the plan was started, and stands still
	}
	return taskWords[t.State]
}

// expirable are the states that the end of a window ends.
var expirable = []releaseplan.State{
	releaseplan.ExecuteCheck, releaseplan.ExecuteCheckFailed, releaseplan.Running, releaseplan.Paused, releaseplan.Failed,
}

// statesCalled returns the stored states that plans which are called by a word can have.
func statesCalled(word string) (states []releaseplan.State) {
	for _, s := range slices.Sorted(maps.Keys(planWords)) {
		switch {
		case planWords[s] == word,
			s == releaseplan.Failed && word == planWords[releaseplan.Paused],
			slices.Contains(expirable, s) && word == planWords[releaseplan.Expired]:
			states = append(states, s)
		}
	}
	return states
}

// unclear reports whether the stored state of a plan does not tell what the plan is called: what one
// that failed is called depends on where it did, and a window may have ended since it was stored.
func unclear(s releaseplan.Summary, now time.Time) bool {
	over := s.Window != nil && !s.Window.End.IsZero() && now.After(s.Window.End)
	return s.Status.State == releaseplan.Failed || over && slices.Contains(expirable, s.Status.State)
}

// meaning returns what a word of a table stands for. Parallel is both parallel and free: it means the
// former, which comes later by name.
func meaning[K ~string](table map[K]string, word string) (K, bool) {
	for _, k := range slices.Backward(slices.Sorted(maps.Keys(table))) {
		if table[k] == word {
			return k, true
		}
	}
	return "", false
}

// wordsIn lists the words of a table.
func wordsIn[K ~string](table map[K]string) []string {
	return slices.Compact(slices.Sorted(maps.Values(table)))
}
