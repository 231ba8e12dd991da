package zadig_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	planruns "github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/workflow"
)

// command asks for something to be done with a job.
func (d *desk) command(id, verb, body string, headers ...string) *check.Answer {
	d.t.Helper()
	return d.Do(http.MethodPost, plansUIAt+"/"+id+"/"+verb, body, headers...)
}

// job is the id of the n-th job of a plan.
func (d *desk) job(id string, n int) string {
	d.t.Helper()
	return d.plan(id).Tasks()[n].ID
}

// workflowPlan files a running plan with a text job and a workflow job.
func (d *desk) workflowPlan() (id, text, flow string) {
	d.t.Helper()
	c := content()
	c.Phases[0].Tasks[1] = releaseplan.Task{Name: "deploy", Kind: "workflow", Spec: json.RawMessage(`{"workflow":"deploy"}`)}
	p := d.file(c, "admin")
	d.do(p.ID(), "admin", actions(releaseplan.Execute)...)
	return p.ID(), d.job(p.ID(), 0), d.job(p.ID(), 1)
}

// A text job is done when somebody says so, with what they say.
func TestPlanJobText(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id, text, _ := d.workflowPlan()
	d.at(deskTime + 5)
	d.command(id, "execute", `{"id":"`+text+`","name":"one","type":"text","spec":{"remark":"done at 10:05"}}`).Want(http.StatusOK, succeeded)
	d.Do(http.MethodGet, plansUIAt+"/"+id+"/job/"+text, nil).Want(http.StatusOK, `{"id":"`+text+`","name":"one","type":"text",
		"spec":{"content":"","remark":"done at 10:05"},"status":"done","last_status":"","updated":false,"executed_by":"admin","executed_time":1693558738}`)
	before := d.export(id)
	d.command(id, "execute", `{"id":"`+text+`","type":"text"}`).Want(http.StatusBadRequest)
	d.command(id, "skip", `{"id":"`+text+`"}`).Want(http.StatusBadRequest)
	d.command(id, "retry", `{"id":"`+text+`"}`).Want(http.StatusBadRequest)
	if diff := check.Diff(before, d.export(id)); diff != "" {
		t.Error(diff)
	}
}

// A workflow job is started, fails, is started anew by retry or execute, or is skipped; a plan of which a job
// failed is not done.
func TestPlanJobWorkflow(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"retry", "execute", "skip"} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			id, text, flow := d.workflowPlan()
			body := `{"id":"` + flow + `","type":"workflow","spec":{"workflow":{"name":"other"}}}`
			d.command(id, "retry", body).Want(http.StatusBadRequest)
			d.command(id, "execute", body).Want(http.StatusOK, succeeded)
			if got := d.view(id).Get("jobs.1.status"); got != "running" {
				t.Fatalf("it is %v", got)
			}
			d.command(id, "execute", body).Want(http.StatusBadRequest)
			d.command(id, "skip", body).Want(http.StatusBadRequest)
			d.do(id, "admin", releaseplan.Command{Action: releaseplan.Fail, Task: flow, Remark: "broken"})
			d.command(id, "skip", `{"id":"`+text+`"}`).Want(http.StatusOK)
			a := d.view(id)
			if a.Get("status") != "executing" || a.Get("jobs.1.status") != "failed" || a.Get("jobs.0.status") != "skipped" || a.Get("jobs.0.spec.remark") != "skipped" {
				t.Fatalf("%s", a.Body)
			}
			d.command(id, verb, body).Want(http.StatusOK, succeeded)
			want := map[string]string{"retry": "running", "execute": "running", "skip": "skipped"}[verb]
			if got := d.view(id).Get("jobs.1.status"); got != want {
				t.Errorf("then it is %v", got)
			}
			if p := d.plan(id); verb != "skip" {
				d.do(id, "admin", releaseplan.Command{Action: releaseplan.Complete, Task: flow})
				if attempts := p.Tasks()[1].Status.Count; attempts != 2 {
					t.Errorf("%d attempts", attempts)
				}
			}
			if got := d.view(id).Get("status"); got != "success" {
				t.Errorf("the plan is %v", got)
			}
		})
	}
}

// The type of a job is that of the job, whatever a client says; no other job, and no other's job, is found.
func TestPlanJobNamed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id, _, flow := d.workflowPlan()
	other, foreign, _ := d.workflowPlan()
	before := d.export(id) + d.export(other)
	for _, verb := range []string{"execute", "skip", "retry"} {
		d.command(id, verb, `{"id":"`+flow+`","type":"text","spec":{"remark":"x"}}`).Want(http.StatusBadRequest)
		d.command(id, verb, `{"id":"`+foreign+`"}`).Want(http.StatusNotFound)
		d.command(id, verb, `{"id":"nobody"}`).Want(http.StatusNotFound)
		d.command(id, verb, `{}`).Want(http.StatusNotFound)
		d.command("nobody", verb, `{"id":"`+flow+`"}`).Want(http.StatusNotFound)
		d.command(id, verb, `{"id":7}`).Want(http.StatusBadRequest)
		d.command(id, verb, `{"id":"`+flow+`"}`, as("eve")...).Want(map[string]int{"retry": http.StatusBadRequest, "execute": http.StatusForbidden, "skip": http.StatusForbidden}[verb])
	}
	d.Do(http.MethodGet, plansUIAt+"/"+id+"/job/"+foreign, nil).Want(http.StatusNotFound)
	if before != d.export(id)+d.export(other) {
		t.Error("something changed")
	}
}

// Who is in charge of a job may do it, and nothing else.
func TestPlanJobManager(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager_id":"` + adminID + `","jobs":[{"name":"a","type":"text","manager":"eve","manager_id":"u-eve","spec":{"content":"hers"}},{"name":"b","type":"text","spec":{}}]}`)
	d.move(id, "executing").Want(http.StatusOK)
	d.command(id, "execute", `{"id":"`+d.job(id, 1)+`"}`, as("eve")...).Want(http.StatusForbidden)
	d.command(id, "execute", `{"id":"`+d.job(id, 0)+`"}`, as("eve")...).Want(http.StatusOK)
	if a := d.view(id); a.Get("jobs.0.manager") != "eve" || a.Get("jobs.0.manager_id") != "u-eve" || a.Get("jobs.0.executed_by") != "eve" {
		t.Errorf("%s", a.Body)
	}
}

// A plan that is approved and not begun executes with its first job: as this dialect sees it, it does already.
func TestPlanJobOfApproved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.file(approved(content()), "admin").ID()
	d.do(id, "admin", actions(releaseplan.Finalize, releaseplan.RequestApproval)...)
	d.command(id, "execute", `{"id":"`+d.job(id, 0)+`"}`).Want(http.StatusBadRequest)
	d.do(id, "ann", releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve})
	if got := d.view(id).Get("status"); got != "executing" {
		t.Fatalf("it is %v", got)
	}
	d.command(id, "execute", `{"id":"`+d.job(id, 0)+`"}`).Want(http.StatusOK)
	if p := d.plan(id); p.State() != releaseplan.Running || p.Tasks()[0].State != releaseplan.TaskDone {
		t.Errorf("%v", p)
	}
}

// A workflow job is sent in either form, and shown in one; what it says is data, its secrets are not shown, and
// what is sent as it was shown stays as it was.
func TestPlanJobWorkflowSpec(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, project := range []string{"demo", "vault"} {
		_, err := d.flows.Definitions().Create(t.Context(), workflow.Definition{Project: project, Key: "flow-" + project, Params: []workflow.Param{
			{Name: "text", Type: workflow.StringParam}, {Name: "choice", Type: workflow.ChoiceParam, Options: []string{"a", "b"}},
			{Name: "many", Type: workflow.MultiParam, Options: []string{"a", "b"}}, {Name: "password", Type: workflow.StringParam, Secret: true},
		}, Stages: []workflow.Stage{{Name: "s", Jobs: []workflow.Job{{Name: "build", Type: "freestyle", Spec: json.RawMessage(`{"script":"true"}`)}}}}}, deskPeople()["root"])
		if err != nil {
			t.Fatal(err)
		}
	}
	shown := `{"workflow":{"name":"flow-demo","project":"demo","params":[{"name":"choice","type":"choice","value":"a"},{"name":"many","type":"multi-select","value":"","choice_value":["b"]},` +
		`{"name":"text","type":"string","value":"{{.x}} {y}"}],"inputs":[{"job_name":"build","job_type":"freestyle","parameters":{"kv":[{"key":"k","value":"{z}"}]}}],"remark":"{why}"},"status":"","task_id":0}`
	for form, spec := range map[string]string{
		"as a document": `{"workflow":{"name":"flow-demo","project":"demo","remark":"{why}","inputs":[{"job_name":"build","job_type":"freestyle","parameters":{"kv":[{"key":"k","value":"{z}"}]}}],
			"params":[{"name":"text","value":"{{.x}} {y}"},{"name":"choice","value":"a"},{"name":"many","choice_value":["b"]}]},"status":"running","task_id":9}`,
		"as a request": `{"workflow_key":"flow-demo","project_key":"demo","remark":"{why}","inputs":[{"job_name":"build","job_type":"freestyle","parameters":{"kv":[{"key":"k","value":"{z}"}]}}],
			"parameters":[{"name":"text","type":"string","value":"{{.x}} {y}"},{"name":"choice","value":"a"},{"name":"many","choice_value":["b"]}]}`,
	} {
		id := d.create(`{"name":"x","manager":"admin","jobs":[{"name":"a","type":"workflow","spec":` + spec + `}]}`)
		var job struct{ Spec json.RawMessage }
		d.Do(http.MethodGet, plansUIAt+"/"+id+"/job/"+d.job(id, 0), nil).Want(http.StatusOK).Into(&job)
		if diff := check.Diff(shown, string(job.Spec)); diff != "" {
			t.Errorf("%s:\n%s", form, diff)
		}
		if err := planruns.Check(d.plan(id).Content(), "workflow"); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}

	t.Run("what is shown and sent stays", func(t *testing.T) {
		c := content()
		c.Variables = []releaseplan.Variable{{Name: "pw", Secret: true, Value: "hunter2"}, {Name: "v", Value: "1"}}
		stored := `{"workflow":"flow-demo","parameters":{"password":"{pw}","text":"{v}"},"inputs":[{"job_name":"build","parameters":{"tag":"{v}"}}],"remark":"","ticket":"OA-1"}`
		c.Phases[0].Tasks = []releaseplan.Task{{Name: "a", Kind: "workflow", Spec: json.RawMessage(stored)}}
		id := d.file(c, "admin").ID()
		var job map[string]any
		a := d.Do(http.MethodGet, plansUIAt+"/"+id+"/job/"+d.job(id, 0), nil).Want(http.StatusOK).Into(&job)
		if got := a.Get("spec.workflow.params.0.value"); got != "***" {
			t.Errorf("the password is %v", got)
		}
		d.Do(http.MethodPut, plansUIAt+"/"+id, map[string]any{"verb": "update_release_job", "spec": job}).Want(http.StatusOK)
		if p := d.plan(id); p.Version() != 1 {
			t.Errorf("it was edited:\n%s", check.Diff(stored, string(p.Tasks()[0].Spec)))
		}
		job["spec"].(map[string]any)["workflow"].(map[string]any)["remark"] = "now"
		d.Do(http.MethodPut, plansUIAt+"/"+id, map[string]any{"verb": "update_release_job", "spec": job}).Want(http.StatusOK)
		want := `{"workflow":"flow-demo","parameters":{"password":"{pw}","text":"{v}"},"inputs":[{"job_name":"build","parameters":{"tag":"{v}"}}],"remark":"now","ticket":"OA-1"}`
		if diff := check.Diff(want, string(d.plan(id).Tasks()[0].Spec)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what cannot be", func(t *testing.T) {
		for fault, spec := range map[string]string{
			"an unknown workflow":           `{"workflow":{"name":"nothing"}}`,
			"none":                          `{}`,
			"one of another project":        `{"workflow":{"name":"flow-demo","project":"shop"}}`,
			"one that is hidden":            `{"workflow_key":"flow-vault"}`,
			"an unknown parameter":          `{"workflow":{"name":"flow-demo","params":[{"name":"nobody","value":"x"}]}}`,
			"a parameter twice":             `{"workflow":{"name":"flow-demo","params":[{"name":"text","value":"x"},{"name":"text","value":"y"}]}}`,
			"a secret for everybody to see": `{"workflow":{"name":"flow-demo","params":[{"name":"password","value":"hunter2"}]}}`,
			"inputs that are none":          `{"workflow":{"name":"flow-demo","inputs":[{"job_name":"build","parameters":[]}]}}`,
			"an input for nothing":          `{"workflow":{"name":"flow-demo","inputs":[{"parameters":{}}]}}`,
			"a list":                        `[]`,
			"another type":                  `{"workflow":7}`,
		} {
			d.Do(http.MethodPost, plansUIAt, `{"name":"x","manager":"admin","jobs":[{"name":"a","type":"workflow","spec":`+spec+`}]}`).Want(http.StatusBadRequest)
			_ = fault
		}
	})
	t.Run("who may not see a workflow sees no value", func(t *testing.T) {
		c := content()
		c.Phases[0].Tasks = []releaseplan.Task{{Name: "a", Kind: "workflow", Spec: json.RawMessage(`{"workflow":"flow-vault","parameters":{"text":"hidden"}}`)}}
		id := d.file(c, "admin").ID()
		a := d.Do(http.MethodGet, plansAt+"/"+id, nil).Want(http.StatusOK)
		if a.Get("jobs.0.spec.workflow.params.0.value") != "***" || a.Get("jobs.0.spec.workflow.project") != "" {
			t.Errorf("%s", a.Body)
		}
		a = d.Do(http.MethodGet, plansAt+"/"+id, nil, as("root")...).Want(http.StatusOK)
		if a.Get("jobs.0.spec.workflow.params.0.value") != "hidden" {
			t.Errorf("%s", a.Body)
		}
	})
}

// A workflow job tells the run of its latest attempt, to who may see it.
func TestPlanJobRun(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	def := workflow.Definition{Project: "demo", Key: "deploy", Stages: []workflow.Stage{{Name: "s", Jobs: []workflow.Job{{Name: "build", Type: "freestyle", Spec: json.RawMessage(`{"script":"true"}`)}}}}}
	if _, err := d.flows.Definitions().Create(t.Context(), def, deskPeople()["root"]); err != nil {
		t.Fatal(err)
	}
	id, _, flow := d.workflowPlan()
	d.command(id, "execute", `{"id":"`+flow+`"}`).Want(http.StatusOK)
	attempt := d.plan(id).Tasks()[1].Status.Attempts[0].ID
	run, err := d.flows.StartAs(t.Context(), attempt, "deploy", workflow.Start{}, penstock.Actor{ID: "robot"})
	if err != nil {
		t.Fatal(err)
	}
	a := d.view(id)
	if a.Get("jobs.1.spec.task_id") != float64(run.Number()) || a.Get("jobs.1.spec.status") == "" {
		t.Errorf("%s", a.Body)
	}
}

// Jobs of kinds that this dialect does not know are shown as they are, and can be done.
func TestPlanJobOfAnotherKind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := content()
	c.Phases = append(c.Phases, releaseplan.Phase{Name: "more", Tasks: []releaseplan.Task{{Name: "ship", Kind: "script", Spec: json.RawMessage(`{"run":["a"]}`)}, {Name: "odd", Kind: "text"}}})
	id := d.file(c, "admin").ID()
	a := d.view(id)
	if a.Get("jobs.2.type") != "script" || a.Get("jobs.2.spec.run.0") != "a" || a.Get("jobs.3.type") != "kind:text" {
		t.Fatalf("%s", a.Body)
	}
	d.put(id, "update_release_job", `{"id":"`+d.job(id, 2)+`","name":"ship it","type":"script","spec":{"run":["b"]}}`).Want(http.StatusOK)
	d.put(id, "create_release_job", `{"name":"x","type":"script","spec":{}}`).Want(http.StatusBadRequest)
	d.move(id, "executing").Want(http.StatusOK)
	for n := range 2 {
		d.command(id, "execute", `{"id":"`+d.job(id, n)+`"}`).Want(http.StatusOK)
	}
	d.command(id, "execute", `{"id":"`+d.job(id, 2)+`","type":"script"}`).Want(http.StatusOK)
	if got := d.view(id).Get("jobs.2.status"); got != "running" {
		t.Errorf("it is %v", got)
	}
}
