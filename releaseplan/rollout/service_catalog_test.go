package rollout_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func TestRefsOfAStrategy(t *testing.T) {
	s := rollout.Strategy{Name: "byPlan", Segments: []int{2, 1}}
	if d := cmp.Diff([]rollout.Ref{{Kind: rollout.KindStrategy, ID: "byPlan"}, {Kind: rollout.KindSegment, ID: "2"}, {Kind: rollout.KindSegment, ID: "1"}}, s.Refs()); d != "" {
		t.Error(d)
	}
	s = rollout.Strategy{Name: rollout.FlexibleRollout}
	if refs := s.Refs(); len(refs) != 0 {
		t.Error(refs)
	}
}

// Others validate their strategies by what the records say.
func TestCatalogOfRecords(t *testing.T) {
	w := newShop(t, rollout.Config{Legal: func(field string) []string {
		if field == "country" {
			return []string{"no"}
		}
		return nil
	}})
	create(w, w.Features(), inProd("f", within(1)))
	create(w, w.Features(), inProd("old", within(1)))
	update(w, w.Features(), "old", func(f *rollout.Flag) { f.Archived = true })
	ref := func(kind, id string) rollout.Ref { return rollout.Ref{Kind: kind, ID: id} }
	refs := []rollout.Ref{ref(rollout.KindSegment, "1"), ref(rollout.KindSegment, "2"), ref(rollout.KindStrategy, "byPlan"), ref(rollout.KindFeature, "f"),
		ref(rollout.KindFeature, "old"), ref(rollout.KindEnvironment, "prod"), ref(rollout.KindSegment, "2")}
	catalog, err := w.Catalog(t.Context(), append(refs, ref(rollout.KindSegment, "99"), ref("", ""), ref(rollout.KindFeature, "a/b"))...)
	if err != nil {
		t.Fatal(err)
	}
	if catalog.Segment(1) == nil || catalog.Segment(99) != nil || !catalog.Strategy("byPlan") || catalog.Strategy("other") || catalog.Feature("f") == nil || catalog.Feature("old") != nil {
		t.Errorf("the catalog is %+v", catalog)
	}
	catalog.Project = "shop"
	s := rollout.Strategy{Name: "byPlan", Segments: []int{1, 2, 99}, Parameters: rollout.Parameters{"color": "red"},
		Constraints: []rollout.Constraint{{ContextName: "country", Operator: rollout.In, Values: []string{"dk"}}}}
	faults(t, s.Validate(catalog), "parameters.plan: must not be empty", `parameters.color: is no parameter of "byPlan"`, `constraints[0].values[0]: "dk" is not a legal value of country`,
		"segments[1]: belongs to another project", "segments[2]: segment 99 is unknown")

	why, err := w.CheckRefs(t.Context(), append(refs, ref(rollout.KindEnvironment, "moon"), ref("x", "y"))...)
	want := map[rollout.Ref]string{ref(rollout.KindFeature, "old"): "feature old is archived", ref(rollout.KindEnvironment, "moon"): "environment moon is unknown", ref("x", "y"): "x y is unknown"}
	if d := cmp.Diff(want, why); d != "" || err != nil {
		t.Error(d, err)
	}
}
