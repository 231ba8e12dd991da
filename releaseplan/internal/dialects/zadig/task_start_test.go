package zadig_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

func TestATicketAllowsATask(t *testing.T) {
	s := newShelf(t)
	with(`"enable_approval_ticket": true`)(s)
	s.at(1690180684)
	s.Do(http.MethodPost, tickets, `{"project_key": "demo", "approval_id": "OA-77", "status": 1, "users": [{"name": "Ann", "email": "ann@example.com"}],
		"execution_window_start": 1690180000, "execution_window_end": 1690190000}`).Want(http.StatusOK)
	start := strings.TrimSuffix(starting("demo", "dev", "pause"), "}") + `, "approval_id": "OA-77"}`
	s.Do(http.MethodPost, tasks, start, as("ann")...).Want(http.StatusOK)
	if got := s.Do(http.MethodPost, tasks, start).Want(http.StatusForbidden); got.Get("code") != 403.0 {
		t.Errorf("who is not on the ticket is told %s", got.Body)
	}
	s.at(1690190001)
	got := s.Do(http.MethodPost, tasks, strings.Replace(start, "approval_id", "approval_ticket_id", 1), as("ann")...).Want(http.StatusBadRequest)
	if why, _ := got.Get("description").(string); got.Get("code") != 6160.0 || !strings.Contains(why, "window") {
		t.Errorf("after its window it says %s", got.Body)
	}
	if total := s.Do(http.MethodGet, custom+"/dev/tasks?projectKey=demo", nil).Get("total"); total != 1.0 {
		t.Errorf("%v tasks were started", total)
	}
}

// A names is a Catalog of one code host, registry and database.
type names struct{}

func (names) Resolve(_ context.Context, ref workflow.Reference) (string, error) {
	ids := map[workflow.ReferenceKind][2]string{workflow.RefCodeHost: {"gitlab", "7"}, workflow.RefRegistry: {"registry.example/shop", "r-1"}, workflow.RefDatabase: {"orders", "d-1"}}
	id, known := ids[ref.Kind]
	switch {
	case !known:
		return "", nil
	case id[0] != ref.Name:
		return "", &workflow.UnknownNameError{Reference: ref}
	}
	return id[1], nil
}

// newServer serves workflows that are made otherwise than those of a shelf, to an admin.
func newServer(t *testing.T, cfg workflow.Config) *check.Server {
	t.Helper()
	cfg.Store = memory.New()
	workflows, err := workflow.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return check.Serve(t, zadig.Handler(zadig.Config{Workflows: workflows, Who: func(*http.Request) (penstock.Actor, error) {
		return penstock.Actor{ID: "ann", Name: "Ann"}, nil
	}}), zadig.OpenAPI(), "")
}

func TestNamesAreThoseOfTheHost(t *testing.T) {
	s := newServer(t, workflow.Config{Catalog: names{}})
	s.Do(http.MethodPost, definitions, `{"name": "dev", "display_name": "dev", "project": "demo", "concurrency_limit": -1, "stages": [{"name": "all", "parallel": true, "jobs": [
		{"name": "build", "type": "zadig-build", "spec": {"service_and_builds_options": [{"service_name": "a", "service_module": "m"}]}},
		{"name": "sql", "type": "sql", "spec": {"sql": "select 1"}}]}]}`).Want(http.StatusOK, succeeded)
	start := func(registry, host, database string) *check.Answer {
		return s.Do(http.MethodPost, tasks, fmt.Sprintf(`{"project_key": "demo", "workflow_key": "dev", "inputs": [
			{"job_name": "build", "parameters": {"registry": %q, "service_list": [{"service_name": "a", "service_module": "m", "repo_info": [{"codehost_name": %q, "repo_namespace": "n", "repo_name": "a", "branch": "main"}]}]}},
			{"job_name": "sql", "parameters": {"database_name": %q}}]}`, registry, host, database))
	}
	for _, c := range []struct{ registry, host, database, why string }{
		{"elsewhere", "gitlab", "orders", "didn't find the specified image registry"},
		{"registry.example/shop", "github", "orders", "failed to find code host with name:github"},
		{"registry.example/shop", "gitlab", "people", "failed to find database instance people"},
	} {
		got := start(c.registry, c.host, c.database).Want(http.StatusBadRequest)
		if why, _ := got.Get("description").(string); got.Get("code") != 6160.0 || !strings.HasPrefix(why, c.why) {
			t.Errorf("%+v: %s", c, got.Body)
		}
	}
	start("registry.example/shop", "gitlab", "orders").Want(http.StatusOK)
}

// A definition that changes while a task is started decides again: which jobs are left out is said of
// the definition that runs.
func TestAStartIsOfTheDefinitionThatItLookedAt(t *testing.T) {
	var s *check.Server
	var changing atomic.Bool
	s = newServer(t, workflow.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, _ penstock.Resource) error {
		if right == penstock.Execute && changing.CompareAndSwap(true, false) { // it was looked at
			s.Do(http.MethodPut, definitions+"/dev?projectName=demo", strings.Replace(definition("demo", "dev"), `"jobs": [`, `"jobs": [{"name": "new", "type": "wait", "spec": {"for": "PT1S"}}, `, 1)).Want(http.StatusOK)
		}
		return nil
	}})
	s.Do(http.MethodPost, definitions, definition("demo", "dev")).Want(http.StatusOK)
	changing.Store(true)
	first := started(t, s.Do(http.MethodPost, tasks, starting("demo", "dev", "pause")))
	if changing.Load() {
		t.Fatal("the definition has not changed")
	}
	second := started(t, s.Do(http.MethodPost, tasks, starting("demo", "dev", "new")))
	for number, want := range map[int64]string{first: "pause", second: "new"} {
		got := s.Do(http.MethodGet, fmt.Sprintf("%s?taskId=%d&workflowKey=dev", tasks, number), nil)
		if jobs, _ := got.Get("stages.0.jobs").([]any); len(jobs) != 1 || got.Get("stages.0.jobs.0.name") != want {
			t.Errorf("task %d runs %v", number, jobs)
		}
	}
}

// What may not be shown is not, wherever it comes by: a parameter, a variable, a spec of any type, an
// error and a log.
func TestSecretsStayWithinATask(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", `[{"name": "all", "parallel": true, "jobs": [
		{"name": "script", "type": "freestyle", "spec": {"script": "curl -u {{.workflow.params.token}}", "envs": [{"key": "PASSWORD", "value": "open-sesame", "is_credential": true}, {"key": "PIN", "value": "q", "is_credential": true}, {"key": "SAID", "value": "open-sesame"}]}},
		{"name": "load", "type": "sql", "spec": {"id": "d-1", "sql": "set password = '{{.workflow.params.token}}'"}},
		{"name": "hook", "type": "plugin", "spec": {"plugin": {"name": "p", "image": "i", "args": ["$(inputs.KEY)"], "envs": [{"name": "K", "value": "$(inputs.KEY)"}], "inputs": [{"name": "KEY", "type": "string", "value": "swordfish", "default": "swordfish", "is_credential": true}]}}}]}]`,
		`"params": [{"name": "token", "type": "string", "value": "", "is_credential": true}, {"name": "code", "type": "repo", "repo": {"repo_name": "web", "branch": "main", "oauth_token": "gl-token"}}]`)
	f.does("script", func(_ context.Context, job workflow.Execution) (map[string]string, error) {
		if !strings.Contains(string(job.Spec), "xyzzy-1") {
			t.Errorf("the job is not told the secret: %s", job.Spec)
		}
		fmt.Fprintln(job.Log, "using xyzzy-1 and open-sesame")
		return nil, errors.New("xyzzy-1 was refused")
	})
	f.Do(http.MethodPost, tasks, strings.TrimSuffix(starting("demo", "dev", "script", "load", "hook"), "}")+`, "parameters": [{"name": "token", "value": "xyzzy-1"}], "remark": "with xyzzy-1"}`).Want(http.StatusOK)
	f.await("dev", 1, state(workflow.RunFailed))
	shown := string(f.detail("dev", 1).Body)
	log := string(f.Do(http.MethodGet, "/openapi/logs/log/v4/workflow/dev/1/script", nil).Want(http.StatusOK, "using *** and ***\n").Body)
	live := string(f.Do(http.MethodGet, "/openapi/logs/sse/v4/workflow/dev/1/script/10", nil).Want(http.StatusOK, event("using *** and ***")).Body)
	for _, secret := range []string{"xyzzy-1", "open-sesame", `"q"`, "swordfish", "gl-token"} {
		if strings.Contains(shown+log+live, secret) {
			t.Errorf("%s is shown: %s", secret, shown)
		}
	}
	for _, text := range []string{`{"key":"PIN","value":"***","type":"string","is_credential":true}`, `"error":"*** was refused"`, `"args":["***"]`, `"remark":"with ***"`, `"value":"***"`} {
		if !strings.Contains(shown, text) {
			t.Errorf("there is no %s in %s", text, shown)
		}
	}
}
