package workflow_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// Specs of job types that tell different things of themselves.
type (
	silentSpec  struct{} // nothing
	toldSpec    struct{} // its outputs: A and B
	mutedSpec   struct{} // that it has no outputs
	severalSpec struct {
		Runs []string `json:"runs"` // the suffixes
		From string   `json:"from"`
	}
)

func (*silentSpec) Check(*workflow.Checker)   {}
func (*toldSpec) Check(*workflow.Checker)     {}
func (*toldSpec) Outputs() []string           { return []string{"A", "B"} }
func (*mutedSpec) Check(*workflow.Checker)    {}
func (*mutedSpec) Outputs() []string          { return nil }
func (*severalSpec) Check(*workflow.Checker)  {}
func (*severalSpec) Outputs() []string        { return []string{"IMAGE"} }
func (s *severalSpec) FromJob() string        { return s.From }
func (*severalSpec) Fits(workflow.Spec) error { return nil }
func (s *severalSpec) Expand(workflow.Upstream) (pieces []workflow.Piece, err error) {
	if len(s.Runs) == 0 {
		return nil, errors.New("nothing is chosen")
	}
	for _, suffix := range s.Runs {
		pieces = append(pieces, workflow.Piece{Suffix: suffix})
	}
	return pieces, nil
}

func lintTypes(t *testing.T) *workflow.Types {
	types, err := workflow.NewTypes(
		workflow.JobType{Name: "silent", New: func() workflow.Spec { return new(silentSpec) }},
		workflow.JobType{Name: "told", New: func() workflow.Spec { return new(toldSpec) }},
		workflow.JobType{Name: "muted", New: func() workflow.Spec { return new(mutedSpec) }},
		workflow.JobType{Name: "several", New: func() workflow.Spec { return new(severalSpec) }},
	)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// lintDefinition has every kind of job before the job that is looked at, "it",
// and jobs beside and behind it.
func lintDefinition(text string) *workflow.Definition {
	spec, _ := json.Marshal(map[string]any{"steps": []any{map[string]any{"script": text}}})
	job := func(name, kind, spec string) workflow.Job {
		return workflow.Job{Name: name, Type: kind, Spec: json.RawMessage(spec)}
	}
	return &workflow.Definition{
		Project: "shop", Key: "ci",
		Params: []workflow.Param{{Name: "env", Type: workflow.StringParam}, {Name: "code", Type: workflow.RepoParam}, {Name: "环境", Type: workflow.StringParam}},
		Stages: []workflow.Stage{
			{Name: "before", Parallel: true, Jobs: []workflow.Job{
				job("silent", "silent", ""), job("told", "told", "{}"), job("muted", "muted", "{}"), job("unknown", "no-such-type", "{}"), job("unread", "several", "[]"),
				job("several", "several", `{"runs":["api.web","db"]}`), job("single", "several", `{"runs":[""]}`), job("follower", "several", `{"from":"several"}`), job("unchosen", "several", `{}`),
			}},
			{Name: "serial", Jobs: []workflow.Job{job("sooner", "told", "{}"), {Name: "it", Type: "silent", Spec: spec}, job("later", "told", "{}")}},
			{Name: "parallel", Parallel: true, Jobs: []workflow.Job{job("left", "told", ""), job("right", "silent", `{"x":"{{.job.later.output.A}}"}`)}},
		},
	}
}

func TestVariablesThatCanBeKnown(t *testing.T) {
	for _, text := range []string{
		"plain", "{{ .x }}", "{{.x | y}}", "{{.{{}}.x}}", "{{.workflow.params.env}}", "{{.workflow.params.环境}}",
		"{{.project}}{{.project.id}}{{.project.name}}{{.workflow.id}}{{.workflow.name}}{{.workflow.task.id}}{{.workflow.task.creator}}{{.workflow.task.creator.id}}{{.workflow.task.creator.userId}}",
		"{{.workflow.task.is_release_plan_trigger}}{{.workflow.task.timestamp}}{{.workflow.task.datetime}}{{.workflow.task.url}}",
		"{{.parameter.vault.key}}{{.payload.trigger.branch}}{{.payload.anything}}",
		"{{.job.told.output.A}}{{.job.told.output.B}}{{.job.told.status}}{{.job.told.util.startTime}}{{.job.sooner.output.A}}", "{{.job.silent.output.ANY}}{{.job.silent.ANY}}",
		"{{.job.unknown.output.X}}{{.job.unknown.a.b.output.X}}{{.job.unread.output.X}}",
		"{{.job.several.api.web.output.IMAGE}}{{.job.several.other.output.IMAGE}}{{.job.several.db.status}}{{.job.several.db.BRANCH}}",
		"{{.job.several.SERVICES}}{{.job.several.BRANCHES}}{{.job.several.GITURLS}}{{.job.several.IMAGES}}",
		"{{.job.single.output.IMAGE}}{{.job.single.status}}{{.job.single.KEY}}",
		"{{.job.follower.output.IMAGE}}{{.job.follower.a.output.IMAGE}}{{.job.unchosen.output.IMAGE}}{{.job.unchosen.a.b.status}}",
	} {
		if err := lintDefinition(text).ValidateVariables(lintTypes(t)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestVariablesThatCannotBeKnown(t *testing.T) {
	for text, why := range map[string]string{
		"{{.State}}":                        "there is no variable {{.State}}; for a text that another program fills in, put a blank behind the braces: {{ .State }}",
		"{{.project":                        "}} is missing after {{.project: a name is letters, digits, - and _, in segments that dots separate",
		"{{.workflow.params.x}}":            "{{.workflow.params.x}}: there is no such parameter",
		"{{.workflow.params.code}}":         "{{.workflow.params.code}}: a repository has no text",
		"{{.workflow.params.env.x}}":        "{{.workflow.params.env.x}}: there is no such parameter",
		"{{.workflow}}":                     "{{.workflow}}: there is no such variable",
		"{{.workflow.task}}":                "{{.workflow.task}}: there is no such variable",
		"{{.project.x}}":                    "{{.project.x}}: there is no such variable",
		"{{.parameter}}":                    "{{.parameter}}: there is no such variable",
		"{{.payload}}":                      "{{.payload}}: there is no such variable",
		"{{.job}}":                          "{{.job}}: there is no such job",
		"{{.job.none.status}}":              "{{.job.none.status}}: there is no such job",
		"{{.job.told}}":                     "{{.job.told}}: there is no such variable",
		"{{.job.told.output.C}}":            "{{.job.told.output.C}}: job told has the outputs A, B",
		"{{.job.muted.output.C}}":           "{{.job.muted.output.C}}: job muted has no outputs",
		"{{.job.told.SERVICES}}":            "{{.job.told.SERVICES}}: job told is a single run",
		"{{.job.told.a.output.A}}":          "{{.job.told.a.output.A}}: job told is a single run",
		"{{.job.single.a.status}}":          "{{.job.single.a.status}}: job single is a single run",
		"{{.job.several.output.IMAGE}}":     "{{.job.several.output.IMAGE}}: job several is several runs: say which, as job.several.SERVICE.MODULE",
		"{{.job.several.api.web.output.A}}": "{{.job.several.api.web.output.A}}: job several has the outputs IMAGE",
		"{{.job.it.status}}":                "{{.job.it.status}}: job it is not before this one",
		"{{.job.later.output.A}}":           "{{.job.later.output.A}}: job later is not before this one",
		"{{.job.left.output.A}}":            "{{.job.left.output.A}}: job left is not before this one",
	} {
		got := whys(lintDefinition(text).ValidateVariables(lintTypes(t)))
		if diff := cmp.Diff([]string{"stages[1].jobs[1].spec.steps[0].script: " + why}, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", text, diff)
		}
	}
}

func TestJobsOfAParallelStageDoNotKnowEachOther(t *testing.T) {
	d := lintDefinition("")
	d.Stages[2].Jobs[1].Spec = json.RawMessage(`{"a":["{{.job.left.output.A}}"]}`)
	want := []string{"stages[2].jobs[1].spec.a[0]: {{.job.left.output.A}}: job left is not before this one"}
	if diff := cmp.Diff(want, whys(d.ValidateVariables(lintTypes(t)))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestVariablesOfRulesAndParametersAreLookedAt(t *testing.T) {
	d := lintDefinition("{{.project.x}}")
	d.Stages[1].Jobs[1].Execute = &workflow.ExecutePolicy{Type: workflow.SkipIf, Rules: []workflow.Rule{
		{Field: "{{.job.told.output.A}}", Verb: workflow.Equals, Value: "{{.workflow.params.env}}"},
		{Field: "{{.job.it.status}}", Verb: workflow.Equals, Value: "{{.workflow.params.x}}"}}}
	d.Params = append(d.Params,
		workflow.Param{Name: "good", Type: workflow.StringParam, Source: workflow.FromReference, Value: "{{.project}}{{.parameter.a.b}}{{.workflow.params.env}}"},
		workflow.Param{Name: "bad", Type: workflow.StringParam, Source: workflow.FromReference, Value: "{{.job.told.output.A}}{{.workflow.params.good}}"},
		workflow.Param{Name: "data", Type: workflow.StringParam, Value: "{{.job.told.output.A}}"})
	want := []string{
		"params[4].value: {{.job.told.output.A}}: a parameter is known before jobs are",
		"params[4].value: {{.workflow.params.good}}: that parameter is given by variables itself",
		"stages[1].jobs[1].spec.steps[0].script: {{.project.x}}: there is no such variable",
		"stages[1].jobs[1].execute_policy.rules[1].field: {{.job.it.status}}: job it is not before this one",
		"stages[1].jobs[1].execute_policy.rules[1].value: {{.workflow.params.x}}: there is no such parameter",
	}
	if diff := cmp.Diff(want, whys(d.ValidateVariables(lintTypes(t)))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestNotificationsAreNotLookedAt(t *testing.T) {
	d := lintDefinition("")
	body := []json.RawMessage{json.RawMessage(`{"body":"{{.whatever}}"}`)}
	d.Notify, d.Stages[1].Jobs[1].Notify, d.Stages[1].Jobs[1].ServiceModules = body, body, body
	if err := d.ValidateVariables(lintTypes(t)); err != nil {
		t.Error(err)
	}
}

func TestVariablesOfARunThatIsAboutToStart(t *testing.T) {
	text := "{{.parameter.vault.token}}{{.payload.ticket}}{{.payload.trigger.pr}}{{.job.told.output.A}}{{.workflow.params.env}}{{.workflow.task.id}}"
	d := lintDefinition(text)
	scope := &workflow.RunVariables{Host: map[string]string{"vault.token": "t"}, Payload: map[string]string{"ticket": "A-1"}}
	if err := d.ValidateVariablesIn(lintTypes(t), scope); err != nil {
		t.Error(err)
	}
	want := []string{
		"stages[1].jobs[1].spec.steps[0].script: {{.parameter.vault.token}}: it has no value",
		"stages[1].jobs[1].spec.steps[0].script: {{.payload.ticket}}: it has no value",
	}
	if diff := cmp.Diff(want, whys(d.ValidateVariablesIn(lintTypes(t), new(workflow.RunVariables)))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A storage is there before all jobs.
func TestVariablesInPathsOfStorages(t *testing.T) {
	for path, why := range map[string]string{
		"/mnt": "", "/mnt/{{.workflow.params.env}}/{{.project}}/{{.parameter.site.name}}/{{.workflow.task.id}}": "",
		"/mnt/{{.workflow.params.x}}":     "{{.workflow.params.x}}: there is no such parameter",
		"/mnt/{{.job.told.output.A}}":     "{{.job.told.output.A}}: job told is not before this one",
		"/mnt/{{.job.silent.ANY}}":        "{{.job.silent.ANY}}: job silent is not before this one",
		"/mnt/{{.project.x}}":             "{{.project.x}}: there is no such variable",
		"/mnt/{{.workflow.params.built}}": "",
	} {
		d := lintDefinition("x")
		d.Params = append(d.Params, workflow.Param{Name: "built", Type: workflow.StringParam, Source: workflow.FromReference, Value: "{{.project}}"})
		d.Storages = []workflow.ShareStorage{{Name: "a", Path: "/a"}, {Name: "b", Path: path}}
		var want []string
		if why != "" {
			want = []string{"share_storages[1].path: " + why}
		}
		if diff := cmp.Diff(want, whys(d.ValidateVariables(lintTypes(t)))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
	}
}

func TestFaultsOfVariablesAreInvalid(t *testing.T) {
	if err := lintDefinition("{{.x}}").ValidateVariables(lintTypes(t)); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

// What the lint accepts of parameters and built-in names, a run knows.
func TestWhatTheLintAcceptsARunKnows(t *testing.T) {
	text := "{{.project}}{{.project.id}}{{.workflow.name}}{{.workflow.params.env}}{{.payload.trigger.event}}{{.job.told.output.A}}{{.job.several.db.BRANCH}}{{.job.several.IMAGES}}"
	d := lintDefinition(text)
	if err := d.ValidateVariables(lintTypes(t)); err != nil {
		t.Fatal(err)
	}
	run := &workflow.RunVariables{Params: d.Params, Jobs: []workflow.JobVariables{
		{Key: "told", Outputs: map[string]string{"A": "a"}}, {Key: "several.db", Inputs: map[string]string{"BRANCH": "b"}}}}
	if _, err := workflow.ExpandSpec(d.Stages[1].Jobs[1].Spec, run); err != nil {
		t.Error(err)
	}
}

// The documented workflows name nothing that they cannot know.
func TestDocumentedWorkflowsHaveGoodVariables(t *testing.T) {
	for _, file := range []string{"create.json", "full.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		var d workflow.Definition
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(file, err)
		}
		if err := d.ValidateVariables(lintTypes(t)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
