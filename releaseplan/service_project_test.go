package releaseplan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// The project of a plan is that of the feature that it rolls out: who may do nothing there does
// not do it by a plan in a folder of their own.
func TestTheProjectOfAPlan(t *testing.T) {
	t.Parallel()
	ctx, ann := t.Context(), penstock.Actor{ID: "ann"}
	allow := func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "ann" && on.Project != "" && on.Project != "shop" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Authorizer: allow})
	content := func(project string) releaseplan.Content {
		return releaseplan.Content{Name: "checkout", Target: &releaseplan.Target{Feature: "checkout", Environment: "production", Project: project}}
	}
	p, err := plans.Create(ctx, content("shop"), ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plans.Create(ctx, content("bank"), ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("created in another project: %v", err)
	}
	if _, err := plans.Edit(ctx, p.ID(), 0, func(c *releaseplan.Content) error { c.Target.Project = "bank"; return nil }, ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("moved to another project: %v", err)
	}
	other, err := plans.Create(ctx, content("bank"), penstock.Actor{ID: "bob"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plans.Get(ctx, other.ID(), ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("seen in another project: %v", err)
	}
	if list, err := plans.List(ctx, releaseplan.Filter{}, ann); err != nil || list.Total != 1 || list.Items[0].ID != p.ID() {
		t.Errorf("listed: %+v, %v", list, err)
	}
}
