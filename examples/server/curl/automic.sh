#!/usr/bin/env bash
# Plans as scripts for Automic handle them: make, change, execute, copy, archive, delete.
. "$(dirname "$0")/ask.sh"
plans=/api/data/v1/plans

id=$(ask POST $plans '{"name": "ReleasePlan_01", "description": "Release Plan 01", "folder": {"id": 12798, "name": "DEFAULT"},
	"planned_time": {"start": "2016-01-01T00:00:00Z", "duration": "P1DT12H32M54S"}}' | has '"status":"Draft"' | first id)
ask GET "$plans/$id" | has '"duration":"P1DT12H32M54S"' >/dev/null
ask GET "$plans?name=ReleasePlan*&include=None&max_results=1000" | has "\"id\":$id" >/dev/null
ask POST "$plans/$id" '{"description": "Another description"}' | has '"description":"Another description"' >/dev/null
phase=$(ask POST "$plans/$id/phases" '{"name": "Phase 1", "type": "Sequential"}' | first id)
task=$(ask POST "$plans/$id/phases/$phase/tasks" '{"name": "Task 1", "type": "Manual"}' | first id)
ask POST "$plans/$id/execute" '{"new_planned_time": {"start": "2016-12-13T00:00:00Z"}}' | has '"status":"Running"' >/dev/null
refused 400 POST "$plans/$id/execute"
ask POST "$plans/$id/tasks/$task/complete" '{"remark": "done"}' >/dev/null
ask GET "$plans/$id" | has '"status":"Completed"' >/dev/null
copy=$(ask POST "$plans/$id/duplicate" '{"name": "New Release Plan", "folder": {"name": "DEFAULT"}, "planned_start_time": "2027-12-13T00:00:00Z"}' | has '"status":"Draft"' | first id)
ask GET "$plans/$copy/export" | has '"New Release Plan"' >/dev/null
ask GET "$plans/$id/trail" | has '"to":"completed"' >/dev/null
ask GET "$plans/$id/verification?state=true" | has '"valid":true' >/dev/null
ask GET "$plans/$id/explanation?action=execute" | has '"allowed":false' >/dev/null
ask GET "$plans/$copy/next_opening?duration=PT2H" | has '"open_now":true' >/dev/null
ask POST "$plans/$id/archive" | has '"archived":true' >/dev/null
ask DELETE "$plans/$copy" | has 'object was deleted successfully.' >/dev/null
refused 404 GET "$plans/$copy"
echo "plan $id went from a draft to its archive"
