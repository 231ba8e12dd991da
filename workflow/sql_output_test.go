package workflow_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock/workflow"
)

// What a sql or a http puts out can be named by the jobs behind it, and nothing else of them can.
func TestOutputsOfStatementsAndRequestsAreVariables(t *testing.T) {
	script := func(text string) *workflow.Definition {
		return stages(serial("one", act("migrate", `{"id":"d","sql":"update a"}`, ofType("sql")), act("call", `{"url":"http://x/"}`, ofType("http"))),
			serial("two", act("tell", `{"script":"`+text+`"}`, ofType("freestyle"))))
	}
	for _, bad := range []string{"{{.job.migrate.output.X}}", "{{.job.call.output.AFFECTED}}"} {
		if err := script(bad).ValidateVariables(nil); !blames(err, "stages[1].jobs[0].spec.script") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	d := script("echo {{.job.migrate.output.ROWS}} {{.job.migrate.output.AFFECTED}} {{.job.call.output.STATUS}} {{.job.call.output.BODY}}")
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
		p.define(d)
		told := make(chan string, 1)
		putOut := func(outputs map[string]string) workflow.Executor {
			return workflow.ExecutorFunc(func(context.Context, workflow.Execution) (map[string]string, error) { return outputs, nil })
		}
		defer p.drive(workflow.NewLocal(p.Service, map[string]workflow.Executor{
			"sql": putOut(map[string]string{"ROWS": "0", "AFFECTED": "7"}), "http": putOut(map[string]string{"STATUS": "200", "BODY": "ok"}),
			"freestyle": workflow.ExecutorFunc(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
				told <- string(e.Spec)
				return nil, nil
			}),
		}))()
		wantState(t, p.await(p.start("build", workflow.Start{}).ID()), workflow.RunPassed)
		if spec := <-told; !strings.Contains(spec, `"echo 0 7 200 ok"`) {
			t.Errorf("the script is %s", spec)
		}
	})
}
