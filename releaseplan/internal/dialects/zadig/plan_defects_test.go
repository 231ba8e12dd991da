package zadig_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
)

// What the API of Zadig is known to get wrong about plans, shown absent here. The rest is in the
// tests of package releaseplan, under the same name.

const twoJobs = `{"name":"x","manager":"admin","jobs":[{"name":"a","type":"text","spec":{"content":"1"}},{"name":"b","type":"text","spec":{"content":"2"}}]}`

func TestDefectExecuteTrustsTheTypeOfAClient(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := content()
	c.Phases = append(c.Phases, releaseplan.Phase{Name: "more", Kind: releaseplan.Free, Tasks: []releaseplan.Task{{Name: "ship", Kind: "script"}}})
	id := d.file(c, "admin").ID()
	d.move(id, "executing").Want(http.StatusOK)
	for n := range 2 {
		d.command(id, "execute", `{"id":"`+d.job(id, n)+`"}`).Want(http.StatusOK)
	}
	d.command(id, "execute", `{"id":"`+d.job(id, 2)+`","type":"text","spec":{"remark":"it is done"}}`)
	if a := d.view(id); a.Get("jobs.2.status") == "done" || a.Get("jobs.2.type") != "script" {
		t.Errorf("somebody's word made it %v", a.Get("jobs.2"))
	}
}

func TestDefectCreateTrustsADecision(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager":"admin","jobs":[{"name":"a","type":"text","spec":{"content":"1"}}],"approval":{"enabled":true,"type":"native","status":"passed",
		"native_approval":{"timeout":60,"needed_approvers":1,"reject_or_approve":"approve","approve_users":[{"user_id":"u-ann","user_name":"ann","reject_or_approve":"approve"}]}}}`)
	d.move(id, "executing")
	if got := d.view(id).Get("status"); got == "executing" || d.plan(id).State() == releaseplan.Running {
		t.Errorf("it is %v", got)
	}
}

func TestDefectReorderDropsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(twoJobs)
	a, b := d.job(id, 0), d.job(id, 1)
	before := d.export(id)
	for _, ids := range []string{`"` + a + `"`, `"` + a + `","` + a + `"`, `"` + a + `","` + b + `","` + a + `"`, `"` + a + `","nobody"`, ``} {
		d.put(id, "reorder_release_job", `{"job_ids":[`+ids+`]}`).Want(http.StatusBadRequest)
	}
	if d.export(id) != before {
		t.Error("the plan changed")
	}
}

func TestDefectAWriteAsksForNoVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(twoJobs)
	d.put(id, "update_name", `{"name":"y"}`).Want(http.StatusOK)
	if a := d.Do(http.MethodPut, plansUIAt+"/"+id, `{"verb":"update_name","spec":{"name":"z"},"version":1}`); a.Status != http.StatusConflict {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if got := d.view(id).Get("name"); got != "y" {
		t.Errorf("it is called %v", got)
	}
}

// Rights are asked about the plan that is stored, whatever a request says, on every way in.
func TestDefectTheOpenAPIChecksNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	hidden := content()
	hidden.Folder.Name = "vault"
	id := d.file(hidden, "root").ID()
	before := d.export(id)
	for _, at := range []string{plansAt, plansUIAt} {
		for _, do := range []struct{ method, path, body string }{
			{http.MethodGet, "/" + id, ""},
			{http.MethodPost, "/" + id + "/status/executing", ""},
			{http.MethodPost, "/" + id + "/execute", `{"id":"` + d.plan(id).Tasks()[0].ID + `"}`},
			{http.MethodPost, "/" + id + "/approve", `{"approve":true}`},
			{http.MethodPatch, "/" + id, twoJobs},
			{http.MethodPut, "/" + id, `{"verb":"update_name","spec":{"name":"y"}}`},
			{http.MethodDelete, "/" + id, ""},
		} {
			var body any
			if do.body != "" {
				body = do.body
			}
			if a := d.Do(do.method, at+do.path, body); a.Status < 400 {
				t.Errorf("%s %s: %d %s", do.method, do.path, a.Status, a.Body)
			}
		}
	}
	if d.export(id) != before {
		t.Error("the plan changed")
	}
	d.Do(http.MethodPost, plansAt, strings.Replace(twoJobs, `"admin"`, `"nobody"`, 1)).Want(http.StatusBadRequest) // validated here too
}

// What happened and that it happened are one commit.
func TestDefectTheTrailIsWrittenBehind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(twoJobs)
	entries := len(d.Do(http.MethodGet, plansUIAt+"/"+id+"/logs", nil).Want(http.StatusOK).Get("list").([]any))
	commits := d.store.written()
	d.put(id, "update_name", `{"name":"y"}`).Want(http.StatusOK)
	if n := d.store.written() - commits; n != 1 {
		t.Errorf("an update is %d commits", n)
	}
	d.store.breaks(errors.New("the disk is full"))
	d.put(id, "update_name", `{"name":"z"}`)
	d.store.breaks(nil)
	if got := len(d.Do(http.MethodGet, plansUIAt+"/"+id+"/logs", nil).Want(http.StatusOK).Get("list").([]any)); got != entries+1 || d.view(id).Get("name") != "y" {
		t.Errorf("%d entries, and the name is %v", got, d.view(id).Get("name"))
	}
}

func TestDefectTheSecretOfAHookIsShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id, code := d.gated()
	if a := d.Do(http.MethodGet, plansUIAt+"/"+id, nil, as("eve")...); a.Status == http.StatusOK && strings.Contains(string(a.Body), code) {
		t.Error("who only reads is shown the code of the check")
	}
}
