package zadig_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// example reads an example of a document, with some texts replaced by others.
func example(t testing.TB, name string, changes ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(string(text), changes[i]) {
			t.Fatalf("%s does not hold %s", name, changes[i])
		}
	}
	return strings.NewReplacer(changes...).Replace(string(text))
}

const (
	definitions = "/api/aslan/workflow/v4"
	custom      = "/openapi/workflows/custom"
	views       = "/openapi/workflows/view"
	tickets     = "/openapi/ticket/approval"
)

// A shelfGolden is an answer of the document, with changes to it, and how it comes about.
type shelfGolden struct {
	file    string
	status  int
	changes []string
	answer  func(t *testing.T, s *shelf) *check.Answer
}

// shelfGoldens are the answers of the document.
func shelfGoldens() []shelfGolden {
	return []shelfGolden{
		{"definition-list.200.json", http.StatusOK, nil, func(_ *testing.T, s *shelf) *check.Answer {
			s.at(1686193453)
			s.create("lilian-test", "just-deploy")
			s.Do(http.MethodPost, definitions, strings.ReplaceAll(definition("lilian-test", "xiaxianfuwu"), `"xiaxianfuwu name"`, `"offline service"`)).Want(http.StatusOK)
			s.create("demo", "elsewhere")
			s.at(1686217885)
			s.Do(http.MethodPut, definitions+"/just-deploy?projectName=lilian-test", strings.ReplaceAll(definition("lilian-test", "just-deploy"), " name", "")).Want(http.StatusOK)
			return s.Do(http.MethodGet, "/openapi/workflows?projectKey=lilian-test", nil)
		}},
		{"definition-detail.200.json", http.StatusOK, nil, func(t *testing.T, s *shelf) *check.Answer {
			s.at(1686192946)
			s.create("lilian-test", "build-deploy")
			s.at(1690180684)
			s.Do(http.MethodPut, definitions+"/build-deploy?projectName=lilian-test", asSent(t, example(t, "definition-detail.200.json")), as("robot")...).Want(http.StatusOK)
			return s.Do(http.MethodGet, custom+"/build-deploy/detail?projectKey=lilian-test", nil)
		}},
		{"definition-delete.200.json", http.StatusOK, nil, func(_ *testing.T, s *shelf) *check.Answer {
			s.create("demo", "dev")
			return s.Do(http.MethodDelete, custom+"?workflowKey=dev&projectKey=demo", nil)
		}},
		{"view-list.200.json", http.StatusOK, nil, func(_ *testing.T, s *shelf) *check.Answer {
			s.create("lilian-test", "xiaxianfuwu")
			s.at(1689329334)
			s.Do(http.MethodPost, views, view("lilian-test", "test-view", "xiaxianfuwu")).Want(http.StatusOK)
			return s.Do(http.MethodGet, views+"?projectKey=lilian-test", nil)
		}},
		{"view-create.200.json", http.StatusOK, nil, func(t *testing.T, s *shelf) *check.Answer {
			s.create("demo", "dev")
			s.create("demo", "nacos-config-update")
			return s.Do(http.MethodPost, views, example(t, "view-create.request.json"))
		}},
		{"view-update.200.json", http.StatusOK, nil, func(t *testing.T, s *shelf) *check.Answer {
			s.create("demo", "dev")
			s.create("demo", "build-deploy")
			s.Do(http.MethodPost, views, view("demo", "view-demo", "dev")).Want(http.StatusOK)
			return s.Do(http.MethodPut, views+"/view-demo?projectKey=demo", example(t, "view-update.request.json"))
		}},
		{"view-delete.200.json", http.StatusOK, nil, func(_ *testing.T, s *shelf) *check.Answer {
			s.Do(http.MethodPost, views, view("demo", "view-demo")).Want(http.StatusOK)
			return s.Do(http.MethodDelete, views+"/view-demo?projectKey=demo", nil)
		}},
		{"view-delete.400.json", http.StatusBadRequest, nil, func(_ *testing.T, s *shelf) *check.Answer {
			return s.Do(http.MethodDelete, views+"/view-demo?projectKey=demo", nil)
		}},
		{"ticket-create.200.json", http.StatusOK, nil, func(_ *testing.T, s *shelf) *check.Answer {
			return s.Do(http.MethodPost, tickets, ticket)
		}},
		{"ticket-create.500.json", http.StatusInternalServerError, []string{`"..."`, `"internal error"`}, func(_ *testing.T, s *shelf) *check.Answer {
			s.store.breaks(errors.New("a secret of the store"))
			return s.Do(http.MethodPost, tickets, ticket)
		}},
	}
}

// TestAnswersOfTheDocument holds what the operations of workflows, views and tickets answer against
// every example of document 002.
func TestAnswersOfTheDocument(t *testing.T) {
	for _, row := range shelfGoldens() {
		t.Run(row.file, func(t *testing.T) {
			row.answer(t, newShelf(t)).Want(row.status, example(t, row.file, row.changes...))
		})
	}
}

// The example of the document has five stages, with the specs of seven types of jobs.
func TestTheRequestOfTheDocumentIsTakenAndShown(t *testing.T) {
	for _, path := range []string{definitions, custom} {
		s := newShelf(t)
		sent := example(t, "definition-create.request.json")
		s.Do(http.MethodPost, path, sent).Want(http.StatusOK, succeeded)
		var want, got struct {
			Stages []struct {
				Name     string
				Parallel bool
				Approval any
				Jobs     []struct {
					Name, Type string
					Spec       any
				}
			}
		}
		if err := json.Unmarshal([]byte(sent), &want); err != nil {
			t.Fatal(err)
		}
		shown := s.Do(http.MethodGet, definitions+"/workflow-demo?projectName=demo", nil).Want(http.StatusOK).Into(&got)
		sameJSON(t, want, got)
		if got, _ := shown.Get("concurrency_limit").(float64); got != 5 {
			t.Errorf("the limit is %v", shown.Get("concurrency_limit"))
		}

		detail := s.Do(http.MethodGet, custom+"/workflow-demo/detail?projectKey=demo", nil).Want(http.StatusOK)
		sameJSON(t, map[string]any{
			"enabled": true, "type": "native", "description": "", "native_approval": map[string]any{
				"Timeout": 5, "NeededApprovers": 1, "approve_users": []any{
					map[string]any{"user_id": "9792310b-**********", "user_name": "admin"},
					map[string]any{"user_id": "9837370s-**********", "user_name": "sre-admin"}},
			}}, detail.Get("stages.1.approval"))
		if stage, _ := detail.Get("stages.0").(map[string]any); stage["approval"] != nil {
			t.Errorf("a stage that needs no approval has %v", stage["approval"])
		}
	}
}

// asSent turns what the detail of a workflow shows into what it is sent as.
func asSent(t *testing.T, detail string) string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(detail), &members); err != nil {
		t.Fatal(err)
	}
	for shown, sent := range map[string]string{"workflow_key": "name", "workflow_name": "display_name", "project_key": "project"} {
		members[sent] = members[shown]
		delete(members, shown)
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func sameJSON(t *testing.T, want, got any) {
	t.Helper()
	w, wantErr := json.Marshal(want)
	g, gotErr := json.Marshal(got)
	if err := errors.Join(wantErr, gotErr); err != nil {
		t.Fatal(err)
	}
	if diff := check.Diff(string(w), string(g)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// definition is a workflow with one job, and no fault.
func definition(project, key string) string {
	return `{"name": "` + key + `", "display_name": "` + key + ` name", "project": "` + project + `", "concurrency_limit": 1,
		"stages": [{"name": "only", "parallel": false, "jobs": [{"name": "pause", "type": "wait", "spec": {"for": "PT1M"}}]}]}`
}

// view is a view that is to be created.
func view(project, name string, workflows ...string) map[string]any {
	list := make([]any, len(workflows))
	for i, w := range workflows {
		list[i] = map[string]any{"workflow_key": w, "workflow_type": "custom"}
	}
	return map[string]any{"project_key": project, "name": name, "workflow_list": list}
}

// ticket has every member.
const ticket = `{"project_key": "demo", "approval_id": "OA-77", "status": 1, "envs": "prod, dev",
	"services": [{"service_name": "a", "service_module": "m"}], "users": [{"name": "Ann", "email": "ann@example.com"}],
	"execution_window_start": 1690180684, "execution_window_end": 1767232800}`
