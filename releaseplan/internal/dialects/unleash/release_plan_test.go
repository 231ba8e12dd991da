package unleash_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// TestReleasePlanLife: add, the first milestone is live; start a later one; time starts the next;
// a safeguard pauses; resume; remove.
func TestReleasePlanLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at := plansOf("shop", "checkout", "production")
	env := environmentOf("shop", "checkout", "production")
	tpl := w.template(body("steps", 5, 25, 50, 100))
	equal(t, "before", []string{}, listed(t, w.Do("GET", at, nil)))

	added := w.Do("POST", at, map[string]string{"templateId": tpl}).Want(http.StatusOK)
	id, m := added.Get("id").(string), func(i int) string { return added.Get(fmt.Sprintf("milestones.%d.id", i)).(string) }
	added.Want(http.StatusOK, fmt.Sprintf(`{"id":%q,"discriminator":"plan","name":"steps","description":null,"featureName":"checkout","environment":"production",
		"createdByUserId":53,"createdAt":"2022-01-01T00:00:00Z","activeMilestoneId":%q,"releasePlanTemplateId":%q,"safeguards":[],"milestones":[%s,%s,%s,%s]}`,
		id, m(0), tpl, w.milestone(id, m(0), 0, 5, `"2022-01-01T00:00:00Z"`), w.milestone(id, m(1), 1, 25, "null"), w.milestone(id, m(2), 2, 50, "null"), w.milestone(id, m(3), 3, 100, "null")))
	w.Do("GET", at, nil).Want(http.StatusOK, "["+string(added.Body)+"]")
	w.serves("5")
	fails(t, w.Do("POST", at, map[string]string{"templateId": tpl}), http.StatusConflict, "ConflictError")

	w.pass(time.Hour)
	started := w.Do("POST", at+"/"+id+"/milestones/"+m(1)+"/start", nil).Want(http.StatusOK)
	equal(t, "started", any("2022-01-01T01:00:00Z"), started.Get("startedAt"))
	w.serves("25")
	fails(t, w.Do("POST", at+"/"+id+"/milestones/"+m(1)+"/start", nil), http.StatusForbidden, "InvalidOperationError")
	fails(t, w.Do("POST", at+"/"+id+"/milestones/unknown/start", nil), http.StatusNotFound, "NotFoundError")

	// By time.
	w.Do("PUT", env+"/progressions/"+m(1), map[string]any{"targetMilestone": m(2), "transitionCondition": map[string]int{"intervalMinutes": 90}}).
		Want(http.StatusOK, fmt.Sprintf(`{"sourceMilestone":%q,"targetMilestone":%q,"transitionCondition":{"intervalMinutes":90}}`, m(1), m(2)))
	w.Do("PUT", env+"/progressions/"+m(2), map[string]any{"targetMilestone": m(3), "transitionCondition": map[string]int{"intervalMinutes": 60}}).Want(http.StatusOK)
	w.pass(89 * time.Minute)
	w.serves("25")
	w.pass(time.Minute)
	w.serves("50")
	now := w.Do("GET", at, nil)
	equal(t, "active", any(m(2)), now.Get("0.activeMilestoneId"))
	equal(t, "executed", any("2022-01-01T02:30:00Z"), now.Get("0.milestones.1.progressionExecutedAt"))
	equal(t, "started by hand", any(nil), now.Get("0.milestones.0.progressionExecutedAt"))

	// A safeguard, given while the plan runs.
	safeguard := `{"impactMetric":{"metricName":"errors","timeRange":"hour","aggregationMode":"rps","labelSelectors":{"appName":["shop"]}},"triggerCondition":{"operator":">","threshold":0.5}}`
	w.Do("PUT", at+"/"+id+"/safeguards", safeguard).Want(http.StatusNoContent, "")
	guarded := w.Do("GET", at, nil)
	g := guarded.Get("0.safeguards.0.id").(string)
	equal(t, "safeguards", any([]any{map[string]any{"id": g, "action": map[string]any{"type": "pauseReleasePlanProgressions", "id": id},
		"triggerCondition": map[string]any{"operator": ">", "threshold": 0.5},
		"impactMetric":     map[string]any{"id": g, "metricName": "errors", "timeRange": "hour", "aggregationMode": "rps", "source": "internal", "labelSelectors": map[string]any{"appName": []any{"shop"}}}}}),
		guarded.Get("0.safeguards"))
	equal(t, "milestones with and without a safeguard", now.Get("0.milestones"), guarded.Get("0.milestones"))
	w.pass(20 * time.Minute)
	w.trip(id, g)
	w.serves("50")
	equal(t, "paused", any("2022-01-01T02:50:01Z"), w.Do("GET", at, nil).Get("0.milestones.2.pausedAt"))
	fails(t, w.Do("POST", at+"/"+id+"/milestones/"+m(3)+"/start", nil), http.StatusForbidden, "InvalidOperationError")
	w.pass(5 * time.Hour)
	w.serves("50")
	w.Do("POST", env+"/progressions/"+id+"/resume", nil).Want(http.StatusOK, "")
	equal(t, "not paused", any(nil), w.Do("GET", at, nil).Get("0.milestones.2.pausedAt"))
	fails(t, w.Do("POST", env+"/progressions/"+id+"/resume", nil), http.StatusForbidden, "InvalidOperationError")
	w.pass(39 * time.Minute)
	w.serves("50") // time that was paused does not count
	w.pass(58 * time.Second)
	w.serves("50")
	w.pass(time.Second)
	w.serves("100")

	// Back, and away.
	w.Do("POST", at+"/"+id+"/milestones/"+m(0)+"/start", nil).Want(http.StatusOK)
	w.serves("5")
	w.Do("DELETE", at+"/"+id, nil).Want(http.StatusOK, "")
	equal(t, "after", []string{}, listed(t, w.Do("GET", at, nil)))
	w.serves()
	fails(t, w.Do("DELETE", at+"/"+id, nil), http.StatusNotFound, "NotFoundError")
	if entries, err := w.plans.History(t.Context(), id, 0, 0, ann); err != nil || len(entries) < 10 {
		t.Errorf("the trail has %d entries, %v", len(entries), err)
	}
	w.Do("POST", at, map[string]string{"templateId": tpl}).Want(http.StatusOK)
	w.serves("5")
}

// TestPlansOfOthers: a feature of another project, an unknown environment and a template of another
// project are not there, and neither is a plan below another feature.
func TestPlansOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	w.feature("search", "shop", "test")
	w.feature("pay", "bank", "production")
	tpl := w.template(body("steps", 5, 100))
	theirs := w.Do("POST", fmt.Sprintf(own, "bank"), body("theirs", 5)).Want(http.StatusOK).Get("id").(string)
	at := plansOf("shop", "checkout", "production")
	add := map[string]string{"templateId": tpl}
	plan := w.Do("POST", at, add).Want(http.StatusOK)
	id, m := plan.Get("id").(string), plan.Get("milestones.1.id").(string)
	for _, elsewhere := range [][3]string{{"bank", "checkout", "production"}, {"", "checkout", "production"}, {"shop", "pay", "production"},
		{"shop", "unknown", "production"}, {"shop", "checkout", "unknown"}, {"shop", "checkout%2f..", "production"}} {
		other := plansOf(elsewhere[0], elsewhere[1], elsewhere[2])
		fails(t, w.Do("GET", other, nil), http.StatusNotFound, "NotFoundError")
		fails(t, w.Do("POST", other, add), http.StatusNotFound, "NotFoundError")
		fails(t, w.Do("DELETE", other+"/"+id, nil), http.StatusNotFound, "NotFoundError")
	}
	for _, elsewhere := range [][3]string{{"shop", "search", "test"}, {"shop", "checkout", "test"}, {"bank", "pay", "production"}} {
		other, env := plansOf(elsewhere[0], elsewhere[1], elsewhere[2]), environmentOf(elsewhere[0], elsewhere[1], elsewhere[2])
		fails(t, w.Do("DELETE", other+"/"+id, nil), http.StatusNotFound, "NotFoundError")
		fails(t, w.Do("POST", other+"/"+id+"/milestones/"+m+"/start", nil), http.StatusNotFound, "NotFoundError")
		fails(t, w.Do("DELETE", env+"/progressions/"+m, nil), http.StatusNotFound, "NotFoundError")
		fails(t, w.Do("POST", env+"/progressions/"+id+"/resume", nil), http.StatusNotFound, "NotFoundError")
		fails(t, w.Do("PUT", env+"/milestone-strategies/"+plan.Get("milestones.1.strategies.0.id").(string), `{}`), http.StatusNotFound, "NotFoundError")
	}
	fails(t, w.Do("POST", plansOf("shop", "search", "test"), map[string]string{"templateId": theirs}), http.StatusNotFound, "NotFoundError")
	fails(t, w.Do("POST", plansOf("shop", "search", "test"), map[string]string{"templateId": "unknown"}), http.StatusNotFound, "NotFoundError")
	fails(t, w.Do("POST", plansOf("shop", "search", "test"), map[string]string{"templateId": ""}), http.StatusBadRequest, "BadDataError")
	w.Do("GET", at, nil).Want(http.StatusOK, "["+string(plan.Body)+"]")
	w.serves("5")
}

// TestTemplateIntervals come with the plan, and start the next milestone.
func TestTemplateIntervals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at := plansOf("shop", "checkout", "production")
	tpl := w.Do("POST", templates, `{"name":"steps","milestones":[
		{"name":"few","sortOrder":0,"transitionCondition":{"intervalMinutes":45},"strategies":[{"name":"flexibleRollout","sortOrder":0,"parameters":{"rollout":"1"}}]},
		{"name":"all","sortOrder":1,"strategies":[{"name":"flexibleRollout","sortOrder":0,"parameters":{"rollout":"100"}}]}]}`).Want(http.StatusOK).Get("id")
	plan := w.Do("POST", at, map[string]any{"templateId": tpl}).Want(http.StatusOK)
	equal(t, "interval", any(45.0), plan.Get("milestones.0.transitionCondition.intervalMinutes"))
	w.pass(44 * time.Minute)
	w.serves("1")
	w.pass(time.Minute)
	w.serves("100")
}

// TestProgressions: the target is the milestone that follows; an interval is never shorter than what
// has passed of it.
func TestProgressions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at, env := plansOf("shop", "checkout", "production"), environmentOf("shop", "checkout", "production")
	plan := w.Do("POST", at, map[string]any{"templateId": w.template(body("steps", 5, 50, 100))}).Want(http.StatusOK)
	m := func(i int) string { return plan.Get(fmt.Sprintf("milestones.%d.id", i)).(string) }
	change := func(target string, minutes any) map[string]any {
		return map[string]any{"targetMilestone": target, "transitionCondition": map[string]any{"intervalMinutes": minutes}, "whatever": 1}
	}
	fails(t, w.Do("DELETE", env+"/progressions/"+m(0), nil), http.StatusNotFound, "NotFoundError")
	fails(t, w.Do("PUT", env+"/progressions/unknown", change(m(1), 5)), http.StatusNotFound, "NotFoundError")
	equal(t, "another", []string{"/body/targetMilestone must be the milestone that follows: " + m(1)}, faultsOf(t, w.Do("PUT", env+"/progressions/"+m(0), change(m(2), 5))))
	equal(t, "the last", []string{"/body/targetMilestone cannot be: no milestone follows the last one"}, faultsOf(t, w.Do("PUT", env+"/progressions/"+m(2), change(m(0), 5))))
	equal(t, "nothing", []string{"/body/targetMilestone must be the milestone that follows: " + m(1), "/body/transitionCondition is required"}, faultsOf(t, w.Do("PUT", env+"/progressions/"+m(0), `{}`)))
	for _, minutes := range []any{0, -1, 1e12} {
		equal(t, "bounds", []string{"/body/transitionCondition/intervalMinutes must be from 1 to 52704000"}, faultsOf(t, w.Do("PUT", env+"/progressions/"+m(0), change(m(1), minutes))))
	}
	faultsOf(t, w.Do("PUT", env+"/progressions/"+m(0), change(m(1), 1.5)))
	w.pass(time.Hour)
	fails(t, w.Do("PUT", env+"/progressions/"+m(0), change(m(1), 60)), http.StatusForbidden, "InvalidOperationError")
	w.serves("5")
	w.Do("PUT", env+"/progressions/"+m(0), change(m(1), 61)).Want(http.StatusOK)
	if _, err := w.plans.Do(t.Context(), plan.Get("id").(string), releaseplan.Command{Action: releaseplan.Pause}, ann); err != nil {
		t.Fatal(err)
	}
	equal(t, "a plan that is paused", any("2022-01-01T01:00:00Z"), w.Do("GET", at, nil).Get("0.milestones.0.pausedAt"))
	w.pass(time.Hour)
	w.Do("POST", env+"/progressions/"+plan.Get("id").(string)+"/resume", nil).Want(http.StatusOK)
	equal(t, "a plan that goes on", any(nil), w.Do("GET", at, nil).Get("0.milestones.0.pausedAt"))
	w.serves("5")
	w.Do("DELETE", env+"/progressions/"+m(0), nil).Want(http.StatusNoContent, "")
	fails(t, w.Do("DELETE", env+"/progressions/"+m(0), nil), http.StatusNotFound, "NotFoundError")
	w.pass(time.Hour)
	w.serves("5")
}

// TestAddAtOnce: of many who add a plan at once one does, and the others learn that there is one.
func TestAddAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at := plansOf("shop", "checkout", "production")
	tpl := w.template(body("steps", 5, 100))
	answers := make(chan *check.Answer)
	for range 8 {
		go func() { answers <- w.Do("POST", at, map[string]string{"templateId": tpl}) }()
	}
	count := make(map[string]int)
	for range 8 {
		a := <-answers
		count[fmt.Sprint(a.Status, a.Get("name"))]++
	}
	equal(t, "answers", map[string]int{"200steps": 1, "409ConflictError": 7}, count)
	equal(t, "plans", []string{"steps"}, listed(t, w.Do("GET", at, nil)))
	list, err := w.plans.List(t.Context(), releaseplan.Filter{}, ann)
	if err != nil || list.Total != 1 {
		t.Errorf("%d plans were made, %v", list.Total, err)
	}
}
