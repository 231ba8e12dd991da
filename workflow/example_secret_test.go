package workflow_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// What the host gives is a secret, but for what it says is public.
func ExampleStart() {
	d := &workflow.Definition{Project: "shop", Key: "deploy", Stages: []workflow.Stage{{Name: "only", Jobs: []workflow.Job{{Name: "push", Type: "freestyle",
		Spec: json.RawMessage(`{"script":"push --to {{.parameter.site.name}} --token {{.parameter.vault.token}}"}`)}}}}}
	start := workflow.Start{
		Host:   map[string]string{"site.name": "north", "vault.token": "hunter2"},
		Public: []string{"site.name"},
	}
	r, _, err := workflow.NewRun(workflow.RunIdentity{ID: "r1", Number: 1, Version: 1}, d, nil, start, penstock.Actor{ID: "ann"}, time.Now())
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := r.Execution("push") // as it is shown; an executor gets all of it
	fmt.Println(string(e.Spec), err)
	// Output: {"script":"push --to north --token ***"} <nil>
}

func ExampleParam_Format() {
	p := workflow.Param{Name: "token", Type: workflow.SecretParam, Value: "hunter2", Required: true}
	fmt.Printf("%+v\n", p)
	// Output: {Name:token Description: Type:secret Value:*** Repo:<nil> Options:[] Chosen:[] Default: Secret:false Source: Required:true}
}
