package template_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// bound is a template with one binding to a parameter of a type.
func bound(kind template.Type, path string) template.Template {
	bound := 1.0
	return template.Template{Name: "T", Parameters: []template.Parameter{{Name: "x", Type: kind}},
		Bindings: []template.Binding{{Path: path, Parameter: "x"}},
		Content: releaseplan.Content{
			Phases:     []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "a"}, {Name: "b"}}}},
			Milestones: []releaseplan.Milestone{{Name: "m", Strategies: []rollout.Strategy{{Name: "default", Parameters: rollout.Parameters{"a": "b"}}}}},
			Safeguards: []releaseplan.Safeguard{{Name: "g", Metric: releaseplan.Metric{Name: "m"}, Above: &bound, Window: penstock.Duration{Days: 1}}},
			Listeners:  []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{{ID: "x"}}}},
			Variables:  []releaseplan.Variable{{Name: "v"}},
		}}
}

func TestBindingsSetFields(t *testing.T) {
	party := penstock.Party{Type: penstock.User, ID: "bob"}
	for _, row := range []struct {
		kind  template.Type
		path  string
		value any
		got   func(*releaseplan.Content) any
		want  any
	}{
		{template.Party, "owner", party, func(c *releaseplan.Content) any { return c.Owner }, party},
		{template.Party, "phases[0].owner", party, func(c *releaseplan.Content) any { return c.Phases[0].Owner }, party},
		{template.Party, "listeners[0].recipients[0]", party, func(c *releaseplan.Content) any { return c.Listeners[0].Recipients[0] }, party},
		{template.Duration, "phases[0].tasks[1].timeout", time.Hour, func(c *releaseplan.Content) any { return c.Phases[0].Tasks[1].Timeout.String() }, "PT1H"},
		{template.Duration, "milestones[0].after", "P2D", func(c *releaseplan.Content) any { return c.Milestones[0].After.String() }, "P2D"},
		{template.Duration, "phases[0].planned_duration", "P2D", func(c *releaseplan.Content) any { return c.Phases[0].Duration.String() }, "P2D"},
		{template.Bool, "phases[0].tasks[1].disabled", true, func(c *releaseplan.Content) any { return c.Phases[0].Tasks[1].Disabled }, true},
		{template.Bool, "milestones[0].strategies[0].disabled", true, func(c *releaseplan.Content) any { return c.Milestones[0].Strategies[0].Disabled }, true},
		{template.Bool, "notify_owner_on_error", false, func(c *releaseplan.Content) any { return c.NotifiesOwner() }, false},
		{template.Number, "safeguards[0].above", 0.5, func(c *releaseplan.Content) any { return *c.Safeguards[0].Above }, 0.5},
		{template.Number, "phases[0].tasks[0].retry.max", 3, func(c *releaseplan.Content) any { return c.Phases[0].Tasks[0].Retry.Max }, 3},
		{template.String, "phases[0].tasks[0].planned_time.start", "2026-03-02T09:00:00Z", func(c *releaseplan.Content) any { return c.Phases[0].Tasks[0].Planned.Start }, now},
	} {
		t.Run(row.path, func(t *testing.T) {
			tpl := bound(row.kind, row.path)
			c := instantiate(t, tpl, template.Arguments{Params: template.Params{"x": row.value}})
			same(t, "value", row.got(&c), row.want)
		})
	}
}

func TestBindingWithoutAValueKeepsTheField(t *testing.T) {
	tpl := bound(template.Number, "safeguards[0].above")
	same(t, "above", *instantiate(t, tpl, template.Arguments{}).Safeguards[0].Above, 1.0)
}

func TestBindingsThatCannotBe(t *testing.T) {
	const (
		unknown = "is no field of a plan's content"
		given   = "is not for parameters to set"
		texts   = "holds texts: write {{name}} into it"
		form    = "must be a path such as phases[0].tasks[1].timeout"
	)
	for _, row := range []struct {
		kind template.Type
		path string
		why  string
	}{
		{template.Bool, "nothing", unknown},
		{template.Bool, "Owner", unknown},
		{template.Party, "phases[0].tasks[0].timeout.Days", unknown},
		{template.Bool, "window.start.wall", unknown},
		{template.Bool, "owner[0]", unknown},
		{template.Bool, "phases.name", unknown},
		{template.Bool, "phases[1].tasks[0].disabled", "is an element that the content does not have"},
		{template.String, "name", texts},
		{template.String, "labels", texts},
		{template.String, "milestones[0].strategies[0].parameters.a", texts},
		{template.String, "phases[0].tasks[0].spec", texts},
		{template.String, "phases[0].tasks[0].spec.x", texts},
		{template.Bool, "variables[0].secret", given},
		{template.Number, "phases[0].number", given},
		{template.Number, "phases[0].tasks[1].number", given},
		{template.Number, "origin.version", given},
		{template.Party, "origin", given},
		{template.String, "origin.template", given},
		{template.Bool, "", form},
		{template.Bool, "phases[01].name", form},
		{template.Bool, "phases[-1].name", form},
		{template.Bool, "phases[0]x.name", form},
		{template.Bool, "phases[0.name", form},
		{template.Bool, ".owner", form},
		{template.Bool, "phases[99999999999999999999]", form},
	} {
		tpl := bound(row.kind, row.path)
		same(t, row.path, faults(tpl.Validate(nil)), []string{"bindings[0].path: " + row.path + " " + row.why})
	}
	for _, row := range []struct {
		kind template.Type
		path string
	}{
		{template.Number, "owner"}, {template.Party, "folder"}, {template.Party, "window"}, {template.Bool, "milestones[0].after"},
		{template.Duration, "safeguards[0].above"}, {template.Choice, "phases[0].tasks[0].disabled"}, {template.String, "phases[0]"},
	} {
		tpl := bound(row.kind, row.path)
		if row.kind == template.Choice {
			tpl.Parameters[0].Choices = []string{"x"}
		}
		same(t, row.path, faults(tpl.Validate(nil)), []string{"bindings[0].parameter: " + row.path + " takes no " + string(row.kind)})
	}
	tpl := bound(template.Number, "phases[0].tasks[0].retry.max")
	_, err := tpl.Instantiate(template.Arguments{Params: template.Params{"x": 1.5}})
	same(t, "fraction", faults(err), []string{"phases[0].tasks[0].retry.max: does not take the value of parameter x"})
	_, err = tpl.Instantiate(template.Arguments{Params: template.Params{"x": 101}})
	same(t, "the plan's own limits", faults(err), []string{"phases[0].tasks[0].retry.max: must be from 0 to 100"})
}

func TestBindingsDoNotOverlap(t *testing.T) {
	tpl := bound(template.Bool, "phases[0].tasks[0].disabled")
	tpl.Bindings = append(tpl.Bindings, tpl.Bindings[0], template.Binding{Path: "owner", Parameter: "y"})
	same(t, "faults", faults(tpl.Validate(nil)), []string{
		"bindings[1].path: phases[0].tasks[0].disabled is bound by bindings[0] too", `bindings[2].parameter: "y" is no parameter`})
	tpl.Bindings = []template.Binding{{Path: "phases[0].tasks[0].retry", Parameter: "x"}, {Path: "phases[0].tasks[0].retry.max", Parameter: "x"}}
	same(t, "a part of what is bound", faults(tpl.Validate(nil)), []string{
		"bindings[0].parameter: phases[0].tasks[0].retry takes no bool",
		"bindings[1].path: phases[0].tasks[0].retry.max is bound by bindings[0] too",
		"bindings[1].parameter: phases[0].tasks[0].retry.max takes no bool"})
	tpl.Bindings = make([]template.Binding, template.MaxBindings+1)
	same(t, "faults", faults(tpl.Validate(nil)), []string{"bindings: 1001 are too many: at most 1000"})
}

// TestSavedFaults: what can be told without the values of parameters is told when the template is saved, and
// nothing else is.
func TestSavedFaults(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*template.Template)
		want   []string
	}{
		"good":         {func(*template.Template) {}, nil},
		"name":         {func(x *template.Template) { x.Name = "" }, []string{"name: must not be empty"}},
		"project":      {func(x *template.Template) { x.Project = strings.Repeat("p", 101) }, []string{"project: must be at most 100 characters"}},
		"content":      {func(x *template.Template) { x.Content.Phases[0].Name = "" }, []string{"content.phases[0].name: must not be empty"}},
		"kind":         {func(x *template.Template) { x.Content.Phases[0].Kind = "x" }, []string{`content.phases[0].kind: "x" is not sequential, parallel or free`}},
		"kind by name": {func(x *template.Template) { x.Content.Phases[0].Kind = "{{service}}" }, nil},
		"twice":        {func(x *template.Template) { x.Content.Milestones[1].Name = "5 %" }, []string{`content.milestones[1].name: "5 %" is there already`}},
		"back":         {func(x *template.Template) { x.Content.Safeguards[0].Back = "no" }, []string{`content.safeguards[0].back: "no" is no milestone of the plan`}},
		"back to a name that may be": {func(x *template.Template) {
			x.Content.Milestones[0].Name = "{{region}} %"
			x.Content.Safeguards[0].Back = "us %"
		}, nil},
		"needs":    {func(x *template.Template) { x.Content.Phases[0].Tasks[1].Needs = []string{"no"} }, []string{`content.phases[0].tasks[1].needs[0]: "no" is no task of this phase or an earlier one`}},
		"approval": {func(x *template.Template) { x.Content.Approval = &approval.Policy{TimeoutMinutes: -1} }, []string{"content.approval.timeout: must be from 0 to 525600 minutes"}},
		"spec":     {func(x *template.Template) { x.Content.Phases[0].Tasks[0].Spec = raw(`[1]`) }, []string{"content.phases[0].tasks[0].spec: must be a JSON object"}},
		"times that may be": {func(x *template.Template) {
			x.Content.Planned = &releaseplan.PlannedTime{Start: now}
			x.Content.Window = &releaseplan.Window{Start: now, End: now.Add(time.Minute)}
			x.Bindings = append(x.Bindings, template.Binding{Path: "planned_time.duration", Parameter: "soak"})
		}, nil},
		"negative": {func(x *template.Template) { x.Content.Phases[0].Tasks[0].Timeout.Days = -1 }, []string{"content.phases[0].tasks[0].timeout: must not be negative"}},
	} {
		t.Run(name, func(t *testing.T) {
			tpl := service()
			row.change(&tpl)
			same(t, "faults", faults(tpl.Validate(nil)), row.want)
		})
	}
}

// TestBoundTogether: which of two fields that exclude each other gets a value is told when it is given.
func TestBoundTogether(t *testing.T) {
	tpl := bound(template.Number, "safeguards[0].above")
	tpl.Content.Safeguards[0].Above = nil
	tpl.Parameters = append(tpl.Parameters, template.Parameter{Name: "y", Type: template.Number})
	tpl.Bindings = append(tpl.Bindings, template.Binding{Path: "safeguards[0].below", Parameter: "y"})
	c := instantiate(t, tpl, template.Arguments{Params: template.Params{"y": 2}})
	same(t, "below", *c.Safeguards[0].Below, 2.0)
	_, err := tpl.Instantiate(template.Arguments{Params: template.Params{"x": 1, "y": 2}})
	same(t, "faults", faults(err), []string{"safeguards[0]: needs either above or below"})
}
