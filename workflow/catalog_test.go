package workflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// What specs name, by type; an id is put beside each name.
func TestWhatSpecsName(t *testing.T) {
	const repo = `"repos":[{"codehost_name":"gitlab","repo_name":"a"}]`
	for _, c := range []struct {
		kind, spec string
		want       []string
		resolved   string // the spec, with 7 for every id
	}{
		{
			"zadig-build", `{"registry":"r","service_and_builds":[{"service_name":"a","build_name":"b",` + repo + `}],"service_and_builds_options":[{"service_name":"a","build_name":"c"}]}`,
			[]string{"image registry r registry", "build b service_and_builds[0].build_name", "code host gitlab service_and_builds[0].repos[0].codehost_name"},
			`{"registry":"r","docker_registry_id":"7","service_and_builds":[{"service_name":"a","build_name":"b","repos":[{"codehost_id":7,"codehost_name":"gitlab","repo_name":"a"}]}],"service_and_builds_options":[{"service_name":"a","build_name":"c"}]}`,
		},
		{"zadig-build", `{"docker_registry_id":"r"}`, []string{"image registry r docker_registry_id"}, `{"docker_registry_id":"r"}`},
		{"zadig-deploy", `{"env":"qa"}`, []string{"environment qa env"}, `{"env":"qa"}`},
		{
			"zadig-deploy", `{"env":"qa","services":[{"service_name":"web"},{"service_name":"{{.workflow.params.x}}"},{"service_name":"api"}]}`,
			[]string{"environment qa env", "service web in qa services[0].service_name", "service api in qa services[2].service_name"},
			`{"env":"qa","services":[{"service_name":"web"},{"service_name":"{{.workflow.params.x}}"},{"service_name":"api"}]}`,
		},
		{"zadig-deploy", `{"env":"{{.workflow.params.env}}","services":[{"service_name":"web"}]}`, nil, `{"env":"{{.workflow.params.env}}","services":[{"service_name":"web"}]}`},
		{"custom-deploy", `{"docker_registry_id":"r"}`, []string{"image registry r docker_registry_id"}, `{"docker_registry_id":"r"}`},
		{"sql", `{"id":"d"}`, []string{"database instance d id"}, `{"id":"d"}`},
		{"zadig-deploy", `{"env":"{{.workflow.params.env}}"}`, nil, `{"env":"{{.workflow.params.env}}"}`},
		{"custom-deploy", `{"cluster_id":"c"}`, []string{"cluster c cluster_id"}, `{"cluster_id":"c"}`},
		{
			"freestyle", `{` + repo + `,"advanced_setting":{"cluster_id":"c"}}`, []string{"cluster c advanced_setting.cluster_id", "code host gitlab repos[0].codehost_name"},
			`{"repos":[{"codehost_id":7,"codehost_name":"gitlab","repo_name":"a"}],"advanced_setting":{"cluster_id":"c"}}`,
		},
		{
			"freestyle", `{"steps":[{"name":"a","type":"git","spec":{` + repo + `}}],"properties":{"cluster_id":"c"}}`, []string{"cluster c properties.cluster_id", "code host gitlab steps[0].spec.repos[0].codehost_name"},
			`{"steps":[{"name":"a","type":"git","spec":{"repos":[{"codehost_id":7,"codehost_name":"gitlab","repo_name":"a"}]}}],"properties":{"cluster_id":"c"}}`,
		},
		{
			"freestyle", `{"services":[{"service_name":"a",` + repo + `}]}`, []string{"code host gitlab services[0].repos[0].codehost_name"},
			`{"services":[{"service_name":"a","repos":[{"codehost_id":7,"codehost_name":"gitlab","repo_name":"a"}]}]}`,
		},
		{
			"zadig-test", `{"test_modules":[{"name":"a","project_name":"p",` + repo + `}]}`, []string{"test p/a test_modules[0].name", "code host gitlab test_modules[0].repos[0].codehost_name"},
			`{"test_modules":[{"name":"a","project_name":"p","repos":[{"codehost_id":7,"codehost_name":"gitlab","repo_name":"a"}]}]}`,
		},
		{"zadig-scanning", `{"service_and_scannings":[{"service_name":"s","name":"a"}]}`, []string{"scanning a service_and_scannings[0].name"}, `{"service_and_scannings":[{"service_name":"s","name":"a"}]}`},
		{"sql", `{"database_name":"d"}`, []string{"database instance d database_name"}, `{"database_name":"d","id":"7"}`},
		{"plugin", `{"plugin":{"name":"a","image":"b"},"properties":{"cluster_id":"c"}}`, []string{"cluster c properties.cluster_id"}, `{"plugin":{"name":"a","image":"b"},"properties":{"cluster_id":"c"}}`},
		{
			"zadig-distribute-image", `{"source_registry_id":"a","target_registry_id":"b","cluster_id":"c"}`,
			[]string{"image registry a source_registry_id", "image registry b target_registry_id", "cluster c cluster_id"}, `{"source_registry_id":"a","target_registry_id":"b","cluster_id":"c"}`,
		},
	} {
		j := job("j", c.kind, c.spec)
		spec, err := (*workflow.Types)(nil).Decode(&j)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range spec.(workflow.Referrer).References() {
			name := r.Name
			if r.Project != "" {
				name = r.Project + "/" + name
			}
			if r.Env != "" {
				name += " in " + r.Env
			}
			got = append(got, string(r.Kind)+" "+name+" "+r.Field)
			if err := r.Set(""); err != nil {
				t.Error(err)
			}
			if err := r.Set("7"); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.kind, diff)
		}
		text, err := workflow.EncodeSpec(spec)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parsed(t, c.resolved), parsed(t, string(text))); diff != "" {
			t.Errorf("%s: %s", c.kind, diff)
		}
	}
}

func TestTheIDOfACodeHostIsANumber(t *testing.T) {
	j := job("j", "freestyle", `{"repos":[{"codehost_name":"gitlab","repo_name":"a"}]}`)
	spec, err := (*workflow.Types)(nil).Decode(&j)
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.(workflow.Referrer).References()[0].Set("x"); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}

func TestAnUnknownNameIsNotFound(t *testing.T) {
	for kind, want := range map[workflow.ReferenceKind]string{
		workflow.RefRegistry:    "didn't find the specified image registry",
		workflow.RefCodeHost:    "failed to find code host with name:N",
		workflow.RefDatabase:    "failed to find database instance N, error: not found",
		workflow.RefEnvironment: "environment N: not found",
		workflow.RefService:     "service N: not found",
	} {
		err := &workflow.UnknownNameError{Reference: workflow.Reference{Kind: kind, Name: "N"}}
		if !errors.Is(err, penstock.ErrNotFound) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if id, err := (workflow.Trust{}).Resolve(t.Context(), workflow.Reference{Name: "a"}); id != "" || err != nil {
		t.Errorf("got %q, %v", id, err)
	}
}

// A noting Catalog notes what it is asked for.
type noting struct {
	mu    sync.Mutex
	asked []string
}

func (n *noting) Resolve(_ context.Context, ref workflow.Reference) (string, error) {
	if ref.Kind == workflow.RefProject {
		return "", nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, ref.Name)
	return "{{.id of " + ref.Name, nil
}

// A name that was filled in is asked for, even if it looks like a variable.
func TestACatalogIsAskedForWhatWasFilledIn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, value, want string }{
		{"{{.workflow.params.db}}", "orders", `"database_name":"orders","id":"{{.id of orders"`},
		{"{{.workflow.params.db}}", "orders{{.x", `"database_name":"orders{{.x","id":"{{.id of orders{{.x"`},
		{"{{.workflow.params.db}}", "{{.workflow.id}}", `"database_name":"{{.workflow.id}}","id":"{{.id of {{.workflow.id}}"`},
		{"{{.workflow.params.db}}", "\U000F0000{{{.", `"database_name":"` + "\U000F0000" + `{{{.","id":"{{.id of ` + "\U000F0000" + `{{{."`},
	} {
		catalog := new(noting)
		p := newPlant(t, workflow.Config{Catalog: catalog})
		d := oneByOne("k", "a")
		d.Params = []workflow.Param{{Name: "db", Type: workflow.StringParam, Value: row.value}}
		d.Stages[0].Jobs[0] = workflow.Job{Name: "a", Type: "sql", Spec: json.RawMessage(`{"database_name":"` + row.name + `","sql":"select '{{ .x }}'"}`)}
		p.define(d)
		var told string
		stop := p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{"sql": workflow.ExecutorFunc(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			told = string(e.Spec)
			return nil, nil
		})}))
		wantState(t, p.await(p.start("k", workflow.Start{}).ID()), workflow.RunPassed)
		stop()
		if !strings.Contains(told, row.want) || !strings.Contains(told, `select '{{ .x }}'`) {
			t.Errorf("%q: the job is told %s", row.value, told)
		}
		if diff := cmp.Diff([]string{row.value}, catalog.asked); diff != "" {
			t.Errorf("%q: -want +got:\n%s", row.value, diff)
		}
	}
}
