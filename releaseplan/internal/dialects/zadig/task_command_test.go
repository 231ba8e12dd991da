package zadig_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func TestCancelStopsWhatRuns(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "build")+", "+oneStage("deploy", "deploy")+"]")
	begun, stopped, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	f.does("build", func(ctx context.Context, _ workflow.Execution) (map[string]string, error) {
		close(begun)
		<-ctx.Done()
		close(stopped)
		<-end
		return nil, ctx.Err()
	})
	f.starts("demo", "dev", "build", "deploy")
	<-begun
	f.cancels("dev", 1).Want(http.StatusOK, succeeded)
	<-stopped
	if got := f.detail("dev", 1); got.Get("status") != "running" || got.Get("stages.0.jobs.0.status") != "running" {
		t.Errorf("what is being stopped is %s", got.Body)
	}
	f.cancels("dev", 1).Want(http.StatusOK, succeeded) // it is so already
	close(end)
	f.await("dev", 1, state(workflow.RunCanceled))
	got := f.detail("dev", 1)
	for path, want := range map[string]any{"status": "cancelled", "stages.0.status": "cancelled", "stages.0.jobs.0.status": "cancelled", "stages.1.status": "", "stages.1.jobs.0.status": ""} {
		if got.Get(path) != want {
			t.Errorf("%s is %v, not %v", path, got.Get(path), want)
		}
	}
	f.cancels("dev", 1).Want(http.StatusBadRequest, wants(6163, "Cancel workflow task failed", "task: dev:1 is cancelled, cannot cancel"))
}

func TestRetryKeepsWhatPassed(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "build", "test")+"]")
	ran := make(chan string, 10)
	f.does("build", func(context.Context, workflow.Execution) (map[string]string, error) {
		ran <- "build"
		return nil, nil
	})
	f.fails("test")
	f.starts("demo", "dev", "build", "test")
	f.await("dev", 1, state(workflow.RunFailed))
	if got := f.detail("dev", 1); got.Get("status") != "failed" || got.Get("stages.0.jobs.1.error") != "test is broken" {
		t.Errorf("it is %s", got.Body)
	}
	f.does("test", func(context.Context, workflow.Execution) (map[string]string, error) {
		ran <- "test"
		return nil, nil
	})
	f.Do(http.MethodPost, custom+"/dev/task/1?projectKey=demo", nil).Want(http.StatusOK, succeeded)
	f.await("dev", 1, state(workflow.RunPassed))
	if close(ran); <-ran != "build" || <-ran != "test" || <-ran != "" {
		t.Error("a job that had passed ran again")
	}
}

func TestATaskOfAPlanIsRetriedThere(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "build")+"]")
	f.fails("build")
	run, err := f.workflows.StartFor(t.Context(), "r-1", "dev", workflow.Start{}, workflow.Origin{Plan: "p", Task: "t", PlanName: "May", TaskName: "roll"}, shelfPeople()["admin"])
	if err != nil {
		t.Fatal(err)
	}
	f.await("dev", run.Number(), state(workflow.RunFailed))
	got := f.Do(http.MethodPost, custom+"/dev/task/1?projectKey=demo", nil).Want(http.StatusBadRequest)
	if why, _ := got.Get("description").(string); got.Get("code") != 6164.0 || !strings.Contains(why, "plan") {
		t.Errorf("it says %s", got.Body)
	}
}

func TestARejectedStageRejectsTheTask(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+gated("deploy", "deploy", "ann")+"]")
	f.starts("demo", "dev", "deploy")
	approval := func() string {
		got := f.detail("dev", 1)
		return strings.Join([]string{got.Get("stages.0.approval.reject_or_approve").(string), got.Get("stages.0.approval.approve_users.0.reject_or_approve").(string), got.Get("stages.0.approval.approve_users.0.comment").(string)}, "|")
	}
	if got := approval(); got != "||" {
		t.Errorf("before anybody voted it is %s", got)
	}
	f.Do(http.MethodPost, approves, `{"task_id": 1, "workflow_key": "dev", "stage_name": "deploy", "comment": "not today"}`, as("ann")...).Want(http.StatusOK, succeeded)
	f.await("dev", 1, state(workflow.RunRejected))
	if got := approval(); got != "reject|reject|not today" || f.detail("dev", 1).Get("status") != "reject" {
		t.Errorf("it is %s", got)
	}
}

// An approval can be a job too: it is named as it is shown, or as the definition names it, and it is
// not left out as long as what is behind it runs.
func TestAnApprovalJobIsVotedOnByItsName(t *testing.T) {
	const stages = `[{"name": "gate", "jobs": [{"name": "ask", "type": "approval", "spec": {"type": "native", "timeout": 60, "native_approval": {"needed_approvers": 1, "approve_users": [{"user_id": "ann"}]}}}]}, %s]`
	for _, name := range []string{"ask", "job-0-0-0-ask"} {
		f := newFloor(t)
		f.defines("demo", "dev", strings.Replace(stages, "%s", oneStage("deploy", "deploy"), 1))
		f.starts("demo", "dev", "deploy")
		f.await("dev", 1, job("ask", workflow.JobWaiting))
		if got := f.detail("dev", 1); got.Get("stages.0.jobs.0.status") != "wait_for_approval" {
			t.Errorf("it is %s", got.Body)
		}
		f.Do(http.MethodPost, approves, approving(1, "dev", name)).Want(http.StatusForbidden, wants(403, "Forbidden", "user admin has no authority to Approve"))
		f.Do(http.MethodPost, approves, approving(1, "dev", name), as("ann")...).Want(http.StatusOK, succeeded)
		f.await("dev", 1, state(workflow.RunPassed))
		f.Do(http.MethodPost, approves, approving(1, "dev", name), as("ann")...).Want(http.StatusBadRequest, wants(6169, "Approve workflow task failed", "workflow dev ID 1 stage "+name+" do not need approve"))
	}
}

func TestThePeopleDecideOnAFailure(t *testing.T) {
	for decision, want := range map[string]struct {
		run workflow.RunState
		job string
	}{"ignore": {workflow.RunPassed, "unstable"}, "reject": {workflow.RunFailed, "failed"}} {
		f := newFloor(t)
		f.defines("demo", "dev", strings.Replace("["+oneStage("build", "build")+"]", `"type": "freestyle"`,
			`"type": "freestyle", "error_policy": {"policy": "manual_check", "approval_users": [{"type": "user", "user_id": "ann"}]}`, 1))
		f.fails("build")
		f.starts("demo", "dev", "build")
		f.await("dev", 1, job("build", workflow.JobDeciding))
		if got := f.detail("dev", 1); got.Get("stages.0.jobs.0.status") != "wait_for_manual_error_handling" || got.Get("status") != "running" {
			t.Errorf("it is %s", got.Body)
		}
		body := `{"task_id": 1, "workflow_name": "dev", "job_name": "build", "decision": "` + decision + `"}`
		f.Do(http.MethodPost, failures, body, as("reader")...).Want(http.StatusForbidden, wants(403, "Forbidden", "user reader is not authorized to perform error handling"))
		f.Do(http.MethodPost, failures, body, as("ann")...).Want(http.StatusOK, succeeded)
		f.await("dev", 1, state(want.run))
		if got := f.detail("dev", 1).Get("stages.0.jobs.0.status"); got != want.job {
			t.Errorf("%s: the job is %v", decision, got)
		}
	}
}

func TestAStageIsExecutedByHand(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+strings.TrimSuffix(oneStage("deploy", "deploy"), "}")+`, "manual_exec": {"enabled": true, "modify_params": true,
		"manual_exec_users": [{"type": "user", "user_id": "ann", "user_name": "Ann"}, {"type": "group", "group_id": "sre", "group_name": "SRE"}, {"type": "task_creator"}]}}]`)
	specs := watchSpecs(f, "deploy")
	f.starts("demo", "dev", "deploy")
	f.await("dev", 1, state(workflow.RunPaused))
	const path = custom + "/dev/task/1/manual-exec?projectKey=demo"
	const waits = `{"project_key": "demo", "workflow_key": "dev", "task_id": 1, "status": "pause", "stage_name": "deploy", "can_execute": true, "executors": [
		{"type": "user", "user_id": "ann", "user_name": "Ann", "group_id": "", "group_name": ""},
		{"type": "group", "user_id": "", "user_name": "", "group_id": "sre", "group_name": "SRE"},
		{"type": "task_creator", "user_id": "", "user_name": "", "group_id": "", "group_name": ""}]}`
	f.Do(http.MethodGet, path, nil, as("ann")...).Want(http.StatusOK, waits)
	f.Do(http.MethodGet, path, nil, as("reader")...).Want(http.StatusOK, strings.Replace(waits, "true", "false", 1))
	if got := f.detail("dev", 1); got.Get("status") != "pause" || got.Get("stages.0.status") != "pause" {
		t.Errorf("it is %s", got.Body)
	}
	f.Do(http.MethodPost, path, `{"stage_name": "deploy", "inputs": [{"job_name": "deploy", "parameters": {"repo_info": [{"repo_name": "other", "branch": "main"}]}}]}`, as("ann")...).Want(http.StatusOK, succeeded)
	f.await("dev", 1, state(workflow.RunPassed))
	holds(t, "deploy", specs, `["other"]`)
	f.Do(http.MethodGet, path, nil).Want(http.StatusOK, `{"project_key": "demo", "workflow_key": "dev", "task_id": 1, "status": "passed", "stage_name": "", "can_execute": false, "executors": []}`)
}

func TestARemarkIsKeptInTheTrail(t *testing.T) {
	f := newFloor(t)
	f.defines("demo", "dev", "["+oneStage("build", "build")+"]")
	f.Do(http.MethodPost, tasks, strings.TrimSuffix(starting("demo", "dev", "build"), "}")+`, "remark": "for May"}`).Want(http.StatusOK)
	run := f.await("dev", 1, state(workflow.RunPassed))
	f.Do(http.MethodPut, custom+"/dev/task/1?projectKey=demo", `{"remark": "it went well"}`, as("ann")...).Want(http.StatusOK, succeeded)
	trail, err := f.workflows.History(t.Context(), run.ID(), 0, 0, shelfPeople()["admin"])
	if err != nil {
		t.Fatal(err)
	}
	last := trail[len(trail)-1].Change
	if last.Kind != workflow.RunCommented || last.Remark != "it went well" || last.By != (penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann"}) {
		t.Errorf("the trail ends with %s", last)
	}
	if got := f.detail("dev", 1).Get("remark"); got != "for May" {
		t.Errorf("the remark of the start is %v", got)
	}
}
