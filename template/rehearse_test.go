package template_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

func milestone(name string) releaseplan.Milestone {
	return releaseplan.Milestone{Name: name, Strategies: []rollout.Strategy{{Name: "default"}}}
}

// TestPlaceholdersHideNoFaults: what no value makes right is told, whatever else has a placeholder.
func TestPlaceholdersHideNoFaults(t *testing.T) {
	above := 1.0
	for name, row := range map[string]struct {
		change func(*releaseplan.Content)
		want   string
	}{
		"sibling":   {func(c *releaseplan.Content) { c.Phases[0].Tasks[0] = releaseplan.Task{Description: "{{s}}"} }, "phases[0].tasks[0].name: must not be empty"},
		"kind":      {func(c *releaseplan.Content) { c.Phases[0].Name, c.Phases[0].Kind = "{{s}}", "bogus" }, `phases[0].kind: "bogus" is not sequential, parallel or free`},
		"container": {func(c *releaseplan.Content) { c.Phases = make([]releaseplan.Phase, 102); c.Phases[0].Name = "{{s}}" }, "phases: 102 are too many: at most 100"},
		"deep spec": {func(c *releaseplan.Content) {
			c.Phases[0].Tasks[0].Spec = raw(`{"a":"{{s}}","b":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + "}")
		}, "phases[0].tasks[0].spec: is nested more than 50 deep"},
		"large spec": {func(c *releaseplan.Content) {
			c.Phases[0].Tasks[0].Spec = raw(`{"a":"{{s}}","b":"` + strings.Repeat("x", 70_000) + `"}`)
		}, "phases[0].tasks[0].spec: 70020 bytes are too many: at most 65536"},
		"no object": {func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Spec = raw(`["{{s}}"]`) }, "phases[0].tasks[0].spec: must be a JSON object"},
		"after": {func(c *releaseplan.Content) {
			m := milestone("m {{s}}")
			m.After = &penstock.Duration{Days: -1}
			c.Milestones = []releaseplan.Milestone{m}
		}, "milestones[0].after: must not be negative"},
		"needs": {func(c *releaseplan.Content) {
			c.Phases[0].Tasks = []releaseplan.Task{{Name: "{{s}}"}, {Name: "a", Needs: []string{"nothing"}}}
		}, `phases[0].tasks[1].needs[0]: "nothing" is no task of this phase or an earlier one`},
		"back": {func(c *releaseplan.Content) {
			c.Phases[0].Name, c.Milestones = "{{s}}", []releaseplan.Milestone{milestone("{{s}}")}
			c.Safeguards = []releaseplan.Safeguard{{Name: "g", Metric: releaseplan.Metric{Name: "e"}, Above: &above,
				Window: penstock.Duration{Time: time.Hour}, Action: releaseplan.SafeguardBack, Back: "nope"}}
		}, `safeguards[0].back: "nope" is no milestone of the plan`},
		"label": {func(c *releaseplan.Content) {
			c.Labels = map[string]string{"a": "{{s}}", "b": strings.Repeat("x", 300)}
		},
			`labels: "b": key and value are texts of at most 255 characters, the key not empty`},
	} {
		t.Run(name, func(t *testing.T) {
			tpl := filled(row.change)
			got := faults(tpl.Validate(nil))
			if len(got) == 0 || got[0] != "content."+row.want {
				t.Errorf("got %v, want %s", got, row.want)
			}
		})
	}
}

// TestSamplesCollideWithNothing: templates that most values make right are good.
func TestSamplesCollideWithNothing(t *testing.T) {
	for name, change := range map[string]func(*releaseplan.Content){
		"milestones": func(c *releaseplan.Content) {
			c.Milestones = []releaseplan.Milestone{milestone("{{s}}"), milestone("x")}
		},
		"choice": func(c *releaseplan.Content) {
			c.Milestones = []releaseplan.Milestone{milestone("{{env}}"), milestone("staging")}
		},
		"the last choice": func(c *releaseplan.Content) {
			c.Milestones = []releaseplan.Milestone{milestone("{{env}}"), milestone("test")}
		},
		"default": func(c *releaseplan.Content) {
			c.Milestones = []releaseplan.Milestone{milestone("{{usual}}"), milestone("usual")}
		},
		"variables": func(c *releaseplan.Content) { c.Variables = []releaseplan.Variable{{Name: "{{s}}"}, {Name: "x"}} },
		"two parameters": func(c *releaseplan.Content) {
			c.Milestones = []releaseplan.Milestone{milestone("{{s}}"), milestone("{{usual}}")}
		},
		"payload": func(c *releaseplan.Content) {
			m := milestone("m")
			m.Strategies[0].Variants = []rollout.Variant{{Name: "v", Weight: 1000, WeightType: "variable", Payload: &rollout.Payload{Type: "json", Value: "{{s}}"}}}
			c.Milestones = []releaseplan.Milestone{m}
		},
		"wait": func(c *releaseplan.Content) {
			c.Phases[0].Tasks[0] = releaseplan.Task{Name: "w", Kind: releaseplan.Wait, Spec: raw(`{"until":"{{s}}"}`)}
		},
		"a choice in the middle": func(c *releaseplan.Content) {
			above := 1.0
			c.Milestones = []releaseplan.Milestone{milestone("{{env}}")}
			c.Safeguards = []releaseplan.Safeguard{{Name: "g", Metric: releaseplan.Metric{Name: "e"}, Above: &above,
				Window: penstock.Duration{Time: time.Hour}, Action: releaseplan.SafeguardBack, Back: "production"}}
		},
	} {
		tpl := filled(change)
		tpl.Parameters = append(tpl.Parameters, template.Parameter{Name: "usual", Default: raw(`"usual"`)},
			template.Parameter{Name: "env", Type: template.Choice, Choices: []string{"staging", "production", "test"}})
		same(t, name, faults(tpl.Validate(nil)), nil)
	}
}

// TestEveryFaultIsTold: faults of the declarations hide none of the content.
func TestEveryFaultIsTold(t *testing.T) {
	tpl := plain("")
	tpl.Parameters = []template.Parameter{{Name: "a", Type: "int"}}
	tpl.Content.Description = "{{a}} {{what}}"
	tpl.Content.Phases[0].Name = ""
	same(t, "faults", faults(tpl.Validate(nil)), []string{
		"name: must not be empty", `parameters[0].type: "int" is no type`,
		"content.description: {{what}} is no parameter; write {{!what}} for the braces themselves", "content.phases[0].name: must not be empty"})
}

// TestPathsAreMadeForFaultsOnly: placeholders deep in a spec cost no more than others.
func TestPathsAreMadeForFaultsOnly(t *testing.T) {
	allocated := func(depth int) uint64 {
		key := `{"` + strings.Repeat("k", 60) + `":`
		tpl := filled(func(c *releaseplan.Content) {
			c.Phases[0].Tasks[0].Spec = raw(strings.Repeat(key, depth) + `["{{s}}"` + strings.Repeat(`,"{{s}}"`, 7000) + "]" + strings.Repeat("}", depth))
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := tpl.Validate(nil)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Error(err)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	if flat, deep := allocated(1), allocated(48); deep > 3*flat {
		t.Errorf("%d bytes are allocated for a deep spec, %d for a flat one", deep, flat)
	}
	tpl := filled(func(c *releaseplan.Content) {
		c.Phases[0].Tasks[0].Spec = raw(strings.Repeat(`{"a":`, 51) + `"{{what}}"` + strings.Repeat("}", 51))
	})
	same(t, "what is too deep is not looked into", faults(tpl.Validate(nil)), []string{"content.phases[0].tasks[0].spec: is nested more than 50 deep"})
}
