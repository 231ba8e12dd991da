#!/usr/bin/env bash
# Release plans and workflows as pipelines for Zadig handle them.
. "$(dirname "$0")/ask.sh"
plans=/openapi/release_plan/v1 key=curl-$$

id=$(ask POST $plans '{"name": "plan-example", "manager": "admin", "manager_identity_type": "system", "start_time": 0, "end_time": 0, "description": "",
	"approval": {"enabled": true, "type": "native", "description": "", "native_approval": {"timeout": 5, "needed_approvers": 1,
	"approve_users": [{"user_id": "admin", "user_name": "admin"}]}}}' | first id)
ask GET "$plans?pageNum=1&pageSize=20" | has "\"id\":\"$id\"" >/dev/null
ask PUT "/api/aslan/release_plan/v1/$id" '{"verb": "create_release_job", "spec": {"name": "db change", "type": "text", "spec": {"content": "<p>run migration 42</p>"}}}' >/dev/null
ask POST "/api/aslan/release_plan/v1/$id/status/wait_for_approval" >/dev/null
ask POST "/api/aslan/release_plan/v1/$id/approve" '{"approve": true, "comment": "ok"}' >/dev/null
job=$(ask GET "$plans/$id" | has '"status":"executing"' | grep -o '"jobs":.*' | first id)
ask POST "/api/aslan/release_plan/v1/$id/execute" "{\"id\": \"$job\", \"name\": \"db change\", \"type\": \"text\", \"spec\": {\"remark\": \"done at 10:05\"}}" >/dev/null
ask GET "$plans/$id" | has '"status":"success"' >/dev/null

ask POST /api/aslan/workflow/v4 "{\"name\": \"$key\", \"display_name\": \"$key\", \"project\": \"demo\", \"concurrency_limit\": 5, \"stages\": [{\"name\": \"wait\", \"parallel\": true,
	\"approval\": {\"enabled\": true, \"type\": \"native\", \"native_approval\": {\"approve_users\": [{\"user_id\": \"admin\", \"user_name\": \"admin\"}], \"timeout\": 5, \"needed_approvers\": 1}},
	\"jobs\": [{\"name\": \"pause\", \"type\": \"wait\", \"spec\": {\"for\": \"PT0.1S\"}}]}]}" | has success >/dev/null
ask GET "/openapi/workflows?projectKey=demo" | has "\"workflow_key\":\"$key\"" >/dev/null
ask GET "/openapi/workflows/custom/$key/detail?projectKey=demo" | has '"concurrency_limit":5' >/dev/null
task=$(ask POST /openapi/workflows/custom/task "{\"project_key\": \"demo\", \"workflow_key\": \"$key\", \"inputs\": [{\"job_name\": \"pause\", \"job_type\": \"wait\", \"parameters\": {}}]}" | first task_id)
ask POST /openapi/workflows/custom/task/approve "{\"task_id\": $task, \"workflow_key\": \"$key\", \"stage_name\": \"wait\", \"approve\": true, \"comment\": \"LGTM\"}" | has success >/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
	status=$(ask GET "/openapi/workflows/custom/task?taskId=$task&workflowKey=$key" | first status)
	[ "$status" = passed ] && break
	sleep 0.3
done
[ "$status" = passed ] || { echo "task $task is $status" >&2; exit 1; }
refused 400 DELETE "/openapi/workflows/custom/task?taskId=$task&workflowKey=$key"
ask POST /openapi/workflows/view "{\"project_key\": \"demo\", \"name\": \"$key\", \"workflow_list\": [{\"workflow_key\": \"$key\", \"workflow_type\": \"custom\"}]}" | has success >/dev/null
ask DELETE "/openapi/workflows/view/$key?projectKey=demo" | has success >/dev/null
ask DELETE "/openapi/workflows/custom?workflowKey=$key&projectKey=demo" | has success >/dev/null
echo "plan $id succeeded, and task $task of workflow $key passed"
