package zadig_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// The log tells who did what, the latest first.
func TestPlanLogs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.next("p1")
	id := d.create(`{"name":"x","manager":"admin","jobs":[{"name":"a","type":"text"},{"name":"b","type":"text"}]}`)
	d.put(id, "update_name", `{"name":"y"}`).Want(http.StatusOK)
	d.put(id, "delete_release_job", `{"id":"`+d.job(id, 1)+`"}`).Want(http.StatusOK)
	d.at(deskTime + 3)
	d.move(id, "executing").Want(http.StatusOK)
	d.command(id, "execute", `{"id":"`+d.job(id, 0)+`","spec":{"remark":"r"}}`).Want(http.StatusOK)
	var out struct {
		List []struct {
			ID, Username, Account, Verb, Detail string
			Name                                string `json:"target_name"`
			Target                              string `json:"target_type"`
			Before, After                       *string
			Version                             int64
			Created                             int64 `json:"created_at"`
		}
	}
	d.Do(http.MethodGet, plansUIAt+"/"+id+"/logs", nil).Want(http.StatusOK).Into(&out)
	has := func(verb, target, name, after string, version int64) {
		t.Helper()
		for _, e := range out.List {
			if e.Verb == verb && e.Target == target && e.Name == name && e.Version == version && (after == "" || e.After != nil && *e.After == after) {
				if (e.Username != "admin" || e.Account != adminID) && e.Account != "system" || e.Detail == "" || e.Created < deskTime {
					t.Errorf("%+v", e)
				}
				return
			}
		}
		t.Errorf("there is no %s of the %s %s to %q", verb, target, name, after)
	}
	has("create", "release_plan", "y", "", 1)
	has("update", "metadata", "y", "", 2)
	has("update", "release_job", "y", "", 3)
	has("update", "release_plan_status", "y", "finish_planning", 0)
	has("update", "release_plan_status", "y", "executing", 0)
	has("execute", "release_job", "a", "done", 0)
	has("update", "release_plan_status", "y", "success", 0)
	if len(out.List) == 0 || out.List[len(out.List)-1].Verb != "create" || out.List[len(out.List)-1].ID != "p1-1" {
		t.Errorf("the first is not the last: %+v", out.List)
	}
}

// A version tells what it changed, part by part.
func TestPlanVersions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.next("p1")
	id := d.create(`{"name":"x","manager":"admin","jobs":[{"name":"a","type":"text","spec":{"content":"1"}},{"name":"b","type":"text","spec":{"content":"2"}},{"name":"c","type":"text"}]}`)
	a, b, c := d.job(id, 0), d.job(id, 1), d.job(id, 2)
	d.at(deskTime + 1)
	d.put(id, "update_name", `{"name":"y"}`).Want(http.StatusOK)
	d.put(id, "update_release_job", `{"id":"`+a+`","name":"a","type":"text","spec":{"content":"one"}}`).Want(http.StatusOK)
	d.put(id, "reorder_release_job", `{"job_ids":["`+b+`","`+a+`","`+c+`"]}`).Want(http.StatusOK)
	d.put(id, "update_approval", `{"approval":`+twoOf+`}`).Want(http.StatusOK)
	d.put(id, "delete_release_job", `{"id":"`+c+`"}`).Want(http.StatusOK)
	d.move(id, "finish_planning").Want(http.StatusOK) // is no version
	d.Do(http.MethodGet, plansUIAt+"/"+id+"/versions", nil).Want(http.StatusOK, `{"list":[
		{"version":6,"previous_version":5,"operator":"admin","account":"`+adminID+`","verb":"update","created_at":1693558734},
		{"version":5,"previous_version":4,"operator":"admin","account":"`+adminID+`","verb":"update","created_at":1693558734},
		{"version":4,"previous_version":3,"operator":"admin","account":"`+adminID+`","verb":"update","created_at":1693558734},
		{"version":3,"previous_version":2,"operator":"admin","account":"`+adminID+`","verb":"update","created_at":1693558734},
		{"version":2,"previous_version":1,"operator":"admin","account":"`+adminID+`","verb":"update","created_at":1693558734},
		{"version":1,"previous_version":0,"operator":"admin","account":"`+adminID+`","verb":"create","created_at":1693558733}]}`)
	diff := func(version string) *check.Answer {
		return d.Do(http.MethodGet, plansUIAt+"/"+id+"/versions/"+version+"/diff", nil)
	}
	diff("2").Want(http.StatusOK, `{"plan_id":"p1","version":2,"previous_version":1,"groups":[{"group_key":"metadata","group_name":"metadata","group_type":"metadata","display_mode":"metadata_spec",
		"before_spec":{"name":"x","manager":"admin","manager_id":"`+adminID+`","description":"","start_time":0,"end_time":0,"schedule_execute_time":0,"jira_sprint_association":null},
		"after_spec":{"name":"y","manager":"admin","manager_id":"`+adminID+`","description":"","start_time":0,"end_time":0,"schedule_execute_time":0,"jira_sprint_association":null},
		"changes":[{"change_type":"updated","path":"name","label":"name","before":"x","after":"y","before_order":0,"after_order":0,"large_text":false,"masked":false}]}]}`)
	diff("3").Want(http.StatusOK, `{"plan_id":"p1","version":3,"previous_version":2,"groups":[{"group_key":"job:`+a+`","group_name":"a","group_type":"job","display_mode":"workflow_spec",
		"before_spec":{"name":"a","type":"text","manager":"","manager_id":"","spec":{"content":"1"}},"after_spec":{"name":"a","type":"text","manager":"","manager_id":"","spec":{"content":"one"}},
		"changes":[{"change_type":"updated","path":"spec.content","label":"content","before":"1","after":"one","before_order":0,"after_order":0,"large_text":false,"masked":false}]}]}`)
	diff("4").Want(http.StatusOK, `{"plan_id":"p1","version":4,"previous_version":3,"groups":[{"group_key":"jobs_order","group_name":"jobs_order","group_type":"jobs_order","display_mode":"metadata_spec",
		"before_spec":null,"after_spec":null,"changes":[
		{"change_type":"moved","path":"job:`+b+`","label":"b","before":null,"after":null,"before_order":2,"after_order":1,"large_text":false,"masked":false},
		{"change_type":"moved","path":"job:`+a+`","label":"a","before":null,"after":null,"before_order":1,"after_order":2,"large_text":false,"masked":false}]}]}`)
	if got := diff("5").Want(http.StatusOK); got.Get("groups.0.group_type") != "approval" || got.Get("groups.0.before_spec") != nil || got.Get("groups.0.after_spec.type") != "native" || len(got.Get("groups").([]any)) != 1 {
		t.Errorf("%s", got.Body)
	}
	if got := diff("6").Want(http.StatusOK); got.Get("groups.0.group_key") != "job:"+c || got.Get("groups.0.after_spec") != nil || got.Get("groups.0.changes.0.change_type") != "removed" {
		t.Errorf("%s", got.Body)
	}
	if got := diff("1").Want(http.StatusOK); got.Get("groups.0.group_type") != "plan" || got.Get("groups.0.before_spec") != nil || got.Get("previous_version") != 0.0 {
		t.Errorf("%s", got.Body)
	}
	for _, version := range []string{"0", "7", "-1", "x", "9223372036854775808"} {
		diff(version).Want(http.StatusNotFound)
	}
}

// What was pruned of a trail is no version any more.
func TestPlanVersionsPruned(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.create(`{"name":"x","manager":"admin"}`)
	d.put(id, "update_name", `{"name":"y"}`).Want(http.StatusOK)
	d.do(id, "admin", actions(releaseplan.Archive)...)
	d.at(deskTime + 3600)
	pruner := releaseplan.New(releaseplan.Config{Store: d.store.Store, Now: d.clock})
	if _, err := pruner.Prune(t.Context(), time.Unix(deskTime+1800, 0), deskPeople()["root"]); err != nil {
		t.Fatal(err)
	}
	d.do(id, "admin", releaseplan.Command{Action: releaseplan.Unarchive})
	d.put(id, "update_name", `{"name":"z"}`).Want(http.StatusOK)
	if got := d.Do(http.MethodGet, plansUIAt+"/"+id+"/versions", nil).Want(http.StatusOK); len(got.Get("list").([]any)) != 1 || got.Get("list.0.version") != 3.0 {
		t.Errorf("%s", got.Body)
	}
	for _, version := range []string{"1", "2", "3"} { // nor can be told what 3 changed
		d.Do(http.MethodGet, plansUIAt+"/"+id+"/versions/"+version+"/diff", nil).Want(http.StatusNotFound)
	}
	d.Do(http.MethodGet, plansUIAt+"/"+id+"/logs", nil).Want(http.StatusOK)
}
