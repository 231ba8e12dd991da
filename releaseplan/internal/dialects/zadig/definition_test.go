package zadig_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/workflow"
)

// What is shown can be sent back: that changes nothing, and is no new version.
func TestADefinitionIsShownAsItIsSent(t *testing.T) {
	for _, file := range []string{"definition-create.request.json", "definition-full.request.json"} {
		t.Run(file, func(t *testing.T) {
			s := newShelf(t)
			sent := example(t, file)
			var head struct{ Name, Project string }
			if err := json.Unmarshal([]byte(sent), &head); err != nil {
				t.Fatal(err)
			}
			at := definitions + "/" + head.Name + "?projectName=" + head.Project
			s.Do(http.MethodPost, definitions, sent).Want(http.StatusOK)
			first := s.Do(http.MethodGet, at, nil).Want(http.StatusOK)
			before := s.store.written()
			s.Do(http.MethodPut, at, first.Body).Want(http.StatusOK, succeeded)
			if n := s.store.written(); n != before {
				t.Errorf("%d commits for what changes nothing", n-before)
			}
			s.Do(http.MethodGet, at, nil).Want(http.StatusOK, string(first.Body))

			// Every member of what was sent is there, unless nothing stands for it in a definition.
			var want, got any
			if err := json.Unmarshal([]byte(sent), &want); err != nil {
				t.Fatal(err)
			}
			first.Into(&got)
			var lost []string
			missing(&lost, "", want, got)
			slices.Sort(lost)
			if diff := cmp.Diff(lostOf[file], lost); diff != "" {
				t.Errorf("what is lost: -want +got:\n%s", diff)
			}
		})
	}
}

// lostOf are the places of what is sent and shown otherwise, or not kept.
var lostOf = map[string][]string{
	"definition-create.request.json": {".stages[4].jobs[0].isCreate"},
	"definition-full.request.json": {
		".hook_ctl.cron", // nothing like it
		".params[1].value", ".params[3].repo.oauth_token",
		".stages[0].approval.dingtalk_approval.approval_nodes[0].approve_users[0].id", // user_id
		".stages[0].approval.dingtalk_approval.approval_nodes[0].approve_users[0].name",
		".stages[1].jobs[0].spec.service_and_builds[0].key_vals[0].value",
		".stages[1].jobs[0].spec.service_and_builds[0].repos[0].oauth_token",
	},
}

// missing collects the places of what is in one JSON value, and not or otherwise in another.
func missing(lost *[]string, path string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for name, inner := range w {
			missing(lost, path+"."+name, inner, g[name])
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			*lost = append(*lost, path)
			return
		}
		for i := range w {
			missing(lost, fmt.Sprintf("%s[%d]", path, i), w[i], g[i])
		}
	default:
		if want != got {
			*lost = append(*lost, path)
		}
	}
}

func TestAnUpdateReplacesTheWholeDefinition(t *testing.T) {
	s := newShelf(t)
	s.at(1000)
	s.Do(http.MethodPost, definitions, example(t, "definition-full.request.json")).Want(http.StatusOK)
	s.at(2000)
	for _, path := range []string{definitions, custom} {
		body := strings.Replace(definition("shop", "full"), `"name": "full", `, "", 1) // the path says which
		s.Do(http.MethodPut, path+"/full?projectName=shop", body, as("ann")...).Want(http.StatusOK, succeeded)
		s.Do(http.MethodGet, custom+"/full/detail?projectKey=shop", nil).Want(http.StatusOK, `{"workflow_key": "full",
			"workflow_name": "full name", "project_key": "shop", "description": "", "created_by": "admin", "create_time": 1000,
			"updated_by": "Ann", "update_time": 2000, "params": [], "stages": [{"name": "only", "parallel": false, "jobs": [
			{"name": "pause", "type": "wait", "skipped": false, "spec": {"for": "PT1M"}, "run_policy": "", "service_modules": []}]}],
			"notify_ctls": [], "share_storages": [], "concurrency_limit": 1}`)
	}
}

func TestWithoutAConcurrencyLimitNothingCanBeStarted(t *testing.T) {
	s := newShelf(t)
	s.Do(http.MethodPost, definitions, strings.Replace(definition("shop", "none"), `"concurrency_limit": 1,`, "", 1)).Want(http.StatusOK)
	got := s.Do(http.MethodGet, definitions+"/none?projectName=shop", nil).Want(http.StatusOK)
	if limit := got.Get("concurrency_limit"); limit != 0. {
		t.Errorf("the limit is %v", limit)
	}
	s.createInGo("shop", "any")
	got = s.Do(http.MethodGet, definitions+"/any?projectName=shop", nil).Want(http.StatusOK) // made in Go, without a limit
	if limit := got.Get("concurrency_limit"); limit != -1. {
		t.Errorf("the limit is %v", limit)
	}
}

// Secrets are masked wherever a definition is shown, and an update that brings a mask back keeps them.
func TestSecretsAreMasked(t *testing.T) {
	s := newShelf(t)
	s.Do(http.MethodPost, definitions, example(t, "definition-full.request.json")).Want(http.StatusOK)
	for _, path := range []string{definitions + "/full?projectName=shop", custom + "/full/detail?projectKey=shop"} {
		a := s.Do(http.MethodGet, path, nil).Want(http.StatusOK)
		if strings.Contains(string(a.Body), "hunter2") {
			t.Errorf("%s shows a secret:\n%s", path, a.Body)
		}
		if n := strings.Count(string(a.Body), `"***`); n != 4 {
			t.Errorf("%s: %d masks, want 4", path, n)
		}
	}
	shown := s.Do(http.MethodGet, definitions+"/full?projectName=shop", nil)
	s.Do(http.MethodPut, definitions+"/full?projectName=shop", strings.Replace(string(shown.Body), `"remark_required":true`, `"remark_required":false`, 1)).Want(http.StatusOK)
	again := s.Do(http.MethodGet, definitions+"/full?projectName=shop", nil)
	if a, b := shown.Get("params.1.value"), again.Get("params.1.value"); a != b {
		t.Errorf("the mask was %v and is %v", a, b)
	}
	forged := strings.Replace(string(shown.Body), `"***`, `"***0`, 1)
	a := s.Do(http.MethodPut, definitions+"/full?projectName=shop", forged).Want(http.StatusBadRequest)
	if why := fmt.Sprint(a.Get("description")); a.Get("code") != 6545. || !strings.Contains(why, "is the mask of no value that is stored") {
		t.Errorf("a forged mask is answered with %s", a.Body)
	}
}

// A definition is sent as it was shown, but something is no secret any more: its mask does not
// become its value.
func TestMasksDoNotBecomeValues(t *testing.T) {
	s := newShelf(t)
	s.Do(http.MethodPost, definitions, example(t, "definition-full.request.json")).Want(http.StatusOK)
	at := definitions + "/full?projectName=shop"
	shown := s.Do(http.MethodGet, at, nil).Want(http.StatusOK)
	open := strings.ReplaceAll(string(shown.Body), `"is_credential":true`, `"is_credential":false`)
	a := s.Do(http.MethodPut, at, open).Want(http.StatusBadRequest)
	if why := fmt.Sprint(a.Get("description")); a.Get("code") != 6545. || !strings.Contains(why, "stages[1].jobs[0].spec.service_and_builds[0].key_vals[0].value: is the mask of a secret, and nothing is secret here: give the value") {
		t.Errorf("it is answered with %s", a.Body)
	}
	s.Do(http.MethodGet, at, nil).Want(http.StatusOK, string(shown.Body))
	given := regexp.MustCompile(`"\*\*\*[^"]*"`).ReplaceAllString(open, `"seen"`)
	s.Do(http.MethodPut, at, given).Want(http.StatusOK)
	if a := s.Do(http.MethodGet, at, nil).Want(http.StatusOK); !strings.Contains(string(a.Body), `"seen"`) {
		t.Errorf("a value that is given is not kept: %s", a.Body)
	}
}

func TestAListHasWhatTheCallerMayRead(t *testing.T) {
	s := newShelf(t)
	s.create("demo", "dev")
	s.create("elsewhere", "far")
	s.create("demo", "build")
	s.Do(http.MethodPost, views, view("demo", "v", "dev", "build")).Want(http.StatusOK)
	s.Do(http.MethodPost, views, view("demo", "empty")).Want(http.StatusOK)
	for _, row := range []struct{ path, list, token, want string }{
		{"/openapi/workflows?projectKey=demo", "workflows", "ann", "build dev"},
		{"/openapi/workflows?projectKey=demo&viewName=", "workflows", "ann", "build dev"},
		{"/openapi/workflows?projectKey=demo&viewName=v", "workflows", "ann", "dev build"},
		{"/openapi/workflows?projectKey=demo&viewName=empty", "workflows", "ann", ""},
		{"/openapi/workflows?projectKey=elsewhere", "workflows", "ann", ""},
		{"/openapi/workflows?projectKey=demo", "workflows", "other", ""},
		{"/openapi/workflows?projectKey=none", "workflows", "admin", ""},
		{definitions, "workflow_list", "admin", "build dev far"},
		{definitions, "workflow_list", "ann", "build dev"},
		{definitions + "?projectName=demo&viewName=v", "workflow_list", "ann", "dev build"},
		{definitions + "?projectName=elsewhere", "workflow_list", "other", "far"},
	} {
		var got map[string]json.RawMessage
		var items []map[string]any
		s.Do(http.MethodGet, row.path, nil, as(row.token)...).Want(http.StatusOK).Into(&got)
		if err := json.Unmarshal(got[row.list], &items); err != nil || items == nil {
			t.Errorf("%s: %v in %s", row.path, err, got)
		}
		names := make([]string, len(items))
		for i, item := range items {
			names[i] = fmt.Sprint(item["workflow_key"], item["name"])
		}
		if got := strings.ReplaceAll(strings.Join(names, " "), "<nil>", ""); got != row.want {
			t.Errorf("%s as %s: %s, want %s", row.path, row.token, got, row.want)
		}
	}
}

func TestListsAreWhole(t *testing.T) {
	s := newShelf(t)
	for i := range penstock.MaxLimit + 1 {
		s.createInGo("demo", fmt.Sprintf("w-%04d", i))
	}
	var got struct{ Workflows []any }
	s.Do(http.MethodGet, "/openapi/workflows?projectKey=demo", nil).Want(http.StatusOK).Into(&got)
	if len(got.Workflows) != penstock.MaxLimit+1 {
		t.Errorf("%d workflows", len(got.Workflows))
	}
}

// A key that was deleted and taken again in another project is not deleted by who means the first.
func TestADeletedWorkflowIsGone(t *testing.T) {
	s := newShelf(t)
	s.create("demo", "dev")
	s.Do(http.MethodDelete, custom+"?projectKey=demo&workflowKey=dev", nil, as("ann")...).Want(http.StatusOK, succeeded)
	s.Do(http.MethodDelete, custom+"?projectKey=demo&workflowKey=dev", nil).Want(http.StatusBadRequest, wants(6543, "Delete workflow failed", nothing))
	s.Do(http.MethodGet, "/openapi/workflows?projectKey=demo", nil).Want(http.StatusOK, `{"workflows":[]}`)
	s.create("elsewhere", "dev")
	s.Do(http.MethodDelete, custom+"?projectKey=demo&workflowKey=dev", nil).Want(http.StatusBadRequest)
	s.Do(http.MethodGet, custom+"/dev/detail?projectKey=elsewhere", nil, as("other")...).Want(http.StatusOK)
}

// Whoever comes second is told so, and has changed nothing.
func TestOthersComeBetween(t *testing.T) {
	change := func(s *shelf) func() {
		return func() {
			_, err := s.workflows.Definitions().Update(t.Context(), "dev", 0, func(d *workflow.Definition) error {
				d.Description = "theirs"
				return nil
			}, penstock.Actor{ID: "x", Admin: true})
			if err != nil {
				t.Error(err)
			}
		}
	}
	for _, row := range []struct {
		right        penstock.Right
		method, path string
		body         any
		why          string
	}{
		{penstock.Edit, "PUT", definitions + "/dev?projectName=demo", strings.ReplaceAll(definition("demo", "dev"), "PT1M", "PT2M"), "workflow dev: changed by someone else"},
		{penstock.Delete, "DELETE", custom + "?workflowKey=dev&projectKey=demo", nil, "workflow dev has version 2, not 1: changed by someone else"},
	} {
		s := newShelf(t)
		s.create("demo", "dev")
		s.mu.Lock()
		s.meanwhile = map[penstock.Right]func(){row.right: change(s)}
		s.mu.Unlock()
		s.Do(row.method, row.path, row.body).Want(http.StatusConflict, wants(409, "Conflict", row.why))
		if got := s.Do(http.MethodGet, definitions+"/dev?projectName=demo", nil).Want(http.StatusOK).Get("description"); got != "theirs" {
			t.Errorf("%s: the description is %q", row.method, got)
		}
	}
}

// Nobody who has no rights in a project sees or changes anything of it, whatever a request claims.
func TestStrangersSeeAndChangeNothing(t *testing.T) {
	s := newShelf(t)
	s.Do(http.MethodPost, definitions, strings.ReplaceAll(definition("demo", "dev"), "dev name", "launch of the moonshot")).Want(http.StatusOK)
	s.Do(http.MethodPost, views, view("demo", "v", "dev")).Want(http.StatusOK)
	s.Do(http.MethodPost, tickets, ticket).Want(http.StatusOK)
	for _, project := range []string{"demo", "elsewhere", "*", "demo%00", "..%2Fdemo"} {
		before := s.store.written()
		for _, r := range []struct {
			method, path string
			body         any
		}{
			{"GET", "/openapi/workflows?projectKey=" + project, nil},
			{"GET", "/openapi/workflows?viewName=v&projectKey=" + project, nil},
			{"GET", custom + "/dev/detail?projectKey=" + project, nil},
			{"GET", definitions + "?projectName=" + project, nil},
			{"GET", definitions, nil},
			{"GET", definitions + "/dev?projectName=" + project, nil},
			{"PUT", definitions + "/dev?projectName=" + project, definition("elsewhere", "dev")},
			{"PUT", custom + "/dev?projectName=" + project, definition("", "dev")},
			{"POST", definitions, definition("demo", "new")},
			{"DELETE", custom + "?workflowKey=dev&projectKey=" + project, nil},
			{"GET", views + "?projectKey=" + project, nil},
			{"POST", views, view("demo", "w", "dev")},
			{"POST", views, view("elsewhere", "w", "dev")},
			{"PUT", views + "/v?projectKey=" + project, `{"workflow_list": []}`},
			{"DELETE", views + "/v?projectKey=" + project, nil},
			{"POST", tickets, strings.ReplaceAll(ticket, "OA-77", "OA-78")},
			{"GET", "/api/aslan/ticket/approval?projectName=" + project, nil},
			{"PUT", "/api/aslan/ticket/approval/OA-77?projectName=" + project, `{"status": 0}`},
			{"PUT", "/api/aslan/ticket/approval/OA-77", `{"status": 0}`},
		} {
			a := s.Do(r.method, r.path, r.body, as("other")...)
			if slices.Contains([]string{"GET"}, r.method) && a.Status >= 500 || r.method != "GET" && a.Status < 400 {
				t.Errorf("%s %s: %d %s", r.method, r.path, a.Status, a.Body)
			}
			for _, secret := range []string{"moonshot", "ann@example.com", "PT1M"} {
				if strings.Contains(string(a.Body), secret) {
					t.Errorf("%s %s shows %s:\n%s", r.method, r.path, secret, a.Body)
				}
			}
		}
		if after := s.store.written(); after != before {
			t.Errorf("%d commits were made", after-before)
		}
	}
}

// Without a token nobody gets anything.
func TestEveryOperationAsksWho(t *testing.T) {
	s := newShelf(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Tags []string `json:"tags"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(zadig.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if !slices.Contains([]string{"workflows", "views", "tickets"}, op.Tags[0]) {
				continue
			}
			asked++
			for _, token := range []string{"", "forged"} {
				s.Do(strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), nil, as(token)...).
					Want(http.StatusUnauthorized, wants(401, "Unauthorized", "nobody known asks"))
			}
		}
	}
	if asked < 16 {
		t.Errorf("%d operations", asked)
	}
}

// What the example of the document has no need to show.
func TestTheDetailTellsWhatIsRare(t *testing.T) {
	s := newShelf(t)
	s.Do(http.MethodPost, definitions, strings.Replace(example(t, "definition-full.request.json"), `"display_name": "Full", `, "", 1)).Want(http.StatusOK)
	got := s.Do(http.MethodGet, custom+"/full/detail?projectKey=shop", nil).Want(http.StatusOK)
	for path, want := range map[string]any{
		"workflow_name":                                  "full", // the identifier
		"stages.0.approval.type":                         "dingtalk",
		"stages.0.approval.dingtalk_approval.Timeout":    7.,
		"stages.0.approval.native_approval.Timeout":      5.,
		"stages.1.jobs.0.skipped":                        false,
		"stages.1.jobs.0.run_policy":                     "force_run",
		"stages.1.jobs.0.service_modules.0.service_name": "a",
		"stages.1.jobs.1.skipped":                        true,
		"params.0.required":                              true,
		"params.3.repo.tag":                              "v1",
		"share_storages.0.size":                          3.,
		"notify_ctls.0.title":                            "kept",
	} {
		if v := got.Get(path); v != want {
			t.Errorf("%s: %v, want %v", path, v, want)
		}
	}
}
