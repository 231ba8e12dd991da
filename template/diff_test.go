package template_test

import (
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

func lines(all []template.Difference) (text []string) {
	for _, d := range all {
		text = append(text, d.String())
	}
	return text
}

func TestDiff(t *testing.T) {
	two := penstock.Duration{Time: 2 * time.Hour}
	for name, row := range map[string]struct {
		change func(*template.Template)
		want   []string
	}{
		"nothing": {func(*template.Template) {}, nil},
		"what the Service gives": {func(x *template.Template) {
			x.ID, x.Version, x.Created.At, x.Archived = "x", 9, now, now
			x.Content.Milestones[0].ID, x.Content.Phases[0].Tasks[0].Number = "two", 9
		}, nil},
		"fields": {func(x *template.Template) { x.Name, x.Project, x.Description = "New", "p", "" }, []string{
			`~ name: "Standard service" → "New"`, `- description: "How services are released."`, `+ project: "p"`}},
		"insert in the middle": {func(x *template.Template) {
			x.Content.Milestones = slices.Insert(x.Content.Milestones, 1, releaseplan.Milestone{Name: "25 %"})
		}, []string{`+ content.milestones["25 %"]: {"name":"25 %"}`}},
		"remove the first": {func(x *template.Template) { x.Parameters = x.Parameters[1:] }, []string{
			`- parameters["service"]: {"name":"service","pattern":"[a-z]+","required":true}`}},
		"rename by id": {func(x *template.Template) { x.Content.Milestones[0].Name = "six" }, []string{
			`~ content.milestones["six"].name: "5 %" → "six"`}},
		"deep": {func(x *template.Template) {
			x.Content.Milestones[0].After = &two
			x.Content.Milestones[0].Strategies[0].Parameters["rollout"] = "6"
			x.Content.Phases[0].Tasks[0].Spec = raw(`{"replicas":4,"more":[1,2]}`)
		}, []string{
			`~ content.milestones["5 %"].after: "PT1H" → "PT2H"`,
			`~ content.milestones["5 %"].strategies["flexibleRollout"].parameters.rollout: "5" → "6"`,
			`- content.phases["deploy"].tasks["deploy"].spec.image: "registry/{{service}}:1"`,
			`+ content.phases["deploy"].tasks["deploy"].spec.more: [1,2]`,
			`~ content.phases["deploy"].tasks["deploy"].spec.replicas: "{{replicas}}" → 4`,
			`- content.phases["deploy"].tasks["deploy"].spec.template: "{{.workflow.params.x}}"`,
		}},
		"move": {func(x *template.Template) { slices.Reverse(x.Content.Milestones) }, []string{
			`~ content.milestones: ["5 %","100 %"] → ["100 %","5 %"]`}},
		"the first of several of a name": {func(x *template.Template) {
			x.Content.Milestones[1].Strategies = slices.Concat([]rollout.Strategy{{Name: rollout.FlexibleRollout, Title: "new"}}, x.Content.Milestones[1].Strategies)
		}, []string{`+ content.milestones["100 %"].strategies[0]: {"name":"flexibleRollout","title":"new"}`}},
		"the first list": {func(x *template.Template) { x.Content.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute}} }, []string{
			`+ content.gates["execute"]: {"on":"execute"}`}},
		"no list any more": {func(x *template.Template) { x.Content.Safeguards = nil }, []string{
			`- content.safeguards["errors"]: {"above":0.05,"action":"back","back":"one","metric":{"name":…`}},
		"a secret": {func(x *template.Template) { x.Content.Variables[2].Value = "hunter2" }, []string{
			`- content.variables["db"].value: "{{password}}"`}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := service(), service()
			row.change(&b)
			same(t, "differences", lines(template.Diff(a, b)), row.want)
			if got := template.Diff(b, b); got != nil {
				t.Errorf("with itself: %v", lines(got))
			}
			same(t, "the other way round", len(template.Diff(b, a)), len(row.want))
		})
	}
}

func TestDiffTellsKindAndValues(t *testing.T) {
	a, b := plain("a"), plain("b")
	b.Description = "new"
	same(t, "differences", template.Diff(a, b), []template.Difference{
		{Path: "name", Kind: template.Changed, Before: raw(`"a"`), After: raw(`"b"`)},
		{Path: "description", Kind: template.Added, After: raw(`"new"`)},
	})
}

// TestDiffOfWhatIsCalledID: only the ids and numbers that are given do not count.
func TestDiffOfWhatIsCalledID(t *testing.T) {
	tpl := func(who, id string) template.Template {
		x := plain("one")
		x.Parameters = []template.Parameter{{Name: "p", Type: template.Party, Default: raw(`{"type":"user","id":"` + who + `"}`)}}
		c := &x.Content
		c.Owner, c.Folder = penstock.UserParty(who), penstock.Folder{ID: id}
		c.Labels = map[string]string{"id": id, "number": id}
		c.Phases[0].Tasks[0].Spec = raw(`{"id":"` + id + `","x":{"number":"` + id + `"}}`)
		c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{penstock.UserParty(who)}}}}
		c.Listeners = []releaseplan.Listener{{Event: releaseplan.EventFailed, Recipients: []penstock.Party{penstock.UserParty(who)}}}
		c.Milestones = []releaseplan.Milestone{{Name: "m", ID: "m" + id, Strategies: []rollout.Strategy{{Name: "custom", ID: "s" + id, Parameters: rollout.Parameters{"id": id}}}}}
		c.Safeguards = []releaseplan.Safeguard{{Name: "g", ID: "g" + id, Metric: releaseplan.Metric{Name: "e", Labels: map[string][]string{"id": {id}}}}}
		c.Phases[0].ID, c.Phases[0].Number, c.Phases[0].Tasks[0].Number = "p"+id, int64(len(id)), int64(len(id))
		return x
	}
	same(t, "differences", lines(template.Diff(tpl("ann", "a"), tpl("eve", "bb"))), []string{
		`~ content.approval.nodes[0].approvers[0].id: "ann" → "eve"`,
		`~ content.folder.id: "a" → "bb"`,
		`~ content.labels.id: "a" → "bb"`,
		`~ content.labels.number: "a" → "bb"`,
		`~ content.listeners["failed"].recipients[0].id: "ann" → "eve"`,
		`~ content.milestones["m"].strategies["custom"].parameters.id: "a" → "bb"`,
		`~ content.owner.id: "ann" → "eve"`,
		`~ content.phases["deploy"].tasks["deploy"].spec.id: "a" → "bb"`,
		`~ content.phases["deploy"].tasks["deploy"].spec.x.number: "a" → "bb"`,
		`~ content.safeguards["g"].metric.labels.id: ["a"] → ["bb"]`,
		`~ parameters["p"].default.id: "ann" → "eve"`,
	})
}
