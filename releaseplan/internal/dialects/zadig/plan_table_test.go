package zadig_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// A deskFault is a request about a plan that fails. Paths and bodies say ID and JOB for those of the plan.
type deskFault struct {
	operation, fault string
	prepare          func(d *desk, id string) // nil: the plan is in planning
	method, path     string
	body             any
	token            string
	status           int
	want             string
}

// deskRows makes rows of faults. What fails changes nothing: not one more commit is there.
func deskRows(faults []deskFault) []row {
	rows := make([]row, len(faults))
	for i, f := range faults {
		rows[i] = row{f.operation, f.fault, func(t *testing.T) {
			d := newDesk(t)
			d.next("p1")
			id := d.create(planWith(twoOf))
			if f.prepare != nil {
				f.prepare(d, id)
			}
			names := strings.NewReplacer("ID", id, "JOB", d.job(id, 0))
			if text, ok := f.body.(string); ok {
				f.body = names.Replace(text)
			}
			var headers []string
			if f.token != "" {
				headers = as(f.token)
			}
			before := d.store.written()
			d.Do(f.method, names.Replace(f.path), f.body, headers...).Want(f.status, names.Replace(f.want))
			if after := d.store.written(); after != before {
				t.Errorf("%d commits were made", after-before)
			}
		}}
	}
	return rows
}

// planRows are the errors of release plans.
func planRows() []row {
	const (
		one  = plansAt + "/ID"
		ui   = plansUIAt + "/ID"
		gone = plansUIAt + "/nobody"
		full = `{"name":"x","manager":"admin"}`
		job  = `{"id":"JOB","type":"text"}`
	)
	forbidden := func(right string) string { return wants(403, "Forbidden", "no "+right+" right") }
	missing := wants(404, "Not Found", `plan "nobody": not found`)
	bad := badRequest
	broken := func(d *desk, _ string) { d.store.breaks(errors.New("a secret of the store")) }
	internal := `{"code":500,"message":"Internal Error: ","description":"internal error"}`
	executing := func(d *desk, id string) {
		d.put(id, "delete_approval", `null`).Want(http.StatusOK)
		d.move(id, "executing").Want(http.StatusOK)
	}
	awaiting := func(d *desk, id string) { d.move(id, "wait_for_approval").Want(http.StatusOK) }
	rows := []deskFault{
		{"listPlans", "no page", nil, "GET", plansAt, nil, "", 400, bad("pageNum is required\npageSize is required")},
		{"listPlans", "page 0", nil, "GET", plansAt + "?pageNum=0&pageSize=1", nil, "", 400, bad("pageNum must be at least 1")},
		{"listPlans", "a page that is too large", nil, "GET", plansAt + "?pageNum=1&pageSize=1001", nil, "", 400, bad("pageSize must be from 1 to 1000")},
		{"listPlans", "nobody known", nil, "GET", plansAt + "?pageNum=1&pageSize=1", nil, "who", 401, wants(401, "Unauthorized", "nobody known asks")},
		{"searchPlans", "a page that is no number", nil, "GET", plansUIAt + "?pageNum=x&pageSize=1", nil, "", 400, bad("pageNum must be an integer")},
		{"searchPlans", "an unknown type", nil, "GET", plansUIAt + "?pageNum=1&pageSize=1&type=x", nil, "", 400, bad("type must be one of name, manager, status, success_time, update_time")},
		{"searchPlans", "an invalid success time range", nil, "GET", plansUIAt + "?pageNum=1&pageSize=1&type=success_time&keyword=5", nil, "", 400, bad("keyword must be from-to in Unix time")},

		{"getPlan", "unknown plan", nil, "GET", plansAt + "/nobody", nil, "", 404, missing},
		{"getPlan", "a malformed id", nil, "GET", plansAt + "/%20", nil, "", 404, wants(404, "Not Found", `plan " ": not found`)},
		{"viewPlan", "unknown plan", nil, "GET", gone, nil, "", 404, missing},
		{"getPlanJob", "unknown plan", nil, "GET", gone + "/job/JOB", nil, "", 404, missing},
		{"getPlanJob", "unknown job", nil, "GET", ui + "/job/x", nil, "", 404, wants(404, "Not Found", `task "x" of plan ID: not found`)},
		{"listPlanLogs", "unknown plan", nil, "GET", gone + "/logs", nil, "", 404, missing},
		{"listPlanVersions", "unknown plan", nil, "GET", gone + "/versions", nil, "", 404, missing},
		{"diffPlanVersion", "unknown version", nil, "GET", ui + "/versions/9/diff", nil, "", 404, wants(404, "Not Found", "version 9 of the plan: not found")},
		{"checkPlanUpdate", "no version", nil, "GET", ui + "/check_update", nil, "", 400, bad("version is required")},
		{"checkPlanUpdate", "unknown plan", nil, "GET", gone + "/check_update?version=1", nil, "", 404, missing},

		{"updatePlan", "unknown verb", nil, "PUT", ui, `{"verb":"dance"}`, "", 400, bad(`verb: "dance" is not known`)},
		{"updatePlan", "not in planning", awaiting, "PUT", ui, `{"verb":"update_name","spec":{"name":"y"}}`, "", 400, bad("plan status is wait_for_approval, can not update")},
		{"updatePlan", "an old version", func(d *desk, id string) { d.put(id, "update_name", `{"name":"y"}`) }, "PUT", ui, `{"verb":"update_name","spec":{"name":"z"},"version":1}`, "", 409, wants(409, "Conflict", "plan ID has version 2, not 1: changed by someone else")},
		{"updatePlan", "no right", nil, "PUT", ui, `{"verb":"update_name","spec":{"name":"y"}}`, "eve", 403, forbidden("edit")},
		{"updatePlan", "an internal error", broken, "PUT", ui, `{"verb":"update_name","spec":{"name":"y"}}`, "", 500, internal},
		{"replacePlan", "unknown plan", nil, "PATCH", plansAt + "/nobody", full, "", 404, missing},
		{"replacePlan", "waits for an approval", awaiting, "PATCH", one, full, "", 400, bad("release plan status is success, executing or wait for approve, can't update")},
		{"replacePlan", "is canceled", func(d *desk, id string) { awaiting(d, id); d.move(id, "cancel") }, "PATCH", one, full, "", 400, bad("release plan status is cancel, can't update")},
		{"replacePlan", "no right", nil, "PATCH", one, full, "eve", 403, forbidden("edit")},
		{"deletePlan", "unknown plan", nil, "DELETE", gone, nil, "", 404, missing},
		{"deletePlan", "no right", nil, "DELETE", ui, nil, "eve", 403, forbidden("delete")},
		{"copyPlan", "no name", nil, "POST", ui + "/copy", `{"name":" "}`, "", 400, bad("name: must not be empty")},
		{"copyPlan", "unknown plan", nil, "POST", gone + "/copy", `{"name":"y"}`, "", 404, missing},

		{"movePlan", "the same status", nil, "POST", ui + "/status/planning", nil, "", 400, bad("current status can not equal to target status planning")},
		{"movePlan", "no way there", nil, "POST", ui + "/status/success", nil, "", 400, bad("can't convert plan status planning to success")},
		{"movePlan", "a check by hand", nil, "POST", ui + "/status/wait_for_all_done_external_check", nil, "", 400, bad("can't convert plan status planning to wait_for_all_done_external_check")},
		{"movePlan", "no status", nil, "POST", ui + "/status/dancing", nil, "", 400, bad("status: dancing is no status")},
		{"movePlan", "unknown plan", nil, "POST", gone + "/status/planning", nil, "", 404, missing},
		{"movePlan", "not the manager", nil, "POST", ui + "/status/finish_planning", nil, "eve", 403, forbidden("edit")},
		{"executePlanJob", "the plan does not execute", nil, "POST", ui + "/execute", job, "", 400, bad("plan status is planning, can not execute")},
		{"executePlanJob", "another type", executing, "POST", ui + "/execute", `{"id":"JOB","type":"workflow"}`, "", 400, bad("type: is text, not workflow")},
		{"executePlanJob", "not the manager", executing, "POST", ui + "/execute", job, "eve", 403, forbidden("execute")},
		{"retryPlanJob", "a text job", executing, "POST", ui + "/retry", job, "", 400, bad("text release job does not support retry")},
		{"skipPlanJob", "the plan does not execute", nil, "POST", ui + "/skip", job, "", 400, bad("plan status is planning, can not skip")},
		{"skipPlanJob", "unknown job", executing, "POST", ui + "/skip", `{"id":"x"}`, "", 404, wants(404, "Not Found", `task "x" of plan ID: not found`)},
		{"approvePlan", "nobody is asked", nil, "POST", ui + "/approve", `{"approve":true}`, "ann", 400, bad("plan status is planning, can not approve")},
		{"approvePlan", "twice", func(d *desk, id string) {
			awaiting(d, id)
			d.command(id, "approve", `{"approve":true}`, as("ann")...).Want(http.StatusOK)
		}, "POST", ui + "/approve", `{"approve":true}`, "ann", 400, bad("cannot vote: needs a first vote in the node")},
		{"approvePlan", "a stranger", awaiting, "POST", ui + "/approve", `{"approve":true}`, "eve", 403, forbidden("approve")},
		{"approvePlan", "neither", awaiting, "POST", ui + "/approve", `{}`, "ann", 400, bad("approve: must be true or false")},
		{"answerPlanCheck", "no check", nil, "POST", checksAt, callback("ID", "x", "finish_planning", "success"), "", 403, wants(403, "Forbidden", "no check waits for an answer with this code")},
		{"answerPlanCheck", "no result", nil, "POST", checksAt, callback("ID", "x", "finish_planning", ""), "", 400, bad("result: must be success, failed or executing")},
		{"hearApprovalPlatform", "nobody hears it", nil, "POST", "/api/callback/approval/lark", "{}", "", 404, wants(404, "Not Found", "there is nothing here")},
		{"answerPlanCheckOpen", "no event", nil, "POST", "/openapi/callback/release_plan", callback("ID", "x", "", "success"), "", 400, bad("hook_event: must be finish_planning, start_execute or all_job_done")},
	}
	for _, create := range [][2]string{{"createPlan", plansAt}, {"createPlanUI", plansUIAt}} {
		body := func(fault, body string, status int, want string) {
			rows = append(rows, deskFault{create[0], fault, nil, "POST", create[1], body, "", status, want})
		}
		body("not JSON", "name: x", 400, bad("the body must be JSON"))
		body("a name of another type", `{"name":7,"manager":"admin"}`, 400, bad("name: must be a string, not number"))
		body("no name", `{"manager":"admin"}`, 400, bad("name: Required parameters are missing"))
		body("no manager", `{"name":"x"}`, 400, bad("manager: Required parameters are missing"))
		body("a window that ends before it starts", `{"name":"x","manager":"admin","start_time":2,"end_time":1}`, 400, bad("start_time: lint release time range error: start time should not be greater than end time"))
		body("a schedule outside the window", `{"name":"x","manager":"admin","start_time":1,"end_time":2,"schedule_execute_time":3}`, 400,
			bad("schedule_execute_time: lint schedule execute time error: schedule execute time should be in the range of start time and end time"))
		body("unknown manager", `{"name":"x","manager":"nobody"}`, 400, bad("manager: User nobody not found"))
		body("another name of the manager", `{"name":"x","manager":"bob","manager_id":"u-ann"}`, 400, bad("manager_id: Manager bob is not consistent with the user name ann"))
		body("too few approvers", planWith(strings.Replace(twoOf, `"type":"group"`, `"type":"user","user_id":"u-ann"`, 1)), 400,
			bad("approval.native_approval.needed_approvers: all approve users should not less than needed approvers"))
		body("no configuration of the approval", planWith(`{"enabled":true,"type":"lark"}`), 400, bad(`approval.type: approval not found: there is no configuration of the type "lark"`))
		body("an unknown type of job", `{"name":"x","manager":"admin","jobs":[{"name":"a","type":"dance"}]}`, 400, bad("jobs[0].type: undefined job type of type:dance"))
		body("every fault at once", `{"start_time":2,"end_time":1,"jobs":[{"name":"","type":""}]}`, 400, bad("name: Required parameters are missing\n"+
			"start_time: lint release time range error: start time should not be greater than end time\nmanager: Required parameters are missing\njobs[0].name: must not be empty\njobs[0].type: undefined job type of type:"))
		rows = append(rows, deskFault{create[0], "an internal error", broken, "POST", create[1], full, "", 500, internal})
	}
	return deskRows(rows)
}
