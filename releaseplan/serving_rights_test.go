package releaseplan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// Who may not change a feature does not do so by a plan, whatever project the plan claims.
func TestAPlanNeedsTheRightToItsFeature(t *testing.T) {
	t.Parallel()
	ctx, ann, root := t.Context(), penstock.Actor{ID: "ann"}, penstock.Actor{ID: "root"}
	allow := penstock.Authorizer(func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "ann" && on.Kind == rollout.KindFeature && on.Project == "bank" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	})
	db := memory.New()
	catalog, err := rollout.NewService(rollout.Config{Store: db, Authorizer: allow})
	if err != nil {
		t.Fatal(err)
	}
	for name, project := range map[string]string{"pay": "bank", "cart": "shop", "free": ""} {
		if _, err := catalog.Features().Create(ctx, rollout.Flag{Name: name, Project: project}, root); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := catalog.Environments().Create(ctx, rollout.Environment{Name: "production"}, root); err != nil {
		t.Fatal(err)
	}
	plans := releaseplan.New(releaseplan.Config{Store: db, Authorizer: allow, Rollout: catalog})
	create := func(feature, project string, by penstock.Actor) (*releaseplan.Plan, error) {
		return plans.Create(ctx, releaseplan.Content{Name: "x", Target: &releaseplan.Target{Feature: feature, Environment: "production", Project: project}}, by)
	}
	for _, project := range []string{"", "bank", "shop"} {
		if _, err := create("pay", project, ann); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("a plan that claims %q: %v", project, err)
		}
	}
	p, err := create("cart", "", ann)
	if err != nil || p.Resource().Project != "shop" {
		t.Fatalf("a plan without a project is of %q, %v", p.Resource().Project, err)
	}
	if free, err := create("free", "", ann); err != nil || free.Resource().Project != "" {
		t.Errorf("of a feature of no project: %v", err)
	}
	if _, err := plans.Edit(ctx, p.ID(), 0, func(c *releaseplan.Content) error { c.Target.Feature = "pay"; return nil }, ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("an edit to the feature: %v", err)
	}
	if _, err := plans.Edit(ctx, p.ID(), 0, func(c *releaseplan.Content) error { c.Name = "y"; return nil }, ann); err != nil {
		t.Errorf("an edit of something else: %v", err)
	}
}
