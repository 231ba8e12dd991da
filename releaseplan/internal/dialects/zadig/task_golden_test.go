package zadig_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/workflow"
)

// A taskGolden is an answer of the document, with changes to it, and how it comes about.
type taskGolden struct {
	file    string
	status  int
	changes []string
	answer  func(t *testing.T, f *floor) *check.Answer
}

func taskGoldens() []taskGolden {
	return []taskGolden{
		{"task-list.200.json", http.StatusOK, []string{`"total": 15`, `"total": 1`, `"task_id": 15`, `"task_id": 1`, `"webhook"`, `"Ann"`, `"start_time": 1688543615`, `"start_time": 1688543613`}, func(_ *testing.T, f *floor) *check.Answer {
			f.defines("lilian-test", "build-deploy", "["+oneStage("build", "build")+"]")
			f.does("build", func(context.Context, workflow.Execution) (map[string]string, error) {
				f.at(1688543636)
				return nil, nil
			})
			f.at(1688543613)
			f.Do(http.MethodPost, tasks, starting("lilian-test", "build-deploy", "build"), as("ann")...).Want(http.StatusOK)
			f.await("build-deploy", 1, state(workflow.RunPassed))
			return f.Do(http.MethodGet, custom+"/build-deploy/tasks?projectKey=lilian-test", nil)
		}},
		{"task-list.400.json", http.StatusBadRequest, nil, func(_ *testing.T, f *floor) *check.Answer {
			return f.Do(http.MethodGet, custom+"/%20/tasks?projectKey=lilian-test", nil)
		}},
		{"task-detail.200.json", http.StatusOK, []string{
			`"running"`, `"passed"`, // it ended well, with all its stages
			`"a-myapp-1-deploy-myapps"`, `"a-deploy-myapps"`, // a job deploys all modules of a service
			`"start_time": 1664172967`, `"start_time": 1664161286`, `"start_time": 1664172986`, `"start_time": 1664172985`, // jobs start at once
			`"key": "password",
                                "value": "zadig"`, `"key": "password", "value": "***"`, // nobody is shown a secret
		}, taskOfTheDocument},
		{"task-detail.500.json", http.StatusInternalServerError, nil, func(_ *testing.T, f *floor) *check.Answer {
			return f.Do(http.MethodGet, tasks+"?taskId=24&workflowKey=build-images", nil)
		}},
		{"task-execute.200.json", http.StatusOK, []string{"20", "1"}, func(_ *testing.T, f *floor) *check.Answer {
			f.defines("simple-service-demo", "openapi-test", "["+oneStage("build", "build")+"]")
			return f.Do(http.MethodPost, tasks, starting("simple-service-demo", "openapi-test", "build"))
		}},
		{"task-cancel.200.json", http.StatusOK, nil, func(_ *testing.T, f *floor) *check.Answer {
			f.defines("demo", "build-images", "["+oneStage("build", "build")+"]")
			f.blocks("build")
			return f.cancels("build-images", f.starts("demo", "build-images", "build"))
		}},
		{"task-cancel.passed.400.json", http.StatusBadRequest, []string{":20 ", ":1 "}, func(_ *testing.T, f *floor) *check.Answer {
			f.defines("demo", "build-images", "["+oneStage("build", "build")+"]")
			f.await("build-images", f.starts("demo", "build-images", "build"), state(workflow.RunPassed))
			return f.cancels("build-images", 1)
		}},
		{"task-cancel.missing.400.json", http.StatusBadRequest, nil, func(_ *testing.T, f *floor) *check.Answer {
			return f.cancels("build-images", 20)
		}},
		{"task-retry.200.json", http.StatusOK, nil, func(_ *testing.T, f *floor) *check.Answer {
			f.defines("demo", "build-images", "["+oneStage("build", "build")+"]")
			f.fails("build")
			f.await("build-images", f.starts("demo", "build-images", "build"), state(workflow.RunFailed))
			return f.Do(http.MethodPost, custom+"/build-images/task/1?projectKey=demo", nil)
		}},
		{"task-retry.400.json", http.StatusBadRequest, nil, func(_ *testing.T, f *floor) *check.Answer {
			return f.Do(http.MethodPost, custom+"/build-images/task/1?projectKey=demo", nil)
		}},
		{"task-approve.200.json", http.StatusOK, nil, func(t *testing.T, f *floor) *check.Answer {
			f.defines("demo", "infra-dev-workflow", "["+oneStage("build", "build")+", "+gated("deploy", "deploy", "ann")+"]")
			f.starts("demo", "infra-dev-workflow", "build", "deploy")
			f.await("infra-dev-workflow", f.starts("demo", "infra-dev-workflow", "build", "deploy"), stage("deploy", workflow.StageWaiting))
			got := f.Do(http.MethodPost, approves, example(t, "task-approve.request.json"), as("ann")...)
			f.await("infra-dev-workflow", 2, state(workflow.RunPassed))
			return got
		}},
		{"task-approve.400.json", http.StatusBadRequest, []string{"ID 23 stage deploy-myapps", "ID 1 stage deploy"}, func(_ *testing.T, f *floor) *check.Answer {
			f.defines("demo", "build-images", "["+oneStage("deploy", "build")+"]")
			f.starts("demo", "build-images", "build")
			return f.Do(http.MethodPost, approves, `{"task_id": 1, "workflow_key": "build-images", "stage_name": "deploy", "approve": true}`)
		}},
	}
}

// TestTasksOfTheDocument holds what the operations of tasks answer against every example of document 002.
func TestTasksOfTheDocument(t *testing.T) {
	for _, g := range taskGoldens() {
		t.Run(g.file, func(t *testing.T) {
			g.answer(t, newFloor(t)).Want(g.status, example(t, g.file, g.changes...))
		})
	}
}

// gated is a stage that people have to approve.
func gated(name, job string, approvers ...string) string {
	users := make([]string, len(approvers))
	for i, id := range approvers {
		users[i] = `{"user_id": "` + id + `", "user_name": "` + id + `"}`
	}
	return strings.TrimSuffix(oneStage(name, job), "}") + `, "approval": {"enabled": true, "type": "native", "description": "really?",
		"native_approval": {"timeout": 120, "needed_approvers": 1, "approve_users": [` + strings.Join(users, ", ") + `]}}}`
}

// taskOfTheDocument is the 24th of its workflow: it waits for its turn for a second.
func taskOfTheDocument(t *testing.T, f *floor) *check.Answer {
	f.at(1664161285)
	f.Do(http.MethodPost, definitions, example(t, "task-definition.request.json")).Want(http.StatusOK, succeeded)
	request := starting("simple-service-demo", "build-images", "build-myapps", "deploy-myapps", "echo-hello", "say-hi")
	under := make(chan struct{}) // the one before it is under way
	f.does("build-myapps", func(ctx context.Context, e workflow.Execution) (map[string]string, error) {
		if e.Number == 23 {
			close(under)
		}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	for n := int64(1); n <= 24; n++ {
		if got := started(t, f.Do(http.MethodPost, tasks, request)); got != n {
			t.Fatalf("task %d is there, not %d", got, n)
		}
		if n < 23 {
			f.cancels("build-images", n).Want(http.StatusOK)
			f.await("build-images", n, state(workflow.RunCanceled))
		}
	}
	if got := f.detail("build-images", 24).Get("status"); got != "created" {
		t.Errorf("it is %v before its turn", got)
	}
	<-under // else it would do what the jobs of the 24th do
	for job, unix := range map[string]int64{"build-myapps": 1664172974, "deploy-myapps": 1664172990, "echo-hello": 1664172993, "say-hi": 1664172997} {
		then := func(context.Context, workflow.Execution) (map[string]string, error) {
			f.at(unix)
			return map[string]string{"IMAGE": "koderover.tencentcloudcr.com/koderover-demo/myapp-1:20220926141606-26-main"}, nil
		}
		f.does(job, then)
	}
	f.at(1664161286)
	f.cancels("build-images", 23).Want(http.StatusOK)
	f.await("build-images", 24, stage("Deploy", workflow.StageWaiting))
	waiting := f.detail("build-images", 24)
	if got := waiting.Get("stages.1.status"); got != "wait_for_approval" || waiting.Get("stages.2.status") != "" {
		t.Errorf("the stage is %v", got)
	}
	f.at(1664172985)
	f.Do(http.MethodPost, approves, `{"task_id": 24, "workflow_key": "build-images", "stage_name": "Deploy", "approve": true, "comment": "LGTM"}`).Want(http.StatusOK, succeeded)
	f.await("build-images", 24, state(workflow.RunPassed))
	return f.detail("build-images", 24)
}

// The example of the document starts five of the jobs of its workflow, with parameters of each kind.
func TestTheStartOfTheDocumentReachesTheJobs(t *testing.T) {
	f := newFloor(t)
	f.Do(http.MethodPost, definitions, example(t, "task-openapi.request.json")).Want(http.StatusOK, succeeded)
	specs := watchSpecs(f, "build-myapps", "deploy-myapps", "jira-issue-update", "deploy-my-app", "sql", "left-out")
	f.Do(http.MethodPost, tasks, example(t, "task-execute.request.json")).Want(http.StatusOK, `{"project_name": "helm", "workflow_name": "test-openapi", "task_id": 1}`)
	f.await("test-openapi", 1, state(workflow.RunPassed))
	for key, want := range map[string]string{
		"build-myapps.zadig.aslan":                   `["https://koderover.******.com/test","koderover","main","admin","Zadig"]`,
		"deploy-myapps.zadig":                        `["dev","koderover.******.com/test/aslan:main","koderover.******.com/test/zadig-portal:main"]`,
		"jira-issue-update":                          `["ZAD-10126","Testing","ToBeReleased","echo zadig 123"]`,
		"deploy-my-app.deployment.service2.service2": `["Deployment/service2/service2","koderover.***.com/test/service2:0505"]`,
		"sql": `["mysql","show databases;"]`,
	} {
		holds(t, key, specs, want)
	}
	if text, ran := specs.Load("left-out"); ran {
		t.Errorf("a job that was not named has run: %s", text)
	}
	params := f.detail("test-openapi", 1)
	if params.Get("params.0.value") != "zadig" || params.Get("params.1.value") != "123" || params.Get("params.2.repo.branch") != "master" {
		t.Errorf("the parameters are %v", params.Get("params"))
	}
}

// The parameters of each type of jobs reach the job.
func TestTheInputsOfTheDocumentReachTheJobs(t *testing.T) {
	f := newFloor(t)
	f.Do(http.MethodPost, definitions, example(t, "task-all-types.request.json")).Want(http.StatusOK, succeeded)
	specs := watchSpecs(f, "tapd", "build-myapps", "deploy-myapps", "deploy-my-app", "jira-issue-update", "test-myapps", "scan-myapps", "sql", "plugin-task")
	var inputs json.RawMessage = []byte(example(t, "task-inputs.request.json"))
	f.Do(http.MethodPost, tasks, map[string]any{"project_key": "demo", "workflow_key": "all-types", "inputs": inputs}).Want(http.StatusOK)
	f.await("all-types", 1, state(workflow.RunPassed))
	for key, want := range map[string]string{
		"tapd":                                       `["43976133","Welcome to TAPD DEMO","open","1143976133001000001","Current iteration","2025-08-04","2025-09-03"]`,
		"build-myapps.zadig.aslan":                   `["e1f10409e99c3f13b0777d2cd8b1a42750b093e1","admin","Zadig"]`,
		"build-myapps.zadig.zadig-portal":            `["zadig-portal","main"]`,
		"deploy-myapps.zadig":                        `["dev","koderover.***.com/test/aslan:main"]`,
		"deploy-my-app.deployment.service2.service2": `["koderover.***.com/test/service2:0505"]`,
		"jira-issue-update":                          `["ZAD-10126","task-mgr"]`,
		"test-myapps.unit-test":                      `["unit-test","admin","Zadig","main"]`,
		"test-myapps.integration-test":               `["integration-test","zadig-portal"]`,
		"scan-myapps.scan":                           `["scan","koderover"]`,
		"scan-myapps.scan-1":                         `["scan-1","zadig-portal"]`,
		"sql":                                        `["mysql","show databases;"]`,
		"plugin-task":                                `["hello world"]`,
	} {
		holds(t, key, specs, want)
	}
	shown := string(f.detail("all-types", 1).Body)
	if strings.Contains(shown, `"Zadig"`) {
		t.Errorf("the password is shown: %s", shown)
	}
}
