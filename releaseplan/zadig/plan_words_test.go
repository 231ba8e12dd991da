package zadig

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// states are those that a diagram draws.
func states(diagram string) []string {
	all := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^\s*([a-z_]+) --> ([a-z_]+|\[\*\])`).FindAllStringSubmatch(diagram, -1) {
		all[m[1]] = true
		if m[2] != "[*]" {
			all[m[2]] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Every state of a plan has one word, and every word is the schema's.
func TestPlanWords(t *testing.T) {
	want := map[string]string{
		"draft": "planning", "finalize_check": "wait_for_finish_planning_external_check", "finalize_check_failed": "wait_for_finish_planning_external_check_failed",
		"finalized": "finish_planning", "awaiting_approval": "wait_for_approval", "approved": "executing", "denied": "denied",
		"execute_check": "wait_for_execute_external_check", "execute_check_failed": "wait_for_execute_external_check_failed",
		"running": "executing", "paused": "executing", "failed": "executing",
		"complete_check": "wait_for_all_done_external_check", "complete_check_failed": "wait_for_all_done_external_check_failed",
		"expired": "timeout", "completed": "success", "canceling": "cancel", "canceled": "cancel",
	}
	got := make(map[string]string)
	for _, s := range states(releaseplan.Diagram()) {
		got[s] = planWord(releaseplan.State(s))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if words := slices.Sorted(maps.Keys(planStates)); !slices.Equal(words, slices.Sorted(slices.Values(planWords))) {
		t.Errorf("%v", words)
	}
	if planWord("dancing") != "" {
		t.Error("what is no state has a word")
	}
}

// Every state of a task has one word.
func TestJobWords(t *testing.T) {
	want := map[string]string{
		"pending": "", "waiting": "todo", "ready": "todo", "paused": "todo", "todo": "todo", "running": "running", "canceling": "running",
		"done": "done", "failed": "failed", "skipped": "skipped", "canceled": "skipped", "disabled": "skipped",
	}
	got := make(map[string]string)
	for _, s := range slices.Concat(states(releaseplan.TaskDiagram()), []string{"pending", "waiting", "ready", "paused", "disabled"}) {
		got[s] = jobWord(releaseplan.TaskState(s))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Every state of a request has one word.
func TestApprovalWords(t *testing.T) {
	want := map[string]string{"pending": "", "approved": "passed", "rejected": "reject", "lapsed": "timeout", "withdrawn": "cancelled", "canceled": "cancelled"}
	got := make(map[string]string)
	for _, s := range states(approval.Diagram()) {
		got[s] = approvalWord(approval.State(s))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
