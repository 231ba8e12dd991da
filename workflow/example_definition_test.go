package workflow_test

import (
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

func ExampleDefinition_Validate() {
	d, err := workflow.ParseDefinition([]byte(`{
		"project": "shop", "name": "release", "concurrency_limit": -2,
		"stages": [
			{"name": "Build", "jobs": [{"name": "compile", "type": "freestyle", "spec": {"script": "make"}}]},
			{"name": "Build", "jobs": [{"name": "Deploy", "type": "zadig-deploy", "spec": {"source": "fromjob", "job_name": "compile"}}]}
		]}`))
	if err != nil {
		fmt.Println(err)
	}
	for _, fault := range penstock.Faults(d.Validate(nil)) {
		fmt.Println(fault)
	}
	// Output:
	// concurrency_limit: must be -1 for any number, or more
	// stages[1].name: duplicated stage name: Build
	// stages[1].jobs[0].name: job name [Deploy] did not match ^[a-z一-龥][a-z0-9一-龥-]{0,31}$
	// stages[1].jobs[0].spec.job_name: can not quote job compile in job Deploy: it is one which makes no images
}

func ExampleDefinition_Arguments() {
	d := workflow.Definition{Params: []workflow.Param{
		{Name: "env", Type: workflow.ChoiceParam, Options: []string{"qa", "prod"}, Required: true},
		{Name: "tag", Type: workflow.StringParam, Default: "latest"},
	}}
	params, err := d.Arguments([]workflow.Argument{{Name: "env", Value: "qa"}})
	fmt.Println(params[0].Text(), params[1].Text(), err)

	_, err = d.Arguments([]workflow.Argument{{Name: "env", Value: "moon"}})
	fmt.Println(err)
	_, err = d.Arguments(nil)
	fmt.Println(err)
	// Output:
	// qa latest <nil>
	// parameters[0].value: must be one of the options
	// params[0]: workflow param env is required
}

// A SmokeTest is what a job of type smoke-test has to be told.
type SmokeTest struct {
	URL string `json:"url"`
	workflow.Rest
}

// Check reports what is wrong with it.
func (s *SmokeTest) Check(c *workflow.Checker) { c.Required("url", s.URL, 2_000) }

func ExampleNewTypes() {
	types, err := workflow.NewTypes(workflow.JobType{
		Name: "smoke-test", New: func() workflow.Spec { return new(SmokeTest) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	d := workflow.Definition{Project: "shop", Key: "check", Stages: []workflow.Stage{{
		Name: "Check", Jobs: []workflow.Job{{Name: "smoke", Type: "smoke-test", Spec: json.RawMessage(`{"retries": 3}`)}},
	}}}
	fmt.Println(d.Validate(types))
	// Output:
	// stages[0].jobs[0].spec.url: must not be empty
}

// One job that builds two services is two runs, and each can be deployed.
func ExampleExpander() {
	var types *workflow.Types // the built-in ones
	spec, err := types.Decode(&workflow.Job{Type: "zadig-build", Spec: json.RawMessage(`{"service_and_builds": [
		{"service_name": "shop", "service_module": "web"}, {"service_name": "shop", "service_module": "api"}]}`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	pieces, err := spec.(workflow.Expander).Expand(workflow.Upstream{})
	if err != nil {
		fmt.Println(err)
	}
	for _, s := range (workflow.Upstream{Job: "build", Pieces: pieces}).Services() {
		fmt.Println(s.Suffix(), s.Image)
	}
	// Output:
	// shop.web {{.job.build.shop.web.output.IMAGE}}
	// shop.api {{.job.build.shop.api.output.IMAGE}}
}
