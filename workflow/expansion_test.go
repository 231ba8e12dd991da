package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// manyServices is a definition of a build of n services, and of scripts of so many bytes
// that follow it, each once for every service.
func manyServices(n, scripts, bytes int) *workflow.Definition {
	var builds []string
	for i := range n {
		builds = append(builds, fmt.Sprintf(`{"service_name":"s%d","service_module":"m","build_name":"b"}`, i))
	}
	list := "[" + strings.Join(builds, ",") + "]"
	d := &workflow.Definition{Project: "shop", Key: "many", Stages: []workflow.Stage{{Name: "build", Jobs: []workflow.Job{
		{Name: "build", Type: "zadig-build", Spec: json.RawMessage(`{"source":"runtime","service_and_builds":` + list + `,"service_and_builds_options":` + list + `}`)},
	}}}}
	script := strings.Repeat("x", bytes)
	for i := range scripts {
		d.Stages = append(d.Stages, workflow.Stage{Name: fmt.Sprint("test ", i), Jobs: []workflow.Job{{Name: fmt.Sprint("test", i), Type: "freestyle",
			Spec: json.RawMessage(`{"freestyle_type":"service_freestyle","source":"fromjob","job_name":"build","steps":[{"name":"s","type":"shell","spec":{"script":"` + script + `"}}]}`)}}})
	}
	return d
}

// A small definition cannot fill the memory: what its jobs expand to is bounded before
// it is made.
func TestExpansionIsBounded(t *testing.T) {
	types, err := workflow.NewTypes()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		d    *workflow.Definition
		want string
	}{
		"a large job":      {manyServices(900, 1, 100_000), "more than 16777216 bytes"},
		"many large jobs":  {manyServices(500, 3, 30_000), "more than 16777216 bytes"},
		"many jobs":        {manyServices(900, 3, 10), "jobs are too many"},
		"as many as there": {manyServices(900, 1, 10), ""},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r", Number: 1, Version: 1}, c.d, types, workflow.Start{}, ann, time.Unix(0, 0))
		runtime.ReadMemStats(&after)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.Is(err, penstock.ErrInvalid) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, not %s", name, err, c.want)
		}
		if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 1_000 { // of which most was let go on the way
			t.Errorf("%s: it took %d MiB to find that out", name, mib)
		}
	}
}
