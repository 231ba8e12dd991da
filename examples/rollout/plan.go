package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/template"
)

// What the plan is about.
const (
	feature     = "new-checkout"
	environment = "production"
	metric      = "checkout_failures" // as a part of all requests on the new path
	bound       = 0.01                // of that metric
)

// threeSteps is the template: every feature can go out like this one.
func threeSteps() template.Template {
	above, healthy := bound, bound/2
	return template.Template{
		Name: "three steps",
		Parameters: []template.Parameter{
			{Name: "feature", Required: true},
			{Name: "environment", Type: template.Choice, Choices: []string{"staging", environment}, Default: json.RawMessage(`"production"`)},
			{Name: "metric", Required: true, Description: "the part of requests that fail, on the new path alone"},
			{Name: "samples", Type: template.Number, Default: json.RawMessage("1000"), Description: "requests below which the metric tells nothing"},
			{Name: "soak", Type: template.Duration, Default: json.RawMessage(`"PT1H"`), Description: "how long the first milestone is watched"},
		},
		Content: releaseplan.Content{
			Name:       "{{feature}} for everyone",
			Target:     &releaseplan.Target{Feature: "{{feature}}", Environment: "{{environment}}"},
			Milestones: []releaseplan.Milestone{step("5 %", "5", time.Hour), step("25 %", "25", 2*time.Hour), step("100 %", "100", time.Hour)},
			Safeguards: []releaseplan.Safeguard{{
				Name:       "error rate",
				Metric:     releaseplan.Metric{Name: "{{metric}}", Aggregation: "avg"},
				Above:      &above,
				Clear:      &healthy,
				Window:     penstock.FromTime(10 * time.Minute),
				MinSamples: 1000,
				Action:     releaseplan.SafeguardBack,
				Back:       "5 %",
			}},
		},
		Bindings: []template.Binding{
			{Path: "milestones[0].after", Parameter: "soak"},
			{Path: "safeguards[0].min_samples", Parameter: "samples"},
		},
	}
}

// step is a milestone for a percentage of all users. The group is the same in each,
// so who has the feature at 5 % has it at 25 %, too.
func step(name, percentage string, after time.Duration) releaseplan.Milestone {
	soak := penstock.FromTime(after)
	return releaseplan.Milestone{Name: name, After: &soak, Strategies: []rollout.Strategy{{
		Name:       rollout.FlexibleRollout,
		Parameters: rollout.Parameters{"rollout": percentage, "stickiness": "userId", "groupId": "{{featureName}}"},
	}}}
}

// begin files the template, makes a plan of it, and starts that.
func begin(ctx context.Context, kept store.Store, plans *releaseplan.Service, now func() time.Time, samples int) (*releaseplan.Plan, error) {
	templates, err := template.NewService(template.Config{Store: kept, Now: now})
	if err != nil {
		return nil, err
	}
	t, err := templates.Create(ctx, threeSteps(), dana)
	if err != nil {
		return nil, err
	}
	content, err := templates.Instantiate(ctx, t.ID, template.Arguments{Params: template.Params{
		"feature": feature, "metric": metric, "samples": samples,
	}}, dana)
	if err != nil {
		return nil, err
	}
	p, err := plans.Create(ctx, content, dana)
	if err != nil {
		return nil, err
	}
	for _, action := range []releaseplan.Action{releaseplan.Finalize, releaseplan.Execute} {
		if p, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: action}, dana); err != nil {
			return nil, err
		}
	}
	return p, nil
}
