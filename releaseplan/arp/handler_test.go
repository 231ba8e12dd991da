package arp

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// said returns the failure that an answer is.
func said(t *testing.T, body []byte) (f failure) {
	t.Helper()
	if err := json.Unmarshal(body, &f); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return f
}

// What refuses something is named: the task, if it is asked to move, and the plan, if it is to be
// another.
func TestWhoRefuses(t *testing.T) {
	s := serve(t)
	running, task := Base+planPath(7), Base+taskPath(7, 9)
	if w := s.do(http.MethodGet, task, "", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"name":"a"`) {
		t.Fatalf("task 9 is another: %s", w.Body)
	}
	for _, row := range []struct{ method, path, body, want string }{
		{http.MethodPost, running + "/execute", ``, "The action 'execute' is not allowed on 'running' in its current state Running."},
		{http.MethodPost, running + "/resume", ``, "The action 'resume' is not allowed on 'running' in its current state Running."},
		{http.MethodPost, running + "/finish", ``, "The action 'finish' is not allowed on 'running' in its current state Running."},
		{http.MethodPost, task + "/retry", ``, "The action 'retry' is not allowed on 'a' in its current state Running."},
		{http.MethodPost, Base + taskPath(7, 10) + "/start", ``, "The action 'start' is not allowed on 'b' in its current state Waiting."},
		{http.MethodPost, task, `{"name":"x"}`, "The action 'edit' is not allowed on 'running' in its current state Running."},
		{http.MethodDelete, Base + taskPath(7, 10), ``, "The action 'delete' is not allowed on 'running' in its current state Running."},
		{http.MethodPost, task + "/reorder", `{"position":1,"phase":11}`, "The action 'reorder' is not allowed on 'running' in its current state Running."},
		{http.MethodPost, running + "/phases", `{"name":"x"}`, "The action 'add' is not allowed on 'running' in its current state Running."},
	} {
		w := s.do(row.method, row.path, "", row.body)
		f := said(t, w.Body.Bytes())
		if w.Code != http.StatusBadRequest || f.Code != codeNotAllowed || f.Error != row.want || f.Details == "" {
			t.Errorf("%s %s: status %d, %+v; want %s", row.method, row.path, w.Code, f, row.want)
		}
	}
}

// What another task needs is not deleted, nor is the phase that it is in.
func TestWhatIsNeededStays(t *testing.T) {
	s := serve(t)
	before := s.all()
	for _, path := range []string{taskPath(1, 3), planPath(1) + "/phases/2"} {
		w := s.do(http.MethodDelete, Base+path, "", "")
		want := failure{codeGeneric, "object cannot be deleted because it is still referenced by another entity", `the task "c" needs it`}
		if f := said(t, w.Body.Bytes()); w.Code != http.StatusBadRequest || f != want {
			t.Errorf("%s: status %d, %+v", path, w.Code, f)
		}
		s.sound(path, before, w)
	}
	for _, path := range []string{taskPath(1, 6), planPath(1) + "/phases/5", planPath(1) + "/phases/2"} {
		if w := s.do(http.MethodDelete, Base+path, "", ""); w.Code != http.StatusOK || w.Body.String() != "object was deleted successfully." {
			t.Errorf("%s: status %d: %s", path, w.Code, w.Body)
		}
	}
}

// Faults in a phase or task are told as its members are called here, and nothing of where it stands.
func TestFaultsOfParts(t *testing.T) {
	s := serve(t)
	before := s.all()
	long := strings.Repeat("x", 300)
	for _, row := range []struct{ path, body, want string }{
		{planPath(1) + "/phases", `{"name":"` + long + `"}`, "name: "},
		{planPath(1) + "/phases", `{"name":"x","type":"Free"}`, "type: must be one of Parallel, Sequential"},
		{planPath(1) + "/phases", `{"name":"x","planned_time":{"duration":"P36601D"}}`, "planned_time.duration: "},
		{planPath(1) + "/phases/2/tasks", `{"name":"x","type":"` + long + `","position":1}`, "type: "},
		{planPath(1) + "/phases/2/tasks", `{"name":"x","planned_time":{"start":"2026-11-20T12:00:00Z","end":"2026-11-20T12:00:00Z"}}`, "planned_time.end: must be after the start"},
		{planPath(1) + "/phases/2/tasks", `{"name":"x","needs":[4711,3]}`, "needs[0]: there is no task 4711 in the plan"},
		{planPath(1) + "/phases/2/tasks", `{"name":"x","spec":7}`, "spec: "},
		{planPath(1) + "/phases/2/tasks", `{"name":"x","listeners":[{"event":"failed"}]}`, "listeners[0].event: must be one of "},
		{taskPath(1, 3), `{"needs":[4]}`, "needs"},
		{taskPath(1, 3) + "/reorder", `{"position":9}`, "position: must be from 1 to 2"},
		{taskPath(1, 3) + "/reorder", `{"position":1,"phase":4711}`, "phase: there is no phase 4711 in the plan"},
		{taskPath(1, 3) + "/reorder", `{}`, "position: must be set"},
		{planPath(1) + "/phases/5/reorder", `{"position":1}`, "phases["}, // its task needs one of the other
		{planPath(1) + "/phases/2/reorder", `{"position":0}`, "position: must be from 1 to 2"},
	} {
		w := s.do(http.MethodPost, Base+row.path, "", row.body)
		f := said(t, w.Body.Bytes())
		if w.Code != http.StatusBadRequest || f.Code != codeGeneric || f.Error != "Invalid data" || !strings.HasPrefix(f.Details, row.want) {
			t.Errorf("%s %.80s: status %d, %+v; want %s", row.path, row.body, w.Code, f, row.want)
		}
		s.sound(row.path, before, w)
	}
}
