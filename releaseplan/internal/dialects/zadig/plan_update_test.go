package zadig_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// Every verb of an update does what it says, in one version each; what changes nothing makes none.
func TestPlanUpdate(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager":"admin","jobs":[{"name":"a","type":"text","spec":{"content":"1"}},{"name":"b","type":"text","spec":{"content":"2"}}]}`)
	a, b := d.job(id, 0), d.job(id, 1)
	version := int64(1)
	for _, step := range []struct {
		verb, spec string
		path       string
		want       any
	}{
		{"update_name", `{"name":"y"}`, "name", "y"},
		{"update_description", `{"description":"<p>d</p>"}`, "description", "<p>d</p>"},
		{"update_time_range", `{"start_time":1767225600,"end_time":1767232800}`, "end_time", 1767232800.0},
		{"update_schedule_execute_time", `{"start_time":1,"end_time":2,"schedule_execute_time":1767225700}`, "schedule_execute_time", 1767225700.0},
		{"update_schedule_execute_time", `{"schedule_execute_time":0}`, "schedule_execute_time", nil},
		{"update_time_range", `{"start_time":0,"end_time":0}`, "end_time", 0.0},
		{"update_jira_sprint", `{"jira_sprint_association":{"jira_id":"j","sprints":[{"project_name":"P","project_key":"K","board_id":1,"sprint_id":2,"sprint_name":"S"}]}}`, "jira_sprint_association.sprints.0.sprint_id", 2.0},
		{"update_jira_sprint", `{"jira_sprint_association":null}`, "jira_sprint_association", nil},
		{"create_release_job", `{"id":"mine","name":"c","type":"text","manager":"ann","manager_id":"u-ann","spec":{"content":"3"}}`, "jobs.2.spec.content", "3"},
		{"update_release_job", `{"id":"` + a + `","name":"a2","type":"text","spec":{"content":"<b>1</b>"}}`, "jobs.0.spec.content", "<b>1</b>"},
		{"reorder_release_job", `{"job_ids":["` + b + `","` + a + `","C"]}`, "jobs.0.id", b},
		{"delete_release_job", `{"id":"` + b + `"}`, "jobs.0.id", a},
		{"update_approval", `{"approval":` + twoOf + `}`, "approval.native_approval.needed_approvers", 2.0},
		{"delete_approval", `null`, "approval", nil},
		{"update_manager", `{"manager":"ann","manager_id":"u-ann"}`, "manager", "ann"},
	} {
		if step.verb == "reorder_release_job" {
			step.spec = strings.Replace(step.spec, "C", d.job(id, 2), 1)
		}
		version++
		d.put(id, step.verb, step.spec, as("root")...).Want(http.StatusOK, succeeded)
		if got := d.view(id); got.Get(step.path) != step.want || got.Get("version") != float64(version) {
			t.Errorf("%s: %s is %v in version %v, want %v in %d", step.verb, step.path, got.Get(step.path), got.Get("version"), step.want, version)
		}
		if !strings.HasPrefix(step.verb, "create") && !strings.HasPrefix(step.verb, "delete_r") {
			d.put(id, step.verb, step.spec, as("root")...).Want(http.StatusOK, succeeded) // the same again
		}
	}
	if p := d.plan(id); p.Version() != version {
		t.Errorf("version %d, want %d: what changes nothing was an edit", p.Version(), version)
	}
	if c := d.plan(id).Content(); c.Start.Mode != "" || c.Approval != nil {
		t.Errorf("without an approval it starts %v", c.Start)
	}
}

// What an update cannot be is refused, and changes nothing.
func TestPlanUpdateFaults(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager":"admin","start_time":100,"end_time":200,"jobs":[{"name":"a","type":"text","spec":{"content":"1"}},{"name":"b","type":"text"}]}`)
	a, b := d.job(id, 0), d.job(id, 1)
	before := d.export(id)
	for _, row := range []struct{ verb, spec, path string }{
		{"dance", `{}`, "verb"},
		{"", `{}`, "verb"},
		{"update_name", `{"name":"  "}`, "spec.name"},
		{"update_name", `{"name":7}`, "spec.name"},
		{"update_name", `[]`, "spec"},
		{"update_name", `{"name":"` + strings.Repeat("x", 256) + `"}`, "name"},
		{"update_description", `{"description":"` + strings.Repeat("x", releaseplan.MaxDescription+1) + `"}`, "description"},
		{"update_time_range", `{"start_time":200,"end_time":100}`, "spec.start_time"},
		{"update_time_range", `{"start_time":200}`, "spec.start_time"},
		{"update_time_range", `{"start_time":-1,"end_time":100}`, "spec.start_time"},
		{"update_time_range", `{"start_time":1,"end_time":253402300800}`, "spec.end_time"},
		{"update_time_range", `{"start_time":1.5,"end_time":2}`, "spec.start_time"},
		{"update_schedule_execute_time", `{"start_time":1,"end_time":1000,"schedule_execute_time":300}`, "spec.schedule_execute_time"},
		{"update_manager", `{"manager_id":"nobody"}`, "spec.manager_id"},
		{"update_manager", `{"manager_id":"u-ann","manager":"bob"}`, "spec.manager_id"},
		{"update_manager", `{}`, "spec.manager"},
		{"update_jira_sprint", `{"jira_sprint_association":{"sprints":[{"project_name":"` + strings.Repeat("x", 300) + `"}]}}`, "spec.jira_sprint_association.sprints[0]"},
		{"create_release_job", `{"name":"","type":"text"}`, "spec.name"},
		{"create_release_job", `{"name":"x"}`, "spec.type"},
		{"create_release_job", `{"name":"x","type":"dance"}`, "spec.type"},
		{"create_release_job", `{"name":"x","type":"text","manager_id":"nobody"}`, "spec.manager_id"},
		{"create_release_job", `{"name":"x","type":"text","spec":{"content":7}}`, "spec.spec.content"},
		{"create_release_job", `{"name":"x","type":"text","spec":{"content":"` + strings.Repeat("x", releaseplan.MaxSpec) + `"}}`, "jobs[2].spec"},
		{"update_release_job", `{"id":"` + a + `","name":"a","type":"workflow","spec":{}}`, "spec.type"},
		{"update_release_job", `{"id":"nobody","name":"a","type":"text"}`, "spec.id"},
		{"update_release_job", `{"name":"a","type":"text"}`, "spec.id"},
		{"delete_release_job", `{"id":"nobody"}`, "spec.id"},
		{"delete_release_job", `{}`, "spec.id"},
		{"reorder_release_job", `{"job_ids":[]}`, "spec.job_ids"},
		{"reorder_release_job", `{"job_ids":["` + a + `"]}`, "spec.job_ids"},
		{"reorder_release_job", `{"job_ids":["` + a + `","` + a + `"]}`, "spec.job_ids[1]"},
		{"reorder_release_job", `{"job_ids":["` + a + `","` + b + `","` + b + `"]}`, "spec.job_ids"},
		{"reorder_release_job", `{"job_ids":["` + a + `","nobody"]}`, "spec.job_ids[1]"},
		{"update_approval", `{}`, "spec.approval"},
		{"update_approval", `{"approval":{"enabled":true,"type":"native"}}`, "spec.approval.type"},
	} {
		a := d.put(id, row.verb, row.spec).Want(http.StatusBadRequest)
		if got := a.Get("description").(string); !strings.Contains(got, row.path+":") {
			t.Errorf("%s %.60s: %q does not name %s", row.verb, row.spec, got, row.path)
		}
	}
	d.put(id, "update_name", `{"name":"mine"}`, as("eve")...).Want(http.StatusForbidden)
	d.put("nobody", "update_name", `{"name":"mine"}`).Want(http.StatusNotFound)
	if diff := check.Diff(before, d.export(id)); diff != "" {
		t.Error(diff)
	}
}

// Who edits what another has edited since is told so, if they say what they saw.
func TestPlanUpdateVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager":"admin"}`)
	update := func(name, version string) *check.Answer {
		return d.Do(http.MethodPut, plansUIAt+"/"+id, `{"verb":"update_name","spec":{"name":"`+name+`"},"version":`+version+`}`)
	}
	checked := func(version int) *check.Answer {
		return d.Do(http.MethodGet, fmt.Sprintf("%s/%s/check_update?verb=update_name&version=%d", plansUIAt, id, version), nil).Want(http.StatusOK)
	}
	d.at(deskTime + 7)
	update("y", "1").Want(http.StatusOK)
	checked(1).Want(http.StatusOK, `{"has_update":true,"current_version":2,"updated_by":"admin","update_time":1693558740}`)
	if got := checked(2).Get("has_update"); got != false {
		t.Errorf("there is an update: %v", got)
	}
	update("z", "1").Want(http.StatusConflict)
	update("z", "-1").Want(http.StatusBadRequest)
	if got := d.plan(id).Name(); got != "y" {
		t.Errorf("it is %s", got)
	}
	update("z", "0").Want(http.StatusOK)
}

// A plan is edited in planning only.
func TestPlanUpdateWhen(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		if w.state == releaseplan.Draft {
			continue
		}
		d := newDesk(t)
		id := d.file(w.content, "admin").ID()
		w.enter(d, id)
		before := d.export(id)
		d.put(id, "update_name", `{"name":"other"}`).Want(http.StatusBadRequest)
		if diff := check.Diff(before, d.export(id)); diff != "" {
			t.Errorf("%s: %s", w.state, diff)
		}
		name := `{"name":"other","manager":"admin","jobs":[{"name":"one","type":"text","spec":{"content":"new"}}]}`
		switch word := d.view(id).Get("status"); word {
		case "success", "executing", "wait_for_approval", "cancel":
			d.Do(http.MethodPatch, plansAt+"/"+id, name).Want(http.StatusBadRequest)
			if diff := check.Diff(before, d.export(id)); diff != "" {
				t.Errorf("%s: %s", w.state, diff)
			}
		default:
			changes := d.plan(id).Status().Changes
			d.Do(http.MethodPatch, plansAt+"/"+id, name, as("eve")...).Want(http.StatusForbidden)
			d.Do(http.MethodPatch, plansAt+"/"+id, name).Want(http.StatusOK, succeeded)
			if p := d.plan(id); p.State() != releaseplan.Draft || p.Name() != "other" || len(p.Tasks()) != 1 {
				t.Errorf("%s: then it is %v with %d jobs", word, p, len(p.Tasks()))
			}
			entries, err := d.plans.History(t.Context(), id, changes, 0, deskPeople()["root"])
			if err != nil || len(entries) < 2 || entries[0].Commit != entries[len(entries)-1].Commit {
				t.Errorf("%s: it is not one commit: %v, %v", word, entries, err)
			}
		}
	}
}

// To replace a plan keeps the jobs that it had, known by type and name, with what is theirs.
func TestPlanReplace(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := approved(content())
	c.Phases[0].Tasks[0].Class, c.Phases[0].Tasks[0].Owner = "rollback", penstock.UserParty("u-eve")
	c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "one"})
	c.Labels = map[string]string{"team": "shop"}
	id := d.file(c, "admin").ID()
	first, second, third := d.job(id, 0), d.job(id, 1), d.job(id, 2)
	d.Do(http.MethodPatch, plansAt+"/"+id, `{"name":"new","manager":"ann","start_time":100,"end_time":200,"schedule_execute_time":150,"description":"d",
		"jobs":[{"name":"fresh","type":"text","spec":{"content":"f"}},{"name":"one","type":"text","spec":{"content":"1"}},{"name":"one","type":"text","spec":{"content":"3"}}]}`).Want(http.StatusOK, succeeded)
	p := d.plan(id)
	got := p.Content()
	if got.Owner.ID != "u-ann" || got.Approval != nil || got.Window == nil || got.Start.Mode != releaseplan.Scheduled || got.Labels["team"] != "shop" || p.Version() != 2 {
		t.Errorf("%+v", got)
	}
	all := p.Tasks()
	if len(all) != 3 || all[1].ID != first && all[0].ID != first || d.has(id, second) || !d.has(id, third) {
		t.Errorf("%v", all)
	}
	for _, task := range all {
		if task.ID == first && (task.Class != "rollback" || task.Owner.ID != "u-eve") {
			t.Errorf("%+v", task)
		}
	}
	before := d.export(id)
	for _, body := range []string{`{}`, `{"name":"x"}`, `{"manager":"ann"}`, `{"name":"x","manager":"nobody"}`, `{"name":"x","manager":"ann","jobs":[{"name":"a","type":"dance"}]}`, `{"name":"x","manager":"ann","jobs":7}`, `[]`, ``} {
		d.Do(http.MethodPatch, plansAt+"/"+id, body, as("ann")...).Want(http.StatusBadRequest)
	}
	d.Do(http.MethodPatch, plansAt+"/nobody", `{"name":"x","manager":"ann"}`).Want(http.StatusNotFound)
	if diff := check.Diff(before, d.export(id)); diff != "" {
		t.Error(diff)
	}
}

// What somebody else edits while a plan is being replaced is not lost.
func TestPlanReplaceMeanwhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager":"admin"}`)
	d.mu.Lock()
	d.meanwhile = func() { d.put(id, "update_description", `{"description":"hers"}`).Want(http.StatusOK) }
	d.mu.Unlock()
	d.Do(http.MethodPatch, plansAt+"/"+id, `{"name":"new","manager":"admin"}`).Want(http.StatusConflict)
	if c := d.plan(id).Content(); c.Name != "x" || c.Description != "hers" {
		t.Errorf("%+v", c)
	}
}

// has reports whether a plan has a job.
func (d *desk) has(id, job string) bool {
	_, err := d.plan(id).Task(job)
	return err == nil
}

// A plan of another dialect keeps its phases: jobs move within them only.
func TestPlanOfPhases(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := content()
	c.Phases = append(c.Phases, releaseplan.Phase{Name: "later", Kind: releaseplan.Sequential, Tasks: []releaseplan.Task{{Name: "three"}, {Name: "four"}}})
	id := d.file(c, "admin").ID()
	j := []string{d.job(id, 0), d.job(id, 1), d.job(id, 2), d.job(id, 3)}
	d.put(id, "reorder_release_job", fmt.Sprintf(`{"job_ids":[%q,%q,%q,%q]}`, j[1], j[0], j[3], j[2])).Want(http.StatusOK)
	d.put(id, "reorder_release_job", fmt.Sprintf(`{"job_ids":[%q,%q,%q,%q]}`, j[2], j[0], j[1], j[3])).Want(http.StatusBadRequest)
	d.Do(http.MethodPatch, plansAt+"/"+id, `{"name":"x","manager":"admin","jobs":[{"name":"three","type":"text"},{"name":"two","type":"text"},{"name":"five","type":"text"}]}`).Want(http.StatusOK)
	got := d.plan(id).Content()
	if len(got.Phases) != 2 || len(got.Phases[0].Tasks) != 1 || len(got.Phases[1].Tasks) != 2 || got.Phases[1].Tasks[1].Name != "five" || got.Phases[1].Kind != releaseplan.Sequential {
		t.Errorf("%+v", got.Phases)
	}
}

// A copy has the same content, and nothing of what happened.
func TestPlanCopy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(strings.Replace(twoOf, `"needed_approvers":2`, `"needed_approvers":1`, 1)))
	d.move(id, "wait_for_approval").Want(http.StatusOK)
	d.command(id, "approve", `{"approve":true}`, as("ann")...).Want(http.StatusOK)
	d.command(id, "execute", `{"id":"`+d.job(id, 0)+`","spec":{"remark":"r"}}`).Want(http.StatusOK)
	before := d.export(id)
	var out struct{ ID string }
	d.command(id, "copy", `{"name":"  again "}`).Want(http.StatusOK).Into(&out)
	a := d.view(out.ID)
	for path, want := range map[string]any{"name": "again", "status": "planning", "version": 1.0, "approval.status": "", "jobs.0.status": "", "jobs.0.executed_by": "", "jobs.0.spec.content": "do", "success_time": 0.0, "manager": "admin"} {
		if got := a.Get(path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if a.Get("jobs.0.id") == d.job(id, 0) || a.Get("index") == d.view(id).Get("index") {
		t.Error("it is the same")
	}
	for _, body := range []string{`{}`, `{"name":" "}`, `{"name":7}`, `[]`, ``} {
		d.command(id, "copy", body).Want(http.StatusBadRequest)
	}
	d.command("nobody", "copy", `{"name":"x"}`).Want(http.StatusNotFound)
	if diff := check.Diff(before, d.export(id)); diff != "" {
		t.Error(diff)
	}
}

// A plan that is deleted is gone.
func TestPlanDelete(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(twoOf))
	d.Do(http.MethodDelete, plansUIAt+"/"+id, nil, as("eve")...).Want(http.StatusForbidden)
	d.move(id, "wait_for_approval").Want(http.StatusOK)
	d.Do(http.MethodDelete, plansUIAt+"/"+id, nil).Want(http.StatusBadRequest) // somebody is asked for an approval
	d.move(id, "planning").Want(http.StatusOK)
	d.Do(http.MethodDelete, plansUIAt+"/"+id, nil).Want(http.StatusOK, succeeded)
	d.Do(http.MethodDelete, plansUIAt+"/"+id, nil).Want(http.StatusNotFound)
	d.Do(http.MethodGet, plansAt+"/"+id, nil).Want(http.StatusNotFound, `{"type":"error","message":"Not Found","code":404,"description":"plan \"`+id+`\": not found","extra":{}}`)
}
