package runs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// check returns what Check finds in one spec, without the path of the task.
func check(spec string, more ...releaseplan.Variable) string {
	c := content(task(`{"workflow":"x","parameters":{"{":"not of the kind"}}`, func(t *releaseplan.Task) { t.Kind = "other" }), task(spec))
	c.Variables = append(c.Variables, more...)
	err := runs.Check(c, "workflow")
	if err == nil {
		return ""
	}
	if !errors.Is(err, penstock.ErrInvalid) {
		return "no ErrInvalid: " + err.Error()
	}
	return strings.ReplaceAll(strings.ReplaceAll(err.Error(), "phases[0].tasks[1].spec.", ""), "phases[0].tasks[1].spec: ", "")
}

func TestCheck(t *testing.T) {
	token := releaseplan.Variable{Name: "token", Value: "hunter2", Secret: true}
	long := strings.Repeat("x", 5_000)
	for _, row := range []struct{ name, spec, want string }{
		{"fine", shipIt, ""},
		{"all of it", `{"workflow":"{version}","parameters":{"a":"{{}}","b":["1","{version}"],"c":{"repo_name":"shop","branch":"v{version}"}},
			"inputs":[{"job_name":"build","job_type":"freestyle","parameters":{"kv":[{"key":"K","value":"{version}"}],"n":[1,true,null]},"skip":false}],"remark":"{version}","ticket":"T1"}`, ""},
		{"a secret for a parameter", `{"workflow":"x","parameters":{"a":"{token}"}}`, ""},
		{"nothing", ``, "workflow: must not be empty"},
		{"null", `null`, "workflow: must not be empty"},
		{"empty", `{}`, "workflow: must not be empty"},
		{"no object", `[]`, "must be a JSON object"},
		{"unknown members", `{"workflow":"x","params":{},"inputs":[{"job_name":"a","x":1}],"parameters":{"a":{"repo_name":"r","brunch":"b"}}}`, "inputs[0].x: is not taken\nparameters.a.brunch: is not taken\nparams: is not taken"},
		{"an unknown member of a repository", `{"workflow":"x","parameters":{"a":{"repo_name":"r","brunch":"b"}}}`, "parameters.a.brunch: is not taken"},
		{"wrong types", `{"workflow":1,"remark":[],"pass_approval":"yes"}`, "pass_approval: must not be a JSON string\nremark: must not be a JSON array\nworkflow: must not be a JSON number"},
		{"a number", `{"workflow":"x","parameters":{"a":1,"b":null,"c":true,"d":["x",null],"e":[1]}}`,
			"parameters.a: must be a text, a list of texts or a repository\nparameters.b: must be a text, a list of texts or a repository\nparameters.c: must be a text, a list of texts or a repository\n" +
				"parameters.d: must be a text, a list of texts or a repository\nparameters.e: must be a text, a list of texts or a repository"},
		{"no job", `{"workflow":"x","inputs":[{}]}`, "inputs[0].job_name: must not be empty"},
		{"a long remark", `{"workflow":"x","remark":"` + long + `"}`, "remark: 5000 bytes are too many: at most 4096"},
		{"a long ticket", `{"workflow":"x","ticket":"` + long[:256] + `"}`, "ticket: 256 bytes are too many: at most 255"},
		{"unknown variables", `{"workflow":"{a}","parameters":{"p":["{b}"],"q":{"repo_name":"{c}"}},"inputs":[{"job_name":"j","parameters":{"kv":[{"value":"{d}"}]}}]}`,
			"inputs[0].parameters.kv[0].value: refers to the unknown variable \"d\"\nparameters.p[0]: refers to the unknown variable \"b\"\n" +
				"parameters.q.repo_name: refers to the unknown variable \"c\"\nworkflow: refers to the unknown variable \"a\""},
		{"stray braces", `{"workflow":"x","remark":"}","ticket":"{"}`, "remark: has a } without {; write }} for the brace itself\nticket: has a { without }; write {{ for the brace itself"},
		{"secrets where they would be shown", `{"workflow":"{token}","remark":"{token}","ticket":"a{token}","inputs":[{"job_name":"j","parameters":{"kv":[{"value":"{token}"}]}}]}`,
			"inputs[0].parameters.kv[0].value: holds a secret variable, which only a secret parameter takes\nremark: holds a secret variable, which only a secret parameter takes\n" +
				"ticket: holds a secret variable, which only a secret parameter takes\nworkflow: holds a secret variable, which only a secret parameter takes"},
		{"an approval that nobody gives", `{"workflow":"x","pass_approval":true}`, "pass_approval: the plan requires no approval that could be passed on"},
	} {
		if got := sorted(check(row.spec, token)); got != sorted(row.want) {
			t.Errorf("%s:\n%s\nwant\n%s", row.name, got, row.want)
		}
	}
	if err := runs.Check(approved(content(task(passItOn))), "workflow"); err != nil {
		t.Error(err)
	}
	many := make([]string, 201)
	for i := range many {
		many[i] = fmt.Sprintf(`"p%d":""`, i)
	}
	if got, want := check(`{"workflow":"x","parameters":{`+strings.Join(many, ",")+`}}`), "parameters: 201 are too many: at most 200"; got != want {
		t.Errorf("got %s", got)
	}
}

func sorted(lines string) string {
	all := strings.Split(lines, "\n")
	for i := range all {
		for j := i; j > 0 && all[j] < all[j-1]; j-- {
			all[j], all[j-1] = all[j-1], all[j]
		}
	}
	return strings.Join(all, "\n")
}

// A Spec that is written in Go is read as it was.
func TestSpecsAreWrittenAsTheyAreRead(t *testing.T) {
	spec := runs.Spec{Workflow: "x", Parameters: map[string]runs.Value{"a": {Text: "1"}, "b": {Chosen: []string{"2", "3"}}, "c": {Repo: &workflow.RepoInput{Name: "r", Branch: "main"}}, "d": {}, "e": {Chosen: []string{}}},
		Inputs: []workflow.JobInput{{Job: "j", Skip: new(true)}}, Remark: "so", Ticket: "T", PassApproval: true}
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var read runs.Spec
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(spec, read); diff != "" {
		t.Errorf("-written +read:\n%s", diff)
	}
}

// Values are data: what looks like a variable of the workflow stays as it is.
func TestValuesAreData(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		job := workflow.Job{Name: "say", Type: "freestyle", Spec: json.RawMessage(`{"script":"{{.workflow.params.text}} {{.workflow.params.many}}","envs":[{"key":"K","value":"","type":"string"}]}`)}
		w.define(workflow.Definition{Project: "shop", Key: "say", Stages: []workflow.Stage{{Name: "one", Jobs: []workflow.Job{job}}}, Params: []workflow.Param{
			{Name: "text", Type: workflow.TextParam}, {Name: "many", Type: workflow.MultiParam, Options: []string{"eu", "us", "{{.project}}"}}}})
		c := content(task(`{"workflow":"say","parameters":{"text":"<{trap}>","many":["eu","{trap}"]},
			"inputs":[{"job_name":"say","parameters":{"kv":[{"key":"K","value":"{trap} {quote} {{{{.project}}}}"}]}}]}`))
		c.Variables = append(c.Variables, releaseplan.Variable{Name: "trap", Value: "{{{{.project}}}}"}, releaseplan.Variable{Name: "quote", Value: `"\ {{{{{{{{.{{{{}}}}`})
		w.reach(w.begin(c), releaseplan.Completed)
		var spec struct {
			Script string
			Envs   []struct{ Value string }
		}
		if err := json.Unmarshal([]byte(w.works.begun()[0]), &spec); err != nil {
			t.Fatal(err)
		}
		if want := "<{{.project}}> eu,{{.project}}"; spec.Script != want {
			t.Errorf("the script is %q, not %q", spec.Script, want)
		}
		if want := `{{.project}} "\ {{{{.{{}} {{.project}}`; spec.Envs[0].Value != want {
			t.Errorf("the variable is %q, not %q", spec.Envs[0].Value, want)
		}
	})
}

func TestSecrets(t *testing.T) {
	const secret = "hunter2-hunter2"
	for _, row := range []struct{ name, spec, want string }{
		{"into a secret parameter", `{"workflow":"login","parameters":{"token":"{token}"}}`, ""},
		{"made with others", `{"workflow":"login","parameters":{"token":"{url}"}}`, ""},
		{"into a plain parameter", `{"workflow":"login","parameters":{"user":"{token}"}}`, `parameters[0].value: is a secret, and the parameter "user" is none`},
		{"made with others, into a plain parameter", `{"workflow":"login","parameters":{"user":"{url}","token":"{token}"}}`, `parameters[1].value: is a secret, and the parameter "user" is none`},
		{"a list", `{"workflow":"login","parameters":{"many":["{url}"]}}`, "parameters[0].choice_value[0]: must be one of the options\nparameters[0].value: is a secret, and the parameter \"many\" is none"},
		{"into an input", `{"workflow":"login","inputs":[{"job_name":"in","parameters":{"kv":[{"key":"K","value":"{url}"}]}}]}`, "inputs[0].parameters.kv[0].value: holds a secret variable, which only a secret parameter takes"},
		{"into a remark", `{"workflow":"login","remark":"{url}"}`, "remark: holds a secret variable, which only a secret parameter takes"},
		{"into a failure", `{"workflow":"login","parameters":{"token":"{token}"},"remark":"fail"}`, "workflow login #1 failed: job in: *** is wrong"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in(t, workflow.Config{}, func(t *testing.T, w *world) {
				defer w.runner(w.plans, runs.Config{})()
				w.define(workflow.Definition{Project: "shop", Key: "login", Stages: []workflow.Stage{{Name: "one", Jobs: []workflow.Job{script("in", "login {{.workflow.params.token}}")}}}, Params: []workflow.Param{
					{Name: "token", Type: workflow.SecretParam}, {Name: "user", Type: workflow.StringParam}, {Name: "many", Type: workflow.MultiParam, Options: []string{"a"}}}})
				if strings.Contains(row.spec, "fail") {
					w.works.fail(secret + " is wrong")
				}
				c := content(task(row.spec))
				c.Variables = append(c.Variables, releaseplan.Variable{Name: "token", Value: secret, Secret: true}, releaseplan.Variable{Name: "url", Value: "https://x/{token}"})
				id := w.begin(c)
				switch row.want {
				case "":
					w.reach(id, releaseplan.Completed)
					if got := w.works.begun(); len(got) != 1 || !strings.Contains(got[0], secret) {
						t.Errorf("it did %s", got)
					}
				default:
					w.until("it has failed", func() bool { return w.plan(id).State() == releaseplan.Failed })
					if got := sorted(w.ship(id).Status.Remark); got != sorted(row.want) {
						t.Errorf("it says %s, not %s", got, row.want)
					}
				}
				w.hidden(secret)
			})
		})
	}
}

// hidden looks for a secret in every event, and in every record but those that keep secrets.
func (w *world) hidden(secret string) {
	w.Helper()
	events, err := w.store.Events(w.ctx, store.EventQuery{Limit: store.MaxLimit})
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range events {
		if bytes.Contains(e.Body, []byte(secret)) {
			w.Errorf("event %d holds it: %s", e.Position, e.Body)
		}
	}
	for _, kind := range []string{"workflow.run", "workflow.run.start", "workflow.run.outputs", "workflow.log", "plan", "plan.content", "plan.status"} {
		page, err := w.store.Find(w.ctx, store.Query{Kind: kind, Limit: store.MaxLimit})
		if err != nil {
			w.Fatal(err)
		}
		for _, record := range page.Records {
			if bytes.Contains(record.Body, []byte(secret)) {
				w.Errorf("%s holds it", record.Key)
			}
		}
	}
}

// What a plan's variables grow to is bounded.
func TestSpecsAreBounded(t *testing.T) {
	c := content(task(`{"workflow":"x","parameters":{"a":["` + strings.Repeat(`{big}","`, 500) + `"]}}`))
	c.Variables = []releaseplan.Variable{{Name: "v", Value: strings.Repeat("x", 4_000)}, {Name: "big", Value: strings.Repeat("{v}", 10)}}
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		id := w.begin(c)
		w.reach(id, releaseplan.Failed)
		w.wantError(id, "has more than 1048576 bytes when its variables are filled in")
	})
}
