package template_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// planned is content with all that a template must bring back as it was.
func planned() releaseplan.Content {
	hour, above := penstock.Duration{Time: time.Hour}, 1.5
	return releaseplan.Content{
		Name: "Release {{.x}} {{name}}", Description: "{{!name}} {{featureName}}", Owner: penstock.UserParty("bob"),
		Planned: &releaseplan.PlannedTime{Start: now, Duration: &hour}, Window: &releaseplan.Window{End: now.Add(9 * time.Hour)},
		Approval: &approval.Policy{Enabled: true, Kind: approval.Native, Description: "{{who}}",
			Nodes: []approval.Node{{Need: approval.Any, Approvers: []penstock.Party{penstock.UserParty("cid")}}},
			Other: map[approval.Kind]json.RawMessage{"lark": raw(`{"{{k}}":"{{v}}"}`)}},
		Phases: []releaseplan.Phase{
			{Name: "one", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{{Name: "a"}, {Name: "twin"}, {Name: "twin"}, {Name: "{{x}}"}}},
			{Name: "two", Kind: releaseplan.Parallel, Tasks: []releaseplan.Task{
				{Name: "a", Needs: []string{"{{x}}"}}, {Name: "b", Needs: []string{"a"}},
				{Name: "expose", Kind: releaseplan.Expose, Spec: raw(`{"milestone":"m"}`)},
				{Name: "wait", Kind: releaseplan.Wait, Spec: raw(`{"until":"2026-03-02T12:00:00Z"}`)},
				{Name: "deploy", Kind: "deploy", Spec: raw(`{"a":"<{{workflow}}>","b":["{{x}}",1.50],"{{key}}":{}}`)}}}},
		Target: &releaseplan.Target{Feature: "f", Environment: "e"},
		Milestones: []releaseplan.Milestone{{Name: "m", After: &hour, Strategies: []rollout.Strategy{{Name: "flexibleRollout", SortOrder: 1.5,
			Parameters: rollout.Parameters{"rollout": "5", "groupId": "{{featureName}}", "x": "{{x}}"}, Segments: []int{3},
			Variants: []rollout.Variant{{Name: "v", Weight: 7, WeightType: "variable"}}}}}},
		Safeguards: []releaseplan.Safeguard{{Name: "g", Metric: releaseplan.Metric{Name: "m", Labels: map[string][]string{"{{k}}": {"{{v}}"}}},
			Above: &above, Window: hour, Action: releaseplan.SafeguardBack, Back: "m"}},
		Variables: []releaseplan.Variable{{Name: "v", Value: "{{literal}} {w}"}, {Name: "w"}, {Name: "s", Secret: true}},
		Labels:    map[string]string{"{{k}}": "{{v}}"},
		Gates:     []releaseplan.Gate{{On: releaseplan.GateExecute, Timeout: hour}},
	}
}

func newPlan(t *testing.T, id string, c releaseplan.Content) *releaseplan.Plan {
	t.Helper()
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: id, Number: 9, Key: make([]byte, 32)}, c, ann, now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFromPlanAndBack: a template of a plan makes a plan that an approver could not tell from it.
func TestFromPlanAndBack(t *testing.T) {
	c := planned()
	c.Phases[1].Tasks[1].Needs = append(c.Phases[1].Tasks[1].Needs, "6ba7b810-9dad-41d1-80b4-00c04fd430c8") // one of the twins
	c.Phases[0].Tasks[1].ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
	c.Origin = &releaseplan.Origin{Template: "old"}
	before := newPlan(t, "p1", c)
	tpl, err := template.FromPlan(before)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "anchor and name", []any{tpl.Anchor, tpl.Name}, []any{time.Time{}, c.Name})
	content := instantiate(t, tpl, template.Arguments{Start: now})
	after := newPlan(t, "p2", content)
	same(t, "hash", after.Hash(), before.Hash())
	a, b := before.Content(), after.Content()
	same(t, "name", b.Name, a.Name)
	same(t, "description", b.Description, a.Description)
	same(t, "labels", b.Labels, a.Labels)
	same(t, "owner", b.Owner, a.Owner)
	if a.Phases[0].Tasks[1].ID == b.Phases[0].Tasks[1].ID || a.Milestones[0].ID == b.Milestones[0].ID {
		t.Error("the plans share ids")
	}
}

func TestFromPlanTakesWhatIsOfAPlan(t *testing.T) {
	c := planned()
	c.Variables[2].Value = "hunter2"
	before := newPlan(t, "p1", c)
	tpl, err := template.FromPlan(before)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range tpl.Content.Phases {
		same(t, "phase", p.ID, "")
		for j, x := range p.Tasks {
			if x.ID != "" || x.Number != 0 {
				t.Errorf("phases[%d].tasks[%d] has id %q and number %d", i, j, x.ID, x.Number)
			}
		}
	}
	m := tpl.Content.Milestones[0]
	same(t, "ids", m.ID+m.Strategies[0].ID+tpl.Content.Safeguards[0].ID, "")
	same(t, "secret", tpl.Content.Variables[2], releaseplan.Variable{Name: "s", Secret: true})
	same(t, "needs", tpl.Content.Phases[1].Tasks[1].Needs, []string{"a"})
	same(t, "owner", tpl.Content.Owner, penstock.UserParty("bob"))
	c = planned()
	c.Variables[2].Value = "hunter2"
	tpl, err = template.FromContent(c)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "secret value", tpl.Content.Variables[2], releaseplan.Variable{Name: "s", Secret: true})
}

func TestFromContentWithoutAPlannedStart(t *testing.T) {
	c := releaseplan.Content{Name: "n", Window: &releaseplan.Window{End: now.Add(time.Hour)}, Milestones: []releaseplan.Milestone{{Name: "m", At: now}}}
	tpl, err := template.FromContent(c)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "anchor", tpl.Anchor, now)
	c.Window.End = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err = template.FromContent(c); len(faults(err)) != 1 {
		t.Errorf("a time that JSON cannot hold: %v", err)
	}
}

func TestFromNoPlan(t *testing.T) {
	_, err := template.FromPlan(nil)
	same(t, "faults", faults(err), []string{"plan: must be set"})
}
