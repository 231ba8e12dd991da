package workflow_test

import (
	"errors"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A variable that nothing will stand for is an error at start, with its path: the job that needs
// it is not waited for.
func TestUnknownVariablesAreRefusedAtStart(t *testing.T) {
	two := func(text string) []workflow.Stage {
		return []workflow.Stage{serial("one", act("a", "")), serial("two", act("b", `{"text":"`+text+`"}`))}
	}
	rule := []workflow.Stage{serial("one", act("a", "")), serial("two", act("b", "", when(workflow.ExecuteIf, "{{.job.a.status}}", workflow.Equals, "{{.parameter.g.k}}")))}
	host := map[string]string{"g.k": ""}
	yes := true
	without := func(job string) []workflow.JobInput { return []workflow.JobInput{{Job: job, Skip: &yes}} }
	reference := []workflow.Param{{Name: "p", Type: workflow.StringParam, Source: workflow.FromReference, Value: "{{.parameter.g.k}}"}}
	for _, row := range []struct {
		rule   string
		params []workflow.Param
		stages []workflow.Stage
		in     workflow.Start
		want   []string
	}{
		{"of the host", nil, two("{{.parameter.g.k}}"), workflow.Start{Host: host}, nil},
		{"of the host, and not given", nil, two("{{.parameter.g.k}} {{.parameter.g.k}}"), workflow.Start{}, []string{"stages[1].jobs[0].spec.text: the variable {{.parameter.g.k}} has no value"}},
		{"each of them", nil, two("{{.parameter.g.k}} {{.parameter.x}}"), workflow.Start{Host: host}, []string{"stages[1].jobs[0].spec.text: the variable {{.parameter.x}} has no value"}},
		{"in a parameter", reference, two("{{.workflow.params.p}}"), workflow.Start{}, []string{"stages[1].jobs[0].spec.text: the variable {{.workflow.params.p}} has no value"}},
		{"in a parameter, and given", reference, two("{{.workflow.params.p}}"), workflow.Start{Host: host}, nil},
		{"in a parameter that nobody names", reference, two(""), workflow.Start{}, nil},
		{"of a job that the start leaves out", nil, two("{{.parameter.g.k}}"), workflow.Start{Inputs: without("b")}, nil},
		{"an output", nil, two("{{.job.a.output.X}}"), workflow.Start{}, nil},
		{"an output of a job that is left out", nil, two("{{.job.a.output.X}}"), workflow.Start{Inputs: without("a")}, []string{"stages[1].jobs[0].spec.text: the variable {{.job.a.output.X}} has no value: job a is left out"}},
		{"in a rule", nil, rule, workflow.Start{Host: host}, nil},
		{"in a rule, of the host", nil, rule, workflow.Start{}, []string{"stages[1].jobs[0].execute_policy.rules[0].value: the variable {{.parameter.g.k}} has no value"}},
		{"in a rule, of a job that is left out", nil, rule, workflow.Start{Host: host, Inputs: without("a")}, []string{"stages[1].jobs[0].execute_policy.rules[0].field: the variable {{.job.a.status}} has no value: job a is left out"}},
		{"what is always there", nil, two("{{.workflow.task.id}} {{.project.name}} {{.payload.trigger.branch}} {{.workflow.task.url}}"), workflow.Start{}, nil},
		{"braces that are data", nil, two("{{.{{}}.parameter.g.k}} {{ .Names }}"), workflow.Start{}, nil},
	} {
		d := stages(row.stages...)
		d.Params = row.params
		_, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r"}, d, runActTypes(t), row.in, ann, noon)
		equal(t, row.rule, told(err), row.want)
		if err != nil && !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s: it is %v", row.rule, err)
		}
		p := newPlant(t, workflow.Config{Types: runActTypes(t)})
		p.define(d)
		_, err = p.Start(p.ctx, "build", row.in, ann)
		equal(t, row.rule+", by a Service", told(err), row.want)
		if row.want != nil && len(everything(t, p.store, "workflow.run")) > 0 {
			t.Errorf("%s: there is a run", row.rule)
		}
	}
}
