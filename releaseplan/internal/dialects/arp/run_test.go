package arp_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// statuses tells the words of a plan, its phases and its tasks: "Running: Running(Running Waiting)".
func statuses(a *check.Answer) string {
	phases, _ := a.Get("phases").([]any)
	var all []string
	for _, p := range phases {
		var tasks []string
		object, _ := p.(map[string]any)
		list, _ := object["tasks"].([]any)
		for _, t := range list {
			tasks = append(tasks, text(t, "status"))
		}
		all = append(all, fmt.Sprintf("%s(%s)", text(p, "status"), strings.Join(tasks, " ")))
	}
	return fmt.Sprintf("%v: %s", a.Get("status"), strings.Join(all, " "))
}

// TestAWholeRun takes a plan from its first request to its end, by requests alone: a sequential phase
// and a parallel one, in which tasks fail.
func TestAWholeRun(t *testing.T) {
	f := newFixture(t)
	plan := f.post("/plans", body(`"name": "run"`)).Want(http.StatusCreated)
	base := fmt.Sprintf("/plans/%d", number(plan.Get("id")))
	tasks := make(map[string]string)
	for _, phase := range []struct{ name, kind, tasks string }{{"one", "Sequential", "A B"}, {"two", "Parallel", "C D"}} {
		p := f.post(base+"/phases", fmt.Sprintf(`{"name": %q, "type": %q}`, phase.name, phase.kind)).Want(http.StatusCreated)
		for name := range strings.FieldsSeq(phase.tasks) {
			a := f.post(fmt.Sprintf("%s/phases/%d/tasks", base, number(p.Get("id"))), fmt.Sprintf(`{"name": %q}`, name)).Want(http.StatusCreated)
			tasks[name] = fmt.Sprintf("%s/tasks/%d", base, number(a.Get("id")))
		}
	}
	const why = `{"remark": "why not"}`
	for i, step := range []struct{ task, command, body, want string }{
		{"", "/execute", "", "Running: Running(Running Waiting) Waiting(Waiting Waiting)"},
		{"A", "/claim", "", "Running: Running(Running Waiting) Waiting(Waiting Waiting)"},
		{"A", "/start", "", "Running: Running(Running Waiting) Waiting(Waiting Waiting)"},
		{"A", "/complete", why, "Running: Running(Completed Running) Waiting(Waiting Waiting)"},
		{"B", "/hold", "", "Running: Running(Completed Paused) Waiting(Waiting Waiting)"},
		{"B", "/release", "", "Running: Running(Completed Running) Waiting(Waiting Waiting)"},
		{"B", "/start", "", "Running: Running(Completed Running) Waiting(Waiting Waiting)"},
		{"B", "/fail", why, "Paused: Failed(Completed Failed) Waiting(Waiting Waiting)"}, // a sequential phase
		{"B", "/retry", "", "Running: Running(Completed Running) Waiting(Waiting Waiting)"},
		{"", "/pause", why, "Paused: Paused(Completed Waiting) Waiting(Waiting Waiting)"},
		{"", "/resume", "", "Running: Running(Completed Running) Waiting(Waiting Waiting)"},
		{"B", "/start", "", "Running: Running(Completed Running) Waiting(Waiting Waiting)"},
		{"B", "/abort", why, "Paused: Failed(Completed Failed) Waiting(Waiting Waiting)"},
		{"B", "/skip", why, "Running: Completed(Completed Skipped) Running(Running Running)"},
		{"C", "/start", "", "Running: Completed(Completed Skipped) Running(Running Running)"},
		{"C", "/fail", why, "Running: Completed(Completed Skipped) Failed(Failed Running)"}, // its sibling goes on
		{"D", "/complete", "", "Failed: Completed(Completed Skipped) Failed(Failed Completed)"},
		{"C", "/retry", "", "Running: Completed(Completed Skipped) Running(Running Completed)"},
		{"C", "/complete", "", "Completed: Completed(Completed Skipped) Completed(Completed Completed)"},
		{"", "/archive", "", "Completed: Completed(Completed Skipped) Completed(Completed Completed)"},
		{"", "/unarchive", "", "Completed: Completed(Completed Skipped) Completed(Completed Completed)"},
	} {
		path := base + step.command
		if step.task != "" {
			path = tasks[step.task] + step.command
		}
		f.post(path, step.body).Want(http.StatusOK)
		a := f.get(base).Want(http.StatusOK)
		if got := statuses(a); got != step.want {
			t.Fatalf("%d. %s%s: %s, want %s", i, step.task, step.command, got, step.want)
		}
		f.get("/plans?include=Phases,Actions,Summary").Want(http.StatusOK)
	}
	t.Run("summary", func(t *testing.T) {
		a := f.get("/plans?include=Summary")
		want := `{"total": 4, "waiting": 0, "running": 0, "completed": 3, "failed": 0, "skipped": 1, "canceled": 0}`
		if diff := check.Diff(want, member(t, a, "data.0.summary.tasks")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
	t.Run("history", func(t *testing.T) {
		all := f.get(base + "/history?max_results=1000").Want(http.StatusOK)
		total := number(all.Get("total"))
		var pages []any
		for from := int64(0); from < total; from += 7 {
			a := f.get(fmt.Sprintf("%s/history?start_at=%d&max_results=7", base, from)).Want(http.StatusOK)
			if a.Get("has_more") != (from+7 < total) || number(a.Get("total")) != total {
				t.Errorf("from %d: %v of %v", from, a.Get("has_more"), a.Get("total"))
			}
			page, _ := a.Get("data").([]any)
			pages = append(pages, page...)
		}
		if diff := check.Diff(member(t, all, "data"), asJSON(t, pages)); diff != "" {
			t.Errorf("-whole +pages:\n%s", diff)
		}
		if int64(len(pages)) != total || text(pages[0], "type") != "plan.created" || text(pages[total-1], "type") != "plan.unarchived" {
			t.Errorf("%d entries: %s", len(pages), all.Body)
		}
		f.get(base + "/history?start_at=9223372036854775807").Want(http.StatusOK)
	})
}

// TestATaskRefusesInWords: what a task refuses is told of the task.
func TestATaskRefusesInWords(t *testing.T) {
	f := newFixture(t)
	p := f.do(f.basic(), releaseplan.Command{Action: releaseplan.Execute})
	c := p.Content()
	a, b := fmt.Sprintf("/tasks/%d", c.Phases[0].Tasks[0].Number), fmt.Sprintf("/tasks/%d", c.Phases[0].Tasks[1].Number)
	f.post(at(p, a, "/complete"), nil).Want(http.StatusOK)
	f.untouched(func() {
		for path, want := range map[string]string{
			a + "/complete": "The action 'complete' is not allowed on 'A' in its current state Completed.",
			a + "/skip":     "The action 'skip' is not allowed on 'A' in its current state Completed.",
			b + "/fail":     "The action 'fail' is not allowed on 'B' in its current state Running.", // it was not started
			b + "/retry":    "The action 'retry' is not allowed on 'B' in its current state Running.",
			b + "/abort":    "The action 'abort' is not allowed on 'B' in its current state Running.",
			b + "/release":  "The action 'release' is not allowed on 'B' in its current state Running.",
		} {
			refused(t, f.post(at(p, path), `{"remark": "x"}`), http.StatusBadRequest, 100014, want)
		}
		refused(t, f.post(at(p, b, "/skip"), `{}`), http.StatusBadRequest, 134541, "Invalid data")
		refused(t, f.post(at(p, b, "/skip"), nil), http.StatusBadRequest, 134541, "Invalid data")
		refused(t, f.post(at(p, b, "/skip"), `{"remark": "`+strings.Repeat("x", 5000)+`"}`), http.StatusBadRequest, 134541, "Invalid data")
		refused(t, f.post(at(p, b, "/assign"), `{"assignee": "nobody"}`), http.StatusBadRequest, 134541, "Invalid data")
	})
	t.Run("assign", func(t *testing.T) {
		got := f.post(at(p, b, "/assign"), `{"assignee": {"id": 18004}}`).Want(http.StatusOK)
		if got.Get("assignee.name") != "2/NONADMIN/ADM" {
			t.Errorf("%s", got.Body)
		}
		f.post(at(p, b, "/claim"), nil, as(nonadmin)...).Want(http.StatusOK)
		f.post(at(p, b, "/complete"), nil, as(nonadmin)...).Want(http.StatusOK)
	})
}

// TestWhatIsOfferedCanBeDone: in every state, each action that is shown with a way to do it works, and
// no other command to the plan does.
func TestWhatIsOfferedCanBeDone(t *testing.T) {
	doc := check.Describe(t, arp.OpenAPI())
	probe := newFixtureOf(t, doc)
	for name := range probe.states() {
		t.Run(name, func(t *testing.T) {
			f := newFixtureOf(t, doc)
			f.states(name)
			list := f.get("/plans").Want(http.StatusOK)
			id := number(list.Get("data.0.id"))
			plan := f.get(fmt.Sprintf("/plans/%d", id)).Want(http.StatusOK)
			if diff := check.Diff(member(t, plan, "actions"), member(t, list, "data.0.actions")); diff != "" {
				t.Errorf("-plan +list:\n%s", diff)
			}
			offered := make(map[string]bool)
			for _, part := range []string{"actions", "phases.0.tasks.0.actions"} {
				all, _ := plan.Get(part).([]any)
				for _, action := range all {
					method, href := text(action, "method"), text(action, "href")
					if method == "" {
						continue
					}
					offered[method+" /"+href] = true
					f := newFixtureOf(t, doc) // each in a plan of its own
					f.states(name)
					if a := f.Do(method, "/"+href, fitting(operation{method: method, path: href, body: method == http.MethodPost})); a.Status != http.StatusOK && !strings.HasSuffix(href, "/variables") {
						t.Errorf("%s is offered, and answers %d: %s", href, a.Status, a.Body)
					}
				}
			}
			for _, op := range operations(t) {
				last := op.path[strings.LastIndex(op.path, "/")+1:]
				path := strings.NewReplacer("{id}", fmt.Sprint(id), "{task}", fmt.Sprint(number(plan.Get("phases.0.tasks.0.id")))).Replace(op.path)
				switch {
				case op.method != http.MethodPost || strings.Contains(last, "{") || strings.Contains(path, "{") || offered[op.method+" "+path]:
					continue
				case last == "plans" || last == "import" || last == "phases" || last == "tasks" || last == "reorder" || last == "variables" || last == "calendar_overrides":
					continue
				case name == "draft" && (last == "cancel" || last == "finalize" || last == "hold" || last == "claim" || last == "assign"):
					continue // the document shows fewer actions of a draft than there are
				}
				f := newFixtureOf(t, doc)
				f.states(name)
				f.untouched(func() {
					if a := f.Do(op.method, path, fitting(op)); a.Status != http.StatusBadRequest && a.Status != http.StatusForbidden {
						t.Errorf("%s is not offered, and answers %d: %s", op, a.Status, a.Body)
					}
				})
			}
		})
	}
}
