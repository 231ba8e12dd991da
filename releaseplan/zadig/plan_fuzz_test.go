package zadig

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// FuzzPlanBodies sends bodies to all that takes one. Whatever they are, nothing goes wrong on this
// side, and what is refused changes nothing.
func FuzzPlanBodies(f *testing.F) {
	const approval = `{"enabled":true,"type":"native","native_approval":{"timeout":5,"approve_users":[{"user_id":"ann","user_name":"Ann"}],"needed_approvers":1},"lark_approval":{"approval_nodes":[{"approve_users":[{"id":"a"}],"type":"AND"}]}}`
	for _, seed := range []string{
		`{"name":"x","manager":"ann","start_time":1,"end_time":9,"schedule_execute_time":5,"approval":` + approval + `,"jobs":[{"name":"a","type":"text","spec":{"content":"<p>"}}]}`,
		`{"name":"x","manager":"ann","jobs":[{"name":"b","type":"workflow","spec":{"workflow_key":"w","parameters":[{"name":"p","value":"{{.x}}"},{"name":"r","repo":{"repo_name":"n"}}],"inputs":[{"job_name":"j","parameters":{"a":["{"]}}]}}]}`,
		`{"verb":"update_approval","spec":{"approval":` + approval + `},"version":1}`,
		`{"verb":"update_release_job","spec":{"id":"JOB","name":"b","type":"text","spec":{"content":"x"}}}`,
		`{"verb":"reorder_release_job","spec":{"job_ids":["JOB"]}}`, `{"verb":"update_time_range","spec":{"start_time":1,"end_time":2}}`,
		`{"verb":"update_jira_sprint","spec":{"jira_sprint_association":{"jira_id":"1","sprints":[{}]}}}`, `{"verb":"delete_approval"}`,
		`{"id":"JOB","type":"text","spec":{"remark":"r"}}`, `{"approve":true,"comment":"c"}`, `{"name":"copy"}`,
		`{"release_plan_id":"PLAN","instance_code":"x","hook_event":"start_execute","result":"success"}`, `{`, `null`, `[]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: func() time.Time { return time.Unix(1693558733, 0) }})
		ann := penstock.Actor{ID: "ann"}
		p, err := plans.Create(t.Context(), releaseplan.Content{Name: "plan", Phases: []releaseplan.Phase{{Name: "p", Kind: releaseplan.Free, Tasks: []releaseplan.Task{{Name: "a"}}}}}, ann)
		if err != nil {
			t.Fatal(err)
		}
		h := Handler(Config{Plans: plans, Who: func(*http.Request) (penstock.Actor, error) { return ann, nil }})
		names := strings.NewReplacer("JOB", p.Tasks()[0].ID, "PLAN", p.ID())
		one := pathPlansUI + "/" + p.ID()
		for _, r := range [][2]string{{"POST", pathPlans}, {"POST", pathPlansUI}, {"PUT", one}, {"PATCH", pathPlans + "/" + p.ID()}, {"POST", one + "/copy"},
			{"POST", one + "/execute"}, {"POST", one + "/retry"}, {"POST", one + "/skip"}, {"POST", one + "/approve"}, {"POST", "/api/callback/release_plan"}} {
			before := everything(t, plans, ann)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), r[0], r[1], strings.NewReader(names.Replace(body))))
			if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s %s: %d %s", r[0], r[1], w.Code, w.Body)
			}
			if w.Code >= 400 && !bytes.Equal(before, everything(t, plans, ann)) {
				t.Fatalf("%s %s was refused, and changed something: %s", r[0], r[1], w.Body)
			}
		}
		for _, path := range []string{pathPlans + "/" + p.ID(), one, one + "/versions/1/diff", one + "/versions/2/diff", one + "/logs"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}

// everything is all that there is of all plans.
func everything(t *testing.T, plans *releaseplan.Service, by penstock.Actor) []byte {
	t.Helper()
	list, err := plans.List(t.Context(), releaseplan.Filter{}, by)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, s := range list.Items {
		text, err := plans.Export(t.Context(), s.ID, by)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}
