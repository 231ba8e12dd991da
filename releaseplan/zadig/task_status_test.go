package zadig

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

// The words for every state that there is.
func TestWordsOfStates(t *testing.T) {
	runs := map[string]string{
		"queued": "created", "running": "running", "paused": "pause", "canceling": "running", "passed": "passed", "skipped": "skipped",
		"failed": "failed", "timeout": "timeout", "canceled": "cancelled", "rejected": "reject",
	}
	stages := map[string]string{
		"pending": "", "waiting": "wait_for_approval", "paused": "pause", "running": "running", "passed": "passed", "unstable": "unstable",
		"skipped": "skipped", "failed": "failed", "timeout": "timeout", "canceled": "cancelled", "rejected": "reject",
	}
	jobs := map[string]string{
		"pending": "", "running": "running", "waiting": "wait_for_approval", "deciding": "wait_for_manual_error_handling", "canceling": "running",
		"passed": "passed", "unstable": "unstable", "skipped": "skipped", "failed": "failed", "timeout": "timeout", "canceled": "cancelled", "rejected": "reject",
	}
	for _, c := range []struct {
		kind string
		want map[string]string
		word func(string) string
	}{
		{"RunState", runs, func(s string) string { return taskStatus(workflow.RunState(s)) }},
		{"StageState", stages, func(s string) string { return stageStatus(workflow.StageState(s)) }},
		{"JobState", jobs, func(s string) string { return jobStatus(workflow.JobState(s)) }},
	} {
		got := make(map[string]string)
		for _, state := range constants(t, "../../workflow/run_state.go", c.kind) {
			got[state] = c.word(state)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.kind, diff)
		}
		if got := c.word("other"); got != "" {
			t.Errorf("%s: a state that is not known is %q", c.kind, got)
		}
	}
}

// constants returns the values of all constants of a type in a file.
func constants(t *testing.T, file, kind string) (values []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == kind {
			for _, v := range spec.Values {
				text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, text)
			}
		}
		return true
	})
	return values
}
