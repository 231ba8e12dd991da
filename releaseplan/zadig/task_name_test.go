package zadig

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// built is a run that builds modules of services.
func built(t *testing.T, builds string, more ...workflow.Job) *workflow.Run {
	t.Helper()
	d := &workflow.Definition{Project: "shop", Key: "release", Stages: []workflow.Stage{{Name: "all", Jobs: append([]workflow.Job{
		{Name: "build", Type: "zadig-build", Spec: json.RawMessage(`{"service_and_builds": ` + builds + `}`)},
	}, more...)}}}
	run, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r", Number: 1, Version: 1}, d, nil, workflow.Start{}, penstock.Actor{ID: "ann"}, start)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// However jobs are called, each name that is shown finds the job, and so do its key and its place.
func TestJobNames(t *testing.T) {
	script := func(name string) workflow.Job {
		return workflow.Job{Name: name, Type: "freestyle", Spec: json.RawMessage(`{"script": "true"}`)}
	}
	for rule, c := range map[string]struct {
		run  *workflow.Run
		want []string
	}{
		"service, module and job":    {built(t, `[{"service_name": "a", "service_module": "web"}]`, script("test")), []string{"a-web-build", "test"}},
		"two that would be the same": {built(t, `[{"service_name": "a-b", "service_module": "c"}, {"service_name": "a", "service_module": "b-c"}]`), []string{"job-0-0-0-build", "job-0-0-1-build"}},
		"as another job is called":   {built(t, `[{"service_name": "a", "service_module": "web"}]`, script("a-web-build")), []string{"job-0-0-0-build", "job-0-1-0-a-web-build"}},
	} {
		names := jobNames(c.run)
		var got []string
		for _, j := range c.run.Stages()[0].Jobs {
			got = append(got, names[j.Key])
			for _, name := range []string{names[j.Key], j.Key, j.Name} {
				if found, ok := findJob(c.run, name); !ok || found.Key != j.Key {
					t.Errorf("%s: %q is %q, not %q", rule, name, found.Key, j.Key)
				}
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
	if _, ok := findJob(built(t, `[{"service_name": "a", "service_module": "web"}]`), "build"); ok {
		t.Error("the job of the definition is no job of the run")
	}
}
