package unleash_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// TestPlansThatCannotBegin: what cannot be served is refused as a whole, and nothing is made.
func TestPlansThatCannotBegin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at := plansOf("shop", "checkout", "production")
	for name, milestones := range map[string]string{
		"no milestone":  `[]`,
		"no strategy":   `[{"name":"m","sortOrder":0}]`,
		"all disabled":  `[{"name":"m","sortOrder":0,"strategies":[{"name":"default","sortOrder":0,"disabled":true}]}]`,
		"weights":       `[{"name":"m","sortOrder":0,"strategies":[{"name":"default","sortOrder":0,"variants":[{"name":"a","weight":0,"weightType":"fix","stickiness":"default"}]}]}]`,
		"segment":       `[{"name":"m","sortOrder":0,"strategies":[{"name":"default","sortOrder":0,"segments":[9]}]}]`,
		"strategy type": `[{"name":"m","sortOrder":0,"strategies":[{"name":"unheard-of","sortOrder":0}]}]`,
	} {
		tpl := w.template(fmt.Sprintf(`{"name":%q,"milestones":%s}`, name, milestones))
		a := w.Do("POST", at, map[string]string{"templateId": tpl})
		if a.Status != http.StatusForbidden && a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d\n%s", name, a.Status, a.Body)
		}
		equal(t, name, []string{}, listed(t, w.Do("GET", at, nil)))
	}
	list, err := w.plans.List(t.Context(), releaseplan.Filter{Archived: releaseplan.WithArchived}, ann)
	if err != nil || list.Total != 0 {
		t.Errorf("%d plans were made, %v", list.Total, err)
	}
	w.serves()
}

// TestCompletedPlans are listed while they are served, give way to the next one, and are removed for good.
func TestCompletedPlans(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at := plansOf("shop", "checkout", "production")
	add := map[string]any{"templateId": w.template(body("steps", 5, 100))}
	finish := func() string {
		id := w.Do("POST", at, add).Want(http.StatusOK).Get("id").(string)
		if _, err := w.plans.Do(t.Context(), id, releaseplan.Command{Action: releaseplan.Finish}, ann); err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := finish()
	equal(t, "completed", any(first), w.Do("GET", at, nil).Want(http.StatusOK).Get("0.id"))
	w.serves("5")
	second := finish()
	equal(t, "the next one", []string{"steps"}, listed(t, w.Do("GET", at, nil)))
	fails(t, w.Do("DELETE", at+"/"+first, nil), http.StatusNotFound, "NotFoundError")
	w.Do("DELETE", at+"/"+second, nil).Want(http.StatusOK, "")
	w.serves()
	equal(t, "after", []string{}, listed(t, w.Do("GET", at, nil)))
}

// TestPlansOfOtherOrigin: plans that Go code made are shown, whatever is in them.
func TestPlansOfOtherOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	above, week := 3.0, penstock.Duration{Days: 7}
	p, err := w.plans.CreateThen(t.Context(), releaseplan.Content{Name: "by hand", Target: &releaseplan.Target{Feature: "checkout", Environment: "production"},
		Phases:     []releaseplan.Phase{{Name: "before", Tasks: []releaseplan.Task{{Name: "look"}}}},
		Safeguards: []releaseplan.Safeguard{{Name: "a", Metric: releaseplan.Metric{Name: "x", Aggregation: "median", Source: "mine"}, Above: &above, Window: week}, {Name: "b", Metric: releaseplan.Metric{Name: "y"}, Below: &above, Window: penstock.FromTime(2 * time.Minute)}},
		Milestones: []releaseplan.Milestone{{Name: "one", SortOrder: 5, After: &week, Strategies: []rollout.Strategy{{Name: rollout.Everyone}}},
			{Name: "two", SortOrder: 2, Strategies: []rollout.Strategy{{Name: rollout.Everyone, Variants: []rollout.Variant{{Name: "a", Weight: 1000, WeightType: rollout.WeightVariable}}}}}}},
		[]releaseplan.Command{{Action: releaseplan.Execute}}, bob)
	if err != nil {
		t.Fatal(err)
	}
	at := plansOf("shop", "checkout", "production")
	got := w.Do("GET", at, nil).Want(http.StatusOK)
	for path, want := range map[string]any{
		"0.id": p.ID(), "0.createdByUserId": 54.0, "0.activeMilestoneId": nil, "0.releasePlanTemplateId": "",
		"0.milestones.0.sortOrder": 0.0, "0.milestones.1.sortOrder": 1.0, "0.milestones.0.transitionCondition.intervalMinutes": 7 * 24 * 60.0, "0.milestones.0.startedAt": nil,
		"0.milestones.1.strategies.0.variants.0.weightType": "variable", "0.milestones.1.strategies.0.variants.0.stickiness": "default",
		"0.safeguards.0.impactMetric.timeRange": "month", "0.safeguards.0.impactMetric.aggregationMode": "median", "0.safeguards.0.impactMetric.source": "mine", "0.safeguards.1.impactMetric.timeRange": "day",
	} {
		equal(t, path, want, got.Get(path))
	}
	fails(t, w.Do("PUT", at+"/"+p.ID()+"/safeguards", `{"impactMetric":{"metricName":"errors","timeRange":"hour","aggregationMode":"rps","labelSelectors":{}},"triggerCondition":{"operator":">","threshold":0.5}}`), http.StatusForbidden, "InvalidOperationError")
	fails(t, w.Do("POST", at, map[string]any{"templateId": w.template(body("steps", 5))}), http.StatusConflict, "ConflictError")
	w.Do("DELETE", at+"/"+p.ID(), nil).Want(http.StatusForbidden) // bob's
	w.Do("DELETE", at+"/"+p.ID(), nil, "Authorization", bobsToken).Want(http.StatusOK)
}

// TestTemplatesOfOtherOrigin: parameters take their defaults, and a required one has to be given in Go.
func TestTemplatesOfOtherOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	make := func(p template.Parameter) string {
		x, err := w.templates.Create(t.Context(), template.Template{Name: p.Title, Parameters: []template.Parameter{p}, Content: releaseplan.Content{
			Milestones: []releaseplan.Milestone{{Name: "{{size}} %", Strategies: []rollout.Strategy{{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": "{{size}}"}}}}}}}, ann)
		if err != nil {
			t.Fatal(err)
		}
		return x.ID
	}
	at := plansOf("shop", "checkout", "production")
	fails(t, w.Do("POST", at, map[string]any{"templateId": make(template.Parameter{Name: "size", Title: "required", Required: true})}), http.StatusBadRequest, "BadDataError")
	id := make(template.Parameter{Name: "size", Title: "default", Default: []byte(`"15"`)})
	equal(t, "as it is written", any("{{size}} %"), w.Do("GET", templates+"/"+id, nil).Get("milestones.0.name"))
	w.Do("POST", at, map[string]any{"templateId": id}).Want(http.StatusOK)
	w.serves("15")
}
