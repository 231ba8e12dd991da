package executor_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// What an executor puts out is what the type says that there is, so that jobs behind it can
// name it, and nothing else.
func TestOutputsAreThoseThatTheTypeTells(t *testing.T) {
	t.Parallel()
	web := target(t)
	for kind, c := range map[string]struct {
		with workflow.Executor
		spec string
	}{
		"sql":  {newSQL(t, &server{}, executor.Database{}, executor.SQLConfig{}), statements("update a", "")},
		"http": {newHTTP(t, executor.HTTPConfig{}), fmt.Sprintf(`{"url":%q}`, web.URL+"/echo")},
	} {
		job, _ := execution(t, kind, c.spec)
		outputs, err := c.with.Execute(t.Context(), job)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		spec, err := (*workflow.Types)(nil).Decode(&workflow.Job{Type: kind, Spec: json.RawMessage(c.spec)})
		if err != nil {
			t.Fatal(err)
		}
		lister, ok := spec.(workflow.OutputLister)
		if !ok {
			t.Fatalf("%s tells no outputs", kind)
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(lister.Outputs())), slices.Sorted(maps.Keys(outputs))); diff != "" {
			t.Errorf("%s (-told +put out): %s", kind, diff)
		}
	}
}
