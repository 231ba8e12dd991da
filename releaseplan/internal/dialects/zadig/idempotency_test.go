package zadig_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A repeated is a request that succeeds, and takes an idempotency key. Of a plan, its path and body
// say ID, JOB for its first job, FLOW for the workflow job, and CODE of its check.
type repeated struct {
	operation    string
	onPlan       func(d *desk) (id, code string)
	onTask       func(f *floor)
	method, path string
	body         string
	token        string // default: admin's; "-": none
}

// repeatedRequests is a request for each operation that takes a key.
func repeatedRequests() []repeated {
	draft := func(d *desk) (string, string) { return d.create(planWith(twoOf)), "" }
	asking := func(d *desk) (string, string) {
		id := d.create(planWith(twoOf))
		d.move(id, "wait_for_approval").Want(http.StatusOK)
		return id, ""
	}
	running := func(d *desk) (string, string) { id, _, _ := d.workflowPlan(); return id, "" }
	failed := func(d *desk) (string, string) {
		id, _, flow := d.workflowPlan()
		d.do(id, "admin", releaseplan.Command{Action: releaseplan.Start, Task: flow}, releaseplan.Command{Action: releaseplan.Fail, Task: flow, Remark: "broken"})
		return id, ""
	}
	one, answer := plansUIAt+"/ID", callback("ID", "CODE", "finish_planning", "success")
	task := custom + "/dev/task/1"
	there := func(f *floor) { f.defines("demo", "dev", "["+oneStage("build", "build")+"]") }
	blocked := func(f *floor) {
		there(f)
		f.blocks("build")
		f.starts("demo", "dev", "build")
		f.await("dev", 1, job("build", workflow.JobRunning))
	}
	broken := func(f *floor) {
		there(f)
		f.fails("build")
		f.starts("demo", "dev", "build")
		f.await("dev", 1, state(workflow.RunFailed))
		f.blocks("build")
	}
	with := func(more string) func(*floor) {
		return func(f *floor) {
			f.defines("demo", "dev", strings.Replace("["+oneStage("build", "build")+"]", `"name": "build", "jobs"`, `"name": "build", `+more+`, "jobs"`, 1))
			f.blocks("build")
			f.starts("demo", "dev", "build")
			f.await("dev", 1, func(r *workflow.Run) bool { return r.State() != workflow.RunQueued })
		}
	}
	voting := with(`"approval": {"enabled": true, "type": "native", "native_approval": {"needed_approvers": 2, "approve_users": [{"user_id": "ann"}, {"user_id": "bob"}]}}`)
	waiting := with(`"manual_exec": {"enabled": true, "manual_exec_users": [{"type": "user", "user_id": "ann", "user_name": "Ann"}]}`)
	deciding := func(f *floor) {
		f.defines("demo", "dev", strings.Replace("["+oneStage("build", "build")+"]", `"type": "freestyle"`,
			`"type": "freestyle", "error_policy": {"policy": "manual_check", "approval_users": [{"type": "user", "user_id": "ann"}]}`, 1))
		f.fails("build")
		f.starts("demo", "dev", "build")
		f.await("dev", 1, job("build", workflow.JobDeciding))
	}
	return []repeated{
		{"createPlan", draft, nil, "POST", plansAt, planWith(twoOf), ""},
		{"createPlanUI", draft, nil, "POST", plansUIAt, planWith(twoOf), ""},
		{"replacePlan", draft, nil, "PATCH", plansAt + "/ID", `{"name":"x","manager":"admin"}`, ""},
		{"updatePlan", draft, nil, "PUT", one, `{"verb":"update_name","spec":{"name":"new"}}`, ""},
		{"deletePlan", draft, nil, "DELETE", one, "", ""},
		{"copyPlan", draft, nil, "POST", one + "/copy", `{"name":"a copy"}`, ""},
		{"movePlan", draft, nil, "POST", one + "/status/finish_planning", "", ""},
		{"approvePlan", asking, nil, "POST", one + "/approve", `{"approve":true}`, "ann"},
		{"executePlanJob", running, nil, "POST", one + "/execute", `{"id":"JOB"}`, ""},
		{"retryPlanJob", failed, nil, "POST", one + "/retry", `{"id":"FLOW"}`, ""},
		{"skipPlanJob", running, nil, "POST", one + "/skip", `{"id":"JOB"}`, ""},
		{"answerPlanCheck", (*desk).gated, nil, "POST", checksAt, answer, "-"},
		{"answerPlanCheckOpen", (*desk).gated, nil, "POST", "/openapi/callback/release_plan", answer, "-"},
		{"executeWorkflow", nil, func(f *floor) { there(f); f.blocks("build") }, "POST", tasks, starting("demo", "dev", "build"), ""},
		{"cancelTask", nil, voting, "DELETE", custom + "/task?taskId=1&workflowKey=dev", "", ""},
		{"retryTask", nil, broken, "POST", task + "?projectKey=demo", "", ""},
		{"remarkTask", nil, blocked, "PUT", task + "?projectKey=demo", `{"remark":"hm"}`, ""},
		{"approveTask", nil, voting, "POST", approves, approving(1, "dev", "build"), "ann"},
		{"executeStage", nil, waiting, "POST", task + "/manual-exec?projectKey=demo", `{"stage_name":"build"}`, "ann"},
		{"decideJobError", nil, deciding, "POST", failures, `{"task_id": 1, "workflow_name": "dev", "job_name": "build", "decision": "reject"}`, "ann"},
	}
}

// repeat prepares the request to be sent more than once, to two servers.
func (q repeated) repeat(t *testing.T) *check.Repeat {
	t.Helper()
	losing := &check.Losing{Store: memory.New()}
	r := &check.Repeat{Store: losing, Method: q.method, Path: q.path, Status: http.StatusOK}
	if q.onTask != nil {
		f := newFloorOver(t, losing)
		q.onTask(f)
		other := newShelfOver(t, losing)
		r.One, r.Other = f.Server, other.Server
		switch q.operation {
		case "executeWorkflow", "retryTask", "executeStage":
			r.Settle = func() { f.await("dev", 1, job("build", workflow.JobRunning)) }
		default: // nothing begins
		}
		r.Later = func() {
			run, err := f.workflows.GetByNumber(t.Context(), "dev", 1, shelfPeople()["admin"])
			if err == nil {
				_, err = f.workflows.Do(t.Context(), run.ID(), workflow.Command{Action: workflow.Comment, Remark: "later"}, shelfPeople()["admin"])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	} else {
		d, other := newDeskOver(t, losing), newDeskOver(t, losing)
		id, code := q.onPlan(d)
		names := []string{"ID", id, "CODE", code}
		for i, name := range []string{"JOB", "FLOW"} {
			if len(d.plan(id).Tasks()) > i {
				names = append(names, name, d.job(id, i))
			}
		}
		fill := strings.NewReplacer(names...)
		r.One, r.Other, r.Path, q.body = d.Server, other.Server, fill.Replace(q.path), fill.Replace(q.body)
		r.Later = func() {
			d.at(deskTime + 3600)
			other.at(deskTime + 3600)
			_, _ = d.plans.Do(t.Context(), id, releaseplan.Command{Action: releaseplan.Comment, Remark: "later"}, deskPeople()["root"]) // unless it is gone
		}
	}
	if q.body != "" {
		r.Body = q.body
	}
	switch q.token {
	case "":
	case "-":
		r.Headers = as("")
	default:
		r.Headers = as(q.token)
	}
	return r
}

// TestEveryCommandIsIdempotentWithAKey: whatever changes a plan or a task can be repeated with its key, and
// only that once.
func TestEveryCommandIsIdempotentWithAKey(t *testing.T) {
	t.Parallel()
	keyed, _ := check.Keyed(t, zadig.OpenAPI())
	requests := make(map[string]repeated)
	for _, q := range repeatedRequests() {
		requests[q.operation] = q
	}
	for _, id := range keyed {
		q, ok := requests[id]
		if !ok {
			t.Errorf("%s takes a key, and is not tried", id)
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			q.repeat(t).Answered(t)
			q.repeat(t).Lost(t)
			q.repeat(t).LostLong(t)
			q.repeat(t).AtOnce(t, q.repeat(t).Alone(t))
		})
	}
	if len(keyed) != len(requests) {
		t.Errorf("%d requests for %d operations", len(requests), len(keyed))
	}
}

// TestOtherOperationsRefuseAKey rather than pass over it.
func TestOtherOperationsRefuseAKey(t *testing.T) {
	t.Parallel()
	f := newShelf(t)
	before := f.store.written()
	f.Do(http.MethodPost, definitions, definition("demo", "dev"), "Idempotency-Key", "k").
		Want(http.StatusBadRequest, wants(400, "Bad Request", "Idempotency-Key is not honoured by this operation"))
	if f.store.written() != before {
		t.Error("it was created all the same")
	}
}
