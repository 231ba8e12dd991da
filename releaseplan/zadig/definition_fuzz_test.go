package zadig_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// newDesk returns the handler of an empty store, and what sends requests to it.
func newDesk(t testing.TB) func(method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	workflows, err := workflow.New(workflow.Config{Store: memory.New()})
	if err != nil {
		t.Fatal(err)
	}
	h := zadig.Handler(zadig.Config{Workflows: workflows, Who: func(*http.Request) (penstock.Actor, error) { return penstock.Actor{ID: "ann"}, nil }})
	return func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
		return w
	}
}

// FuzzCreateWorkflow creates workflows from whatever it finds: each is stored or refused. What is
// stored is shown, and what is shown can be sent back, which changes nothing.
func FuzzCreateWorkflow(f *testing.F) {
	f.Add(`{"name": "w", "project": "p", "stages": [{"name": "s", "jobs": [{"name": "j", "type": "wait", "spec": {"for": "PT1M"}}]}]}`)
	f.Add(`{"name": "w", "project": "p", "params": [{"name": "a", "type": "secret", "value": "hunter2"}, {"name": "r", "type": "repo", "repo": {"oauth_token": "t"}}],
		"stages": [{"name": "s", "approval": {"type": "native", "native_approval": {"approve_users": [{"user_id": "u"}], "NeededApprovers": 1, "Timeout": 5}},
		"jobs": [{"name": "j", "type": "freestyle", "spec": {"x": {"y": 1e3}}}]}]}`)
	f.Add(`{"name": "w", "project": "p", "concurrency_limit": -1, "notify_ctls": [{"webhook_type": "wechat", "weChat_webHook": "x"}], "share_storages": [{"name": "c", "path": "/c", "z": null}],
		"stages": [{"name": "s", "approval": {"enabled": false, "type": "lark_intl", "lark_approval": {"timeout": "5"}, "x_approval": {}}, "manual_exec": {}, "jobs": [{"name": "j", "type": "sql", "spec": null, "service_modules": [{}]}]}]}`)
	f.Add(`null`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		do := newDesk(t)
		created := do(http.MethodPost, "/api/aslan/workflow/v4", body)
		var head struct{ Name, Project string }
		switch created.Code {
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
			return
		case http.StatusOK:
		default:
			t.Fatalf("%d %s", created.Code, created.Body)
		}
		if err := json.Unmarshal([]byte(body), &head); err != nil {
			t.Fatal(err)
		}
		at := "/api/aslan/workflow/v4/" + head.Name + "?projectName=" + url.QueryEscape(head.Project)
		shown := do(http.MethodGet, at, "")
		detail := do(http.MethodGet, "/openapi/workflows/custom/"+head.Name+"/detail?projectKey="+url.QueryEscape(head.Project), "")
		if shown.Code != http.StatusOK || detail.Code != http.StatusOK {
			t.Fatalf("shown: %d %s\ndetail: %d %s", shown.Code, shown.Body, detail.Code, detail.Body)
		}
		text := shown.Body.String()
		if back := do(http.MethodPut, at, text); back.Code != http.StatusOK {
			t.Fatalf("sent back: %d %s\n%s", back.Code, back.Body, text)
		}
		if again := do(http.MethodGet, at, "").Body.String(); again != text {
			t.Errorf("sent back, %s\nis %s", text, again)
		}
	})
}

// FuzzViewsAndTickets sends whatever it finds to the other operations that read a body: none fails.
func FuzzViewsAndTickets(f *testing.F) {
	f.Add(`{"project_key": "p", "name": "v", "workflow_list": [{"workflow_key": "w", "workflow_type": "custom", "enabled": true}]}`)
	f.Add(`{"project_key": "p", "approval_id": "a", "status": 1, "envs": "a,b", "services": [{}], "users": [{"email": "a@b"}], "execution_window_start": -1, "execution_window_end": 99}`)
	f.Add(`{"project_key": "p", "approval_id": "a", "status": 0, "envs": ["a", 1], "execution_window_start": 9223372036854775807}`)
	f.Add(`{"name": null, "workflow_list": null, "status": null}`)
	f.Fuzz(func(t *testing.T, body string) {
		do := newDesk(t)
		do(http.MethodPost, "/openapi/workflows/view", `{"project_key": "p", "name": "old", "workflow_list": []}`)
		for _, op := range [][2]string{
			{http.MethodPost, "/openapi/workflows/view"}, {http.MethodPut, "/openapi/workflows/view/old?projectKey=p"},
			{http.MethodPost, "/openapi/ticket/approval"}, {http.MethodPut, "/api/aslan/ticket/approval/a"},
			{http.MethodGet, "/openapi/workflows/view?projectKey=p"}, {http.MethodGet, "/api/aslan/ticket/approval?projectName=p"},
		} {
			if w := do(op[0], op[1], body); w.Code >= http.StatusInternalServerError {
				t.Errorf("%s: %d %s", op, w.Code, w.Body)
			}
		}
	})
}
