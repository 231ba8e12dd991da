package workflow_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func aRun() *workflow.RunVariables {
	return &workflow.RunVariables{
		Project: "shop", ProjectName: "Web shop", Workflow: "ci", WorkflowName: "Build and deploy", Number: 7,
		Creator:  penstock.Actor{ID: "ann", Name: "Ann", Email: "ann@example.com"},
		FromPlan: true, Created: time.Date(2026, 1, 31, 13, 0, 0, 5, time.FixedZone("", 3600)), URL: "https://ci/7",
		Params: []workflow.Param{
			{Name: "env", Type: workflow.ChoiceParam, Value: "dev"},
			{Name: "defaulted", Type: workflow.StringParam, Default: "d"},
			{Name: "blank", Type: workflow.StringParam},
			{Name: "many", Type: workflow.MultiParam, Chosen: []string{"a", "b"}},
			{Name: "data", Type: workflow.StringParam, Value: "{{.project}}"},
			{Name: "derived", Type: workflow.StringParam, Source: workflow.FromReference, Value: "{{.project}}-{{.workflow.params.data}}"},
			{Name: "broken", Type: workflow.StringParam, Source: workflow.FromReference, Value: "{{.project.x}}"},
			{Name: "code", Type: workflow.RepoParam, Repo: &workflow.Repository{Name: "r"}},
			{Name: "环境", Type: workflow.StringParam, Value: "生产"},
		},
		Host:    map[string]string{"vault.token": "t"},
		Payload: map[string]string{"trigger.branch": "main", "ticket": "A-1"},
		Jobs: []workflow.JobVariables{
			{Key: "build.api.web", Status: workflow.JobPassed, Started: time.Unix(99, 0),
				Inputs:  map[string]string{"SERVICE_NAME": "api", "SERVICE_MODULE": "web", "BRANCH": "main", "GITURL": "https://git/a", "MODE": "{{.workflow.params.env}}"},
				Outputs: map[string]string{"IMAGE": "web:1", "DATA": "{{.project}}"}},
			{Key: "build.db", Status: workflow.JobPassed, Inputs: map[string]string{"SERVICE_NAME": "db", "BRANCH": "", "BAD": "{{.project.x}}"}, Outputs: map[string]string{"IMAGE": "db:2"}},
			{Key: "builder", Status: workflow.JobSkipped, Inputs: map[string]string{"BRANCH": "no"}},
			{Key: "images.a", Status: workflow.JobUnstable}, {Key: "images.b", Outputs: map[string]string{"IMAGE": "b:1"}}, {Key: "images.c"}, {Key: "none"},
			{Key: "loop", Inputs: map[string]string{"A": "{{.job.loop.B}}", "B": "{{.job.loop.A}}"}},
		},
	}
}

func TestRunVariables(t *testing.T) {
	r := aRun()
	for name, want := range map[string]string{
		"project": "shop", "project.id": "shop", "project.name": "Web shop",
		"workflow.id": "ci", "workflow.name": "Build and deploy",
		"workflow.task.id": "7", "workflow.task.creator": "Ann", "workflow.task.creator.id": "ann", "workflow.task.creator.userId": "ann", "workflow.task.creator.email": "ann@example.com",
		"workflow.task.is_release_plan_trigger": "true", "workflow.task.timestamp": "1769860800", "workflow.task.datetime": "2026-01-31 12:00:00", "workflow.task.url": "https://ci/7",
		"workflow.params.env": "dev", "workflow.params.defaulted": "d", "workflow.params.blank": "", "workflow.params.many": "a,b", "workflow.params.data": "{{.project}}",
		"workflow.params.derived": "shop-{{.project}}", "workflow.params.环境": "生产",
		"parameter.vault.token": "t", "payload.trigger.branch": "main", "payload.ticket": "A-1",
		"payload.trigger.target_branch": "", "payload.trigger.pr": "", "payload.trigger.commit_id": "", "payload.trigger.commit_sha": "", "payload.trigger.commit_message": "", "payload.trigger.committer": "", "payload.trigger.event": "",
		"job.build.api.web.output.IMAGE": "web:1", "job.build.api.web.output.DATA": "{{.project}}", "job.build.db.output.IMAGE": "db:2",
		"job.build.api.web.status": "passed", "job.builder.status": "skipped", "job.build.api.web.util.startTime": "99",
		"job.build.api.web.SERVICE_NAME": "api", "job.build.api.web.MODE": "dev", "job.build.db.BRANCH": "",
		"job.build.SERVICES": "web/api,db", "job.build.BRANCHES": "main,", "job.build.GITURLS": "https://git/a,", "job.build.IMAGES": "web:1,db:2",
		"job.builder.BRANCHES": "no", "job.images.IMAGES": "b:1", "job.none.IMAGES": "",
	} {
		if got, ok := r.Lookup(name); got != want || !ok {
			t.Errorf("%s: got %q, %t; want %q", name, got, ok, want)
		}
	}
}

func TestRunVariablesThatAreNotKnown(t *testing.T) {
	r := aRun()
	for _, name := range []string{
		"", "x", "Project", "project.x", "workflow", "workflow.x", "workflow.params", "workflow.params.", "workflow.params.x", "workflow.params.code", "workflow.params.broken", "workflow.params.env.x",
		"workflow.task", "workflow.task.x", "parameter", "parameter.vault", "parameter.vault.x", "payload", "payload.x", "payload.trigger", "payload.trigger.x",
		"job", "job.", "job.build", "job.x.status", "job.build.output.IMAGE", "job.build.status", "job.build.api.web", "job.build.api.web.x", "job.build.api.web.output", "job.build.api.web.output.X",
		"job.build.db.util.startTime", "job.build.db.util", "job.build.db.BAD", "job.x.SERVICES", "job.build.api.SERVICES", "job.loop.A", "job.builder.output.X",
	} {
		if got, ok := r.Lookup(name); ok {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestListsOfAJobNeedEveryValue(t *testing.T) {
	r := aRun()
	r.Jobs[1].Inputs["BRANCH"] = "{{.project.x}}"
	if got, ok := r.Lookup("job.build.BRANCHES"); ok {
		t.Errorf("got %q", got)
	}
}

func TestRunVariablesHaveNamesOfTheirOwn(t *testing.T) {
	r := &workflow.RunVariables{Project: "p", Workflow: "w", Creator: penstock.Actor{ID: "ann"}}
	for name, want := range map[string]string{"project.name": "p", "workflow.name": "w", "workflow.task.creator": "ann", "workflow.task.is_release_plan_trigger": "false"} {
		if got, _ := r.Lookup(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// chain makes n jobs, of which each input is made of the next one's.
func chain(n int, template func(next string) string, end string) *workflow.RunVariables {
	r := &workflow.RunVariables{}
	for i := range n {
		r.Jobs = append(r.Jobs, workflow.JobVariables{Key: fmt.Sprint("j", i), Inputs: map[string]string{"V": template(fmt.Sprintf("{{.job.j%d.V}}", i+1))}})
	}
	r.Jobs = append(r.Jobs, workflow.JobVariables{Key: fmt.Sprint("j", n), Inputs: map[string]string{"V": end}})
	return r
}

func TestInputsThatReferToInputs(t *testing.T) {
	same := func(next string) string { return next }
	twice := func(next string) string { return next + next }
	for _, row := range []struct {
		rule string
		run  *workflow.RunVariables
		want string
		ok   bool
	}{
		{"as deep as can be", chain(32, same, "end"), "end", true},
		{"deeper", chain(34, same, "end {{.project}}"), "", false},
		{"twice each: not exponential in time", chain(32, twice, ""), "", true},
		{"nor is it if nothing is known", chain(32, twice, "{{.project.x}}"), "", false},
		{"nor in size", chain(32, twice, "x"), "", false},
		{"as long as a value can be", chain(16, twice, "x"), strings.Repeat("x", workflow.MaxValue), true},
		{"longer", chain(16, twice, "xy"), "", false},
		{"values are data", chain(2, same, "{{.{{}}.project}}"), "{{.project}}", true},
	} {
		t.Run(row.rule, func(t *testing.T) {
			if got, ok := row.run.Lookup("job.j0.V"); got != row.want || ok != row.ok {
				t.Errorf("got %.50q, %t", got, ok)
			}
			if got, ok := row.run.Lookup("job.j0.V"); got != row.want || ok != row.ok {
				t.Errorf("again: %.50q, %t", got, ok)
			}
		})
	}
}

func TestValidateOutputs(t *testing.T) {
	many := make(map[string]string)
	for i := range workflow.MaxOutputs {
		many["n"+strings.Repeat("_", i%60)+string(rune('a'+i/60))] = ""
	}
	big := make(map[string]string)
	for i := range 16 {
		big[string(rune('a'+i))] = strings.Repeat("x", workflow.MaxValue)
	}
	for _, row := range []struct {
		rule    string
		outputs map[string]string
		want    []string
	}{
		{"none", nil, nil},
		{"letters, digits and _", map[string]string{"IMAGE_1": "a", strings.Repeat("x", 64): ""}, nil},
		{"as many as can be", many, nil},
		{"too many", with(many, "more", ""), []string{"outputs: 201 are too many: at most 200"}},
		{"names that are none, every one", map[string]string{"": "", "a-b": "", "é": "", strings.Repeat("x", 65): ""}, []string{
			`outputs: the name "" is not 1 to 64 letters, digits and _`, `outputs: the name "a-b" is not 1 to 64 letters, digits and _`,
			`outputs: the name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is not 1 to 64 letters, digits and _`, `outputs: the name "é" is not 1 to 64 letters, digits and _`}},
		{"the longest value", map[string]string{"A": strings.Repeat("x", workflow.MaxValue)}, nil},
		{"a value that is too long", map[string]string{"A": strings.Repeat("x", workflow.MaxValue+1)}, []string{"outputs.A: 65537 bytes are too many: at most 65536"}},
		{"a value that is not UTF-8", map[string]string{"A": "\xff"}, []string{"outputs.A: must be UTF-8"}},
		{"too much in all", big, []string{"outputs: 1048592 bytes in all are too many: at most 1048576"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got := whys(workflow.ValidateOutputs(row.outputs))
			if strings.Join(got, "\n") != strings.Join(row.want, "\n") {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func with(m map[string]string, name, value string) map[string]string {
	next := maps.Clone(m)
	next[name] = value
	return next
}
