package zadig

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// stagesOf makes stages of jobs: "gate!" is an approval, "must*" has to run, "off-" is skipped unless
// somebody asks for it.
func stagesOf(stages ...string) *workflow.Definition {
	d := &workflow.Definition{Project: "shop", Key: "release"}
	for i, stage := range stages {
		s := workflow.Stage{Name: string(rune('a' + i))}
		for name := range strings.FieldsSeq(stage) {
			job := workflow.Job{Name: strings.TrimRight(name, "!*-"), Type: "freestyle"}
			switch name[len(name)-1] {
			case '!':
				job.Type = "approval"
			case '*':
				job.RunPolicy = workflow.ForceRun
			case '-':
				job.Skipped = true
			}
			s.Jobs = append(s.Jobs, job)
		}
		d.Stages = append(d.Stages, s)
	}
	return d
}

func TestWhatAStartLeavesOut(t *testing.T) {
	for _, c := range []struct {
		rule   string
		d      *workflow.Definition
		inputs string
		want   string // jobs that are skipped; or what is wrong
	}{
		{"what is not named", stagesOf("a b", "c"), "a", "b c"},
		{"nothing", stagesOf("a b", "c"), "a b c", ""},
		{"a job that is skipped otherwise and is named, runs", stagesOf("a b-"), "b", "a"},
		{"an approval stays if what is behind it runs", stagesOf("a", "gate!", "c"), "c", "a"},
		{"an approval goes if nothing behind it runs", stagesOf("a", "gate!", "c"), "a", "gate c"},
		{"every approval before it stays", stagesOf("one! a", "two! b", "three!"), "b", "a three"},
		{"an approval in the same stage", stagesOf("gate! a"), "a", ""},
		{"an approval that is named", stagesOf("a", "gate!"), "gate", "a"},
		{"a job that has to run", stagesOf("a must*"), "a", "job must skipped, but the run policy is set to force run"},
		{"a job that has to run and is named", stagesOf("a must*"), "must", "a"},
		{"no job", stagesOf("a"), "", "no stage found in workflow task: release"},
	} {
		var in executeRequest
		for name := range strings.FieldsSeq(c.inputs) {
			in.Inputs = append(in.Inputs, taskInput{JobName: name})
		}
		start, err := in.start(c.d)
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) || err.Error() != c.want {
				t.Errorf("%s: %v", c.rule, err)
			}
			continue
		}
		var left []string
		for _, j := range start.Inputs {
			if *j.Skip {
				left = append(left, j.Job)
			}
		}
		if got := strings.Join(left, " "); got != c.want {
			t.Errorf("%s: %q is left out, not %q", c.rule, got, c.want)
		}
	}
}

func TestAStartSaysWhatTheRequestSays(t *testing.T) {
	var in executeRequest
	if err := rest.Decode(json.RawMessage(`{"project_key": "shop", "workflow_key": "release", "remark": "why", "approval_id": "OA-1",
		"parameters": [{"name": "a", "type": "string", "value": "b"}, {"name": "m", "type": "multi-select", "choice_value": ["x", "y"]},
			{"name": "r", "type": "repo", "repo": {"codehost_name": "gitlab", "repo_namespace": "n", "repo_name": "web", "branch": "main", "prs": [1]}}],
		"inputs": [{"job_name": "a", "job_type": "freestyle", "parameters": {"kv": []}}]}`), &in, false); err != nil {
		t.Fatal(err)
	}
	got, err := in.start(stagesOf("a b"))
	if err != nil {
		t.Fatal(err)
	}
	run, skip := false, true
	want := workflow.Start{
		Params: []workflow.Argument{
			{Name: "a", Type: "string", Value: "b"}, {Name: "m", Type: "multi-select", Chosen: []string{"x", "y"}},
			{Name: "r", Type: "repo", Repo: &workflow.RepoInput{CodeHostName: "gitlab", Namespace: "n", Name: "web", Branch: "main", PRs: []int{1}}},
		},
		Inputs: []workflow.JobInput{{Job: "a", Type: "freestyle", Parameters: json.RawMessage(`{"kv": []}`), Skip: &run}, {Job: "b", Skip: &skip}},
		Remark: "why", Ticket: "OA-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever is sent, a start has no job that the request does not name but approvals, and names no job
// twice that the request does not.
func FuzzExecuteRequest(f *testing.F) {
	for _, seed := range []string{
		`{"project_key": "shop", "workflow_key": "release", "inputs": [{"job_name": "a"}]}`,
		`{"inputs": [{"job_name": "c", "parameters": null}, {"job_name": "c"}], "parameters": [{}]}`,
		`{"inputs": null, "approval_id": "a", "approval_ticket_id": "b"}`, `{"inputs": {}}`, `[]`, `null`, `{"a": 1}`,
		`{"project_key": 1}`, `{"inputs": [{"job_name": "must"}], "INPUTS": []}`,
	} {
		f.Add(seed)
	}
	types := (*workflow.Types)(nil)
	d := stagesOf("a b-", "gate! must*", "c")
	for _, s := range d.Stages {
		for i := range s.Jobs {
			if s.Jobs[i].Spec = json.RawMessage(`{"script": "true"}`); s.Jobs[i].Type == "approval" {
				s.Jobs[i].Spec = json.RawMessage(`{"type": "native", "native_approval": {"needed_approvers": 1, "approve_users": [{"user_id": "ann"}]}}`)
			}
		}
	}
	if err := d.Validate(types); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		var in executeRequest
		if rest.Decode(json.RawMessage(text), &in, false) != nil || in.check() != nil {
			return
		}
		s, err := in.start(d)
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) {
				t.Error(err)
			}
			return
		}
		run, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r", Number: 1, Version: 1}, d, types, s, penstock.Actor{ID: "ann"}, start)
		if err != nil {
			return
		}
		for _, stage := range run.Stages() {
			for _, j := range stage.Jobs {
				if j.Type != "approval" && !slices.ContainsFunc(in.Inputs, func(i taskInput) bool { return i.JobName == j.Job }) {
					t.Errorf("%s runs", j.Key)
				}
			}
		}
		shown := shownTask(run)
		if _, err := json.Marshal(shown); err != nil {
			t.Error(err)
		}
	})
}
