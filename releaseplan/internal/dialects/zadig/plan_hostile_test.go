package zadig_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// planRequests are one request to each operation on plans that takes a body, all of which succeed on the plan ID in
// planning; JOB is its job.
func planRequests(d *desk, id string) []shelfRequest {
	names := strings.NewReplacer("ID", id, "JOB", d.job(id, 0))
	requests := []shelfRequest{
		{"POST", plansAt, `{"name":"x","manager":"admin"}`}, {"POST", plansUIAt, `{"name":"x","manager":"admin"}`},
		{"PATCH", plansAt + "/ID", `{"name":"x","manager":"admin","jobs":[{"name":"a","type":"text"}]}`},
		{"PUT", plansUIAt + "/ID", `{"verb":"update_name","spec":{"name":"z"}}`}, {"POST", plansUIAt + "/ID/copy", `{"name":"copy"}`},
		{"POST", plansUIAt + "/ID/execute", `{"id":"JOB"}`}, {"POST", plansUIAt + "/ID/retry", `{"id":"JOB"}`}, {"POST", plansUIAt + "/ID/skip", `{"id":"JOB"}`},
		{"POST", plansUIAt + "/ID/approve", `{"approve":true}`}, {"POST", checksAt, callback("ID", "x", "finish_planning", "success")},
	}
	for i := range requests {
		requests[i].path, requests[i].body = names.Replace(requests[i].path), names.Replace(requests[i].body)
	}
	return requests
}

// Bodies that no client means well are refused by every operation that reads one, and change nothing.
func TestPlanHostileBodies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(twoOf))
	requests := planRequests(d, id)
	before := d.store.written()
	for name, body := range map[string]string{
		"empty": "", "blank": " \n", "cut off": `{"name": "x"`, "two values": `{} {}`, "a list": `[]`, "a text": `"x"`, "null": `null`, "a number": `1e400`,
		"deep": strings.Repeat(`{"spec":`, 5000) + `1` + strings.Repeat(`}`, 5000), "deep lists": strings.Repeat("[", 100_000),
		"twice the same member": `{"name":"a","name":"b"}`, "not UTF-8": "{\"name\":\"\xff\"}", "half a surrogate": `{"name":"\ud800"}`,
		"too large":          `{"name":"` + strings.Repeat("x", shelfBody) + `"}`,
		"other types":        `{"name":1,"id":[],"verb":{},"approve":"yes","release_plan_id":7,"manager":[]}`,
		"huge numbers":       `{"start_time":1e99,"version":1e99,"id":1e99,"approve":1e99,"release_plan_id":1e99,"name":1e99}`,
		"control characters": `{"name":"a\u0000b","manager":"\u0000","id":"\u0000","verb":"\u0000","release_plan_id":"\u0000","result":"\u0000"}`,
	} {
		for _, r := range requests {
			a := d.Do(r.method, r.path, body)
			if name == "too large" && a.Status != http.StatusRequestEntityTooLarge || name != "too large" && a.Status != http.StatusBadRequest && (name != "control characters" || a.Status != http.StatusNotFound) {
				t.Errorf("%s: %s %s: %d %s", name, r.method, r.path, a.Status, a.Body)
			}
			d.Do(r.method, r.path, r.body, "Content-Type", "text/plain").Want(http.StatusUnsupportedMediaType)
			d.Do(r.method, r.path, r.body, "Content-Encoding", "gzip").Want(http.StatusUnsupportedMediaType)
		}
	}
	for _, r := range []struct{ method, path string }{
		{"GET", plansAt + "/" + id + "/"}, {"GET", plansAt + "//" + id}, {"GET", plansAt + "/../v1/" + id}, {"GET", plansAt + "/%2e%2e/" + id}, {"GET", plansAt + "/" + id + "%2F.."},
		{"GET", plansAt + "/" + strings.Repeat("x", 5000)}, {"GET", plansAt + "/%00"}, {"GET", plansUIAt + "/" + id + "/job/%2F"}, {"GET", plansUIAt + "/" + id + "/versions/%00/diff"},
		{"POST", plansUIAt + "/" + id + "/status/%00"}, {"DELETE", plansAt + "/" + id}, {"PUT", plansAt + "/" + id}, {"GET", plansUIAt + "/" + id + "/copy"},
	} {
		if a := d.Do(r.method, r.path, nil); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s %.80s: %d %s", r.method, r.path, a.Status, a.Body)
		}
	}
	if n := d.store.written(); n != before {
		t.Errorf("%d commits were made", n-before)
	}
}

// When the store fails nobody is told how.
func TestPlanFailingStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(planWith(twoOf))
	d.put(id, "delete_approval", `null`).Want(http.StatusOK)
	requests := planRequests(d, id)
	d.store.breaks(errors.New("a secret of the store"))
	for _, r := range requests {
		if a := d.Do(r.method, r.path, r.body); strings.Contains(string(a.Body), "secret") || a.Status < 400 || a.Status == http.StatusInternalServerError != strings.Contains(string(a.Body), "Internal Error: ") {
			t.Errorf("%s %s: %d %s", r.method, r.path, a.Status, a.Body)
		}
	}
}

// Of many who edit the same version one wins, and the others are told.
func TestPlanEditors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager":"admin"}`)
	var won, lost atomic.Int64
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			switch a := d.Do(http.MethodPut, plansUIAt+"/"+id, `{"verb":"update_name","spec":{"name":"`+string(rune('a'+i))+`"},"version":1}`); a.Status {
			case http.StatusOK:
				won.Add(1)
			case http.StatusConflict:
				lost.Add(1)
			default:
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	all.Wait()
	if p := d.plan(id); won.Load() != 1 || lost.Load() != 15 || p.Version() != 2 {
		t.Errorf("%d won and %d lost; it has version %d", won.Load(), lost.Load(), p.Version())
	}
}

// planLoose are the alterations of answers that the description agrees to.
func planLoose() []string {
	return []string{
		"DiffChange.after may be anything", // a value of whatever there is in a plan
		"DiffChange.before may be anything",
		"DiffGroup.after_spec may be null",
		"DiffGroup.after_spec may have more members",
		"DiffGroup.before_spec may be null",
		"DiffGroup.before_spec may have more members",
		"DingTalkApproval may have more members", // what is not known of a kind is kept
		"DingTalkApproval.default_approval_initiator may be null",
		"Failure.extra may be missing", // as in an internal error
		"Failure.extra may have more members",
		"Failure.type may be missing",
		"LarkApproval may have more members",
		"LarkApproval.default_approval_initiator may be null",
		"MessengerNode may have more members",
		"NativeApproval may have more members",
		"PlanApprover may have more members",
		"PlanDetail.approval may be missing",
		"PlanItem.jira_sprint_association may be null",
		"PlanLog.after may be null",
		"PlanLog.before may be null",
		"PlanView.approval may be missing",
		"PlanView.hook_settings may be null",
		"PlanView.jira_sprint_association may be null",
	}
}

// No answer about plans can lose a member or change a type unseen.
func TestPlanAnswersCannotChangeUnseen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := approved(content(releaseplan.GateFinalize))
	c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "deploy", Kind: "workflow", Spec: json.RawMessage(`{"workflow":"deploy","parameters":{"a":"1"},"inputs":[{"job_name":"b"}]}`)},
		releaseplan.Task{Name: "ship", Kind: "script", Spec: json.RawMessage(`{"run":["a"]}`)})
	id := d.file(c, "admin").ID()
	d.put(id, "update_jira_sprint", `{"jira_sprint_association":{"jira_id":"j","sprints":[{"project_name":"P","project_key":"K","board_id":1,"sprint_id":2,"sprint_name":"S"}]}}`).Want(http.StatusOK)
	get := func(path string) *check.Answer { return d.Do(http.MethodGet, path, nil).Want(http.StatusOK) }
	answers := []*check.Answer{get(plansAt + "?pageNum=1&pageSize=10"), get(plansUIAt + "?pageNum=1&pageSize=10"), get(plansAt + "/" + id), get(plansUIAt + "/" + id),
		get(plansUIAt + "/" + id + "/job/" + d.job(id, 0)), get(plansUIAt + "/" + id + "/versions"), get(plansUIAt + "/" + id + "/versions/2/diff"),
		get(plansUIAt + "/" + id + "/check_update?version=1")}
	d.move(id, "finish_planning").Want(http.StatusOK)
	answers = append(answers, get(plansUIAt+"/"+id+"/logs"), d.move(id, "success").Want(http.StatusBadRequest),
		d.Do(http.MethodPost, plansAt, `{"name":"x","manager":"admin"}`).Want(http.StatusOK))
	got := slices.DeleteFunc(d.Mutations(t, answers...), func(l string) bool { return strings.Contains(l, ".*") })
	if diff := cmp.Diff(planLoose(), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
