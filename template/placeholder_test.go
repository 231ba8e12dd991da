package template_test

import (
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// filled is a template with parameters of several types and a place to fill them in.
func filled(change func(*releaseplan.Content)) template.Template {
	tpl := plain("T")
	tpl.Parameters = []template.Parameter{{Name: "s"}, {Name: "n", Type: template.Number}, {Name: "b", Type: template.Bool},
		{Name: "d", Type: template.Duration}, {Name: "p", Type: template.Party}, {Name: "unset", Type: template.Number}}
	change(&tpl.Content)
	return tpl
}

func params(s string) template.Arguments {
	return template.Arguments{Params: template.Params{"s": s, "n": 5, "b": true, "d": "P1D", "p": penstock.Party{Type: penstock.Group, ID: "7", Name: "Ops"}}}
}

func TestPlaceholdersInTexts(t *testing.T) {
	for _, row := range []struct{ text, s, want string }{
		{"{{s}}", "x", "x"},
		{"{{s}}{{s}} and {{n}}, {{b}}, {{d}}, {{p}}", "x", "xx and 5, true, P1D, Ops"},
		{"[{{unset}}]", "x", "[]"},
		{"{{s}}", "{{n}}", "{{n}}"},             // values are data
		{"{{s}}n}}", "{{", "{{n}}"},             // also in pieces
		{"{{!s}} {{!!s}}", "x", "{{s}} {{!s}}"}, // escaped
		{"{{{s}}}", "x", "{x}"},
		{"{{ s }} {{.s}} {{a.b}} {{s-t}} {{}} {{1}} {s} }} {{", "x", "{{ s }} {{.s}} {{a.b}} {{s-t}} {{}} {{1}} {s} }} {{"},
		{"{{!featureName}}", "x", "{{featureName}}"},
	} {
		tpl := filled(func(c *releaseplan.Content) { c.Description = row.text })
		same(t, row.text, instantiate(t, tpl, params(row.s)).Description, row.want)
	}
}

func TestPlaceholdersEverywhere(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		c.Name, c.Labels = "{{s}}", map[string]string{"k": "{{s}}"}
		c.Folder.ID, c.Owner.Name = "{{s}}", "{{s}}"
		c.Listeners = []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{{ID: "{{s}}"}}}}
		c.Phases[0].Kind = "{{s}}"
		c.Phases[0].Tasks[0].Class = "{{s}}"
		c.Milestones = []releaseplan.Milestone{{Name: "{{s}}", Strategies: []rollout.Strategy{{Name: "userWithId", Title: "{{s}}",
			Parameters:  rollout.Parameters{"userIds": "{{s}}"},
			Constraints: []rollout.Constraint{{ContextName: "{{s}}", Operator: rollout.In, Values: []string{"{{s}}"}}},
			Variants:    []rollout.Variant{{Name: "{{s}}", Payload: &rollout.Payload{Type: "string", Value: "{{s}}"}}}}}}}
		c.Safeguards = []releaseplan.Safeguard{{Name: "{{s}}", Metric: releaseplan.Metric{Name: "{{s}}", Labels: map[string][]string{"k": {"{{s}}"}}},
			Above: new(float64), Window: penstock.Duration{Days: 1}, Action: releaseplan.SafeguardBack, Back: "{{s}}"}}
	})
	before, err := template.FromContent(tpl.Content) // nothing of the template changes
	if err != nil {
		t.Fatal(err)
	}
	c := instantiate(t, tpl, params("free"))
	if text := jsonOf(t, c); strings.Contains(text, "{{") {
		t.Errorf("not filled in: %s", text)
	} else if n := strings.Count(text, `"free"`); n != 18 {
		t.Errorf("filled in %d times: %s", n, text)
	}
	after, err := template.FromContent(tpl.Content)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the template", after, before)
}

func TestPlaceholdersInASpecHaveTypes(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		c.Phases[0].Tasks[0].Spec = raw(`{"s":"{{s}}","n":"{{n}}","b":["{{b}}"],"d":{"d":"{{d}}"},"p":"{{p}}","unset":"{{unset}}","text":"{{n}} {{n}}","big":1234567890123456.50,"html":"<&>","!":"{{!n}}"}`)
	})
	c := instantiate(t, tpl, params("x"))
	same(t, "spec", jsonOf(t, c.Phases[0].Tasks[0].Spec),
		`{"!":"{{n}}","b":[true],"big":1234567890123456.50,"d":{"d":"P1D"},"html":"\u003c\u0026\u003e","n":5,"p":{"type":"group","id":"7","name":"Ops"},"s":"x","text":"5 5","unset":null}`)
}

func TestSpecsWithoutPlaceholdersStayAsTheyAre(t *testing.T) {
	for spec, want := range map[string]string{
		`{"b":"{{.x}}","a":1.50}`:          `{"b":"{{.x}}","a":1.50}`,
		`{"b":"\u007b\u007bs}}","a":1.50}`: `{"a":1.50,"b":"x"}`, // it is one, written otherwise
	} {
		tpl := filled(func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Spec = raw(spec) })
		same(t, spec, string(instantiate(t, tpl, params("x")).Phases[0].Tasks[0].Spec), want)
	}
}

func TestPlaceholdersInVariables(t *testing.T) {
	for _, row := range []struct{ text, s, want string }{
		{"{{s}} {{other}} {{!other}} {s} {{{{", "x", "x {{other}} {{!other}} {s} {{{{"}, // the plan's own braces
		{"{{s}}", "{x} {{y}}", "{{x}} {{{{y}}}}"},                                       // refers to nothing
		{"{{!s}}", "x", "{{s}}"},
	} {
		tpl := filled(func(c *releaseplan.Content) { c.Variables = []releaseplan.Variable{{Name: "v", Value: row.text}} })
		same(t, row.text, instantiate(t, tpl, params(row.s)).Variables[0].Value, row.want)
	}
}

func TestPlaceholdersThatAreUnknown(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		c.Description = "{{what}} {{s}}"
		c.Phases[0].Tasks[0].Spec = raw(`{"a":[{"b":"{{nothing}}"}],"{{s}}":1,"{{other}}":2}`)
		c.Labels = map[string]string{"{{n}}": "x"}
	})
	same(t, "faults", faults(tpl.Validate(nil)), []string{
		"content.description: {{what}} is no parameter; write {{!what}} for the braces themselves",
		"content.phases[0].tasks[0].spec.a[0].b: {{nothing}} is no parameter; write {{!nothing}} for the braces themselves",
		`content.phases[0].tasks[0].spec["{{s}}"]: {{s}} cannot be filled in in a key`,
		`content.labels["{{n}}"]: {{n}} cannot be filled in in a key`,
	})
}

func TestFeatureNameInGroups(t *testing.T) {
	strategy := func(name, group string) rollout.Strategy {
		s := rollout.Strategy{Name: name, Parameters: rollout.Parameters{"rollout": "1"}}
		if group != "" {
			s.Parameters["groupId"] = group
		}
		return s
	}
	for _, row := range []struct {
		s    rollout.Strategy
		text string // of parameter s
		want string
	}{
		{strategy("flexibleRollout", "{{featureName}}-{{featureName}}-{{s}}"), "x", "shop-x-shop-x-x"},
		{strategy("flexibleRollout", "{{s}}"), "{{featureName}}", "{{featureName}}"},
		{strategy("flexibleRollout", "{{!featureName}}"), "x", "{{featureName}}"},
		{strategy("flexibleRollout", ""), "x", "shop-x"},
		{strategy("custom", "{{featureName}}"), "x", "shop-x"},
		{strategy("custom", ""), "x", ""},
	} {
		tpl := filled(func(c *releaseplan.Content) {
			c.Target = &releaseplan.Target{Feature: "shop-{{s}}", Environment: "e"}
			c.Milestones = []releaseplan.Milestone{{Name: "m", Strategies: []rollout.Strategy{row.s}}}
		})
		c := instantiate(t, tpl, params(row.text))
		want := row.want
		if row.text == "{{featureName}}" {
			want = row.text
		}
		same(t, row.s.Parameters["groupId"], c.Milestones[0].Strategies[0].Parameters["groupId"], want)
	}
}

func TestFeatureNameNeedsATarget(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		c.Milestones = []releaseplan.Milestone{{Name: "m", Strategies: []rollout.Strategy{{Name: "flexibleRollout", Parameters: rollout.Parameters{"groupId": "{{featureName}}"}}}}}
	})
	_, err := tpl.Instantiate(template.Arguments{})
	same(t, "faults", faults(err), []string{"target.feature: must be set: a strategy's groupId holds {{featureName}}"})
	c := instantiate(t, tpl, template.Arguments{Target: &releaseplan.Target{Feature: "f", Environment: "e"}})
	same(t, "group", c.Milestones[0].Strategies[0].Parameters["groupId"], "f")
}

func TestExpansionIsBounded(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		for range 1000 {
			c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "t", Description: strings.Repeat("{{s}}", 10)})
		}
	})
	_, err := tpl.Instantiate(params(strings.Repeat("x", 60_000)))
	same(t, "faults", faults(err), []string{"params: make the content larger than 8388608 bytes"})
	short := filled(func(c *releaseplan.Content) { c.Name = "{{s}}" })
	_, err = short.Instantiate(params(strings.Repeat("x", 256)))
	same(t, "faults", faults(err), []string{"name: 256 characters are too many: at most 255"})
}

func TestFeatureNameElsewhereIsAFault(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		c.Description = "{{featureName}}"
		c.Phases[0].Tasks[0].Spec = raw(`{"groupId":"{{featureName}}"}`)
		c.Variables = []releaseplan.Variable{{Name: "v", Value: "{{featureName}}"}} // the plan's own braces
	})
	const why = ": {{featureName}} is filled in only in the groupId of strategies; write {{!featureName}} for the braces themselves"
	same(t, "faults", faults(tpl.Validate(nil)), []string{"content.description" + why, "content.phases[0].tasks[0].spec.groupId" + why})
}

func TestBracesOfSecretsAreNotDoubled(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		c.Variables = []releaseplan.Variable{{Name: "v", Secret: true, Value: "{{s}}"}}
	})
	same(t, "secret", instantiate(t, tpl, params("a{b}{{c}}")).Variables[0].Value, "a{b}{{c}}")
	tpl.Parameters[0] = template.Parameter{Name: "s", Type: template.Choice, Choices: []string{"hunter2"}}
	same(t, "faults", faults(tpl.Validate(nil)), []string{"parameters[0].type: must be string: a secret variable takes this parameter"})
}
