package arp

import (
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

var ann = penstock.Actor{ID: "ann", Name: "Ann"}

// hiddenValue is that of a secret variable.
const hiddenValue = "hunter2-hunter2"

// A served API, with a plan in each of some states: 1 is a draft, 6 runs, 11 failed.
type served struct {
	t     testing.TB
	plans *releaseplan.Service
	http.Handler
}

func serve(t testing.TB) *served {
	t.Helper()
	now := func() time.Time { return noon }
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: now})
	s := &served{t, plans, Handler(Config{Plans: plans, Now: now, Who: func(*http.Request) (penstock.Actor, error) { return ann, nil }})}
	day := penstock.Duration{Days: 1}
	for _, name := range []string{"draft", "running", "failed"} {
		p, err := plans.Create(t.Context(), releaseplan.Content{
			Name: name, Folder: penstock.Folder{Name: "DEFAULT"}, Planned: &releaseplan.PlannedTime{Start: noon.AddDate(0, 0, -1), Duration: &day},
			Phases: []releaseplan.Phase{{Name: "one", Tasks: []releaseplan.Task{{Name: "a"}, {Name: "b"}}},
				{Name: "two", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{{Name: "c", Needs: []string{"a"}}}}},
			Variables: []releaseplan.Variable{{Name: "open", Value: "1"}, {Name: "token", Value: hiddenValue, Secret: true}},
			Listeners: []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{penstock.UserParty("bob")}}},
		}, ann)
		if err != nil {
			t.Fatal(err)
		}
		first := p.Tasks()[0].ID
		for _, c := range map[string][]releaseplan.Command{"running": {{Action: releaseplan.Execute}},
			"failed": {{Action: releaseplan.Execute}, {Action: releaseplan.Start, Task: first}, {Action: releaseplan.Fail, Task: first}}}[name] {
			if _, err := plans.Do(t.Context(), p.ID(), c, ann); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// do sends a request. Its path is taken as it is, whatever a client would make of it.
func (s *served) do(method, path, query, body string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Method, r.URL.Path, r.URL.RawQuery = method, path, query
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// all is everything about all plans.
func (s *served) all() string {
	s.t.Helper()
	list, err := s.plans.List(s.t.Context(), releaseplan.Filter{Archived: releaseplan.WithArchived, Page: penstock.Page{Limit: 1000}}, ann)
	if err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for _, item := range list.Items {
		doc, err := s.plans.Export(s.t.Context(), item.ID, ann)
		if err != nil {
			s.t.Fatal(err)
		}
		b.Write(doc)
	}
	return b.String()
}

// sound fails the test if an answer is none that a client can make something of, or if what was
// refused changed something.
func (s *served) sound(what, before string, w *httptest.ResponseRecorder) {
	s.t.Helper()
	body := w.Body.String()
	if w.Code >= http.StatusInternalServerError || w.Code < http.StatusOK || w.Code >= 300 && w.Code < 400 {
		s.t.Fatalf("%s: status %d\n%s", what, w.Code, body)
	}
	if strings.Contains(body, hiddenValue) {
		s.t.Fatalf("%s tells a secret:\n%s", what, body)
	}
	if w.Code < http.StatusBadRequest {
		return
	}
	var f failure
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || f.Code == 0 || f.Error == "" {
		s.t.Fatalf("%s: status %d with %q: %v", what, w.Code, body, err)
	}
	if s.all() != before {
		s.t.Fatalf("%s was refused with %d, and changed something\n%s", what, w.Code, body)
	}
}

// FuzzRequests sends anything to any operation.
func FuzzRequests(f *testing.F) {
	all := operations()
	bodies := []string{
		``, `{}`, `[]`, `null`, `{"name":"x"}`, `{"remark":"why"}`, `[{"name":"open","value":"2"}]`, `[{"name":"token","value":"******"}]`,
		`{"name":"R","folder":{"id":12798,"name":"DEFAULT"},"planned_time":{"start":"2016-01-01T00:00:00Z","duration":"P1DT12H32M54S"},"owner":{"type":"User","id":302,"name":"ann"}}`,
		`{"new_planned_time":{"start":"2016-01-01T00:00:00Z"}}`, `{"name":"N","planned_start_time":"2017-12-13T00:00:00Z"}`, `{"decision":"reject"}`,
		`{"position":1}`, `{"phase":5,"position":2}`, `{"name":"t","type":"Wait","spec":{"for":"PT1H"},"needs":[3],"position":1}`, `{"assignee":"bob"}`,
		`{"listeners":[{"event":"Failure","recipients":["bob"]}],"variables":[{"name":"a","value":"{open}"}]}`,
	}
	for i := range max(len(all), len(bodies)) {
		f.Add(uint16(i%len(all)), uint8(i%3), "", bodies[i%len(bodies)], "")
		f.Add(uint16(i%len(all)), uint8(i%3), "", `{"name":"x","remark":"why","position":1}`, "")
	}
	f.Add(uint16(0), uint8(0), "name=*a*&status=Failed&include=Phases,Summary,Listeners,Actions&start_at=1&max_results=1&archived=false", "", "")
	f.Add(uint16(0), uint8(0), "max_results=999999999999999999999&start_at=-1", "", "")
	f.Add(uint16(9999), uint8(0), "", "", Base+"/plans/../plans/1")
	f.Fuzz(func(t *testing.T, op uint16, plan uint8, query, body, path string) {
		s := serve(t)
		method := http.MethodPost
		if int(op) < len(all) {
			base := int64(plan%3)*6 + 1
			id := func(n int64) string { return planPath(n)[len("/plans/"):] }
			path = strings.NewReplacer("{id}", id(base), "{phase}", id(base+1+int64(plan/3%4)), "{task}", id(base+2+int64(plan/3%4))).Replace(all[op].Path)
			method = all[op].Method
		}
		if !strings.HasPrefix(path, "/") { // no request over HTTP has such a path
			path = "/" + path
		}
		before := s.all()
		what := method + " " + path + "?" + query + " " + body
		s.sound(what, before, s.do(method, path, query, body))
	})
}

// Paths that are no operation's are not found, or their methods not allowed: nothing is guessed.
func TestHostilePaths(t *testing.T) {
	s := serve(t)
	before := s.all()
	for _, path := range []string{
		"", "/", "//", Base, Base + "/", Base + "//plans", Base + "/plans/", Base + "/plans//", Base + "/plans/1/", Base + "/plans/./1", Base + "/plans/../plans/1",
		Base + "/plans/1/../2", Base + "/plans/%31", Base + "/plans/1%2fexecute", Base + "/plans/0", Base + "/plans/-1", Base + "/plans/01", Base + "/plans/1e0",
		Base + "/plans/\x00", Base + "/plans/1\x00", Base + "/plans/..", Base + "/plans/{id}", Base + "/Plans/1", Base + "/plans/1/Execute", Base + "/plans/1/tasks/7",
		Base + "/plans/1/phases/8", Base + "/plans/1/tasks/3/nothing", "/api/data/v2/plans/1", Base + "/plans/" + strings.Repeat("9", 5000), Base + "/plans/١",
		Base + "/openapi.json/x", Base + "/plans/1/export/x",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodPut, http.MethodPatch, "", "GET\n", "PLANS"} {
			w := s.do(method, path, "", `{"name":"x","position":1}`)
			if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%q %.80q: status %d\n%s", method, path, w.Code, w.Body)
			}
			s.sound(method+" "+path, before, w)
		}
	}
}
