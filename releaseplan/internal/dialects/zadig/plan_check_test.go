package zadig_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

const checksAt = "/api/callback/release_plan"

// callback is what a check answers.
func callback(id, code, event, result string) string {
	return fmt.Sprintf(`{"release_plan_id":%q,"instance_code":%q,"hook_event":%q,"result":%q,"failed_reason":"why","description":"so far"}`, id, code, event, result)
}

// gated files a plan with all three checks, and finishes its planning.
func (d *desk) gated() (id, code string) {
	d.t.Helper()
	id = d.file(content(releaseplan.GateFinalize, releaseplan.GateExecute, releaseplan.GateComplete), "admin").ID()
	d.move(id, "finish_planning").Want(http.StatusOK)
	return id, d.code(id)
}

// code is what who is in charge is shown.
func (d *desk) code(id string) string {
	d.t.Helper()
	code, _ := d.view(id).Get("instance_code").(string)
	if code == "" {
		d.t.Fatal("there is no code")
	}
	return code
}

// Checks hold a plan until somebody who has the code, and needs no token, has answered.
func TestPlanChecks(t *testing.T) {
	t.Parallel()
	for _, path := range []string{checksAt, "/openapi/callback/release_plan"} {
		d := newDesk(t)
		send := func(body string) *check.Answer { return d.Do(http.MethodPost, path, body, as("")...) }
		id, code := d.gated()
		if a := d.view(id); a.Get("status") != "wait_for_finish_planning_external_check" || len(a.Get("hook_settings.hook_events").([]any)) != 3 {
			t.Fatalf("%s", a.Body)
		}
		send(callback(id, code, "finish_planning", "executing")).Want(http.StatusOK, succeeded)
		if a := d.view(id); a.Get("callback_description") != "so far" || a.Get("instance_code") != code {
			t.Errorf("%s", a.Body)
		}
		d.at(deskTime + 1)
		send(callback(id, code, "finish_planning", "success")).Want(http.StatusOK, succeeded)
		if a := d.view(id); a.Get("status") != "finish_planning" || a.Get("wait_for_finish_planning_external_check_time") != float64(deskTime+1) || a.Get("instance_code") != "" {
			t.Errorf("%s", a.Body)
		}
		d.move(id, "executing").Want(http.StatusOK)
		code = d.code(id)
		send(callback(id, code, "start_execute", "failed")).Want(http.StatusOK, succeeded)
		send(callback(id, code, "start_execute", "success")).Want(http.StatusForbidden) // it was answered
		if a := d.view(id); a.Get("status") != "wait_for_execute_external_check_failed" || a.Get("external_check_failed_reason") != "why" || a.Get("instance_code") != "" {
			t.Errorf("%s", a.Body)
		}
		d.move(id, "planning").Want(http.StatusOK)
		if a := d.view(id); a.Get("external_check_failed_reason") != "" || a.Get("wait_for_finish_planning_external_check_time") != 0.0 {
			t.Errorf("%s", a.Body)
		}
		d.move(id, "finish_planning").Want(http.StatusOK)
		send(callback(id, d.code(id), "finish_planning", "success")).Want(http.StatusOK)
		d.move(id, "executing").Want(http.StatusOK)
		send(callback(id, d.code(id), "start_execute", "success")).Want(http.StatusOK)
		d.through(id)
		send(callback(id, d.code(id), "all_job_done", "success")).Want(http.StatusOK)
		if got := d.view(id).Get("status"); got != "success" {
			t.Errorf("it is %v", got)
		}
	}
}

// A wrong, a stale or another plan's code changes nothing; nor does one for another event. Who has none does not learn
// whether there is such a plan.
func TestPlanChecksOfStrangers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id, stale := d.gated()
	d.do(id, "admin", releaseplan.Command{Action: releaseplan.AnswerGate, Code: stale, Answer: releaseplan.GatePass})
	d.move(id, "planning").Want(http.StatusOK)
	idle := d.export(id)
	send := func(body string) *check.Answer { return d.Do(http.MethodPost, checksAt, body, as("")...) }
	refused := send(callback(id, stale, "finish_planning", "success")).Want(http.StatusForbidden).Body // no check waits
	if d.export(id) != idle {
		t.Error("the plan changed")
	}
	d.move(id, "finish_planning").Want(http.StatusOK)
	_, foreign := d.gated()
	hidden := content(releaseplan.GateFinalize)
	hidden.Folder.Name = "vault"
	vault := d.file(hidden, "root")
	d.do(vault.ID(), "root", actions(releaseplan.Finalize)...)
	before, code := d.export(id), d.code(id)
	for name, body := range map[string]string{
		"a stale code":          callback(id, stale, "finish_planning", "success"),
		"a wrong code":          callback(id, strings.Repeat("0", 32), "finish_planning", "success"),
		"no code":               callback(id, "", "finish_planning", "success"),
		"another plan's code":   callback(id, foreign, "finish_planning", "success"),
		"another event":         callback(id, code, "start_execute", "success"),
		"a plan that is not":    callback("nobody", code, "finish_planning", "success"),
		"a plan of no name":     callback("", code, "finish_planning", "success"),
		"a plan that is hidden": callback(vault.ID(), d.plan(vault.ID()).Status().Gate.Code, "finish_planning", "success"),
	} {
		if a := send(body).Want(http.StatusForbidden); !bytes.Equal(a.Body, refused) {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	for _, body := range []string{callback(id, code, "finish_planning", "maybe"), callback(id, code, "dance", "success"), `{}`, `[]`, ``, `{"instance_code":7}`,
		strings.Replace(callback(id, code, "finish_planning", "failed"), `"why"`, `"`+strings.Repeat("x", releaseplan.MaxRemark+1)+`"`, 1)} {
		send(body).Want(http.StatusBadRequest)
	}
	if diff := check.Diff(before, d.export(id)); diff != "" {
		t.Error(diff)
	}
	if got := d.Do(http.MethodGet, plansUIAt+"/"+id, nil, as("eve")...).Want(http.StatusOK).Get("instance_code"); got != "" {
		t.Errorf("a stranger is shown the code %v", got)
	}
	for _, path := range []string{"", "/logs", "/versions", "/versions/1/diff"} {
		if a := d.Do(http.MethodGet, plansUIAt+"/"+id+path, nil, as("eve")...).Want(http.StatusOK); strings.Contains(string(a.Body), code) {
			t.Errorf("a stranger is shown the code at %q", path)
		}
	}
}
