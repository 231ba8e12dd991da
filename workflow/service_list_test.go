package workflow_test

import (
	"context"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A workflow that was deleted and made again in another project has runs of both: each
// is shown to who may read its own.
func TestListAsksAboutTheRunsOwnProject(t *testing.T) {
	p := newPlant(t, workflow.Config{Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if who.ID == "ann" || on.Project == "public" {
			return nil
		}
		return &penstock.ForbiddenError{Right: right, On: on}
	}})
	for _, project := range []string{"private", "public"} {
		d := oneByOne("build", "a")
		d.Project = project
		p.define(d)
		r := p.start("build", workflow.Start{Remark: "of " + project})
		p.do(r.ID(), workflow.Command{Action: workflow.CancelRun})
		if project == "public" {
			break
		}
		if err := p.Definitions().Delete(p.ctx, "build", 0, ann); err != nil {
			t.Fatal(err)
		}
	}
	for who, want := range map[string]int{"ann": 2, "bob": 1} {
		list, err := p.List(p.ctx, workflow.RunFilter{}, penstock.Actor{ID: who})
		if err != nil {
			t.Fatal(err)
		}
		if list.Total != want || len(list.Items) != want || list.Items[0].Project != "public" {
			t.Errorf("%s is shown %d runs: %+v", who, list.Total, list.Items)
		}
	}
}

// A Catalog is told where a name is looked for.
func TestCatalogIsToldTheProject(t *testing.T) {
	asked := map[string]string{}
	p := newPlant(t, workflow.Config{Catalog: catalogFunc(func(_ context.Context, ref workflow.Reference) (string, error) {
		asked[string(ref.Kind)+" "+ref.Name] = ref.Project
		return "", nil
	})})
	d := manyServices(1, 0, 0)
	p.define(d)
	p.start(d.Key, workflow.Start{})
	if got := asked[string(workflow.RefBuild)+" b"]; got != "shop" {
		t.Errorf("the build was looked for in %q: %v", got, asked)
	}
}

type catalogFunc func(context.Context, workflow.Reference) (string, error)

func (f catalogFunc) Resolve(ctx context.Context, ref workflow.Reference) (string, error) {
	return f(ctx, ref)
}
