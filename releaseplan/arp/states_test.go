package arp

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// Every state has the word of the table, and there is no state without one.
func TestWordsOfPlansAreTotal(t *testing.T) {
	want := map[releaseplan.State]string{
		releaseplan.Draft: "Draft", releaseplan.FinalizeCheck: "Draft", releaseplan.FinalizeCheckFailed: "Draft", releaseplan.Finalized: "Draft",
		releaseplan.AwaitingApproval: "Draft", releaseplan.Approved: "Draft", releaseplan.Denied: "Draft",
		releaseplan.ExecuteCheck: "Running", releaseplan.ExecuteCheckFailed: "Failed",
		releaseplan.Running: "Running", releaseplan.Paused: "Paused", releaseplan.Failed: "Failed",
		releaseplan.CompleteCheck: "Running", releaseplan.CompleteCheckFailed: "Failed", releaseplan.Expired: "Failed",
		releaseplan.Completed: "Completed", releaseplan.Canceling: "Canceled", releaseplan.Canceled: "Canceled",
	}
	if diff := cmp.Diff(want, planWords); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	drawn := statesIn(releaseplan.Diagram())
	if len(drawn) != len(want) {
		t.Errorf("the diagram has %d states: %q", len(drawn), drawn)
	}
	for _, s := range drawn {
		if planWords[releaseplan.State(s)] == "" {
			t.Errorf("a plan can be %s, and there is no word for it", s)
		}
	}
	for _, s := range statesIn(releaseplan.TaskDiagram()) {
		if taskWords[releaseplan.TaskState(s)] == "" {
			t.Errorf("a task can be %s, and there is no word for it", s)
		}
	}
}

// statesIn returns the states of a diagram.
func statesIn(mermaid string) (all []string) {
	for _, m := range regexp.MustCompile(`(?m)^\s*([a-z_]+) --> ([a-z_]+)`).FindAllStringSubmatch(mermaid, -1) {
		all = append(all, m[1], m[2])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A plan that failed in a sequential phase is Paused, in any other Failed.
func TestFailedIsPausedInASequentialPhase(t *testing.T) {
	for kind, want := range map[releaseplan.PhaseKind]string{"": "Failed", releaseplan.Sequential: "Paused", releaseplan.Parallel: "Failed", releaseplan.Free: "Failed"} {
		if got := planWord(releaseplan.Failed, kind); got != want {
			t.Errorf("failed in a %q phase: %s, want %s", kind, got, want)
		}
		for s, word := range planWords {
			if got := planWord(s, kind); s != releaseplan.Failed && got != word {
				t.Errorf("%s with a %q phase: %s, want %s", s, kind, got, word)
			}
		}
	}
	if got := planWord(releaseplan.Failed, kindOf(releaseplan.Phase{})); got != "Paused" {
		t.Errorf("failed in a phase of the default kind: %s, want Paused", got)
	}
}

// A filter by a word asks the store for every state that plans called so can have, and for no other.
func TestStatesOfAWord(t *testing.T) {
	window := &releaseplan.Window{End: noon}
	for _, word := range wordsIn(planWords) {
		states := statesCalled(word)
		for s := range planWords {
			// What a plan that is stored in s can be called: after its window, or in a phase that failed.
			can := []string{planWords[s]}
			if s == releaseplan.Failed {
				can = append(can, "Paused")
			}
			if unclear(releaseplan.Summary{Window: window, Status: releaseplan.Status{State: s}}, noon.Add(time.Second)) && s != releaseplan.Failed {
				can = append(can, "Failed")
			}
			if got, want := slices.Contains(states, s), slices.Contains(can, word); got != want {
				t.Errorf("%s asks for %s: %t, want %t", word, s, got, want)
			}
		}
	}
	if states := statesCalled("draft"); states != nil {
		t.Errorf("words are as they are written, but draft is %v", states)
	}
}

// Whether the stored state says it all depends on the window.
func TestStoredStateIsUnclear(t *testing.T) {
	for _, row := range []struct {
		state  releaseplan.State
		window *releaseplan.Window
		now    time.Time
		want   bool
	}{
		{releaseplan.Running, nil, noon, false},
		{releaseplan.Running, &releaseplan.Window{Start: noon}, noon.AddDate(1, 0, 0), false},
		{releaseplan.Running, &releaseplan.Window{End: noon}, noon, false},
		{releaseplan.Running, &releaseplan.Window{End: noon}, noon.Add(time.Microsecond), true},
		{releaseplan.Completed, &releaseplan.Window{End: noon}, noon.AddDate(1, 0, 0), false},
		{releaseplan.Approved, &releaseplan.Window{End: noon}, noon.AddDate(1, 0, 0), false},
		{releaseplan.Failed, nil, noon, true},
	} {
		if got := unclear(releaseplan.Summary{Window: row.window, Status: releaseplan.Status{State: row.state}}, row.now); got != row.want {
			t.Errorf("%s, window %v, at %s: %t, want %t", row.state, row.window, row.now, got, row.want)
		}
	}
}

// Words that are read mean what they were written for, as far as this API can tell the difference.
func TestWordsComeBack(t *testing.T) {
	for kind, word := range phaseTypes {
		back, ok := meaning(phaseTypes, word)
		if want := kind; !ok || back != want && kind != releaseplan.Free || kind == releaseplan.Free && back != releaseplan.Parallel {
			t.Errorf("%s is %s, and read as %s", kind, word, back)
		}
	}
	for kind, word := range taskTypes {
		if back, ok := meaning(taskTypes, word); !ok || back != kind {
			t.Errorf("%s is %s, and read as %s", kind, word, back)
		}
	}
	for event, word := range events {
		if back, ok := meaning(events, word); !ok || back != event {
			t.Errorf("%s is %s, and read as %s", event, word, back)
		}
	}
	for _, e := range []releaseplan.Event{releaseplan.EventStarted, releaseplan.EventPaused, releaseplan.EventFailed, releaseplan.EventFinished,
		releaseplan.EventCanceled, releaseplan.EventExpired, releaseplan.EventWaiting} {
		if events[e] == "" {
			t.Errorf("no word for %s", e)
		}
	}
	for _, s := range []releaseplan.PhaseState{releaseplan.PhaseDraft, releaseplan.PhaseWaiting, releaseplan.PhaseRunning, releaseplan.PhasePaused,
		releaseplan.PhaseFailed, releaseplan.PhaseDone, releaseplan.PhaseCanceled} {
		if phaseWords[s] == "" {
			t.Errorf("no word for a phase that is %s", s)
		}
	}
	for _, s := range []releaseplan.TaskState{releaseplan.TaskPending, releaseplan.TaskWaiting, releaseplan.TaskReady, releaseplan.TaskPaused, releaseplan.TaskDisabled} {
		if taskWords[s] == "" {
			t.Errorf("no word for a task that is %s", s)
		}
	}
	if _, ok := meaning(events, "failure"); ok {
		t.Error("words are as they are written, but failure is read")
	}
}

// A task that is ready is Running if it is up to a person.
func TestReadyTasks(t *testing.T) {
	for kind, want := range map[string]string{releaseplan.Manual: "Running", releaseplan.Wait: "Waiting", "deploy": "Waiting"} {
		if got := taskWord(releaseplan.TaskView{Task: releaseplan.Task{Kind: kind}, State: releaseplan.TaskReady}, releaseplan.Running); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
	}
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
