package zadig_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// A shelfRequest is one that an operation of a shelf takes.
type shelfRequest struct {
	method, path, body string
}

// filled returns a shelf with something of everything, and requests that it takes: one to each
// operation, those that change something in an order in which all succeed.
func filled(t *testing.T) (*shelf, []shelfRequest) {
	t.Helper()
	s := newShelf(t)
	s.create("demo", "dev")
	s.Do(http.MethodPost, definitions, example(t, "definition-full.request.json")).Want(http.StatusOK)
	s.Do(http.MethodPost, definitions, asSent(t, example(t, "definition-detail.200.json"))).Want(http.StatusOK)
	s.Do(http.MethodPost, views, view("demo", "v", "dev")).Want(http.StatusOK)
	s.Do(http.MethodPost, tickets, strings.ReplaceAll(ticket, "ann@", "admin@")).Want(http.StatusOK)
	return s, []shelfRequest{
		{"GET", "/openapi/workflows?projectKey=demo", ""},
		{"GET", custom + "/full/detail?projectKey=shop", ""},
		{"GET", custom + "/build-deploy/detail?projectKey=lilian-test", ""},
		{"GET", definitions, ""},
		{"GET", definitions + "/full?projectName=shop", ""},
		{"GET", definitions + "/build-deploy?projectName=lilian-test", ""},
		{"POST", definitions, definition("demo", "new")},
		{"POST", custom, definition("demo", "newer")},
		{"PUT", definitions + "/dev?projectName=demo", strings.ReplaceAll(definition("demo", "dev"), "PT1M", "PT2M")},
		{"PUT", custom + "/dev?projectName=demo", strings.ReplaceAll(definition("demo", "dev"), "PT1M", "PT3M")},
		{"GET", views + "?projectKey=demo", ""},
		{"POST", views, `{"project_key": "demo", "name": "w", "workflow_list": [{"workflow_key": "dev", "workflow_type": "custom"}]}`},
		{"PUT", views + "/w?projectKey=demo", `{"workflow_list": [{"workflow_key": "dev", "workflow_type": "custom", "enabled": false}]}`},
		{"DELETE", views + "/w?projectKey=demo", ""},
		{"POST", tickets, strings.ReplaceAll(ticket, "OA-77", "OA-78")},
		{"GET", ticketList + "?projectName=demo", ""},
		{"PUT", ticketList + "/OA-77", `{"status": 0}`},
		{"DELETE", custom + "?projectKey=demo&workflowKey=new", ""},
	}
}

// Bodies that no client means well are refused by every operation that reads one, and change nothing.
func TestHostileBodies(t *testing.T) {
	s, requests := filled(t)
	deep := strings.Repeat(`{"spec":`, 5000) + `1` + strings.Repeat(`}`, 5000)
	for name, body := range map[string]string{
		"empty": "", "blank": " \n", "cut off": `{"name": "x"`, "two values": `{} {}`, "a list": `[]`, "a text": `"x"`, "null": `null`, "a number": `1e400`,
		"deep": deep, "deep lists": strings.Repeat("[", 100_000), "twice the same member": `{"name": "a", "name": "b"}`,
		"the same member in other letters": `{"name": "a", "Name": "b"}`,
		"not UTF-8":                        "{\"name\": \"\xff\"}", "half a surrogate": `{"name": "\ud800"}`, "NUL": `{"name": "a\u0000"}`,
		"too large": `{"name": "` + strings.Repeat("x", shelfBody) + `"}`, "a byte order mark": "\ufeff{}",
		"numbers for texts": `{"name": 1, "project": 2, "project_key": 3, "approval_id": 4, "status": "1", "workflow_list": {}, "stages": 5}`,
		"huge numbers":      `{"status": 1e99, "concurrency_limit": 1e99, "workflow_list": 1e99}`,
	} {
		t.Run(name, func(t *testing.T) {
			before := s.store.written()
			for _, r := range requests {
				if r.body == "" {
					continue
				}
				a := s.Do(r.method, r.path, body)
				if large := name == "too large"; large && a.Status != http.StatusRequestEntityTooLarge || !large && a.Status != http.StatusBadRequest {
					t.Errorf("%s %s: %d %s", r.method, r.path, a.Status, a.Body)
				}
				for _, encoding := range []string{"gzip", "br"} {
					s.Do(r.method, r.path, r.body, "Content-Encoding", encoding).Want(http.StatusUnsupportedMediaType)
				}
			}
			if n := s.store.written(); n != before {
				t.Errorf("%d commits were made", n-before)
			}
		})
	}
}

// Queries and paths that mean nothing are not found, or refused.
func TestHostileQueriesAndPaths(t *testing.T) {
	s, _ := filled(t)
	before := s.store.written()
	long := strings.Repeat("x", 5000)
	for _, r := range []struct{ method, path string }{
		{"GET", "/openapi/workflows?projectKey=demo&projectKey=shop"},
		{"GET", "/openapi/workflows?projectKey=" + long},
		{"GET", "/openapi/workflows?projectKey=%ff"},
		{"GET", "/openapi/workflows?projectKey=%zz"},
		{"GET", "/openapi/workflows?projectKey=demo&viewName=" + long},
		{"GET", custom + "/" + long + "/detail?projectKey=demo"},
		{"GET", custom + "/dev%2F..%2Ffull/detail?projectKey=shop"},
		{"GET", custom + "/../custom/full/detail?projectKey=shop"},
		{"GET", custom + "//full/detail?projectKey=shop"},
		{"GET", custom + "/%00/detail?projectKey=shop"},
		{"GET", custom + "/full/detail/?projectKey=shop"},
		{"GET", definitions + "/workflow%2Ffull?projectName=shop"},
		{"DELETE", custom + "?projectKey=demo&workflowKey=dev&workflowKey=full"},
		{"DELETE", custom + "?projectKey=demo&workflowKey=*"},
		{"DELETE", views + "/%20?projectKey=demo"},
		{"PUT", ticketList + "/" + long},
		{"PATCH", definitions + "/dev?projectName=demo"},
		{"TRACE", definitions},
	} {
		if a := s.Do(r.method, r.path, nil); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s %.80s: %d %s", r.method, r.path, a.Status, a.Body)
		}
	}
	if n := s.store.written(); n != before {
		t.Errorf("%d commits were made", n-before)
	}
}

// When the store fails nobody is told how.
func TestAFailingStoreIsNobodysBusiness(t *testing.T) {
	s, requests := filled(t)
	s.store.breaks(errors.New("a secret of the store"))
	for _, r := range requests {
		if r.method == http.MethodGet {
			continue
		}
		body := `{"code":500,"message":"Internal Error: ","description":"internal error"}`
		if r.path == tickets {
			body = strings.Replace(body, ": ", "", 1)
		}
		if strings.HasPrefix(r.path, views+"/w") { // it could not be created
			r.path = strings.Replace(r.path, "/w?", "/v?", 1)
		}
		if r.method == http.MethodDelete {
			r.path = strings.Replace(r.path, "=new", "=dev", 1)
		}
		s.Do(r.method, r.path, r.body).Want(http.StatusInternalServerError, body)
	}
	s.store.breaks(fmt.Errorf("a secret of the store: %w", context.DeadlineExceeded))
	s.Do(http.MethodPost, views, `{"project_key":"demo","name":"late","workflow_list":[{"workflow_key":"dev","workflow_type":"custom"}]}`).
		Want(http.StatusServiceUnavailable, `{"code":503,"message":"Service Unavailable","description":"Service Unavailable","extra":{},"type":"error"}`)
}

// loose are the alterations of answers that the description agrees to: members that may be missing,
// and objects that are kept as they were sent.
func loose() []string {
	return []string{
		"ApprovalDetail.dingtalk_approval may be missing",
		"ApprovalDetail.dingtalk_approval may have more members",
		"ApprovalDetail.native_approval may be missing",
		"Failure.extra may be missing", // as in an internal error
		"Failure.extra may have more members",
		"Failure.type may be missing",
		"JobDetail.service_modules[] may have more members",
		"JobDetail.spec may have more members",
		"ParamRepository.checkout_path may be missing",
		"ParamRepository.submodules may be missing",
		"ParamRepository.tag may be missing",
		"StageDetail.approval may be missing",
		"StoredDefinition.notify_ctls[] may have more members",
		"StoredDefinition.share_storages[] may have more members",
		"StoredJob.crash_policy may be missing",
		"StoredJob.error_policy may be missing",
		"StoredJob.error_policy may have more members",
		"StoredJob.execute_policy may be missing",
		"StoredJob.execute_policy may have more members",
		"StoredJob.id may be missing",
		"StoredJob.notify_ctls may be missing",
		"StoredJob.notify_ctls[] may have more members",
		"StoredJob.service_modules[] may have more members",
		"StoredJob.spec may have more members",
		"StoredStage.approval may be missing",
		"StoredStage.approval may have more members",
		"StoredStage.id may be missing",
		"StoredStage.manual_exec may be missing",
		"StoredStage.manual_exec may have more members",
		"WorkflowDetail.notify_ctls[] may have more members",
		"WorkflowDetail.share_storages[] may have more members",
		"WorkflowParam.choice_option may be missing",
		"WorkflowParam.choice_value may be missing",
		"WorkflowParam.repo may be null",
		"WorkflowParam.required may be missing",
		"WorkflowParam.source may be missing",
	}
}

// No answer can lose a member or change a type unseen.
func TestNoAnswerCanChangeUnseen(t *testing.T) {
	s, requests := filled(t)
	answers := make([]*check.Answer, 0, len(requests)+1)
	for _, r := range requests {
		var body any
		if r.body != "" {
			body = r.body
		}
		answers = append(answers, s.Do(r.method, r.path, body).Want(http.StatusOK))
	}
	answers = append(answers, s.Do(http.MethodGet, custom+"/none/detail?projectKey=x", nil).Want(http.StatusBadRequest))
	got := slices.DeleteFunc(s.Mutations(t, answers...), func(l string) bool { return strings.Contains(l, ".*") }) // in what is kept
	if diff := cmp.Diff(loose(), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
