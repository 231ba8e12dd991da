package workflow_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

var (
	noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	ann  = penstock.Actor{ID: "ann"}
)

func runTypes(t testing.TB) *workflow.Types {
	t.Helper()
	types, err := workflow.NewTypes()
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func shellJob(name string) workflow.Job {
	return workflow.Job{Name: name, Type: "freestyle", Spec: json.RawMessage(`{"script":"echo hello"}`)}
}

// threeByTwo is a definition of three stages with two jobs each.
func threeByTwo() *workflow.Definition {
	d := &workflow.Definition{Project: "shop", Key: "build"}
	for i := range 3 {
		s := workflow.Stage{Name: fmt.Sprintf("stage %d", i), Parallel: true}
		for j := range 2 {
			s.Jobs = append(s.Jobs, shellJob(fmt.Sprintf("j%d-%d", i, j)))
		}
		d.Stages = append(d.Stages, s)
	}
	return d
}

func TestRunPasses(t *testing.T) {
	d := threeByTwo()
	types := runTypes(t)
	if err := d.Validate(types); err != nil {
		t.Fatal(err)
	}
	r, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1, Version: 1}, d, types, workflow.Start{}, ann, noon)
	if err != nil {
		t.Fatal(err)
	}
	sys := penstock.System()
	do := func(c workflow.Command) {
		t.Helper()
		next, changes, err := r.Do(c, sys, noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			t.Log(c)
		}
		r = next
	}
	do(workflow.Command{Action: workflow.Admit})
	for range 10 {
		steps, _ := r.Next(noon)
		if len(steps) == 0 {
			break
		}
		for _, s := range steps {
			do(workflow.Command{Action: workflow.Lease, Job: s.Job, Attempt: s.Attempt, Lease: "l"})
			do(workflow.Command{Action: workflow.Complete, Job: s.Job, Attempt: s.Attempt})
		}
	}
	if r.State() != workflow.RunPassed {
		t.Errorf("the run is %s", r.State())
	}
}
