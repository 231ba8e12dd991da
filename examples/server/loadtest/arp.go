package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const plansAt = "/api/data/v1/plans"

// A plan is what matters of a plan of Automic's dialect.
type plan struct {
	ID        int64
	Name      string
	Status    string
	Variables []struct{ Name, Value string }
	Phases    []struct {
		ID    int64
		Tasks []struct {
			ID   int64
			Name string
		}
	}
}

// value returns a variable that is a number, or -1.
func (p plan) value(name string) int {
	for _, v := range p.Variables {
		if n, err := strconv.Atoi(v.Value); err == nil && v.Name == name {
			return n
		}
	}
	return -1
}

func variable(i int) string { return fmt.Sprintf("n%d", i) }

// newPlan makes a plan with variables that are 0.
func (c *client) newPlan(ctx context.Context, name string, variables int) (int64, error) {
	all := make([]string, variables)
	for i := range all {
		all[i] = fmt.Sprintf(`{"name": %q, "value": "0"}`, variable(i))
	}
	a := c.ask(ctx, "arp create", http.MethodPost, plansAt, fmt.Sprintf(`{"name": %q, "folder": "DEFAULT", "planned_time": {"duration": "P3D"}, "variables": [%s]}`, name, strings.Join(all, ",")))
	var p plan
	if err := a.into(&p); err != nil || a.status != http.StatusCreated || p.ID == 0 || p.Name != name {
		return 0, fmt.Errorf("no plan: %d %s", a.status, a.body)
	}
	return p.ID, nil
}

// get returns a plan.
func (w *worker) get(ctx context.Context, at string) (p plan, err error) {
	a := w.ask(ctx, "arp get", http.MethodGet, at, "")
	if !a.ok() {
		return p, errors.New(string(a.body))
	}
	err = a.into(&p)
	return p, err
}

// raise reads a variable, which must be what was acknowledged, and writes one more.
func (w *worker) raise(ctx context.Context, at string, i int, c *counter) {
	p, err := w.get(ctx, at)
	if err != nil {
		return
	}
	n := p.value(variable(i))
	w.check(c.may(n), "%s of %s is %d after %+v", variable(i), at, n, *c)
	c.settled(n)
	kind := "arp set variable"
	if len(p.Variables) > 1 {
		kind = "arp set variable, shared"
	}
	a := w.ask(ctx, kind, http.MethodPost, at+"/variables", fmt.Sprintf(`[{"name": %q, "value": "%d"}]`, variable(i), c.known+1))
	if c.raised(a); a.ok() {
		var after plan
		w.check(a.into(&after) == nil && after.value(variable(i)) == c.known, "%s: the answer says %d, not %d", at, after.value(variable(i)), c.known)
	}
}

// list lists some plans of this run.
func (w *worker) list(ctx context.Context) {
	a := w.ask(ctx, "arp list", http.MethodGet, plansAt+"?name="+w.name+"-o*&max_results=10&include=None", "")
	var got struct {
		Total int
		Data  []plan
	}
	if !a.ok() {
		return
	}
	w.check(a.into(&got) == nil && got.Total > 0 && len(got.Data) == min(got.Total, 10), "a list of %d of %d", len(got.Data), got.Total)
	for _, p := range got.Data {
		w.check(strings.HasPrefix(p.Name, w.name+"-o"), "%s is in a list of others", p.Name)
	}
}

// added is how many tasks each client adds to a plan that it shares.
const added = 8

// addTask adds a task to a plan that others write to.
func (w *worker) addTask(ctx context.Context, shared string) {
	if len(w.tasks) >= added {
		return
	}
	phase := w.addTo(ctx, shared, "arp add phase, shared", "/phases", fmt.Sprintf(`{"name": "of %d, %d", "type": "Parallel"}`, w.n, len(w.tasks)))
	if phase == 0 {
		return
	}
	task := w.addTo(ctx, shared, "arp add task, shared", fmt.Sprintf("/phases/%d/tasks", phase), fmt.Sprintf(`{"name": "of %d, %d"}`, w.n, len(w.tasks)))
	if task != 0 {
		w.tasks = append(w.tasks, task)
	}
}

// addTo adds something, and returns its id, or 0.
func (w *worker) addTo(ctx context.Context, at, kind, path, body string) int64 {
	a := w.ask(ctx, kind, http.MethodPost, at+path, body)
	if !a.ok() {
		return 0
	}
	var made struct{ ID int64 }
	w.check(a.into(&made) == nil && made.ID > 0, "%s%s: no id: %s", at, path, a.body)
	return made.ID
}

// lifecycle takes a plan from its beginning to its end.
func (w *worker) lifecycle(ctx context.Context) {
	id, err := w.newPlan(ctx, fmt.Sprintf("%s-life-%d-%d", w.name, w.n, w.lives), 1)
	w.lives++
	if err != nil {
		w.fault("%v", err)
		return
	}
	at := fmt.Sprintf("%s/%d", plansAt, id)
	phase := w.addTo(ctx, at, "arp add phase", "/phases", `{"name": "production", "type": "Parallel"}`)
	var tasks []int64
	for _, name := range []string{"deploy", "test"} {
		tasks = append(tasks, w.addTo(ctx, at, "arp add task", fmt.Sprintf("/phases/%d/tasks", phase), fmt.Sprintf(`{"name": %q}`, name)))
	}
	a := w.insist(ctx, "arp execute", at+"/execute", "")
	w.check(a.ok(), "%s is not executed: %d %.300s", at, a.status, a.body)
	for _, t := range tasks {
		for _, action := range []string{"start", "complete"} {
			a := w.insist(ctx, "arp "+action, fmt.Sprintf("%s/tasks/%d/%s", at, t, action), "")
			w.check(a.ok(), "%s, task %d: %s: %d %.300s", at, t, action, a.status, a.body)
		}
	}
	p, err := w.get(ctx, at)
	w.check(err == nil && p.Status == "Completed", "%s is %s, %v", at, p.Status, err)
	a = w.insist(ctx, "arp archive", at+"/archive", "")
	w.check(a.ok(), "%s is not archived: %d", at, a.status)
}

func (w *worker) checkOwn(ctx context.Context) {
	a := w.ask(ctx, "arp list", http.MethodGet, plansAt+"?include=None&name="+fmt.Sprintf("%s-own-%d", w.name, w.n), "")
	var got struct{ Data []plan }
	if err := a.into(&got); err != nil || len(got.Data) != 1 {
		w.fault("%d own plans, %v", len(got.Data), err)
		return
	}
	p, err := w.get(ctx, fmt.Sprintf("%s/%d", plansAt, got.Data[0].ID))
	w.check(err == nil && w.own.may(p.value(variable(0))), "lost update: own variable %d after %+v, %v", p.value(variable(0)), w.own, err)
}

func (w *worker) checkShared(ctx context.Context) {
	p, err := w.get(ctx, fmt.Sprintf("%s/%d", plansAt, w.shared[w.n/sharing]))
	n := p.value(variable(w.n % sharing))
	w.check(err == nil && w.ours.may(n), "lost update: shared variable %d after %+v, %v", n, w.ours, err)
	var there []int64
	for _, phase := range p.Phases {
		for _, t := range phase.Tasks {
			there = append(there, t.ID)
		}
	}
	for _, t := range w.tasks {
		w.check(slices.Contains(there, t), "lost update: task %d was added to a shared plan", t)
	}
}
