package unleash

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Overrides are shown with a feature's variants alone: a strategy's have none.
func TestVariants(t *testing.T) {
	t.Parallel()
	all := []rollout.Variant{
		{Name: "a", Weight: 7, Payload: &rollout.Payload{Type: "json", Value: "{}"}, Overrides: []rollout.Override{{ContextName: "userId"}}},
		{Name: "b", WeightType: rollout.WeightFix, Stickiness: "region"},
	}
	a := variant{Name: "a", Weight: 7, WeightType: "variable", Stickiness: "default", Payload: &payload{"json", "{}"}}
	b := variant{Name: "b", WeightType: "fix", Stickiness: "region"}
	if d := cmp.Diff([]featureVariant{{a, []override{{"userId", []string{}}}}, {b, nil}}, toFeatureVariants(all), cmp.AllowUnexported(featureVariant{})); d != "" {
		t.Errorf("of a feature: -want +got:\n%s", d)
	}
	a.Stickiness = "userId"
	s := toMilestoneStrategy(&rollout.Strategy{Parameters: map[string]string{"stickiness": "userId"}, Variants: all}, "m")
	if d := cmp.Diff([]variant{a, b}, s.Variants); d != "" {
		t.Errorf("of a milestone's strategy: -want +got:\n%s", d)
	}
}
