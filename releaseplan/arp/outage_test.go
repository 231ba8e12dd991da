package arp

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// A broken directory is a Trust until it breaks.
type brokenDirectory struct {
	penstock.Trust
	broken bool
}

var errDown = errors.New("ldap at 10.0.0.1 is down")

func (d *brokenDirectory) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	if d.broken {
		return penstock.PartyInfo{}, errDown
	}
	return d.Trust.Party(ctx, p)
}

func (d *brokenDirectory) Folder(ctx context.Context, f penstock.Folder) (penstock.FolderInfo, error) {
	if d.broken {
		return penstock.FolderInfo{}, errDown
	}
	return d.Trust.Folder(ctx, f)
}

// outage serves one draft with a phase and a task: plan 1, phase 2, task 3.
func outage(t *testing.T, d penstock.Directory, may penstock.Authorizer) *served {
	t.Helper()
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Directory: d, Authorizer: may})
	s := &served{t, plans, Handler(Config{Plans: plans, Directory: d, Who: func(*http.Request) (penstock.Actor, error) { return ann, nil }})}
	if _, err := plans.Create(t.Context(), releaseplan.Content{Name: "x", Folder: penstock.Folder{Name: "DEFAULT"},
		Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "t"}}}}}, ann); err != nil {
		t.Fatal(err)
	}
	return s
}

// When the Directory is down, that is nobody's fault there, and nothing of it is told.
func TestDirectoryIsDown(t *testing.T) {
	d := &brokenDirectory{}
	s := outage(t, d, nil)
	d.broken = true
	for _, row := range []struct{ method, path, body string }{
		{http.MethodGet, "/plans", ""}, {http.MethodGet, "/plans/1", ""}, {http.MethodGet, "/plans/1/phases", ""}, {http.MethodGet, "/plans/1/tasks/3", ""},
		{http.MethodPost, "/plans", `{"name":"y","folder":"DEFAULT","planned_time":{"duration":"P1D"}}`}, {http.MethodPost, "/plans/1", `{"owner":"bob"}`},
		{http.MethodPost, "/plans/1/duplicate", `{"name":"y"}`}, {http.MethodPost, "/plans/1/tasks/3/assign", `{"assignee":"bob"}`},
	} {
		w := s.do(row.method, Base+row.path, "", row.body)
		if f := said(t, w.Body.Bytes()); w.Code != http.StatusInternalServerError || f != (failure{Code: codeGeneric, Error: "Internal Server Error"}) {
			t.Errorf("%s %s: status %d, %+v", row.method, row.path, w.Code, f)
		}
	}
	w := s.do(http.MethodPost, Base+"/plans", "", `{"folder":"DEFAULT","planned_time":{"duration":"P"}}`)
	if f := said(t, w.Body.Bytes()); w.Code != http.StatusBadRequest || !strings.HasPrefix(f.Details, "name: must be set; planned_time.duration: ") || strings.Contains(w.Body.String(), "ldap") {
		t.Errorf("faults are told first: status %d, %+v", w.Code, f)
	}
}

// A plan that goes out of sight while it is shown is shown without actions.
func TestPlanGoesOutOfSight(t *testing.T) {
	reads, most := 0, 1<<30
	s := outage(t, penstock.Trust{}, func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if right == penstock.Read {
			if reads++; reads > most {
				return &penstock.ForbiddenError{Right: right, On: on}
			}
		}
		return nil
	})
	for _, row := range []struct {
		path, query string
		most        int
	}{{"/plans/1", "", 1}, {"/plans/1", "", 2}, {"/plans/1/tasks/3", "", 1}, {"/plans", "", 1}, {"/plans", "include=Phases,Summary,Actions", 1}, {"/plans", "include=Phases,Actions", 2}} {
		reads, most = 0, row.most
		w := s.do(http.MethodGet, Base+row.path, row.query, "")
		body := w.Body.String()
		if w.Code != http.StatusOK || strings.Contains(body, `/tasks/3/`) || row.most == 1 && strings.Contains(body, `"rel":`) || reads <= row.most {
			t.Errorf("%s?%s: status %d after %d reads\n%s", row.path, row.query, w.Code, reads, body)
		}
	}
	most = 0
	if w := s.do(http.MethodGet, Base+"/plans/1", "", ""); w.Code != http.StatusForbidden {
		t.Errorf("status %d\n%s", w.Code, w.Body)
	}
}

// A name that no plan can have is a bad parameter.
func TestFilterThatCannotBe(t *testing.T) {
	s := serve(t)
	w := s.do(http.MethodGet, Base+"/plans", "name="+strings.Repeat("x", 2000), "")
	if f := said(t, w.Body.Bytes()); w.Code != http.StatusBadRequest || f.Code != codeGeneric || !strings.HasPrefix(f.Error, "Invalid value for parameter name: 'xxx") || len(f.Error) > 200 {
		t.Errorf("status %d, %+v", w.Code, f)
	}
}

// Without Plans there is nothing but the description; without Who nobody is known.
func TestHandlerOfNothing(t *testing.T) {
	s := &served{t: t, Handler: Handler(Config{})}
	if w := s.do(http.MethodGet, Base+"/plans", "", ""); w.Code != http.StatusNotFound {
		t.Errorf("no Plans: status %d", w.Code)
	}
	if w := s.do(http.MethodGet, Base+"/openapi.json", "", ""); w.Code != http.StatusOK || w.Body.String() != string(OpenAPI()) {
		t.Errorf("no description: status %d", w.Code)
	}
	s.Handler = Handler(Config{Plans: releaseplan.New(releaseplan.Config{Store: memory.New()})})
	if w := s.do(http.MethodGet, Base+"/plans", "", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("no Who: status %d", w.Code)
	}
}
