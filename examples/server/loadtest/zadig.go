package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	zadigAt = "/openapi/release_plan/v1"
	tasksAt = "/openapi/workflows/custom/task"
)

// newZadig makes the client's plan in Zadig's dialect.
func (w *worker) newZadig(ctx context.Context) bool {
	a := w.ask(ctx, "zadig create", http.MethodPost, zadigAt, w.zadigBody(0))
	var made struct{ ID string }
	if err := a.into(&made); err != nil || !a.ok() || made.ID == "" {
		w.fault("no plan: %d %s", a.status, a.body)
		return false
	}
	w.zadig = made.ID
	return true
}

func (w *worker) zadigBody(n int) string {
	return fmt.Sprintf(`{"name": "%s-zadig-%d", "manager": "admin", "description": "%d", "jobs": [{"name": "tell", "type": "text", "spec": {"content": "%[3]d"}}]}`, w.name, w.n, n)
}

// readZadig returns the number that the client's plan says.
func (w *worker) readZadig(ctx context.Context) (int, bool) {
	a := w.ask(ctx, "zadig get", http.MethodGet, zadigAt+"/"+w.zadig, "")
	var got struct {
		Description string
		Jobs        []struct{ Spec struct{ Content string } }
	}
	if !a.ok() || a.into(&got) != nil {
		return 0, false
	}
	n, err := strconv.Atoi(got.Description)
	// The plan is created without its job.
	w.check(err == nil && (n == 0 || len(got.Jobs) == 1 && got.Jobs[0].Spec.Content == got.Description), "half an edit: %s", a.body)
	return n, true
}

// editZadig reads the client's plan and replaces it by one with a higher number.
func (w *worker) editZadig(ctx context.Context) {
	n, ok := w.readZadig(ctx)
	if !ok {
		return
	}
	w.check(w.edits.may(n), "%s says %d after %+v", w.zadig, n, w.edits)
	w.edits.settled(n)
	w.edits.raised(w.ask(ctx, "zadig replace", http.MethodPatch, zadigAt+"/"+w.zadig, w.zadigBody(w.edits.known+1)))
}

func (w *worker) listZadig(ctx context.Context) {
	a := w.ask(ctx, "zadig list", http.MethodGet, zadigAt+"?pageNum=1&pageSize=10", "")
	var got struct {
		List  []struct{ ID string }
		Total int
	}
	if a.ok() {
		w.check(a.into(&got) == nil && len(got.List) == 10 || got.Total < 10, "a list of %d of %d", len(got.List), got.Total)
	}
}

// scriptPatience is how long a run may take when many others wait for a processor.
const scriptPatience = 2 * time.Minute

// script executes a workflow that runs a script, and waits until it has.
func (w *worker) script(ctx context.Context) {
	if !w.scripts {
		return
	}
	a := w.ask(ctx, "zadig execute", http.MethodPost, tasksAt, fmt.Sprintf(`{"project_key": "load", "workflow_key": %q, "inputs": [{"job_name": "say", "job_type": "freestyle"}]}`, w.name))
	var made struct {
		TaskID int64 `json:"task_id"`
	}
	if !a.ok() {
		return
	}
	if w.check(a.into(&made) == nil && made.TaskID > 0, "no task: %s", a.body); made.TaskID == 0 {
		return
	}
	var got struct{ Status string }
	for begin := time.Now(); time.Since(begin) < scriptPatience && ctx.Err() == nil; {
		a := w.ask(ctx, "zadig task", http.MethodGet, fmt.Sprintf("%s?taskId=%d&workflowKey=%s", tasksAt, made.TaskID, w.name), "")
		if a.ok() && a.into(&got) == nil && got.Status != "running" && got.Status != "created" {
			break
		}
		wait(ctx, 100*time.Millisecond)
	}
	w.check(got.Status == "passed", "task %d of %s is %s", made.TaskID, w.name, got.Status)
}

func (w *worker) checkZadig(ctx context.Context) {
	n, ok := w.readZadig(ctx)
	w.check(ok && w.edits.may(n), "lost update: plan of Zadig's says %d after %+v", n, w.edits)
}
