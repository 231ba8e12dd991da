package zadig_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// runs starts a task of the workflow dev of demo, whose only job waits a minute.
func runs(s *shelf) {
	s.create("demo", "dev")
	s.Do(http.MethodPost, tasks, starting("demo", "dev", "pause")).Want(http.StatusOK)
}

// passes is runs a minute later.
func passes(s *shelf) {
	runs(s)
	s.at(s.clock().Unix() + 61)
}

// with stores the workflow dev with other members.
func with(members string) func(*shelf) {
	return func(s *shelf) {
		if !strings.Contains(members, "concurrency_limit") {
			members += `, "concurrency_limit": -1`
		}
		s.Do(http.MethodPost, definitions, strings.Replace(definition("demo", "dev"), `"concurrency_limit": 1`, members, 1)).Want(http.StatusOK)
	}
}

// paused starts a task that waits for ann, or whoever started it, to execute its stage.
func paused(s *shelf) {
	s.Do(http.MethodPost, definitions, strings.Replace(definition("demo", "dev"), `"parallel": false`,
		`"manual_exec": {"enabled": true, "manual_exec_users": [{"type": "user", "user_id": "ann", "user_name": "Ann"}, {"type": "group", "group_id": "sre"}, {"type": "task_creator"}]}`, 1)).Want(http.StatusOK)
	s.Do(http.MethodPost, tasks, starting("demo", "dev", "pause")).Want(http.StatusOK)
}

// asking starts a task that waits for ann and bob to approve its stage; ann has.
func asking(s *shelf) {
	s.Do(http.MethodPost, definitions, strings.Replace(definition("demo", "dev"), `"parallel": false`,
		`"approval": {"enabled": true, "type": "native", "native_approval": {"needed_approvers": 2, "approve_users": [{"user_id": "ann"}, {"user_id": "bob"}]}}`, 1)).Want(http.StatusOK)
	s.Do(http.MethodPost, tasks, starting("demo", "dev", "pause")).Want(http.StatusOK)
	s.Do(http.MethodPost, approves, approving(1, "dev", "only"), as("ann")...).Want(http.StatusOK)
}

func approving(number int64, key, stage string) string {
	return fmt.Sprintf(`{"task_id": %d, "workflow_key": %q, "stage_name": %q, "approve": true}`, number, key, stage)
}

func badRequest(description string) string { return wants(400, "Bad Request", description) }

// taskRows are the errors of tasks.
func taskRows() []row {
	there := func(s *shelf) { s.create("demo", "dev") }
	noRight := func(right string) string { return wants(403, "Forbidden", "no "+right+" right") }
	gone := `{"code": 500, "message": "Internal Error: ", "description": "mongo: no documents in result"}`
	list := custom + "/dev/tasks"
	refused := func(code int, description string) string {
		return wants(code, map[int]string{6160: "Create workflow task failed", 6161: "Get workflow task failed", 6163: "Cancel workflow task failed",
			6164: "Retry workflow task failed", 6169: "Approve workflow task failed", 6542: "Find workflow failed"}[code], description)
	}
	start := func(more string) string {
		return strings.TrimSuffix(starting("demo", "dev", "pause"), "}") + more + "}"
	}
	task := func(number any) string { return fmt.Sprintf("%s/dev/task/%v", custom, number) }
	rows := rowsOf([]shelfFault{
		{"listTasks", "no project", there, "GET", list, nil, "", 400, badRequest("projectKey is required")},
		{"listTasks", "no workflow", there, "GET", custom + "/%20/tasks?projectKey=demo", nil, "", 400, badRequest("workflow name is required")},
		{"listTasks", "page 0", there, "GET", list + "?projectKey=demo&pageNum=0", nil, "", 400, badRequest("pageNum must be at least 1")},
		{"listTasks", "page x", there, "GET", list + "?projectKey=demo&pageNum=x", nil, "", 400, badRequest("pageNum must be an integer")},
		{"listTasks", "an empty page", there, "GET", list + "?projectKey=demo&pageSize=0", nil, "", 400, badRequest("pageSize must be from 1 to 1000")},
		{"listTasks", "a huge page", there, "GET", list + "?projectKey=demo&pageSize=1001", nil, "", 400, badRequest("pageSize must be from 1 to 1000")},
		{"listTasks", "two projects", there, "GET", list + "?projectKey=demo&projectKey=shop", nil, "", 400, badRequest("projectKey is there more than once")},
		{"listTasks", "unknown token", there, "GET", list + "?projectKey=demo", nil, "forged", 401, wants(401, "Unauthorized", "nobody known asks")},

		{"getTask", "no task", runs, "GET", tasks + "?workflowKey=dev", nil, "", 400, badRequest("taskId is required")},
		{"getTask", "no workflow", runs, "GET", tasks + "?taskId=1", nil, "", 400, badRequest("workflowKey is required")},
		{"getTask", "neither", runs, "GET", tasks, nil, "", 400, badRequest("taskId is required\nworkflowKey is required")},
		{"getTask", "a task that is no number", runs, "GET", tasks + "?taskId=x&workflowKey=dev", nil, "", 400, badRequest("taskId must be an integer")},
		{"getTask", "a task that is larger than any", runs, "GET", tasks + "?taskId=99999999999999999999&workflowKey=dev", nil, "", 400, badRequest("taskId must be an integer")},
		{"getTask", "unknown task", runs, "GET", tasks + "?taskId=2&workflowKey=dev", nil, "", 500, gone},
		{"getTask", "no such task", runs, "GET", tasks + "?taskId=-1&workflowKey=dev", nil, "", 500, gone},
		{"getTask", "unknown workflow", runs, "GET", tasks + "?taskId=1&workflowKey=devs", nil, "", 500, gone},
		{"getTask", "no right", runs, "GET", tasks + "?taskId=1&workflowKey=dev", nil, "other", 403, noRight("read")},

		{"executeWorkflow", "no body", there, "POST", tasks, "", "", 400, badRequest("the body must be JSON, and is empty")},
		{"executeWorkflow", "not JSON", there, "POST", tasks, "{", "", 400, badRequest("the body must be JSON")},
		{"executeWorkflow", "too much", there, "POST", tasks, `{"remark": "` + strings.Repeat("x", 8<<20) + `"}`, "", 413, wants(413, "Request Entity Too Large", "Request Entity Too Large")},
		{"executeWorkflow", "a list", there, "POST", tasks, "[]", "", 400, badRequest("must be an object, not array")},
		{"executeWorkflow", "a member twice", there, "POST", tasks, start(`, "inputs": []`), "", 400, badRequest(`the body does not mean the same to every reader: byte 82: the name "inputs" occurs twice`)},
		{"executeWorkflow", "deep JSON", there, "POST", tasks, start(`, "remark": ` + strings.Repeat("[", 70) + strings.Repeat("]", 70)), "", 400, badRequest("the body is nested more than 64 deep")},
		{"executeWorkflow", "members that are not known", there, "POST", tasks, start(`, "remarks": "", "parameters": [{"name": "a", "val": ""}]`), "", 400, badRequest("parameters[0].val: is not known\nremarks: is not known")},
		{"executeWorkflow", "a member of another type", there, "POST", tasks, start(`, "remark": 1`), "", 400, badRequest("remark: must be a string, not number")},
		{"executeWorkflow", "no names", there, "POST", tasks, `{"inputs": []}`, "", 400, badRequest("project_key is required\nworkflow_key is required")},
		{"executeWorkflow", "two tickets", there, "POST", tasks, start(`, "approval_id": "a", "approval_ticket_id": "b"`), "", 400, badRequest("approval_id: must not be there beside approval_ticket_id")},
		{"executeWorkflow", "unknown workflow", there, "POST", tasks, starting("demo", "devs", "pause"), "", 400, refused(6542, nothing)},
		{"executeWorkflow", "another project's workflow", there, "POST", tasks, starting("shop", "dev", "pause"), "", 400, refused(6542, nothing)},
		{"executeWorkflow", "no right, and another project is claimed", there, "POST", tasks, starting("elsewhere", "dev", "pause"), "other", 403, noRight("read")},
		{"executeWorkflow", "only the right to read", there, "POST", tasks, starting("demo", "dev", "pause"), "reader", 403, noRight("execute")},
		{"executeWorkflow", "no jobs", there, "POST", tasks, starting("demo", "dev"), "", 400, refused(6160, "no stage found in workflow task: dev")},
		{"executeWorkflow", "unknown job", there, "POST", tasks, starting("demo", "dev", "pause", "deploy"), "", 400, refused(6160, `inputs[1].job_name: "deploy" is no job of the workflow`)},
		{"executeWorkflow", "a job twice", there, "POST", tasks, starting("demo", "dev", "pause", "pause"), "", 400, refused(6160, `inputs[1].job_name: "pause" is there already`)},
		{"executeWorkflow", "another type", there, "POST", tasks, strings.Replace(start(""), `"job_name"`, `"job_type": "sql", "job_name"`, 1), "", 400, refused(6160, "inputs[0].job_type: job pause is of type wait")},
		{"executeWorkflow", "parameters of a job that takes none", there, "POST", tasks, strings.Replace(start(""), `"job_name"`, `"parameters": {"for": "PT1S"}, "job_name"`, 1), "", 400, refused(6160, "inputs[0].parameters: job pause of type wait takes no parameters")},
		{"executeWorkflow", "unknown parameter", there, "POST", tasks, start(`, "parameters": [{"name": "env", "value": "qa"}]`), "", 400, refused(6160, `parameters[0].name: the workflow has no parameter "env"`)},
		{"executeWorkflow", "what is no option", with(`"params": [{"name": "env", "type": "choice", "choice_option": ["qa"], "value": "qa"}]`), "POST", tasks, start(`, "parameters": [{"name": "env", "type": "choice", "value": "prod"}]`), "", 400,
			refused(6160, `parameters[0].value: must be one of the options`)},
		{"executeWorkflow", "a parameter that is missing", with(`"params": [{"name": "env", "type": "string", "required": true}]`), "POST", tasks, start(""), "", 400, refused(6160, "params[0]: workflow param env is required")},
		{"executeWorkflow", "no remark", with(`"remark_required": true`), "POST", tasks, start(`, "remark": " "`), "", 400, refused(6160, "remark: workflow remark is required")},
		{"executeWorkflow", "no ticket", with(`"enable_approval_ticket": true`), "POST", tasks, start(""), "", 400, refused(6160, "cannot start: needs a pre-approval ticket")},
		{"executeWorkflow", "unknown ticket", with(`"enable_approval_ticket": true`), "POST", tasks, start(`, "approval_ticket_id": "OA-1"`), "", 400, refused(6160, "cannot find approval ticket of id: OA-1, error: mongo: no documents in result")},
		{"executeWorkflow", "disabled", with(`"disabled": true`), "POST", tasks, start(""), "", 400, refused(6160, "workflow is disabled")},
		{"executeWorkflow", "a limit of 0", with(`"concurrency_limit": 0`), "POST", tasks, start(""), "", 400, refused(6160, "cannot start: needs a concurrency_limit that is not 0")},
		{"executeWorkflow", "a job that has to run is left out", func(s *shelf) {
			s.Do(http.MethodPost, definitions, strings.Replace(definition("demo", "dev"), `"jobs": [`, `"jobs": [{"name": "must", "type": "wait", "spec": {"for": "PT1S"}, "run_policy": "force_run"}, `, 1)).Want(http.StatusOK)
		}, "POST", tasks, start(""), "", 400, refused(6160, "job must skipped, but the run policy is set to force run")},

		{"cancelTask", "no task", runs, "DELETE", tasks + "?workflowKey=dev", nil, "", 400, badRequest("taskId is required")},
		{"cancelTask", "unknown task", runs, "DELETE", tasks + "?taskId=2&workflowKey=dev", nil, "", 400, refused(6163, nothing)},
		{"cancelTask", "only the right to read", runs, "DELETE", tasks + "?taskId=1&workflowKey=dev", nil, "reader", 403, noRight("execute")},
		{"cancelTask", "no right", runs, "DELETE", tasks + "?taskId=1&workflowKey=dev", nil, "other", 403, noRight("read")},
		{"cancelTask", "it has passed", passes, "DELETE", tasks + "?taskId=1&workflowKey=dev", nil, "", 400, refused(6163, "task: dev:1 is passed, cannot cancel")},

		{"retryTask", "no project", runs, "POST", task(1), nil, "", 400, badRequest("projectKey is required")},
		{"retryTask", "a task that is no number", runs, "POST", task("x") + "?projectKey=demo", nil, "", 400, badRequest("taskID is invalid")},
		{"retryTask", "unknown task", runs, "POST", task(2) + "?projectKey=demo", nil, "", 400, refused(6161, nothing)},
		{"retryTask", "another project's task", runs, "POST", task(1) + "?projectKey=shop", nil, "", 400, refused(6161, nothing)},
		{"retryTask", "it runs", runs, "POST", task(1) + "?projectKey=demo", nil, "", 400, refused(6164, "task: dev:1 is running, cannot retry")},
		{"retryTask", "it has passed", passes, "POST", task(1) + "?projectKey=demo", nil, "", 400, refused(6164, "task: dev:1 is passed, cannot retry")},
		{"retryTask", "only the right to read", runs, "POST", task(1) + "?projectKey=demo", nil, "reader", 403, noRight("execute")},

		{"remarkTask", "nothing", runs, "PUT", task(1) + "?projectKey=demo", `{"remark": ""}`, "", 400, badRequest("remark: must not be empty")},
		{"remarkTask", "too much", runs, "PUT", task(1) + "?projectKey=demo", `{"remark": "` + strings.Repeat("x", 4097) + `"}`, "", 400, badRequest("remark: 4097 bytes are too many: at most 4096")},
		{"remarkTask", "unknown task", runs, "PUT", task(2) + "?projectKey=demo", `{"remark": "x"}`, "", 400, refused(6161, nothing)},
		{"remarkTask", "another project's task", runs, "PUT", task(1) + "?projectKey=shop", `{"remark": "x"}`, "", 400, refused(6161, nothing)},
		{"remarkTask", "no right", runs, "PUT", task(1) + "?projectKey=demo", `{"remark": "x"}`, "other", 403, noRight("read")},

		{"approveTask", "no names", runs, "POST", approves, `{"task_id": 1}`, "", 400, badRequest("workflow_key is required\nstage_name is required")},
		{"approveTask", "unknown task", runs, "POST", approves, approving(2, "dev", "only"), "", 400, refused(6169, "can not find approved workflow: dev, taskID: 2,jobName: only")},
		{"approveTask", "a stage that asks nobody", runs, "POST", approves, approving(1, "dev", "only"), "", 400, refused(6169, "workflow dev ID 1 stage only do not need approve")},
		{"approveTask", "a stage that is not there", runs, "POST", approves, approving(1, "dev", "other"), "", 400, refused(6169, "workflow dev ID 1 stage other do not need approve")},
		{"approveTask", "a job that is no approval", runs, "POST", approves, approving(1, "dev", "pause"), "", 400, refused(6169, "workflow dev ID 1 stage pause do not need approve")},
		{"approveTask", "no right to read", asking, "POST", approves, approving(1, "dev", "only"), "other", 403, noRight("read")},
		{"approveTask", "only the right to read", asking, "POST", approves, approving(1, "dev", "only"), "reader", 403, wants(403, "Forbidden", "user reader has no authority to Approve")},
		{"approveTask", "no approver, and an admin", asking, "POST", approves, approving(1, "dev", "only"), "", 403, wants(403, "Forbidden", "user admin has no authority to Approve")},
		{"approveTask", "a second vote", asking, "POST", approves, approving(1, "dev", "only"), "ann", 400, refused(6169, "Ann have approve already")},

		{"decideJobError", "no names", runs, "POST", failures, `{"task_id": 1, "decision": "ignore"}`, "", 400, badRequest("workflow_name is required\njob_name is required")},
		{"decideJobError", "another decision", runs, "POST", failures, `{"task_id": 1, "workflow_name": "dev", "job_name": "pause", "decision": "retry"}`, "", 400, badRequest("decision: must be ignore or reject")},
		{"decideJobError", "unknown task", runs, "POST", failures, `{"task_id": 2, "workflow_name": "dev", "job_name": "pause", "decision": "ignore"}`, "", 400, refused(6169, nothing)},
		{"decideJobError", "unknown job", runs, "POST", failures, `{"task_id": 1, "workflow_name": "dev", "job_name": "other", "decision": "ignore"}`, "", 400, refused(6169, "can not find job other")},
		{"decideJobError", "a job that nobody decides on", runs, "POST", failures, `{"task_id": 1, "workflow_name": "dev", "job_name": "pause", "decision": "ignore"}`, "", 400, refused(6169, "job pause does not support manual error handling")},
		{"decideJobError", "a stranger", runs, "POST", failures, `{"task_id": 1, "workflow_name": "dev", "job_name": "pause", "decision": "ignore"}`, "ann", 403, wants(403, "Forbidden", "user Ann is not authorized to perform error handling")},

		{"getManualExec", "no project", paused, "GET", task(1) + "/manual-exec", nil, "", 400, badRequest("projectKey is required")},
		{"getManualExec", "unknown task", paused, "GET", task(2) + "/manual-exec?projectKey=demo", nil, "", 400, refused(6161, nothing)},
		{"getManualExec", "another project's task", paused, "GET", task(1) + "/manual-exec?projectKey=shop", nil, "", 400, refused(6161, nothing)},
		{"executeStage", "no stage", paused, "POST", task(1) + "/manual-exec?projectKey=demo", `{}`, "", 400, badRequest("stage_name is required")},
		{"executeStage", "another stage", paused, "POST", task(1) + "/manual-exec?projectKey=demo", `{"stage_name": "other"}`, "", 400, badRequest("stage other is not waiting for manual execution")},
		{"executeStage", "a task that is not paused", runs, "POST", task(1) + "/manual-exec?projectKey=demo", `{"stage_name": "only"}`, "", 400, badRequest("stage only is not waiting for manual execution")},
		{"executeStage", "another project's task", paused, "POST", task(1) + "/manual-exec?projectKey=shop", `{"stage_name": "only"}`, "", 400, refused(6161, nothing)},
		{"executeStage", "a stranger", paused, "POST", task(1) + "/manual-exec?projectKey=demo", `{"stage_name": "only"}`, "reader", 403, wants(403, "Forbidden", "user reader is not allowed to manually execute stage only")},
		{"executeStage", "inputs that may not be changed", paused, "POST", task(1) + "/manual-exec?projectKey=demo", `{"stage_name": "only", "inputs": [{"job_name": "pause"}]}`, "", 400,
			badRequest(`cannot execute stage: needs stage "only" to let its inputs be changed: modify_params`)},
	})
	for operation, path := range map[string]string{"executeWorkflow": tasks, "approveTask": approves, "decideJobError": failures, "executeStage": task(1) + "/manual-exec?projectKey=demo"} {
		rows = append(rows, row{operation, "not JSON by its type", func(t *testing.T) {
			s := newShelf(t)
			for _, media := range []string{"application/yaml", "text/plain", "application/x-www-form-urlencoded", "x"} {
				s.Do(http.MethodPost, path, "{}", "Content-Type", media).Want(http.StatusUnsupportedMediaType, wants(415, "Unsupported Media Type", "Unsupported Media Type"))
			}
		}})
	}
	return rows
}

// logRows are the errors of logs.
func logRows() []row {
	noRight := wants(403, "Forbidden", "no read right")
	var faults []shelfFault
	for operation, path := range map[string]string{"followLog": "/openapi/logs/sse/v4/workflow/%s/10", "readLog": "/openapi/logs/log/v4/workflow/%s"} {
		at := func(what string) string { return fmt.Sprintf(path, what) }
		faults = append(faults,
			shelfFault{operation, "a task that is no number", runs, "GET", at("dev/x/pause"), nil, "", 400, badRequest("invalid task id")},
			shelfFault{operation, "unknown task", runs, "GET", at("dev/2/pause"), nil, "", 404, wants(404, "Not Found", nothing)},
			shelfFault{operation, "unknown workflow", runs, "GET", at("devs/1/pause"), nil, "", 404, wants(404, "Not Found", nothing)},
			shelfFault{operation, "unknown job", runs, "GET", at("dev/1/other"), nil, "", 404, wants(404, "Not Found", nothing)},
			shelfFault{operation, "a path that is none", runs, "GET", at("dev/1/..%2f"), nil, "", 404, wants(404, "Not Found", "there is nothing here")},
			shelfFault{operation, "no right", runs, "GET", at("dev/1/pause"), nil, "other", 403, noRight},
			shelfFault{operation, "unknown token", runs, "GET", at("dev/1/pause"), nil, "forged", 401, wants(401, "Unauthorized", "nobody known asks")},
		)
	}
	return rowsOf(faults)
}
