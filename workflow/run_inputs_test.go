package workflow_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// byHand is a definition whose second stage ann executes by hand, perhaps with other inputs: it
// builds services, which the third one deploys.
func byHand(modify bool) *workflow.Definition {
	extra := act("extra", "", skippedJob)
	second := manual(parallel("two", job("build", "zadig-build", `{"docker_registry_id":"r",
		"service_and_builds_options":[{"service_name":"web","build_name":"b"},{"service_name":"api","build_name":"b"}]}`),
		job("note", "freestyle", `{"script":"true","envs":[{"key":"WHY","value":"none"}]}`), extra), "ann")
	second.Manual.Modify = modify
	third := serial("three", job("deploy", "freestyle", `{"freestyle_type":"service_freestyle","source":"fromjob","job_name":"build","script":"true"}`))
	return stages(serial("one", act("a", "")), second, third)
}

const (
	onlyWeb = `{"service_list":[{"service_name":"web"}]}`
	onlyAPI = `{"service_list":[{"service_name":"api"}]}`
)

// pausedByHand is a run that waits for its second stage to be executed.
func pausedByHand(t testing.TB, modify bool) *runStory {
	t.Helper()
	s := newStory(t, byHand(modify), workflow.Start{Inputs: []workflow.JobInput{input("build", onlyWeb), input("note", `{"kv":[{"key":"WHY","value":"start"}]}`)}})
	s.tell("admit; pass a X=1")
	s.want("paused; one passed: a=passed; two paused: build.web=pending note=pending; three pending: deploy.web=pending")
	return s
}

func giving(inputs ...workflow.JobInput) workflow.Command {
	return workflow.Command{Action: workflow.ExecuteStage, Stage: "two", Inputs: inputs}
}

// What a stage is given by hand replaces what the start gave to the jobs that are named; that
// stage and those after it are made anew.
func TestInputsByHand(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule   string
		inputs []workflow.JobInput
		want   string
		why    string // what note gets
	}{
		{"none", nil, "running; one passed: a=passed; two running: build.web=running note=running; three pending: deploy.web=pending", "start"},
		{"of one job", []workflow.JobInput{input("build", onlyAPI)},
			"running; one passed: a=passed; two running: build.api=running note=running; three pending: deploy.api=pending", "start"},
		{"of two jobs", []workflow.JobInput{input("note", `{"kv":[{"key":"WHY","value":"hand"}]}`), input("build", onlyAPI)},
			"running; one passed: a=passed; two running: build.api=running note=running; three pending: deploy.api=pending", "hand"},
		{"none of a job: the definition's", []workflow.JobInput{input("note", `{}`)},
			"running; one passed: a=passed; two running: build.web=running note=running; three pending: deploy.web=pending", "none"},
		{"a job less", []workflow.JobInput{input("note", "", true)},
			"running; one passed: a=passed; two running: build.web=running; three pending: deploy.web=pending", ""},
		{"a job more", []workflow.JobInput{input("extra", "", false)},
			"running; one passed: a=passed; two running: build.web=running note=running extra=running; three pending: deploy.web=pending", "start"},
		{"what is skipped is followed all the same", []workflow.JobInput{input("build", onlyAPI, true)},
			"running; one passed: a=passed; two running: note=running; three pending: deploy.api=pending", "start"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			s := pausedByHand(t, true)
			if err := s.do(giving(row.inputs...), ann); err != nil {
				t.Fatal(err)
			}
			s.tell("admit")
			s.want(row.want)
			if s.r.Outputs("a")["X"] != "1" {
				t.Error("what was put out before is gone")
			}
			if e, err := s.r.Execution("note"); row.why != "" && (err != nil || !strings.Contains(string(e.Spec), `"value":"`+row.why+`"`)) {
				t.Errorf("note gets %s, %v", e.Spec, err)
			}
			named := slices.ContainsFunc(s.trail, func(c workflow.Change) bool { return c.Kind == workflow.StageExecuted && c.Inputs == 1 })
			if named != (len(row.inputs) > 0) {
				t.Errorf("the trail tells of inputs: %t", named)
			}
		})
	}
}

func TestInputsByHandThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		rule   string
		modify bool
		by     penstock.Actor
		inputs []workflow.JobInput
		kind   error
		want   string
	}{
		{"inputs are not to be changed", false, ann, []workflow.JobInput{input("build", onlyAPI)}, penstock.ErrRefused, "modify_params"},
		{"a stranger", true, runActor("eve"), []workflow.JobInput{input("build", onlyAPI)}, penstock.ErrForbidden, ""},
		{"a job of another stage", true, ann, []workflow.JobInput{input("note", "{}"), input("deploy", "{}")}, penstock.ErrInvalid, "inputs[1].job_name"},
		{"no job", true, ann, []workflow.JobInput{input("x", "{}")}, penstock.ErrInvalid, "inputs[0].job_name"},
		{"a job twice", true, ann, []workflow.JobInput{input("note", "{}"), input("note", "{}")}, penstock.ErrInvalid, "inputs[1].job_name"},
		{"another type", true, ann, []workflow.JobInput{{Job: "note", Type: "sql"}}, penstock.ErrInvalid, "inputs[0].job_type"},
		{"what the job does not take", true, ann, []workflow.JobInput{input("note", "{}"), input("build", `{"service_list":[{"service_name":"x"}]}`)}, penstock.ErrInvalid, "inputs[1].parameters.service_list[0]"},
		{"no service", true, ann, []workflow.JobInput{input("build", `{"service_list":[]}`)}, penstock.ErrInvalid, "stages[1].jobs[0].service_and_builds"},
		{"no job is left", true, ann, []workflow.JobInput{input("note", "", true), input("build", onlyWeb, true)}, penstock.ErrInvalid, "inputs"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			t.Parallel()
			s := pausedByHand(t, row.modify)
			for _, v := range s.r.Can(ann, s.now) {
				if v.Action == workflow.ExecuteStage && v.Inputs != row.modify {
					t.Errorf("Can says that inputs may be given: %t", v.Inputs)
				}
			}
			err := s.do(giving(row.inputs...), row.by)
			if !errors.Is(err, row.kind) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %v of %q", err, row.kind, row.want)
			}
			if errors.Is(row.kind, penstock.ErrInvalid) && !blames(err, row.want) {
				t.Errorf("got %v, want a fault of %s", err, row.want)
			}
			s.want("paused; one passed: a=passed; two paused: build.web=pending note=pending; three pending: deploy.web=pending")
			if len(s.r.Start().Later) > 0 {
				t.Error("the inputs are kept")
			}
		})
	}
	s := pausedByHand(t, true)
	s.tell("execute /two; admit")
	if err := s.do(giving(input("build", onlyAPI)), ann); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("of a stage that was executed: %v", err)
	}
}

// A retry begins from the inputs that were changed, and a clone takes them over.
func TestInputsByHandAreKept(t *testing.T) {
	t.Parallel()
	s := pausedByHand(t, true)
	if err := s.do(giving(input("build", onlyAPI)), ann); err != nil {
		t.Fatal(err)
	}
	s.tell("admit; fail build.api; pass note; retry; admit")
	s.want("running; one passed: a=passed; two running: build.api=running note=passed; three pending: deploy.api=pending")
	s.tell("pass build.api; pass deploy.api")
	s.want("passed; one passed: a=passed; two passed: build.api=passed note=passed; three passed: deploy.api=passed")
}

// The trail is folded with the inputs that counted at the time of each change.
func TestFoldMindsInputsByHand(t *testing.T) {
	t.Parallel()
	s := pausedByHand(t, true)
	before, trail := runSeen(s.r), len(s.trail)
	if err := s.do(giving(input("build", onlyAPI)), ann); err != nil {
		t.Fatal(err)
	}
	start := s.r.Start()
	then, err := workflow.Fold(s.id, s.d, s.types, start, s.trail[:trail])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, runSeen(then), runCompare); diff != "" {
		t.Errorf("as it was before (-then +fold):\n%s", diff)
	}
	if len(then.Start().Later) != 0 {
		t.Error("what came later counts already")
	}
	start.Later = nil
	if _, err := workflow.Fold(s.id, s.d, s.types, start, s.trail); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("without the inputs: %v", err)
	}
	if _, _, err := workflow.NewRun(s.id, s.d, s.types, s.r.Start(), ann, noon); !blames(err, "later") {
		t.Errorf("a start with what came later: %v", err)
	}
}
