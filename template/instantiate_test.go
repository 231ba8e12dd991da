package template_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// arguments fill the template called service.
func arguments() template.Arguments {
	return template.Arguments{Params: template.Params{"service": "shop", "password": "hunter2", "soak": 2 * time.Hour, "limit": 0.01, "skip": true,
		"owner": penstock.UserParty("bob")}, Start: now.Add(48 * time.Hour), Seed: "s"}
}

func TestInstantiate(t *testing.T) {
	tpl := service()
	tpl.ID, tpl.Version = "t1", 4
	c := instantiate(t, tpl, arguments())
	same(t, "name", c.Name, "Release shop to eu")
	same(t, "owner", c.Owner, penstock.UserParty("bob"))
	same(t, "start", c.Planned.Start, now.Add(48*time.Hour))
	same(t, "origin", c.Origin, &releaseplan.Origin{Template: "t1", Version: 4})
	same(t, "back", c.Safeguards[0].Back, "5 %")
	same(t, "spec", jsonOf(t, c.Phases[0].Tasks[0].Spec), `{"image":"registry/shop:1","replicas":3,"template":"{{.workflow.params.x}}"}`)
	same(t, "wait", string(c.Phases[0].Tasks[2].Spec), `{"until":"2026-03-04T12:00:00Z"}`)
	same(t, "group", c.Milestones[0].Strategies[0].Parameters["groupId"], "shop-new")
	same(t, "group that is missing", c.Milestones[1].Strategies[0].Parameters["groupId"], "shop-new")
	same(t, "variable", c.Variables[0].Value, "shop:{tag} {{literal}}")
	same(t, "secret", c.Variables[2].Value, "hunter2")

	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	if _, err := plans.Create(t.Context(), c, ann); err != nil {
		t.Error(err)
	}
	same(t, "the template", tpl.Content.Name, "Release {{service}} to {{region}}")
	same(t, "again", jsonOf(t, instantiate(t, tpl, arguments())), jsonOf(t, c))
}

func TestInstantiateGivesFreshIDs(t *testing.T) {
	tpl := service()
	a, b := instantiate(t, tpl, arguments()), instantiate(t, tpl, seeded(arguments(), "other"))
	for _, c := range []releaseplan.Content{a, b} {
		first := c.Phases[0].Tasks[0]
		if first.ID == tpl.Content.Phases[0].Tasks[0].ID || first.ID == "" || first.Number != 0 {
			t.Errorf("the id of a task that is needed is %q, its number %d", first.ID, first.Number)
		}
		same(t, "needs", c.Phases[0].Tasks[1].Needs, []string{first.ID})
		same(t, "other ids", c.Phases[0].ID+c.Phases[0].Tasks[1].ID+c.Milestones[0].ID+c.Milestones[0].Strategies[0].ID+c.Safeguards[0].ID, "")
	}
	if a.Phases[0].Tasks[0].ID == b.Phases[0].Tasks[0].ID {
		t.Error("two plans share an id")
	}
	x, y := instantiate(t, tpl, seeded(arguments(), "")), instantiate(t, tpl, seeded(arguments(), ""))
	if x.Phases[0].Tasks[0].ID == y.Phases[0].Tasks[0].ID {
		t.Error("two plans without a seed share an id")
	}
}

func seeded(a template.Arguments, seed string) template.Arguments { a.Seed = seed; return a }

func TestExposeTasksReferByName(t *testing.T) {
	tpl := plain("T")
	tpl.Content.Milestones = []releaseplan.Milestone{{ID: "one", Name: "first"}}
	tpl.Content.Phases[0].Tasks = []releaseplan.Task{{Name: "go", Kind: releaseplan.Expose, Spec: raw(`{"milestone":"one"}`)}}
	same(t, "spec", string(instantiate(t, tpl, template.Arguments{}).Phases[0].Tasks[0].Spec), `{"milestone":"first"}`)
}

func TestOriginIsThatOfTheTemplate(t *testing.T) {
	tpl := plain("T")
	tpl.Content.Origin = &releaseplan.Origin{Template: "other"}
	if got := instantiate(t, tpl, template.Arguments{}).Origin; got != nil {
		t.Errorf("of a template that is not stored: %v", got)
	}
	tpl.ID, tpl.Version = "t1", 2
	same(t, "origin", instantiate(t, tpl, template.Arguments{}).Origin, &releaseplan.Origin{Template: "t1", Version: 2})
}

func TestArgumentsReplace(t *testing.T) {
	tpl := plain("T")
	same(t, "name of the template", instantiate(t, tpl, template.Arguments{}).Name, "T")
	target := &releaseplan.Target{Feature: "f", Environment: "e", Project: "p"}
	c := instantiate(t, tpl, template.Arguments{Name: "{{x}}", Target: target})
	same(t, "name", c.Name, "{{x}}")
	same(t, "target", c.Target, target)
	if c.Target == target {
		t.Error("the target is shared")
	}
	_, err := tpl.Instantiate(template.Arguments{Target: &releaseplan.Target{Feature: "f"}})
	same(t, "faults", faults(err), []string{"target.environment: must not be empty"})
}

func TestTimesAreRelative(t *testing.T) {
	tpl := plain("T")
	tpl.Content.Window = &releaseplan.Window{Start: now, End: now.Add(time.Hour)}
	tpl.Content.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: now}
	tpl.Content.Milestones = []releaseplan.Milestone{{Name: "m", At: now.Add(time.Minute)}}
	tpl.Content.Phases[0].Tasks = []releaseplan.Task{{Name: "w", Kind: releaseplan.Wait, Spec: raw(`{"until":"2026-03-02T09:30:00Z"}`), Planned: &releaseplan.PlannedTime{Start: now}}}
	same(t, "without an anchor", faults(tpl.Validate(nil)), []string{
		"content.window.start: is relative to nothing: set the anchor, or a planned start",
		"content.window.end: is relative to nothing: set the anchor, or a planned start",
		"content.start.at: is relative to nothing: set the anchor, or a planned start",
		"content.milestones[0].at: is relative to nothing: set the anchor, or a planned start",
		"content.phases[0].tasks[0].planned_time.start: is relative to nothing: set the anchor, or a planned start",
		"content.phases[0].tasks[0].spec.until: is relative to nothing: set the anchor, or a planned start",
	})
	tpl.Anchor = now.Add(-time.Hour)
	_, err := tpl.Instantiate(template.Arguments{})
	same(t, "without a start", faults(err), []string{"start: must be set: the template has times"})
	_, err = tpl.Instantiate(template.Arguments{Start: now.AddDate(500, 0, 0)})
	same(t, "far away", faults(err), []string{"start: is too far from that of the template"})

	start := now.In(time.FixedZone("", 3600)).Add(24*time.Hour + 5)
	c := instantiate(t, tpl, template.Arguments{Start: start})
	by := 25 * time.Hour
	same(t, "window", *c.Window, releaseplan.Window{Start: now.Add(by), End: now.Add(by + time.Hour)})
	same(t, "schedule", c.Start.At, now.Add(by))
	same(t, "milestone", c.Milestones[0].At, now.Add(by+time.Minute))
	same(t, "task", c.Phases[0].Tasks[0].Planned.Start, now.Add(by))
	same(t, "wait", string(c.Phases[0].Tasks[0].Spec), `{"until":"2026-03-03T10:30:00Z"}`)
}

func TestTimesOfParametersAreNotMoved(t *testing.T) {
	tpl := plain("T")
	tpl.Anchor = now
	tpl.Parameters = []template.Parameter{{Name: "until"}, {Name: "end"}}
	tpl.Content.Window = &releaseplan.Window{Start: now}
	tpl.Content.Phases[0].Tasks = []releaseplan.Task{{Name: "w", Kind: releaseplan.Wait, Spec: raw(`{"until":"{{until}}"}`)}}
	tpl.Bindings = []template.Binding{{Path: "window.end", Parameter: "end"}}
	c := instantiate(t, tpl, template.Arguments{Start: now.Add(time.Hour), Params: template.Params{"until": "2026-03-02T11:00:00Z", "end": "2026-03-02T12:00:00Z"}})
	same(t, "window", *c.Window, releaseplan.Window{Start: now.Add(time.Hour), End: now.Add(3 * time.Hour)})
	same(t, "wait", string(c.Phases[0].Tasks[0].Spec), `{"until":"2026-03-02T11:00:00Z"}`)
}

func TestTemplatesKeepNoSecrets(t *testing.T) {
	tpl := service()
	tpl.Content.Variables[2].Value = "hunter2"
	same(t, "value", faults(tpl.Validate(nil)), []string{"content.variables[2].value: a template keeps no secret: name a parameter, {{name}}, or leave it empty"})
	tpl.Content.Variables[2].Value = "{{password}}{{password}}"
	same(t, "value", faults(tpl.Validate(nil)), []string{"content.variables[2].value: a template keeps no secret: name a parameter, {{name}}, or leave it empty"})
	tpl = service()
	tpl.Parameters[7].Default = raw(`"hunter2"`)
	tpl.Content.Description = "{{password}}"
	same(t, "default", faults(tpl.Validate(nil)), []string{
		"parameters[7].default: a template keeps no secret: a secret variable takes this parameter",
		"content.description: {{password}} is the value of a secret variable and can be nowhere else",
	})
	tpl = service()
	tpl.Content.Variables[2].Digest = "of another plan"
	a := arguments()
	delete(a.Params, "password")
	same(t, "without the parameter", instantiate(t, tpl, a).Variables[2], releaseplan.Variable{Name: "db", Secret: true})
}

// TestTimesOfAKindThatIsFilledIn: a task that becomes a Wait task moves like one that is.
func TestTimesOfAKindThatIsFilledIn(t *testing.T) {
	tpl := plain("T")
	tpl.Anchor = now
	tpl.Parameters = []template.Parameter{{Name: "k"}, {Name: "at"}}
	tpl.Content.Phases[0].Tasks = []releaseplan.Task{
		{Name: "a", Kind: "{{k}}", Spec: raw(`{"until":"2026-03-02T12:00:00Z"}`)},
		{Name: "b", Kind: releaseplan.Wait, Spec: raw(`{"until":"\u007b{at}}"}`)}}
	a := template.Arguments{Params: template.Params{"k": "wait", "at": "2026-03-02T12:00:00Z"}, Start: now.AddDate(1, 0, 0)}
	c := instantiate(t, tpl, a)
	same(t, "specs", string(c.Phases[0].Tasks[0].Spec)+string(c.Phases[0].Tasks[1].Spec), `{"until":"2027-03-02T12:00:00Z"}{"until":"2026-03-02T12:00:00Z"}`)
	a.Params["k"] = "{{at}}" // values are data
	same(t, "kind", instantiate(t, tpl, a).Phases[0].Tasks[0].Kind, "{{at}}")
	tpl.Anchor, a.Params["k"] = time.Time{}, "wait"
	_, err := tpl.Instantiate(a)
	same(t, "faults", faults(err), []string{"start: is relative to nothing: the template has no anchor"})
}

// TestPercentagesAreNeverEmpty: a value that is not given must not expose everybody.
func TestPercentagesAreNeverEmpty(t *testing.T) {
	for name, strategy := range map[string]string{"rollout": rollout.FlexibleRollout, "percentage": rollout.GradualUserID} {
		tpl := filled(func(c *releaseplan.Content) {
			c.Target = &releaseplan.Target{Feature: "f", Environment: "e"}
			c.Milestones = []releaseplan.Milestone{{Name: "m", Strategies: []rollout.Strategy{{Name: strategy, Parameters: rollout.Parameters{name: "{{s}}"}}}}}
		})
		for _, params := range []template.Params{nil, {"s": ""}, {"s": " "}} {
			_, err := tpl.Instantiate(template.Arguments{Params: params})
			if got, want := faults(err), "milestones[0].strategies[0].parameters."+name+": parameter s must have a value"; len(got) != 1 || got[0] != want {
				t.Errorf("%v: got %v, want %s", params, got, want)
			}
		}
		same(t, name, instantiate(t, tpl, params("5")).Milestones[0].Strategies[0].Parameters[name], "5")
	}
}

// TestContentIsBoundedInTheEnd: what is written longer than it is filled in counts as it is written.
func TestContentIsBoundedInTheEnd(t *testing.T) {
	tpl := filled(func(c *releaseplan.Content) {
		for range 30 {
			c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "t", Description: strings.Repeat("{{s}}", 6)})
		}
	})
	_, err := tpl.Instantiate(template.Arguments{Params: template.Params{"s": strings.Repeat("<", 10_000)}})
	if got := faults(err); len(got) != 1 || !strings.HasSuffix(got[0], "bytes of JSON are too many: at most 8388608") {
		t.Errorf("got %v", got)
	}
}
