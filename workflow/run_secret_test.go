package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

const hush = "hush-secret"

// says lets a job say its script in every way: it logs it, puts it out, and fails with it.
var says = workflow.ExecutorFunc(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
	var spec struct {
		Script  string
		Outputs []struct{ Name string }
	}
	if err := json.Unmarshal(e.Spec, &spec); err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintln(e.Log, spec.Script)
	if len(spec.Outputs) == 0 {
		return nil, nil
	}
	return map[string]string{"SAID": spec.Script}, errors.New(spec.Script)
})

// said is a job that says a text.
func said(name, text string) workflow.Job {
	return workflow.Job{Name: name, Type: "freestyle", Spec: json.RawMessage(`{"script":"said ` + text + `","outputs":[{"name":"SAID"}]}`)}
}

// heard returns everything that a run shows, in the events of its store too.
func (p *plant) heard(r *workflow.Run, job string) string {
	p.Helper()
	var b strings.Builder
	log, err := p.ReadLog(p.ctx, r.ID(), job, 0, ann)
	if err != nil {
		p.Fatal(err)
	}
	if _, err := io.Copy(&b, log); err != nil {
		p.Fatal(err)
	}
	outputs, err := p.Outputs(p.ctx, r.ID(), ann)
	if err != nil {
		p.Fatal(err)
	}
	j, err := r.Job(job)
	if err != nil {
		p.Fatal(err)
	}
	fmt.Fprintf(&b, "%s %s", outputs[job]["SAID"], j.Status.Error)
	for _, e := range everyEvent(p, p.store) {
		fmt.Fprintf(&b, " %s", e.Body)
	}
	for _, kind := range []string{"workflow.run", "workflow.run.start", "workflow.run.outputs"} {
		for _, record := range everything(p, p.store, kind) {
			fmt.Fprintf(&b, " %s", record.Body)
		}
	}
	return b.String()
}

// Whichever secret of the run a job says, of its own or of another job, nobody sees it.
func TestASecretOfTheRunIsMaskedInEveryJob(t *testing.T) {
	t.Parallel()
	credential := `"envs":[{"key":"PASSWORD","value":"` + hush + `","is_credential":true}]`
	for _, row := range []struct {
		rule  string
		job   workflow.Job // before the one that says it
		text  string
		start workflow.Start
		shown bool
	}{
		{"of another job", workflow.Job{Name: "a", Type: "freestyle", Spec: json.RawMessage(`{"script":"x",` + credential + `}`)}, "{{.job.a.PASSWORD}}", workflow.Start{}, false},
		{"of a build", workflow.Job{Name: "a", Type: "zadig-build", Spec: json.RawMessage(
			`{"docker_registry_id":"r","service_and_builds":[{"service_name":"web","service_module":"m","build_name":"b","key_vals":[{"key":"PASSWORD","value":"` + hush + `","is_credential":true}]}]}`)},
			"{{.job.a.web.m.PASSWORD}}", workflow.Start{}, false},
		{"made of a parameter", workflow.Job{Name: "a", Type: "freestyle", Spec: json.RawMessage(`{"script":"x",` + strings.Replace(credential, hush, "hush-{{.workflow.params.half}}", 1) + `}`)},
			"{{.job.a.PASSWORD}}", workflow.Start{}, false},
		{"that the start gives to another job", workflow.Job{Name: "a", Type: "freestyle", Spec: json.RawMessage(`{"script":"x","envs":[{"key":"PASSWORD","value":"","is_credential":true}]}`)},
			"{{.job.a.PASSWORD}}", workflow.Start{Inputs: []workflow.JobInput{input("a", `{"kv":[{"key":"PASSWORD","value":"`+hush+`"}]}`)}}, false},
		{"of a plugin", workflow.Job{Name: "a", Type: "plugin", Spec: json.RawMessage(`{"plugin":{"name":"p","image":"i","inputs":[{"name":"PASSWORD","type":"string","value":"` + hush + `","is_credential":true}]}}`)},
			hush, workflow.Start{}, false},
		{"of the host", shellJob("a"), "{{.parameter.vault.token}}", workflow.Start{Host: map[string]string{"vault.token": hush}}, false},
		{"of the host, but public", shellJob("a"), "{{.parameter.vault.token}}", workflow.Start{Host: map[string]string{"vault.token": hush, "vault.other": "x"}, Public: []string{"vault.token"}}, true},
		{"of a parameter", shellJob("a"), "{{.workflow.params.whole}}", workflow.Start{}, false},
		{"of a parameter that others make", shellJob("a"), "{{.workflow.params.made}}", workflow.Start{}, false},
		{"of what people say of the run", shellJob("a"), "it", workflow.Start{Remark: "by " + hush}, false},
	} {
		p := newPlant(t, workflow.Config{})
		d := oneByOne("k", "a", "b")
		d.Params = []workflow.Param{{Name: "half", Type: workflow.StringParam, Value: "secret"}, {Name: "whole", Type: workflow.SecretParam, Value: hush},
			{Name: "made", Type: workflow.StringParam, Secret: true, Source: workflow.FromReference, Value: "hush-{{.workflow.params.half}}"}}
		if row.shown || row.start.Host != nil || strings.Contains(row.text, "job.") || row.text == hush {
			d.Params = d.Params[:1]
		}
		if row.text == "{{.workflow.params.made}}" {
			d.Params[1].Value = "other"
		}
		d.Stages[0].Jobs[0], d.Stages[1].Jobs[0] = row.job, said("b", row.text)
		p.define(d)
		stop := p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{"freestyle": says, "zadig-build": noop, "plugin": noop}))
		r := p.await(p.start("k", row.start).ID())
		stop()
		wantState(t, r, workflow.RunFailed)
		if got := p.heard(r, "b"); strings.Contains(got, hush) != row.shown || strings.HasPrefix(got, "said "+hush) != row.shown || !strings.Contains(got, "said ") {
			t.Errorf("%s: shown %s", row.rule, got)
		}
		if _, err := p.Do(p.ctx, r.ID(), workflow.Command{Action: workflow.Comment, Remark: "was it " + hush}, ann); err != nil {
			t.Error(err)
		}
		if got := p.heard(r, "b"); strings.Contains(got, hush) != row.shown {
			t.Errorf("%s: a comment shows %s", row.rule, got)
		}
	}
}

type unknownNames struct{}

func (unknownNames) Resolve(_ context.Context, ref workflow.Reference) (string, error) {
	if ref.Kind == workflow.RefProject {
		return "", nil
	}
	return "", &workflow.UnknownNameError{Reference: ref}
}

// What a spec that was filled in says is in no error, and in no request that everybody sees.
func TestFilledSpecsTellNoSecret(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ rule, kind, spec, want string }{
		{"a name that the catalog does not know", "sql", `{"database_name":"{{.workflow.params.token}}","sql":"select 1"}`, "failed to find database instance ***"},
		{"a description of an approval", "approval", `{"type":"native","description":"use {{.workflow.params.token}}","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"bob"}]}}`, "use ***"},
		{"an approver who cannot be one", "approval", `{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"type":"group","group_id":"{{.workflow.params.token}}"}]}}`, "***"},
	} {
		p := newPlant(t, workflow.Config{Catalog: unknownNames{}})
		d := oneByOne("k", "a")
		d.Params = []workflow.Param{{Name: "token", Type: workflow.SecretParam, Value: hush + strings.Repeat("-and-more", 10)}}
		d.Stages[0].Jobs[0] = workflow.Job{Name: "a", Type: row.kind, Spec: json.RawMessage(row.spec)}
		p.define(d)
		stop := p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{"sql": noop}))
		r := p.start("k", workflow.Start{})
		if row.rule != "a description of an approval" {
			r = p.await(r.ID())
		}
		stop()
		got := p.heard(r, "a")
		if strings.Contains(got, "hush") || !strings.Contains(got, row.want) {
			t.Errorf("%s: %s", row.rule, got)
		}
	}
}

// Who may read a run is not told its secrets by what a job is told.
func TestWhatAJobIsToldIsShownWithoutSecrets(t *testing.T) {
	t.Parallel()
	d := stages(serial("one", act("a", `{"script":"{{.workflow.params.token}} {{.workflow.params.plain}}","number":1234567,"list":["{{.workflow.params.quoted}}"]}`, ofType("freestyle"))))
	d.Params = []workflow.Param{{Name: "token", Type: workflow.SecretParam, Value: hush}, {Name: "plain", Type: workflow.StringParam, Value: "seen"},
		{Name: "quoted", Type: workflow.SecretParam, Value: `hush "this"`}}
	s := newStory(t, d, workflow.Start{})
	s.tell("admit")
	shown, err := s.r.Execution("a")
	if want := `{"list":["***"],"number":1234567,"script":"*** seen"}`; err != nil || string(shown.Spec) != want {
		t.Errorf("shown %s, %v, want %s", shown.Spec, err, want)
	}
	whole, err := workflow.WholeExecution(s.r, "a")
	if want := `{"list":["hush \"this\""],"number":1234567,"script":"hush-secret seen"}`; err != nil || string(whole.Spec) != want {
		t.Errorf("told %s, %v, want %s", whole.Spec, err, want)
	}

	d.Params[0].Value = "1234567"
	s = newStory(t, d, workflow.Start{})
	s.tell("admit")
	if shown, err = s.r.Execution("a"); err != nil || string(shown.Spec) != `"***"` {
		t.Errorf("a secret that is a number: shown %s, %v", shown.Spec, err)
	}
}

// What the host's parameters are is kept with the secrets, but for what is public.
func TestParametersOfTheHostAreStoredApart(t *testing.T) {
	t.Parallel()
	p := newPlant(t, workflow.Config{})
	p.define(oneByOne("k", "a"))
	host := map[string]string{"vault.token": hush, "site.name": "north"}
	r := p.start("k", workflow.Start{Host: host, Public: []string{"site.name"}})
	if text := string(everything(t, p.store, "workflow.run.start")[0].Body); strings.Contains(text, hush) || !strings.Contains(text, "north") {
		t.Errorf("shown: %s", text)
	}
	other := newPlant(t, workflow.Config{Store: p.store})
	equal(t, "what it was started with", other.get(r.ID()).Start().Host, host)

	p.start("k", workflow.Start{})
	for _, record := range everything(t, p.store, "workflow.run.secret") {
		if record.ID != r.ID() {
			t.Errorf("without a host: %s", record.Body)
		}
	}
}

// A spec of the host's own says that something is a secret in any letters that its reader takes.
func TestSecretsOfSpecsInAnyLetters(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"is_credential", "IS_CREDENTIAL", "Is_Credential", "iſ_credential", `is_\u0063redential`} {
		p := newPlant(t, workflow.Config{})
		d := oneByOne("k", "a")
		d.Stages[0].Jobs[0].Spec = json.RawMessage(`{"script":"` + hush + `","auth":{"` + word + `":true,"VALUE":"` + hush + `"}}`)
		p.define(d)
		stop := p.drive(workflow.NewLocal(p.Service, freestyle(says)))
		r := p.await(p.start("k", workflow.Start{}).ID())
		stop()
		wantState(t, r, workflow.RunPassed)
		if log, err := p.ReadLog(p.ctx, r.ID(), "a", 0, ann); err != nil {
			t.Error(err)
		} else if text, _ := io.ReadAll(log); string(text) != "***\n" {
			t.Errorf("%s: the log is %q", word, text)
		}
		if got := string(everything(t, p.store, "workflow.definition")[0].Body); strings.Contains(strings.Replace(got, hush, "", 1), hush) {
			t.Errorf("%s: the definition is stored with it: %s", word, got)
		}
	}
}

// Runs without secrets pay nothing for those of others.
func TestARunWithoutSecretsHasNoMasker(t *testing.T) {
	s := newStory(t, threeByTwo(), workflow.Start{})
	if n := testing.AllocsPerRun(100, func() { workflow.MaskerOf(s.r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	d := threeByTwo()
	d.Params = []workflow.Param{{Name: "token", Type: workflow.SecretParam, Value: hush}}
	s = newStory(t, d, workflow.Start{})
	if first := workflow.MaskerOf(s.r); first == nil || first != workflow.MaskerOf(s.r) {
		t.Error("the masker is not kept")
	}
}

// Where what is recorded is cut off, no part of a secret is left.
func TestAnErrorIsCutBehindItsSecrets(t *testing.T) {
	t.Parallel()
	token := workflow.Param{Name: "token", Type: workflow.SecretParam, Value: hush + strings.Repeat("-and-more", 5)}
	d := stages(serial("one", act("a", `{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"bob"},{"type":"group","group_id":"g","group_name":"{{.workflow.params.long}}{{.workflow.params.token}}"}]}}`, ofType("approval"))))
	seen := 0
	for n := workflow.MaxRemark - 150; n <= workflow.MaxRemark-len(token.Value); n += 3 {
		d.Params = []workflow.Param{token, {Name: "long", Type: workflow.StringParam, Value: strings.Repeat("x", n)}}
		s := newStory(t, d, workflow.Start{})
		s.tell("admit")
		if why := s.job("a").Error; strings.Contains(why, "hush") || !strings.Contains(why, "xxx") {
			t.Errorf("%d before it: %s", n, why[max(0, len(why)-80):])
		} else if strings.HasSuffix(why, "…") {
			seen++
		}
	}
	if seen == 0 {
		t.Error("nothing was cut off")
	}

	p := newPlant(t, workflow.Config{})
	one := oneByOne("k", "a")
	one.Params = []workflow.Param{token}
	p.define(one)
	stop := p.drive(workflow.NewLocal(p.Service, freestyle(func(context.Context, workflow.Execution) (map[string]string, error) {
		return nil, errors.New(strings.Repeat("x", workflow.MaxRemark-20) + token.Value)
	})))
	defer stop()
	j, err := p.await(p.start("k", workflow.Start{}).ID()).Job("a")
	if err != nil || strings.Contains(j.Status.Error, "hush") || !strings.HasSuffix(j.Status.Error, "x***") {
		t.Errorf("an executor's: %q, %v", j.Status.Error, err)
	}
}
