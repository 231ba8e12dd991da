package template_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

var (
	ann = penstock.Actor{ID: "ann", Name: "Ann"}
	now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

// service is a template with a bit of everything.
func service() template.Template {
	hour := penstock.Duration{Time: time.Hour}
	bound := 0.05
	return template.Template{
		Name: "Standard service", Description: "How services are released.",
		Parameters: []template.Parameter{
			{Name: "service", Required: true, Pattern: "[a-z]+"},
			{Name: "replicas", Type: template.Number, Default: json.RawMessage("3")},
			{Name: "soak", Type: template.Duration},
			{Name: "owner", Type: template.Party},
			{Name: "limit", Type: template.Number},
			{Name: "skip", Type: template.Bool},
			{Name: "region", Type: template.Choice, Choices: []string{"eu", "us"}, Default: json.RawMessage(`"eu"`)},
			{Name: "password"},
		},
		Content: releaseplan.Content{
			Name:    "Release {{service}} to {{region}}",
			Planned: &releaseplan.PlannedTime{Start: now, End: now.Add(8 * time.Hour)},
			Labels:  map[string]string{"service": "{{service}}"},
			Phases: []releaseplan.Phase{{Name: "deploy", Tasks: []releaseplan.Task{
				{ID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8", Number: 7, Name: "deploy", Kind: "deploy",
					Spec: json.RawMessage(`{"replicas":"{{replicas}}","image":"registry/{{service}}:1","template":"{{.workflow.params.x}}"}`)},
				{Name: "smoke", Kind: "deploy", Needs: []string{"6ba7b810-9dad-41d1-80b4-00c04fd430c8"}},
				{Name: "night", Kind: releaseplan.Wait, Spec: json.RawMessage(`{"until":"2026-03-02T12:00:00Z"}`)},
			}}},
			Target: &releaseplan.Target{Feature: "{{service}}-new", Environment: "production"},
			Milestones: []releaseplan.Milestone{
				{ID: "one", Name: "5 %", After: &hour, Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout,
					Parameters: rollout.Parameters{"rollout": "5", "stickiness": "default", "groupId": "{{featureName}}"}}}},
				{Name: "100 %", Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": "100"}}}},
			},
			Safeguards: []releaseplan.Safeguard{{Name: "errors", Metric: releaseplan.Metric{Name: "errors"}, Above: &bound,
				Window: hour, Action: releaseplan.SafeguardBack, Back: "one"}},
			Variables: []releaseplan.Variable{
				{Name: "image", Value: "{{service}}:{tag} {{literal}}"}, {Name: "tag", Value: "1"},
				{Name: "db", Secret: true, Value: "{{password}}"}},
		},
		Bindings: []template.Binding{
			{Path: "milestones[0].after", Parameter: "soak"}, {Path: "owner", Parameter: "owner"},
			{Path: "safeguards[0].above", Parameter: "limit"}, {Path: "phases[0].tasks[1].disabled", Parameter: "skip"},
		},
	}
}

// plain is a template of one task.
func plain(name string) template.Template {
	return template.Template{Name: name, Content: releaseplan.Content{
		Phases: []releaseplan.Phase{{Name: "deploy", Tasks: []releaseplan.Task{{Name: "deploy"}}}}}}
}

// with returns the template with a change.
func with(t template.Template, change func(*template.Template)) template.Template {
	change(&t)
	return t
}

// instantiate makes content or ends the test.
func instantiate(t *testing.T, tpl template.Template, a template.Arguments) releaseplan.Content {
	t.Helper()
	c, err := tpl.Instantiate(a)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// faults returns an error as the lines of its faults.
func faults(err error) (all []string) {
	for _, f := range penstock.Faults(err) {
		all = append(all, f.Error())
	}
	return all
}

// same compares and tells the difference.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func jsonOf(t *testing.T, x any) string {
	t.Helper()
	doc, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}
