package template_test

import (
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// TestPlansAreCopies: nothing that becomes of a template reaches a plan that was made of it.
func TestPlansAreCopies(t *testing.T) {
	w := newWorld(t, template.Config{})
	plans := releaseplan.New(releaseplan.Config{Store: w.store})
	tpl := w.create(service())
	c, err := w.Instantiate(t.Context(), tpl.ID, arguments(), ann)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := plans.Create(t.Context(), c, ann)
	if err != nil {
		t.Fatal(err)
	}
	w.update(tpl.ID, func(x *template.Template) {
		x.Content.Phases, x.Content.Milestones, x.Content.Safeguards, x.Bindings = nil, x.Content.Milestones[1:], nil, nil
		x.Content.Milestones[0].Strategies[0].Parameters["rollout"] = "1"
	})
	if err := w.Delete(t.Context(), tpl.ID, ann); err != nil {
		t.Fatal(err)
	}
	after, err := plans.Get(t.Context(), plan.ID(), ann)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "content", after.Content(), plan.Content())
	same(t, "origin", after.Content().Origin, &releaseplan.Origin{Template: tpl.ID, Version: 1})
}

func TestCatalogKnowsStrategies(t *testing.T) {
	w := newWorld(t, template.Config{Catalog: &rollout.Catalog{
		Strategy: func(name string) bool { return name == "byPlan" },
		Segment: func(id int) *rollout.Segment {
			return map[int]*rollout.Segment{1: {ID: 1}, 2: {ID: 2, Project: "p"}}[id]
		}}})
	tpl := plain("one")
	tpl.Project = "q"
	tpl.Parameters = []template.Parameter{{Name: "s"}}
	tpl.Content.Milestones = []releaseplan.Milestone{{Name: "m", Strategies: []rollout.Strategy{
		{Name: "byPlan"}, {Name: "other"}, {Name: "{{s}}"}, {Name: "default", Segments: []int{1, 2, 3}}}}}
	_, err := w.Create(t.Context(), tpl, ann)
	same(t, "faults", faults(err), []string{
		`content.milestones[0].strategies[1].name: strategy other is unknown`,
		"content.milestones[0].strategies[3].segments[1]: segment 2 belongs to another project",
		"content.milestones[0].strategies[3].segments[2]: segment 3 is unknown",
	})
	if _, err = newWorld(t, template.Config{}).Create(t.Context(), tpl, ann); err != nil {
		t.Errorf("without a catalog: %v", err)
	}
}
