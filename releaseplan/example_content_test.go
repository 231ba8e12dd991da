package releaseplan_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// draft makes a plan of Ann's on a fixed day.
func draft(c releaseplan.Content) (*releaseplan.Plan, error) {
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "checkout"}, c, penstock.Actor{ID: "ann"}, time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	return p, err
}

// Every fault is told at once, with the path of the field.
func ExampleContent_Validate() {
	c := releaseplan.Content{
		Phases: []releaseplan.Phase{{Name: "production", Kind: "fast", Tasks: []releaseplan.Task{
			{Name: "deploy", Needs: []string{"smoke test"}},
			{Name: "announce", Retry: releaseplan.RetryPolicy{Max: -1}},
		}}},
	}
	fmt.Println(c.Validate())
	// Output:
	// name: must not be empty
	// phases[0].kind: "fast" is not sequential, parallel or free
	// phases[0].tasks[1].retry.max: must be from 0 to 100
	// phases[0].tasks[0].needs[0]: "smoke test" is no task of this phase or an earlier one
}

// Needs name tasks of the same phase or an earlier one. What leads back to itself
// is refused with its path.
func ExampleTask_needs() {
	c := releaseplan.Content{Name: "Checkout 2.4", Phases: []releaseplan.Phase{{Name: "checks", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{
		{Name: "build"},
		{Name: "unit tests", Needs: []string{"build"}},
		{Name: "load test", Needs: []string{"unit tests"}},
	}}}}
	p, err := draft(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, _, err = p.Do(releaseplan.Command{Action: releaseplan.Execute}, penstock.Actor{ID: "ann"}, time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range p.Tasks() {
		fmt.Println(t.Name, t.State)
	}
	c.Phases[0].Tasks[0].Needs = []string{"load test"}
	_, err = draft(c)
	fmt.Println(err)
	// Output:
	// build ready
	// unit tests waiting
	// load test waiting
	// phases[0].tasks[1].needs: makes a cycle: "build" → "load test" → "unit tests" → "build"
}

// Values may hold other variables. The value of a secret is not part of the
// content: who uses it brings it along.
func ExampleVariable() {
	p, err := draft(releaseplan.Content{Name: "Checkout 2.4", Variables: []releaseplan.Variable{
		{Name: "region", Value: "eu"},
		{Name: "url", Value: "https://{region}.example.com/?t={token}"},
		{Name: "token", Value: "hunter2", Secret: true},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Content().Variables)
	values, err := p.Variables(map[string]string{"token": "hunter2"})
	fmt.Println(values["url"], err)
	text, err := releaseplan.Expand("deploy to {region}, {{literally}}", values)
	fmt.Println(text, err)
	// Output:
	// [region=eu url=https://{region}.example.com/?t={token} token=***]
	// https://eu.example.com/?t=hunter2 <nil>
	// deploy to eu, {literally} <nil>
}

// What cannot be resolved keeps a plan from being finalized, not from being written.
func ExamplePlan_Lint() {
	p, err := draft(releaseplan.Content{Name: "Checkout 2.4", Variables: []releaseplan.Variable{
		{Name: "a", Value: "{b}"}, {Name: "b", Value: "{a}"}, {Name: "token", Secret: true},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Lint())
	// Output:
	// variables.a: refers to itself: a → b → a
	// variables[2].value: the secret value of token is not set
}
