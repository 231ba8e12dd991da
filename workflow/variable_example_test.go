package workflow_test

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/penstock-go/penstock/workflow"
)

func ExampleExpandSpec() {
	run := &workflow.RunVariables{
		Project: "shop",
		Params:  []workflow.Param{{Name: "note", Type: workflow.StringParam, Value: `"quoted" {{.project}}`}},
		Jobs:    []workflow.JobVariables{{Key: "build.api.web", Outputs: map[string]string{"IMAGE": "web:1.4.2"}}},
	}
	spec := json.RawMessage(`{"image": "{{.job.build.api.web.output.IMAGE}}", "note": "{{.workflow.params.note}}", "replicas": 2}`)

	filled, err := workflow.ExpandSpec(spec, run)
	fmt.Println(string(filled), err)

	_, err = workflow.ExpandSpec(json.RawMessage(`{"steps": [{"script": "deploy {{.workflow.params.region}}"}]}`), run)
	fmt.Println(err)
	// Output:
	// {"image": "web:1.4.2", "note": "\"quoted\" {{.project}}", "replicas": 2} <nil>
	// steps[0].script: the variable {{.workflow.params.region}} has no value
}

func ExampleExpandPlugin() {
	filled, err := workflow.ExpandPlugin(json.RawMessage(`{"plugin":{"args":["echo $(inputs.CONTENT)"],"inputs":[{"name":"CONTENT","value":"hello {{.project}}"}]}}`), workflow.MapScope{"project": "shop"})
	fmt.Println(string(filled), err)
	// Output:
	// {"plugin":{"args":["echo hello shop"],"inputs":[{"name":"CONTENT","value":"hello shop"}]}} <nil>
}

func ExampleReferences() {
	fmt.Println(workflow.References("docker build -t {{.workflow.params.image}} . && docker ps --format '{{ .Names }}'"))
	// Output:
	// [workflow.params.image]
}

// What people give is data: Quote keeps it from being filled in.
func ExampleQuote() {
	given := "{{.workflow.params.token}}"
	text := "echo {{.project}}: " + workflow.Quote(given)

	fmt.Println(workflow.Expand(text, workflow.MapScope{"project": "shop", "workflow.params.token": "s3cret"}))
	// Output:
	// echo shop: {{.workflow.params.token}} <nil>
}

func ExampleDefinition_ValidateVariables() {
	types, err := workflow.NewTypes()
	if err != nil {
		fmt.Println(err)
		return
	}
	d := &workflow.Definition{
		Project: "shop", Key: "ci",
		Stages: []workflow.Stage{
			{Name: "build", Jobs: []workflow.Job{{Name: "compile", Type: "freestyle", Spec: json.RawMessage(`{"script": "make", "advanced_setting": {"outputs": [{"name": "VERSION"}]}}`)}}},
			{Name: "ship", Jobs: []workflow.Job{{Name: "push", Type: "freestyle", Spec: json.RawMessage(`{"script": "push {{.job.compile.output.VERSION}} {{.job.compile.output.DIGEST}} {{.workflow.params.region}}"}`)}}},
		},
	}
	fmt.Println(d.ValidateVariables(types))
	// Output:
	// stages[1].jobs[0].spec.script: {{.job.compile.output.DIGEST}}: job compile has the outputs VERSION
	// stages[1].jobs[0].spec.script: {{.workflow.params.region}}: there is no such parameter
}

func ExampleExecutePolicy_Runs() {
	policy := &workflow.ExecutePolicy{Type: workflow.SkipIf, Match: workflow.MatchAny, Rules: []workflow.Rule{
		{Field: "{{.workflow.params.env}}", Verb: workflow.Equals, Value: "dev"},
		{Field: "{{.payload.trigger.branch}}", Verb: workflow.BeginsWith, Value: "feature/"},
	}}
	runs, why, err := policy.Runs(workflow.MapScope{"workflow.params.env": "prod", "payload.trigger.branch": "feature/x"})
	fmt.Println(runs, err)
	fmt.Println(why)
	// Output:
	// false <nil>
	// skip if any of: {{.workflow.params.env}} = dev; {{.payload.trigger.branch}} begins_with feature/ (1 of 2 match)
}

func ExampleMasker() {
	m := workflow.NewMasker("hunter2-hunter3")
	fmt.Println(m.Mask("curl -u bob:hunter2-hunter3 https://example.com # Ym9iOmh1bnRlcjItaHVudGVyMw=="))

	w := m.Writer(os.Stdout) // a secret may be split over writes
	_, _ = fmt.Fprint(w, "logging in with hunter2")
	_, _ = fmt.Fprint(w, "-hunter3\n")
	fmt.Println(w.Close())
	// Output:
	// curl -u bob:*** https://example.com # Ym9iOm***w==
	// logging in with ***
	// <nil>
}

func ExampleValidateOutputs() {
	fmt.Println(workflow.ValidateOutputs(map[string]string{"IMAGE": "web:1", "IMAGE-TAG": "1"}))
	// Output:
	// outputs: the name "IMAGE-TAG" is not 1 to 64 letters, digits and _
}
