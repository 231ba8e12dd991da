package template_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// A template is stored once; each release is a plan made of it.
func Example() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	store := memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: store})
	templates, err := template.NewService(template.Config{Store: store})
	if err != nil {
		fmt.Println(err)
		return
	}

	soak := penstock.Duration{Days: 1}
	standard, err := templates.Create(ctx, template.Template{
		Name: "Standard service",
		Parameters: []template.Parameter{
			{Name: "service", Required: true, Pattern: "[a-z-]+"},
			{Name: "replicas", Type: template.Number, Default: json.RawMessage("2")},
			{Name: "soak", Type: template.Duration},
		},
		Content: releaseplan.Content{
			Name: "Release {{service}}",
			Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{
				{Name: "deploy", Kind: "deploy", Spec: json.RawMessage(`{"service":"{{service}}","replicas":"{{replicas}}"}`)}}}},
			Target: &releaseplan.Target{Feature: "{{service}}-new", Environment: "production"},
			Milestones: []releaseplan.Milestone{
				{Name: "5 %", After: &soak, Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout,
					Parameters: rollout.Parameters{"rollout": "5", "groupId": "{{featureName}}"}}}},
				{Name: "all", Strategies: []rollout.Strategy{{Name: rollout.Everyone}}}},
		},
		Bindings: []template.Binding{{Path: "milestones[0].after", Parameter: "soak"}},
	}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}

	content, err := templates.Instantiate(ctx, standard.ID, template.Arguments{
		Params: template.Params{"service": "shop", "soak": 2 * time.Hour}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := plans.Create(ctx, content, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	content = plan.Content()
	fmt.Println(content.Name, content.Origin.Version)
	fmt.Println(string(content.Phases[0].Tasks[0].Spec))
	fmt.Println(content.Milestones[0].After, content.Milestones[0].Strategies[0].Parameters["groupId"])
	// Output:
	// Release shop 1
	// {"replicas":2,"service":"shop"}
	// PT2H shop-new
}

// Instantiate tells every fault of what it is given.
func ExampleTemplate_Instantiate() {
	t := template.Template{
		Name: "Standard service",
		Parameters: []template.Parameter{
			{Name: "service", Required: true, Pattern: "[a-z-]+"},
			{Name: "region", Type: template.Choice, Choices: []string{"eu", "us"}},
		},
		Content: releaseplan.Content{Name: "Release {{service}} to {{region}}"},
	}
	_, err := t.Instantiate(template.Arguments{Params: template.Params{"service": "Shop!", "region": "mars", "speed": 9}})
	for _, fault := range penstock.Faults(err) {
		fmt.Println(fault)
	}
	// Output:
	// params.service: must match [a-z-]+
	// params.region: must be one of the choices
	// params.speed: is no parameter of the template
}

// Diff tells what became of what, wherever it stands.
func ExampleDiff() {
	milestone := func(name, percent string) releaseplan.Milestone {
		return releaseplan.Milestone{Name: name, Strategies: []rollout.Strategy{
			{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": percent}}}}
	}
	before := template.Template{Name: "Standard", Content: releaseplan.Content{
		Milestones: []releaseplan.Milestone{milestone("few", "5"), milestone("all", "100")}}}
	after := template.Template{Name: "Standard", Description: "With a canary.", Content: releaseplan.Content{
		Milestones: []releaseplan.Milestone{milestone("canary", "1"), milestone("few", "10"), milestone("all", "100")}}}
	for _, d := range template.Diff(before, after) {
		fmt.Println(d)
	}
	// Output:
	// + content.milestones["canary"]: {"name":"canary","strategies":[{"name":"flexibleRollout","pa…
	// ~ content.milestones["few"].strategies["flexibleRollout"].parameters.rollout: "5" → "10"
	// + description: "With a canary."
}

// Templates and the segments that they name keep each other: a segment that is
// unknown is a fault, and one that is named cannot be deleted.
func ExampleService_References() {
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	store := memory.New()
	var templates *template.Service
	records, err := rollout.NewService(rollout.Config{Store: store,
		References: func(ctx context.Context, on rollout.Ref) ([]string, error) { return templates.References(ctx, on) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	templates, err = template.NewService(template.Config{Store: store, Rollout: records})
	if err != nil {
		fmt.Println(err)
		return
	}
	beta, err := records.Segments().Create(ctx, rollout.Segment{Name: "beta", Constraints: []rollout.Constraint{
		{ContextName: "userId", Operator: rollout.In, Values: []string{"ann"}}}}, ann)
	if err != nil {
		fmt.Println(err)
		return
	}
	naming := func(name string, segment int) template.Template {
		return template.Template{Name: name, Content: releaseplan.Content{Milestones: []releaseplan.Milestone{
			{Name: "beta", Strategies: []rollout.Strategy{{Name: rollout.Everyone, Segments: []int{segment}}}}}}}
	}
	one, err := templates.Create(ctx, naming("one", beta.Value.ID), ann)
	fmt.Println(err)
	_, err = templates.Create(ctx, naming("two", 99), ann)
	fmt.Println(err)
	err = records.Segments().Delete(ctx, beta.Value.ID, 0, ann)
	fmt.Println(strings.ReplaceAll(err.Error(), one.ID, "<id>"))
	// Output:
	// <nil>
	// content.milestones[0].strategies[0].segments[0]: segment 99 is unknown
	// segment 1 is in use by template <id>
}

// A template of a plan that went well makes plans like it.
func ExampleFromPlan() {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	plan, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p1", Key: make([]byte, 32)}, releaseplan.Content{
		Name:    "Checkout 2.4",
		Planned: &releaseplan.PlannedTime{Start: start, End: start.Add(8 * time.Hour)},
		Phases:  []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{{Name: "deploy"}}}},
	}, penstock.Actor{ID: "ann"}, start)
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := template.FromPlan(plan)
	if err != nil {
		fmt.Println(err)
		return
	}
	content, err := t.Instantiate(template.Arguments{Name: "Checkout 2.5", Start: start.AddDate(0, 0, 7)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(content.Name, content.Planned.Start.Format(time.DateOnly), content.Planned.Length())
	// Output:
	// Checkout 2.5 2026-03-09 8h0m0s
}
