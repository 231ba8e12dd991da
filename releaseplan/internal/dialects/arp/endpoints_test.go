package arp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// An endpoint is an operation, a request that succeeds, and the errors that document 001 has of it.
type endpoint struct {
	operation string
	status    int // of success
	request   func(f *fixture) (path string, body any)
	errors    []documented
}

// documented is an error that the document has. The subtest of TestExamplesOfTheDocument with the
// name of the file shows it.
type documented struct {
	status, code int
	message      string
	file         string
}

// endpoints are all operations.
func endpoints() []endpoint {
	const generic, notCreatedCode, notAllowed, forbidden, noPlan, inactive = 134541, 134511, 100014, 1000, 100001, 100017
	return []endpoint{
		{"GET /plans", 200, func(f *fixture) (string, any) { f.basic(); return "/plans", nil }, []documented{
			{400, generic, "Invalid value for parameter p1: 'x'", "list.400.json"},
		}},
		{"POST /plans", 201, func(*fixture) (string, any) { return "/plans", body(`"name": "p"`) }, []documented{
			{400, notCreatedCode, "Invalid data: Release plan cannot be created.", "create.400.json"},
		}},
		{"GET /plans/{id}", 200, plain(""), []documented{{404, generic, "Object does not exist.", "get.404.json"}}},
		{"POST /plans/{id}", 200, draft("", `{"name": "new"}`), []documented{
			{400, generic, "Invalid data", "update.400.json"},
			{404, generic, "Object with id '14555' does not exist.", "update.404.json"},
		}},
		{"DELETE /plans/{id}", 200, plain(""), []documented{
			{400, generic, "object cannot be deleted because it is still referenced by another entity", "delete.400.json"},
			{404, generic, "object with id '32542' does not exist.", "delete.404.json"},
		}},
		{"POST /plans/{id}/execute", 200, plain("/execute"), []documented{
			{400, notAllowed, "The action 'execute' is not allowed on 'Release plan 12345' in its current state Failed.", "execute.400.json"},
			{403, forbidden, "You do not have execute access right on the folder DEFAULT.", "execute.403.json"},
			{404, noPlan, "The release plan with ID 13245 does not exist", "execute.404.json"},
		}},
		{"POST /plans/{id}/duplicate", 200, draft("/duplicate", `{"name": "copy"}`), []documented{
			{400, inactive, "Inactive user or user group cannot act as plan owner.", "duplicate.400.json"},
			{403, forbidden, "You do not have read access right on the Release plan 'Release Plan 12345'.", "duplicate.403.json"},
			{404, noPlan, "The release plan with ID 13245 does not exist", "duplicate.404.json"},
		}},
		{"POST /plans/{id}/variables", 200, draft("/variables", `[{"name": "v", "value": "2"}]`), []documented{
			{400, generic, "Invalid variable name", "variables.400.json"},
			{404, generic, "Object does not exist.", "variables.404.json"},
		}},

		// Linked or expected, and not in the document.
		{"GET /plans/{id}/export", 200, plain("/export"), nil},
		{"GET /plans/{id}/history", 200, plain("/history"), nil},
		{"GET /plans/{id}/versions", 200, plain("/versions"), nil},
		{"GET /plans/{id}/diff", 200, func(f *fixture) (string, any) {
			p := f.basic()
			f.edited(p, func(c *releaseplan.Content) { c.Description = "another" })
			return at(p, "/diff"), nil
		}, nil},
		{"GET /plans/{id}/trail", 200, plain("/trail"), nil},
		{"GET /plans/{id}/verification", 200, plain("/verification"), nil},
		{"GET /plans/{id}/explanation", 200, plain("/explanation"), nil},
		{"GET /plans/{id}/next_opening", 200, plain("/next_opening"), nil},
		{"GET /plans/{id}/calendar_overrides", 200, overridden("/calendar_overrides", ""), nil},
		{"POST /plans/{id}/calendar_overrides", 201, draft("/calendar_overrides", `{"reason": "CVE-2017-5638", "until": "2017-07-02T00:00:00Z"}`), nil},
		{"DELETE /plans/{id}/calendar_overrides", 200, overridden("/calendar_overrides", ""), nil},
		{"DELETE /plans/{id}/calendar_overrides/{calendar}", 200, overridden("/calendar_overrides/year-end", "year-end"), nil},
		{"POST /plans/import", 201, func(f *fixture) (string, any) {
			return "/plans/import", f.get(at(f.basic(), "/export")).Body
		}, nil},
		{"POST /plans/{id}/archive", 200, plain("/archive"), nil},
		{"POST /plans/{id}/unarchive", 200, after("/unarchive", releaseplan.Archive), nil},
		{"POST /plans/{id}/pause", 200, after("/pause", releaseplan.Execute), nil},
		{"POST /plans/{id}/resume", 200, after("/resume", releaseplan.Execute, releaseplan.Pause), nil},
		{"POST /plans/{id}/cancel", 200, after("/cancel", releaseplan.Execute), nil},
		{"POST /plans/{id}/reset", 200, after("/reset", releaseplan.Execute), nil},
		{"POST /plans/{id}/finalize", 200, after("/finalize"), nil},
		{"POST /plans/{id}/request_approval", 200, asked("/request_approval", releaseplan.Finalize), nil},
		{"POST /plans/{id}/withdraw", 200, asked("/withdraw", releaseplan.Finalize, releaseplan.RequestApproval), nil},
		{"POST /plans/{id}/approve", 200, asked("/approve", releaseplan.Finalize, releaseplan.RequestApproval), nil},
		{"POST /plans/{id}/recheck", 200, func(f *fixture) (string, any) {
			p := f.plan(0, releaseplan.Content{Name: "p", Phases: onePhase("", "A"), Folder: penstock.Folder{ID: "default"}, Gates: []releaseplan.Gate{{On: releaseplan.GateExecute}}}, releaseplan.Command{Action: releaseplan.Execute})
			return at(f.failCheck(p), "/recheck"), nil
		}, nil},
		{"POST /plans/{id}/finish", 200, func(f *fixture) (string, any) {
			p := f.plan(0, releaseplan.Content{
				Name: "p", Folder: penstock.Folder{ID: "default"}, Target: &releaseplan.Target{Feature: "f", Environment: "e"},
				Milestones: []releaseplan.Milestone{{Name: "all", Strategies: []rollout.Strategy{{Name: rollout.Everyone}}}},
			}, releaseplan.Command{Action: releaseplan.Execute})
			return at(p, "/finish"), nil
		}, nil},

		{"GET /plans/{id}/phases", 200, plain("/phases"), nil},
		{"POST /plans/{id}/phases", 201, draft("/phases", `{"name": "new"}`), nil},
		{"GET /plans/{id}/phases/{phase}", 200, plain("/phases/{phase}"), nil},
		{"POST /plans/{id}/phases/{phase}", 200, draft("/phases/{phase}", `{"name": "new"}`), nil},
		{"DELETE /plans/{id}/phases/{phase}", 200, plain("/phases/{phase}"), nil},
		{"POST /plans/{id}/phases/{phase}/reorder", 200, draft("/phases/{phase}/reorder", `{"position": 2}`), nil},
		{"POST /plans/{id}/phases/{phase}/tasks", 201, draft("/phases/{phase}/tasks", `{"name": "new"}`), nil},
		{"GET /plans/{id}/tasks", 200, plain("/tasks"), nil},
		{"GET /plans/{id}/tasks/{task}", 200, plain("/tasks/{task}"), nil},
		{"POST /plans/{id}/tasks/{task}", 200, draft("/tasks/{task}", `{"name": "new"}`), nil},
		{"DELETE /plans/{id}/tasks/{task}", 200, plain("/tasks/{task}"), nil},
		{"POST /plans/{id}/tasks/{task}/reorder", 200, draft("/tasks/{task}/reorder", `{"position": 2}`), nil},
		{"POST /plans/{id}/tasks/{task}/assign", 200, draft("/tasks/{task}/assign", `{"assignee": "2/ADM/ADM"}`), nil},
		{"POST /plans/{id}/tasks/{task}/hold", 200, draft("/tasks/{task}/hold", `{}`), nil},
		{"POST /plans/{id}/tasks/{task}/release", 200, task("/release", releaseplan.Hold), nil},
		{"POST /plans/{id}/tasks/{task}/claim", 200, task("/claim"), nil},
		{"POST /plans/{id}/tasks/{task}/unclaim", 200, task("/unclaim", releaseplan.Claim), nil},
		{"POST /plans/{id}/tasks/{task}/start", 200, task("/start"), nil},
		{"POST /plans/{id}/tasks/{task}/complete", 200, task("/complete", releaseplan.Start), nil},
		{"POST /plans/{id}/tasks/{task}/fail", 200, task("/fail", releaseplan.Start), nil},
		{"POST /plans/{id}/tasks/{task}/skip", 200, task("/skip"), nil},
		{"POST /plans/{id}/tasks/{task}/retry", 200, task("/retry", releaseplan.Start, releaseplan.Fail), nil},
		{"POST /plans/{id}/tasks/{task}/abort", 200, task("/abort", releaseplan.Start), nil},
	}
}

// basic is a draft of two phases, a variable and a listener.
func (f *fixture) basic(more ...func(*releaseplan.Content)) *releaseplan.Plan {
	f.t.Helper()
	c := releaseplan.Content{
		Name: "p", Folder: penstock.Folder{ID: "default"}, Planned: span("2017-07-12T09:12:03Z", "P21D"),
		Variables: []releaseplan.Variable{{Name: "v", Value: "1"}},
		Listeners: []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{penstock.UserParty(mailbox), penstock.UserParty(gone)}}},
		Phases: []releaseplan.Phase{
			{Name: "P", Tasks: []releaseplan.Task{{Name: "A", Listeners: []releaseplan.Listener{{Event: releaseplan.EventWaiting}}}, {Name: "B"}}},
			{Name: "Q", Tasks: []releaseplan.Task{{Name: "C"}}},
		},
	}
	for _, m := range more {
		m(&c)
	}
	return f.plan(0, c)
}

// below fills in the numbers of the first phase and its first task.
func below(p *releaseplan.Plan, rest string) string {
	op := operation{path: "/plans/{id}" + rest}
	return op.fill(p)
}

func plain(rest string) func(*fixture) (string, any) { return draft(rest, nil) }

// draft is a request to a draft.
func draft(rest string, body any) func(*fixture) (string, any) {
	return func(f *fixture) (string, any) { return below(f.basic(), rest), body }
}

// overridden is a request to a plan for which a calendar is overridden; empty: all are.
func overridden(rest, calendar string) func(*fixture) (string, any) {
	return func(f *fixture) (string, any) {
		p := f.basic()
		f.do(p, releaseplan.Command{Action: releaseplan.OverrideCalendar, Calendar: calendar, Until: begin.AddDate(0, 0, 1), Remark: "CVE-2017-5638"})
		return at(p, rest), nil
	}
}

// after is a request to a plan that did something before.
func after(rest string, actions ...releaseplan.Action) func(*fixture) (string, any) {
	return func(f *fixture) (string, any) {
		p := f.basic()
		for _, a := range actions {
			p = f.do(p, releaseplan.Command{Action: a})
		}
		return below(p, rest), `{"remark": "why not"}`
	}
}

// asked is after, with a plan that needs an approval.
func asked(rest string, actions ...releaseplan.Action) func(*fixture) (string, any) {
	return func(f *fixture) (string, any) {
		p := f.basic(func(c *releaseplan.Content) {
			c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty(adm)}}}}
		})
		for _, a := range actions {
			p = f.do(p, releaseplan.Command{Action: a})
		}
		return below(p, rest), nil
	}
}

// task is a request to the first task of a plan that runs, which did something before.
func task(rest string, actions ...releaseplan.Action) func(*fixture) (string, any) {
	return func(f *fixture) (string, any) {
		p := f.do(f.basic(), releaseplan.Command{Action: releaseplan.Execute})
		for _, a := range actions {
			p = f.do(p, releaseplan.Command{Action: a, Task: p.Tasks()[0].ID, Remark: "so it is"})
		}
		return below(p, "/tasks/{task}"+rest), `{"remark": "why not"}`
	}
}

// TestEveryOperationHasARow: the table is that of the description.
func TestEveryOperationHasARow(t *testing.T) {
	var want, got []string
	for _, op := range operations(t) {
		want = append(want, op.String())
	}
	for _, e := range endpoints() {
		got = append(got, e.operation)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := check.Diff(asJSON(t, want), asJSON(t, got)); diff != "" {
		t.Errorf("-description +table:\n%s", diff)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestEveryDocumentedErrorHasAnExample: the table has the codes and words of the examples, and no
// example of an error is missing in it.
func TestEveryDocumentedErrorHasAnExample(t *testing.T) {
	inTable := make(map[string]bool)
	for _, e := range endpoints() {
		for _, d := range e.errors {
			inTable[d.file] = true
			var body struct {
				Code  int
				Error string
			}
			if err := json.Unmarshal([]byte(example(t, d.file)), &body); err != nil {
				t.Fatal(err)
			}
			if body.Code != d.code || body.Error != d.message {
				t.Errorf("%s: %d %q, and in the example %d %q", d.file, d.code, d.message, body.Code, body.Error)
			}
		}
	}
	for _, g := range goldens() {
		if g.status >= 400 && !inTable[g.file] {
			t.Errorf("%s is in no row", g.file)
		}
		for _, e := range endpoints() {
			for _, d := range e.errors {
				if d.file == g.file && d.status != g.status {
					t.Errorf("%s: status %d, and the example is shown with %d", d.file, d.status, g.status)
				}
			}
		}
	}
}

// TestEveryDocumentedStatusIsSeen: each operation answers with each status that the description has
// of it, in the words of the dialect. No other status is documented.
func TestEveryDocumentedStatusIsSeen(t *testing.T) {
	doc := check.Describe(t, arp.OpenAPI())
	ops := make(map[string]operation)
	for _, op := range operations(t) {
		ops[op.String()] = op
	}
	for _, e := range endpoints() {
		op, ok := ops[e.operation]
		if !ok {
			continue // TestEveryOperationHasARow
		}
		for _, status := range op.statuses {
			t.Run(fmt.Sprintf("%s/%d", e.operation, status), func(t *testing.T) {
				f := newFixtureOf(t, doc)
				e.show(f, op, status)
				if !f.Seen(op.id, status) {
					t.Error("it was not seen")
				}
			})
		}
	}
}

// show makes an operation answer with a status.
func (e endpoint) show(f *fixture, op operation, status int) {
	f.t.Helper()
	if status == e.status {
		path, body := e.request(f)
		f.Do(op.method, arp.Base+path, body).Want(status)
		return
	}
	path, body := e.request(f)
	if status == http.StatusUnprocessableEntity {
		f.post("/plans", anotherPlan(`"name": "another"`), "Idempotency-Key", "k").Want(http.StatusCreated)
	}
	f.untouched(func() {
		var a *check.Answer
		switch status {
		case http.StatusBadRequest:
			a = f.Do(op.method, arp.Base+path+"?p1=x", body)
			refused(f.t, a, status, 134541, "Invalid value for parameter p1: 'x'")
		case http.StatusUnauthorized:
			a = f.Do(op.method, arp.Base+path, body, "Authorization", "")
			failure(f.t, a, status)
		case http.StatusForbidden:
			f.deny(func(_ penstock.Actor, right penstock.Right, _ penstock.Resource) bool {
				return op.method == http.MethodGet || right != penstock.Read
			})
			a = f.Do(op.method, arp.Base+path, body)
			if failure(f.t, a, status); number(a.Get("code")) != 1000 {
				f.t.Errorf("%s", a.Body)
			}
		case http.StatusNotFound:
			a = f.Do(op.method, strings.NewReplacer("{id}", "999999", "{phase}", "1", "{task}", "1").Replace(op.path), body)
			if failure(f.t, a, status); number(a.Get("code")) != 134541 && number(a.Get("code")) != 100001 {
				f.t.Errorf("%s", a.Body)
			}
		case http.StatusConflict:
			f.store.set(overtaken)
			a = f.Do(op.method, arp.Base+path, body)
			failure(f.t, a, status)
		case http.StatusRequestEntityTooLarge:
			a = f.Do(op.method, arp.Base+path, strings.Repeat(" ", maxBody+1))
			failure(f.t, a, status)
		case http.StatusUnsupportedMediaType:
			a = f.Do(op.method, arp.Base+path, body, "Content-Type", "text/csv")
			failure(f.t, a, status)
		case http.StatusUnprocessableEntity:
			a = f.Do(op.method, arp.Base+path, body, "Idempotency-Key", "k")
			failure(f.t, a, status)
		case http.StatusInternalServerError:
			f.store.set(broken)
			a = f.Do(op.method, arp.Base+path, body)
			failure(f.t, a, status)
		case http.StatusServiceUnavailable:
			f.store.set(late)
			a = f.Do(op.method, arp.Base+path, body)
			failure(f.t, a, status)
		default:
			f.t.Fatalf("status %d is documented, and nobody knows how it comes about", status)
		}
		f.store.set(sound)
		if strings.Contains(string(a.Body), inside) {
			f.t.Errorf("it tells of the inside: %s", a.Body)
		}
	})
}
