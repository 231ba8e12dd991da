package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func input(job, parameters string, skip ...bool) workflow.JobInput {
	in := workflow.JobInput{Job: job, Parameters: json.RawMessage(parameters)}
	if len(skip) > 0 {
		in.Skip = &skip[0]
	}
	return in
}

func skippedJob(j *workflow.Job) { j.Skipped = true }

func TestNewRunRefuses(t *testing.T) {
	t.Parallel()
	zero, limit := 0, 1
	plain := func(change ...func(*workflow.Definition)) *workflow.Definition {
		d := stages(serial("one", act("a", ""), shellJob("b"), act("c", "", withPolicy(workflow.ForceRun)), waitFor("d", `{"for":"PT1M"}`)))
		d.Params = []workflow.Param{{Name: "env", Type: workflow.ChoiceParam, Options: []string{"dev", "prod"}, Value: "dev"}, {Name: "why", Type: workflow.StringParam, Required: true}}
		for _, f := range change {
			f(d)
		}
		return d
	}
	why := workflow.Argument{Name: "why", Value: "x"}
	given := func(inputs ...workflow.JobInput) workflow.Start {
		return workflow.Start{Params: []workflow.Argument{why}, Inputs: inputs}
	}
	for _, row := range []struct {
		name  string
		d     *workflow.Definition
		start workflow.Start
		kind  error
		want  []string // faults, or what is needed
	}{
		{"disabled", plain(func(d *workflow.Definition) { d.Disabled = true }), given(), penstock.ErrRefused, []string{"a workflow that is not disabled"}},
		{"a limit of 0", plain(func(d *workflow.Definition) { d.ConcurrencyLimit = &zero }), given(), penstock.ErrRefused, []string{"a concurrency_limit that is not 0"}},
		{"both", plain(func(d *workflow.Definition) { d.Disabled, d.ConcurrencyLimit = true, &zero }), given(), penstock.ErrRefused,
			[]string{"a workflow that is not disabled", "a concurrency_limit that is not 0"}},
		{"a limit of 1", plain(func(d *workflow.Definition) { d.ConcurrencyLimit = &limit }), given(), nil, nil},
		{"no remark", plain(func(d *workflow.Definition) { d.RemarkRequired = true }), given(), penstock.ErrInvalid, []string{"remark: workflow remark is required"}},
		{"a long remark", plain(), workflow.Start{Params: []workflow.Argument{why}, Remark: strings.Repeat("x", workflow.MaxRemark+1)}, penstock.ErrInvalid, []string{"remark: 4097 bytes are too many: at most 4096"}},
		{"a remark that is no text", plain(), workflow.Start{Params: []workflow.Argument{why}, Remark: "\xff"}, penstock.ErrInvalid, []string{"remark: must be UTF-8"}},
		{"a required parameter", plain(), workflow.Start{}, penstock.ErrInvalid, []string{"params[1]: workflow param why is required"}},
		{"parameters", plain(), workflow.Start{Params: []workflow.Argument{{Name: "env", Value: "moon"}, {Name: "x"}}}, penstock.ErrInvalid,
			[]string{"parameters[0].value: must be one of the options", `parameters[1].name: the workflow has no parameter "x"`, "params[1]: workflow param why is required"}},
		{"an unknown job", plain(), given(input("x", "")), penstock.ErrInvalid, []string{`inputs[0].job_name: "x" is no job of the workflow`}},
		{"a job twice", plain(), given(input("a", ""), input("a", "")), penstock.ErrInvalid, []string{`inputs[1].job_name: "a" is there already`}},
		{"another type", plain(), given(workflow.JobInput{Job: "a", Type: "sql"}), penstock.ErrInvalid, []string{"inputs[0].job_type: job a is of type act"}},
		{"its type", plain(), given(workflow.JobInput{Job: "a", Type: "act"}), nil, nil},
		{"force_run", plain(), given(input("c", "", true)), penstock.ErrInvalid, []string{"inputs[0].skip: job c must not be skipped"}},
		{"parameters of a type that takes none", plain(), given(input("b", `{}`), input("a", `{"x":1}`)), penstock.ErrInvalid, []string{"inputs[1].parameters: job a of type act takes no parameters"}},
		{"an empty object for one", plain(), given(input("a", `{}`)), nil, nil},
		{"null are none", plain(), given(input("a", `null`), input("d", `null`)), nil, nil},
		{"parameters that are not taken", plain(), given(input("a", ""), input("b", `{"kv":[],"x":1}`)), penstock.ErrInvalid, []string{"inputs[1].parameters.x: is not taken"}},
		{"parameters of a job that is skipped", plain(), given(input("b", `{"x":1}`, true)), penstock.ErrInvalid, []string{"inputs[0].parameters.x: is not taken"}},
		{"everything at once", plain(func(d *workflow.Definition) { d.RemarkRequired = true }), workflow.Start{Inputs: []workflow.JobInput{input("x", "")}}, penstock.ErrInvalid,
			[]string{"remark: workflow remark is required", "params[1]: workflow param why is required", `inputs[0].job_name: "x" is no job of the workflow`}},
		{"nothing to run", stages(serial("one", act("a", ""))), workflow.Start{Inputs: []workflow.JobInput{input("a", "", true)}}, penstock.ErrInvalid, []string{"stages: there is no job to run"}},
		{"far too many inputs", plain(), given(make([]workflow.JobInput, workflow.MaxRunJobs+1)...), penstock.ErrInvalid, []string{"inputs: 2001 are too many: at most 2000"}},
		{"two pieces of one key", stages(serial("one", act("a", `{"pieces":["x","x"]}`))), workflow.Start{}, penstock.ErrInvalid, []string{`stages[0].jobs[0]: expands to "a.x" twice`}},
		{"far too many pieces", stages(serial("one", act("a", fmt.Sprintf(`{"pieces":[%s]}`, numbers(workflow.MaxRunJobs+1))))), workflow.Start{}, penstock.ErrInvalid, []string{"stages: 2001 jobs are too many: at most 2000"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, changes, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, row.d, runActTypes(t), row.start, ann, noon)
			if row.kind == nil {
				if err != nil || r.State() != workflow.RunQueued || len(changes) != 1 {
					t.Errorf("got %v, %v", r, err)
				}
				return
			}
			if !errors.Is(err, row.kind) || r != nil || changes != nil {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Error())
			}
			if refused, ok := errors.AsType[*penstock.RefusedError](err); ok {
				got = refused.Needs
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// numbers is a list of strings in JSON.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"n%d"`, i)
	}
	return b.String()
}

// Which jobs a run has, and which stages are left.
func TestWhatIsRun(t *testing.T) {
	t.Parallel()
	d := func() *workflow.Definition {
		return stages(serial("one", act("a", ""), act("b", "", skippedJob)), serial("two", act("c", "", skippedJob)),
			serial("three", act("d", "", withPolicy(workflow.DefaultNotRun)), act("e", "", withPolicy(workflow.ForceRun)), act("f", "", withPolicy(workflow.SkipManual))))
	}
	for _, row := range []struct {
		name   string
		inputs []workflow.JobInput
		want   string
	}{
		{"by the definition", nil, "queued; one pending: a=pending; three pending: d=pending e=pending f=pending"},
		{"all", []workflow.JobInput{input("b", "", false), input("c", "", false)}, "queued; one pending: a=pending b=pending; two pending: c=pending; three pending: d=pending e=pending f=pending"},
		{"few", []workflow.JobInput{input("a", "", true), input("d", "", true), input("f", "", true)}, "queued; three pending: e=pending"},
		{"an input that says nothing of it", []workflow.JobInput{input("a", ""), input("b", "")}, "queued; one pending: a=pending; three pending: d=pending e=pending f=pending"},
		{"not skipped by hand, as nobody does", []workflow.JobInput{input("c", "", false)}, "queued; one pending: a=pending; two pending: c=pending; three pending: d=pending e=pending f=pending"},
	} {
		s := newStory(t, d(), workflow.Start{Inputs: row.inputs})
		s.want(row.want)
	}
}

// A run goes over what was left out.
func TestWhatIsLeftOutIsNotThere(t *testing.T) {
	t.Parallel()
	s := newStory(t, stages(serial("one", act("a", "")), serial("two", act("b", ""), act("c", ""))), workflow.Start{Inputs: []workflow.JobInput{input("a", "", true), input("b", "", true)}})
	s.tell("admit; pass a !missing; execute /one !refused; pass c")
	s.want("passed; two passed: c=passed")
}

// What follows a job that is left out still knows what it was about.
func TestWhatIsLeftOutCanBeFollowed(t *testing.T) {
	t.Parallel()
	after := act("b", `{"type":"native","source":"fromjob","job_name":"a"}`, ofType("approval"))
	s := newStory(t, stages(serial("one", askJob("a"), after)), workflow.Start{Inputs: []workflow.JobInput{input("a", "", true)}})
	s.tell("admit; vote yes b by eve !forbidden; vote yes b by dan")
	s.want("passed; one passed: b=passed")
}

// A definition that was stored before it was checked so strictly.
func TestAForcedJobRunsWhateverItSays(t *testing.T) {
	t.Parallel()
	r, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1}, stages(serial("one", act("a", "", skippedJob, withPolicy(workflow.ForceRun)))), runActTypes(t), workflow.Start{}, ann, noon)
	if err != nil || runShow(r) != "queued; one pending: a=pending" {
		t.Errorf("got %v, %v", r, err)
	}
}

// What a start gives is what a job is told.
func TestParametersOfJobs(t *testing.T) {
	t.Parallel()
	d := stages(serial("one", workflow.Job{Name: "b", Type: "freestyle", Spec: json.RawMessage(`{"script":"echo","envs":[{"key":"A","value":"1"}],"other":[1]}`)}))
	s := newStory(t, d, workflow.Start{Inputs: []workflow.JobInput{input("b", `{"kv":[{"key":"A","value":"2"}]}`)}})
	s.tell("admit")
	e, err := s.r.Execution("b")
	if err != nil || !strings.Contains(string(e.Spec), `"2"`) || !strings.Contains(string(e.Spec), `"other"`) || strings.Contains(string(d.Stages[0].Jobs[0].Spec), `"2"`) {
		t.Errorf("%s, %v", e.Spec, err)
	}
}

func TestAJobIsToldWhatItIs(t *testing.T) {
	t.Parallel()
	d := stages(serial("one", act("a", `{"text":"{{.workflow.params.p}} {{.workflow.task.id}} {{.project}}"}`)))
	d.Params = []workflow.Param{{Name: "p", Type: workflow.StringParam}}
	d.Storages = []workflow.ShareStorage{{Name: "s", Path: "/s"}}
	s := newStory(t, d, workflow.Start{Params: []workflow.Argument{{Name: "p", Value: "{{.project}}"}}})
	s.tell("admit")
	e, err := s.r.Execution("a")
	if err != nil {
		t.Fatal(err)
	}
	want := workflow.Execution{Run: "r1", Workflow: "build", Project: "shop", Number: 7, Job: "a", Name: "job-0-0-0-a", Type: "act", Attempt: s.job("a").Attempt.ID, N: 1,
		Spec: json.RawMessage(`{"text":"{{.project}} 7 shop"}`), Storages: []workflow.ShareStorage{{Name: "s", Path: "/s"}}}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	clear(e.Spec)
	e.Storages[0].Path = "/"
	if again, _ := s.r.Execution("a"); string(again.Spec) != string(want.Spec) || again.Storages[0].Path != "/s" {
		t.Errorf("what a job was told is shared: %s", again.Spec)
	}
	if _, err := s.r.Execution("x"); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	plain := story(t, "admit", serial("one", act("a", `{"text":"x"}`)))
	e, _ = plain.r.Execution("a")
	clear(e.Spec)
	if again, _ := plain.r.Execution("a"); string(again.Spec) != `{"text":"x"}` {
		t.Errorf("what a job was told is shared: %s", again.Spec)
	}
}

// Outputs of a job are those of its latest attempt; they are the run's own.
func TestOutputs(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, script string
		want         map[string]string
		job          workflow.Job
	}{
		{"none", "admit; pass a", nil, act("a", "")},
		{"of what passed", "admit; pass a X=1 Y=2", map[string]string{"X": "1", "Y": "2"}, act("a", "")},
		{"of what failed", "admit; fail a X=1", map[string]string{"X": "1"}, act("a", "")},
		{"of a process that is gone", "admit; crash a X=1", map[string]string{"X": "1"}, act("a", "")},
		{"of what was told to stop", "admit; lease a; cancel; fail a X=1", map[string]string{"X": "1"}, act("a", "")},
		{"not of a late attempt", "admit; pass a X=1 attempt=old !nothing", nil, act("a", "")},
		{"not of the same twice", "admit; pass a X=1; pass a X=2 !nothing", map[string]string{"X": "1"}, act("a", "")},
		{"of the latest attempt", "admit; fail a X=1 Y=2; +10s; advance; pass a X=3", map[string]string{"X": "3"}, act("a", "", onError(workflow.Retry, 1))},
		{"none of the latest attempt", "admit; fail a X=1; +10s; advance; pass a", nil, act("a", "", onError(workflow.Retry, 1))},
		{"until that begins, of the one before", "admit; fail a X=1", map[string]string{"X": "1"}, act("a", "", onError(workflow.Retry, 1))},
		{"none after a retry of the run", "admit; fail a X=1; retry; admit", nil, act("a", "")},
		{"kept in a retry of the run", "admit; pass a X=1; fail b; retry; admit", map[string]string{"X": "1"}, act("a", "")},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := story(t, row.script, serial("one", row.job, act("b", "")))
			if diff := cmp.Diff(row.want, s.r.Outputs("a")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	s := story(t, "admit", serial("one", act("a", "")))
	given := map[string]string{"X": "1"}
	if err := s.do(workflow.Command{Action: workflow.Complete, Job: "a", Outputs: given}, penstock.System()); err != nil {
		t.Fatal(err)
	}
	given["X"] = "2"
	s.r.Outputs("a")["X"] = "3"
	for _, c := range s.trail {
		maps.DeleteFunc(c.Outputs, func(string, string) bool { return true })
	}
	if got := s.r.Outputs("a")["X"]; got != "1" {
		t.Errorf("the run shares its outputs: %s", got)
	}
	s = story(t, "admit; pass a X=1", parallel("one", act("a", ""), act("b", "")))
	before := s.r
	s.tell("pass b X=2")
	if got := before.Outputs("b"); got != nil {
		t.Errorf("a run has the outputs of the next: %v", got)
	}
}

// Names that nothing stands for fail the job, and the text says which; values are data.
func TestVariablesOfJobs(t *testing.T) {
	t.Parallel()
	uses := func(text string) workflow.Job { return act("b", `{"text":"`+text+`"}`) }
	for _, row := range []struct {
		name, script string
		job          workflow.Job
		state        workflow.JobState
		want         string // spec, or error
	}{
		{"an output", "pass a X=1", uses("{{.job.a.output.X}}"), workflow.JobRunning, `{"text":"1"}`},
		{"data", "pass a X={{.project}}", uses("{{.job.a.output.X}}"), workflow.JobRunning, `{"text":"{{.project}}"}`},
		{"quoted data", `pass a X=","y":"`, uses("{{.job.a.output.X}}"), workflow.JobRunning, `{"text":"\",\"y\":\""}`},
		{"an output that is not there", "pass a Y=1", uses("{{.job.a.output.X}}"), workflow.JobFailed, "spec.text: the variable {{.job.a.output.X}} has no value"},
		{"a job that is not there", "pass a", uses("{{.job.q.output.X}}"), workflow.JobFailed, "spec.text: the variable {{.job.q.output.X}} has no value"},
		{"the state of a job", "pass a", uses("{{.job.a.status}}"), workflow.JobRunning, `{"text":"passed"}`},
		{"a rule that matches", "pass a X=1", act("b", "", when(workflow.ExecuteIf, "{{.job.a.output.X}}", workflow.Equals, "1")), workflow.JobRunning, `{}`},
		{"a rule that does not", "pass a X=2", act("b", "", when(workflow.ExecuteIf, "{{.job.a.output.X}}", workflow.Equals, "1")), workflow.JobSkipped, ""},
		{"a rule that keeps it", "pass a X=1", act("b", "", when(workflow.SkipIf, "{{.job.a.output.X}}", workflow.Equals, "1")), workflow.JobSkipped, ""},
		{"a rule about data", "pass a X={{.project}}", act("b", "", when(workflow.ExecuteIf, "{{.job.a.output.X}}", workflow.Equals, "shop")), workflow.JobSkipped, ""},
		{"a rule about a parameter", "pass a", act("b", "", when(workflow.ExecuteIf, "{{.workflow.params.env}}", workflow.NotEquals, "dev")), workflow.JobSkipped, ""},
		{"a rule about nothing", "pass a", act("b", "", when(workflow.SkipIf, "{{.job.a.output.X}}", workflow.Equals, "1")), workflow.JobFailed, "execute_policy.rules[0].field: the variable {{.job.a.output.X}} has no value"},
		{"one that is skipped needs no values", "pass a", act("b", `{"text":"{{.job.q.output.X}}"}`, when(workflow.SkipIf, "1", workflow.Equals, "1")), workflow.JobSkipped, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := stages(serial("one", act("a", ""), row.job))
			d.Params = []workflow.Param{{Name: "env", Type: workflow.StringParam, Value: "dev"}}
			s := newStory(t, d, workflow.Start{})
			s.tell("admit; " + row.script)
			got, _ := s.r.Job("b")
			if got.State != row.state {
				t.Fatal(runShow(s.r))
			}
			switch row.state {
			case workflow.JobRunning:
				if e, err := s.r.Execution("b"); err != nil || string(e.Spec) != row.want {
					t.Errorf("%s, %v, want %s", e.Spec, err, row.want)
				}
			case workflow.JobFailed:
				if got.Status.Error != row.want || got.Status.Count != 1 || got.Status.Started.IsZero() || got.Status.Ended.IsZero() {
					t.Errorf("got %+v, want %s", got.Status, row.want)
				}
			case workflow.JobSkipped:
				last := slices.IndexFunc(s.trail, func(c workflow.Change) bool { return c.To == string(workflow.JobSkipped) })
				if got.Status.Count != 0 || s.trail[last].Remark == "" {
					t.Errorf("got %+v", got.Status)
				}
			}
		})
	}
	var many []string
	for i := range 90 {
		many = append(many, fmt.Sprintf("{{.job.a.output.%s%d}}", strings.Repeat("X", 20), i))
	}
	s := story(t, "admit; pass a", serial("one", act("a", ""), uses(strings.Join(many, " "))))
	if got := s.job("b").Error; len(got) > workflow.MaxRemark || len(got) < workflow.MaxRemark/2 {
		t.Errorf("an error of %d bytes", len(got))
	}
}

// What stands in a path of a storage is filled in, and what cannot be fails the job.
func TestPathsOfStoragesAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ rule, path, dir, want, why string }{
		{"nothing to fill in", "/mnt", "", "/mnt", ""},
		{"a parameter", "/mnt/{{.workflow.params.dir}}/{{.workflow.task.id}}", "x", "/mnt/x/7", ""},
		{"one that is the whole path", "{{.workflow.params.dir}}", "/mnt", "/mnt", ""},
		{"one that makes it relative", "{{.workflow.params.dir}}", "mnt", "", "share_storages[0].path: must be absolute"},
		{"what nobody gave", "/mnt/{{.parameter.site.name}}", "", "", "share_storages[0].path: the variable {{.parameter.site.name}} has no value"},
	} {
		d := stages(serial("one", act("a", `{"text":"x"}`)))
		d.Params = []workflow.Param{{Name: "dir", Type: workflow.StringParam, Value: row.dir}}
		d.Storages = []workflow.ShareStorage{{Name: "s", Path: row.path}}
		s := newStory(t, d, workflow.Start{})
		s.tell("admit")
		if j := s.job("a"); j.Error != row.why {
			t.Errorf("%s: %q, want %q", row.rule, j.Error, row.why)
		}
		if row.why != "" {
			continue
		}
		if e, err := s.r.Execution("a"); err != nil || e.Storages[0].Path != row.want {
			t.Errorf("%s: %v, %v", row.rule, e.Storages, err)
		}
		if d.Storages[0].Path != row.path {
			t.Errorf("%s: the definition has changed", row.rule)
		}
	}
}

// A brace is one however JSON writes it.
func TestEscapedVariablesAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, braces := range []string{`{{`, `\u007b\u007b`, `\u007B{`, `{\u007b`} {
		s := story(t, "admit", serial("one", act("a", `{"script":"x","extra":"`+braces+`.workflow.task.id}}"}`, ofType("freestyle"))))
		if e, err := s.r.Execution("a"); err != nil || !strings.Contains(string(e.Spec), `"extra":"7"`) {
			t.Errorf("%s: %s, %v", braces, e.Spec, err)
		}
	}
}
