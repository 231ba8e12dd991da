package zadig_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

// watchSpecs notes what the executors of jobs are told, by key.
func watchSpecs(f *floor, jobs ...string) *sync.Map {
	specs := new(sync.Map)
	for _, name := range jobs {
		f.does(name, func(_ context.Context, job workflow.Execution) (map[string]string, error) {
			specs.Store(job.Job, string(job.Spec))
			return nil, nil
		})
	}
	return specs
}

// holds fails the test unless the spec of a job has all values of a JSON list.
func holds(t *testing.T, key string, specs *sync.Map, values string) {
	t.Helper()
	text, ok := specs.Load(key)
	if !ok {
		t.Errorf("%s has not run", key)
		return
	}
	var want []string
	if err := json.Unmarshal([]byte(values), &want); err != nil {
		t.Fatal(err)
	}
	for _, value := range want {
		if !strings.Contains(text.(string), value) {
			t.Errorf("%s: no %s in %s", key, value, text)
		}
	}
}
