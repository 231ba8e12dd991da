#!/usr/bin/env bash
# A template, the release plan that a feature gets of it, and what an SDK then sees. The third
# argument is the token of an SDK.
. "$(dirname "$0")/ask.sh"
sdk=${3:?usage: $0 URL TOKEN SDK_TOKEN}
templates=/api/admin/release-plan-templates feature=curl-$$
at=/api/admin/projects/default/features/$feature/environments/production

template=$(ask POST $templates "{\"name\": \"My release plan $$\", \"description\": \"This is my release plan\", \"milestones\": [
	{\"name\": \"My milestone\", \"sortOrder\": 1, \"strategies\": [{\"sortOrder\": 9999, \"title\": \"Gradual Rollout 25-Prod\", \"strategyName\": \"flexibleRollout\",
	\"parameters\": {\"groupId\": \"{{featureName}}\", \"rollout\": \"25\", \"stickiness\": \"sessionId\"}}]},
	{\"name\": \"Everyone\", \"sortOrder\": 2, \"strategies\": [{\"sortOrder\": 1, \"strategyName\": \"default\"}]}]}" | first id)
ask GET $templates | has "\"id\":\"$template\"" >/dev/null
ask POST /api/admin/projects/default/features "{\"name\": \"$feature\"}" >/dev/null
ask POST "$at/on" >/dev/null
plan=$(ask POST "$at/release-plans" "{\"templateId\": \"$template\"}" | has '"discriminator":"plan"' | first id)
refused 409 POST "$at/release-plans" "{\"templateId\": \"$template\"}"

sees() { curl --silent --show-error --fail-with-body -H "Authorization: $sdk" "$url/api/client/features?namePrefix=$feature" | has "$1"; }
sees '"rollout":"25"' >/dev/null
everyone=$(ask GET "$at/release-plans" | grep -o '"milestones":.*' | grep -o '"id":"[^"]*","name":"Everyone"' | first id)
ask POST "$at/release-plans/$plan/milestones/$everyone/start" >/dev/null
sees '"name":"default"' >/dev/null
ask DELETE "$at/release-plans/$plan" >/dev/null
ask POST "$templates/archive/$template" >/dev/null
echo "feature $feature went through release plan $plan"
