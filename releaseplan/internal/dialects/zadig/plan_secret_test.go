package zadig_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/workflow"
)

// credentials files a workflow with credentials in its jobs, for each project.
func (d *desk) credentials(projects ...string) {
	d.t.Helper()
	for _, project := range projects {
		_, err := d.flows.Definitions().Create(d.t.Context(), workflow.Definition{Project: project, Key: "flow-" + project, Params: []workflow.Param{
			{Name: "password", Type: workflow.StringParam, Secret: true},
		}, Stages: []workflow.Stage{{Name: "s", Jobs: []workflow.Job{
			{Name: "build", Type: "freestyle", Spec: json.RawMessage(`{"script":"true","envs":[{"key":"PW","value":"x","is_credential":true},{"key":"Q","value":"v"}]}`)},
			{Name: "other", Type: "freestyle", Spec: json.RawMessage(`{"script":"true","envs":[{"key":"PW","value":"x"}]}`)},
		}}}}, deskPeople()["root"])
		if err != nil {
			d.t.Fatal(err)
		}
	}
}

// withInputs is a plan of a workflow job with inputs.
func withInputs(workflow, inputs string) string {
	return `{"name":"x","manager":"admin","jobs":[{"name":"a","type":"workflow","spec":{"workflow":{"name":"` + workflow + `","params":[],"inputs":` + inputs + `}}}]}`
}

// A credential of a job is not taken in plain: all who may read the plan would see it.
func TestPlanCredentialIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.credentials("demo")
	for _, row := range []struct{ inputs, field string }{
		{`[{"job_name":"build","parameters":{"kv":[{"key":"Q","value":"open"},{"key":"PW","value":"hunter2"}]}}]`, "workflow.inputs[0].parameters.kv[1].value"},
		{`[{"job_name":"build","parameters":{"KV":[{"KEY":"PW","Value":"hunter2"}]}}]`, "workflow.inputs[0].parameters.KV[0].Value"},
		{`[{"job_name":"build","parameters":{"service_list":[{"service_name":"s","inputs":[{"key":"PW","value":"hunter2"}]}]}}]`, "service_list[0].inputs[0].value"},
		{`[{"job_name":"build","parameters":{"testing_list":[{"testing_name":"s","inputs":[{"key":"PW","value":7}]}]}}]`, "testing_list[0].inputs[0].value"},
		{`[{"job_name":"build","parameters":{"kv":[{"key":"PW","choice_value":["hunter2"]}]}}]`, "kv[0].choice_value"},
		{`[{"job_name":"other","parameters":{"kv":[{"key":"R","value":"hunter2","is_credential":true}]}}]`, "kv[0].value"},
		{`[{"job_name":"other","parameters":{"repos":[{"repo_name":"r","oauth_token":"hunter2"}]}}]`, "repos[0].oauth_token"},
		{`[{"job_name":"nobody","parameters":{"kv":[{"key":"PW","value":"hunter2"}]}}]`, "kv[0].value"},
	} {
		a := d.Do(http.MethodPost, plansUIAt, withInputs("flow-demo", row.inputs)).Want(http.StatusBadRequest)
		if said := fmt.Sprint(a.Get("description")); !strings.Contains(said, row.field+": is secret: it takes a secret variable of the plan") {
			t.Errorf("%s: %s", row.inputs, said)
		}
	}
	for _, given := range []string{`"choice_value":["hunter2"]`, `"repo":{"branch":"hunter2"}`} {
		d.Do(http.MethodPost, plansUIAt, `{"name":"x","manager":"admin","jobs":[{"name":"a","type":"workflow","spec":{"workflow":{"name":"flow-demo","params":[{"name":"password",`+given+`}]}}}]}`).
			Want(http.StatusBadRequest)
	}
	a := d.Do(http.MethodPost, plansUIAt, withInputs("flow-demo", `[{"job_name":"build","parameters":{"kv":[{"key":"PW","value":"***"}]}}]`)).Want(http.StatusBadRequest)
	if said := fmt.Sprint(a.Get("description")); !strings.Contains(said, "is the mask of no value that is stored") {
		t.Error(said)
	}
	open := d.create(withInputs("flow-demo", `[{"job_name":"build","parameters":{"kv":[{"key":"Q","value":"open"},{"key":"PW","value":""}]}},{"job_name":"other","parameters":{"kv":[{"key":"PW","value":"open"}]}}]`))
	if a := d.view(open); strings.Contains(string(a.Body), "***") {
		t.Errorf("%s", a.Body)
	}
}

// keptCredentials are inputs as they are stored, by whatever way; a shows a plan with them.
const keptCredentials = `[{"job_name":"build","parameters":{"kv":[{"key":"PW","value":"hunter2"},{"key":"Q","value":"{v}"}],"service_list":[{"service_name":"a","inputs":[{"key":"PW","value":"{pw}"}]}]}}]`

func (d *desk) keeping(project string) string {
	d.t.Helper()
	c := content()
	c.Variables = []releaseplan.Variable{{Name: "pw", Secret: true, Value: "hunter2"}, {Name: "v", Value: "1"}}
	c.Phases[0].Tasks = []releaseplan.Task{{Name: "a", Kind: "workflow", Spec: json.RawMessage(`{"workflow":"flow-` + project + `","inputs":` + keptCredentials + `,"remark":""}`)}}
	return d.file(c, "admin").ID()
}

// A credential of a job is shown nowhere, and a mask that comes back keeps it.
func TestPlanCredentialIsMasked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.credentials("demo", "vault")
	id := d.keeping("demo")
	at := plansUIAt + "/" + id
	const shown = `[{"job_name":"build","parameters":{"kv":[{"key":"PW","value":"***"},{"key":"Q","value":"{v}"}],"service_list":[{"service_name":"a","inputs":[{"key":"PW","value":"***"}]}]}}]`
	inputs := func(a *check.Answer, path string) string {
		t.Helper()
		text, err := json.Marshal(a.Get(path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if diff := check.Diff(shown, inputs(d.view(id), "jobs.0.spec.workflow.inputs")); diff != "" {
		t.Error(diff)
	}
	stored := func() string {
		var spec struct{ Inputs json.RawMessage }
		mustJSON(t, string(d.plan(id).Tasks()[0].Spec), &spec)
		return string(spec.Inputs)
	}
	change := func(inputs string) *check.Answer {
		return d.put(id, "update_release_job", `{"id":"`+d.job(id, 0)+`","name":"a","type":"workflow","spec":{"workflow":{"name":"flow-demo","params":[],"inputs":`+inputs+`}}}`)
	}
	change(shown).Want(http.StatusOK)
	if diff := check.Diff(keptCredentials, stored()); diff != "" {
		t.Error(diff)
	}
	change(`[{"job_name":"build","parameters":{"service_list":[{"service_name":"b","inputs":[]},{"service_name":"a","inputs":[{"key":"PW","value":"***"}]}],"kv":[{"key":"Q","value":"{new}"},{"key":"PW","value":"***"}]}}]`).Want(http.StatusOK)
	want := `[{"job_name":"build","parameters":{"kv":[{"key":"Q","value":"{{new}}"},{"key":"PW","value":"hunter2"}],"service_list":[{"service_name":"b","inputs":[]},{"service_name":"a","inputs":[{"key":"PW","value":"{pw}"}]}]}}]`
	if diff := check.Diff(want, stored()); diff != "" {
		t.Error(diff)
	}
	for _, stolen := range []string{
		`[{"job_name":"other","parameters":{"kv":[{"key":"PW","value":"***"}]}}]`,
		`[{"job_name":"build","parameters":{"kv":[{"key":"Q","value":"***"}]}}]`,
		`[{"job_name":"build","parameters":{"kv":[{"key":"Q","value":"***"},{"key":"Q","value":"***"}]}}]`,
	} {
		change(stolen)
		if s := stored(); strings.Contains(s, "hunter2") && !strings.Contains(s, "PW") {
			t.Errorf("%s: %s", stolen, s)
		}
	}
	d.keeping("demo")
	for _, a := range []*check.Answer{
		d.view(id), d.Do(http.MethodGet, plansAt+"/"+id, nil), d.Do(http.MethodGet, at+"/job/"+d.job(id, 0), nil), d.Do(http.MethodGet, at+"/versions/diff?from=1&to=2", nil),
		d.Do(http.MethodGet, at+"/versions/1/diff", nil),
	} {
		if strings.Contains(string(a.Body), "hunter2") {
			t.Errorf("%s", a.Body)
		}
	}

	t.Run("who may not see the workflow sees no value", func(t *testing.T) {
		id := d.keeping("vault")
		a := d.view(id)
		if got := inputs(a, "jobs.0.spec.workflow.inputs"); strings.Contains(got, "{v}") || !strings.Contains(got, "***") || strings.Contains(got, "hunter2") {
			t.Error(got)
		}
	})
}

// A list that is too long is refused at once, and not fault by fault.
func TestPlanListsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	many := func(n int, one string) string { return strings.Repeat(one+",", n-1) + one }
	for _, row := range []struct{ path, body, want string }{
		{plansUIAt, `{"name":"x","manager":"admin","jobs":[` + many(releaseplan.MaxTasks+1, "{}") + `]}`, "jobs: 10001 are too many: at most 10000"},
		{plansUIAt, `{"name":"x","manager":"admin","jobs":[` + many(500, "{}") + `]}`, "more faults"},
		{plansUIAt, `{"name":"x","manager":"admin","jobs":[],"jira_sprint_association":{"sprints":[` + many(1000, "{}") + `]}}`, "are too many"},
		{"/openapi/workflows/custom/task", `{"project_key":"p","workflow_key":"w","inputs":[` + many(workflow.MaxRunJobs+1, "{}") + `],"parameters":[` + many(1000, "{}") + `]}`, "inputs: 2001 are too many: at most 2000\nparameters: 1000 are too many"},
	} {
		a := d.Do(http.MethodPost, row.path, row.body).Want(http.StatusBadRequest)
		if said := fmt.Sprint(a.Get("description")); !strings.Contains(said, row.want) || len(said) > 20_000 {
			t.Errorf("%d bytes: %.200s", len(said), said)
		}
	}
}

// A callback is told the same whatever is wrong with its code or plan.
func TestPlanCallbackTellsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.file(content(), "admin").ID()
	waits, _ := d.gated()
	long := strings.Repeat("x", 10_000)
	for _, row := range [][3]string{
		{id, "1", ""}, {id, long, ""}, {"nobody", "1", ""}, {long, "1", ""}, {id, "\x00", ""}, {id, "", ""}, {id, "1", "why"},
		{waits, "1", ""}, {waits, long, ""}, {waits, "\x00", ""}, {waits, "", ""}, {waits, "1", "why"},
	} {
		body, err := json.Marshal(map[string]string{"release_plan_id": row[0], "instance_code": row[1], "hook_event": "finish_planning", "result": "success", "description": row[2]})
		if err != nil {
			t.Fatal(err)
		}
		a := d.Do(http.MethodPost, "/api/callback/release_plan", string(body)).Want(http.StatusForbidden)
		if a.Get("description") != "no check waits for an answer with this code" {
			t.Errorf("%s", a.Body)
		}
	}
	for _, plan := range []string{id, waits, "nobody"} {
		d.Do(http.MethodPost, "/api/callback/release_plan", `{"release_plan_id":"`+plan+`","instance_code":"1","hook_event":"finish_planning","result":"success","description":"`+long+`"}`).Want(http.StatusBadRequest)
	}
}
