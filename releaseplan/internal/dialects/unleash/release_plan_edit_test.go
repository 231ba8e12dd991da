package unleash_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// TestSafeguards: a plan has one, which keeps its id; what others gave it stays as far as it goes.
func TestSafeguards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at, env := plansOf("shop", "checkout", "production"), environmentOf("shop", "checkout", "production")
	plan := w.Do("POST", at, map[string]any{"templateId": w.template(body("steps", 5, 100))}).Want(http.StatusOK)
	id := plan.Get("id").(string)
	one := at + "/" + id + "/safeguards"
	put := func(timeRange, mode, operator, threshold string) string {
		return fmt.Sprintf(`{"impactMetric":{"metricName":"errors","timeRange":%q,"aggregationMode":%q,"labelSelectors":{},"source":"external"},"triggerCondition":{"operator":%q,"threshold":%s}}`, timeRange, mode, operator, threshold)
	}
	first := ""
	for _, r := range []struct {
		timeRange string
		window    time.Duration
	}{{"hour", time.Minute}, {"day", 15 * time.Minute}, {"week", 3 * time.Hour}, {"month", 24 * time.Hour}} {
		w.Do("PUT", one, put(r.timeRange, "p95", "<", "-2.5")).Want(http.StatusNoContent, "")
		g := w.Do("GET", at, nil).Get("0.safeguards.0").(map[string]any)
		if first == "" {
			first = g["id"].(string)
		}
		equal(t, "id", any(first), g["id"])
		equal(t, "trigger", any(map[string]any{"operator": "<", "threshold": -2.5}), g["triggerCondition"])
		equal(t, "metric", any(map[string]any{"id": first, "metricName": "errors", "timeRange": r.timeRange, "aggregationMode": "p95", "labelSelectors": map[string]any{}, "source": "external"}), g["impactMetric"])
		p, err := w.plans.Get(t.Context(), id, ann)
		if err != nil {
			t.Fatal(err)
		}
		got := p.Content().Safeguards[0]
		equal(t, "window", penstock.FromTime(r.window), got.Window)
		equal(t, "metric", releaseplan.Metric{Name: "errors", Aggregation: "p95", Source: "external"}, releaseplan.Metric{Name: got.Metric.Name, Aggregation: got.Metric.Aggregation, Source: got.Metric.Source})
	}
	equal(t, "faults", []string{"/body/impactMetric/metricName must not be empty", "/body/impactMetric/labelSelectors is required", "/body/impactMetric/aggregationMode must be one of [rps count avg sum p95 p99 p50]",
		"/body/impactMetric/source must be one of [internal external]", "/body/impactMetric/timeRange must be hour, day, week or month", "/body/triggerCondition/operator must be > or <"},
		faultsOf(t, w.Do("PUT", one, `{"impactMetric":{"metricName":"","timeRange":"year","aggregationMode":"max","source":"x"},"triggerCondition":{"operator":">=","threshold":1}}`)))
	equal(t, "nothing", []string{"/body/impactMetric is required", "/body/triggerCondition is required"}, faultsOf(t, w.Do("PUT", one, `{}`)))
	faultsOf(t, w.Do("PUT", one, put("hour", "avg", ">", `"1"`)))
	equal(t, "what content does not take", []string{"/body/impactMetric/metricName 300 characters are too many: at most 255", "/body/impactMetric/labelSelectors must not be empty"},
		faultsOf(t, w.Do("PUT", one, strings.NewReplacer("errors", strings.Repeat("x", 300), `"labelSelectors":{}`, `"labelSelectors":{"":["x"]}`).Replace(put("hour", "avg", ">", "1")))))

	// What is not said on the wire stays.
	if _, err := w.plans.Do(t.Context(), id, releaseplan.Command{Action: releaseplan.Pause}, ann); err != nil {
		t.Fatal(err)
	}
	if _, err := w.plans.Edit(t.Context(), id, 0, func(c *releaseplan.Content) error {
		c.Safeguards[0].Action, c.Safeguards[0].MinSamples = releaseplan.SafeguardStop, 7
		return nil
	}, ann); err != nil {
		t.Fatal(err)
	}
	w.Do("PUT", one, put("day", "avg", ">", "3")).Want(http.StatusNoContent)
	p, err := w.plans.Get(t.Context(), id, ann)
	if err != nil {
		t.Fatal(err)
	}
	if g := p.Content().Safeguards[0]; g.Action != releaseplan.SafeguardStop || g.MinSamples != 7 || g.Below != nil || *g.Above != 3 || p.State() != releaseplan.Paused {
		t.Errorf("%+v in a plan that is %s", g, p.State())
	}
	equal(t, "paused", any(nil), w.Do("GET", at, nil).Get("0.milestones.0.pausedAt")) // there is no progression
	w.Do("POST", env+"/progressions/"+id+"/resume", nil).Want(http.StatusOK)

	fails(t, w.Do("DELETE", one+"/unknown", nil), http.StatusNotFound, "NotFoundError")
	w.Do("DELETE", one+"/"+first, nil).Want(http.StatusNoContent, "")
	fails(t, w.Do("DELETE", one+"/"+first, nil), http.StatusNotFound, "NotFoundError")
	w.Do("GET", at, nil).Want(http.StatusOK, "["+string(plan.Body)+"]")

	// Of a feature without a plan there are none.
	fails(t, w.Do("PUT", env+"/safeguards", put("day", "avg", ">", "3")), http.StatusNotImplemented, "NotImplementedError")
	fails(t, w.Do("DELETE", env+"/safeguards/"+first, nil), http.StatusNotFound, "NotFoundError")
}

// TestEditKeepsClocks: to edit a plan that runs takes one commit, serves on without a gap, and the time
// of the live milestone goes on.
func TestEditKeepsClocks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at, env := plansOf("shop", "checkout", "production"), environmentOf("shop", "checkout", "production")
	plan := w.Do("POST", at, map[string]any{"templateId": w.template(body("steps", 5, 50, 100))}).Want(http.StatusOK)
	id := plan.Get("id").(string)
	w.Do("PUT", env+"/progressions/"+plan.Get("milestones.0.id").(string), map[string]any{"targetMilestone": plan.Get("milestones.1.id"), "transitionCondition": map[string]int{"intervalMinutes": 60}}).Want(http.StatusOK)
	w.pass(20 * time.Minute)
	before, err := w.plans.Get(t.Context(), id, ann)
	if err != nil {
		t.Fatal(err)
	}
	safeguard := `{"impactMetric":{"metricName":"errors","timeRange":"hour","aggregationMode":"rps","labelSelectors":{}},"triggerCondition":{"operator":">","threshold":0.5}}`
	w.Do("PUT", at+"/"+id+"/safeguards", safeguard).Want(http.StatusNoContent)
	w.Do("PUT", at+"/"+id+"/safeguards", safeguard).Want(http.StatusNoContent) // changes nothing
	entries, err := w.plans.History(t.Context(), id, before.Status().Changes, 0, ann)
	if err != nil || len(entries) != 3 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for _, e := range entries {
		equal(t, "commit", entries[0].Commit, e.Commit)
	}
	after, err := w.plans.Get(t.Context(), id, ann)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "state", releaseplan.Running, after.State())
	equal(t, "elapsed", 20*time.Minute, after.Milestones(w.clock())[0].Elapsed)
	w.serves("5")
	w.pass(39 * time.Minute)
	w.serves("5")
	w.pass(time.Minute)
	w.serves("50")
}

// TestStrategiesOfPlans: one that is still to come changes in silence; one that is live is served at
// once as it is now, and the time until the next milestone begins anew.
func TestStrategiesOfPlans(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at, env := plansOf("shop", "checkout", "production"), environmentOf("shop", "checkout", "production")
	plan := w.Do("POST", at, map[string]any{"templateId": w.template(body("steps", 5, 50, 100))}).Want(http.StatusOK)
	s := func(i int) string {
		return env + "/milestone-strategies/" + plan.Get(fmt.Sprintf("milestones.%d.strategies.0.id", i)).(string)
	}
	anew := func(percent string) string {
		return `{"whatever":1,"title":"new","parameters":{"rollout":"` + percent + `","stickiness":"userId","groupId":"g"}}`
	}
	w.Do("PUT", env+"/progressions/"+plan.Get("milestones.0.id").(string), map[string]any{"targetMilestone": plan.Get("milestones.1.id"), "transitionCondition": map[string]int{"intervalMinutes": 60}}).Want(http.StatusOK)

	got := w.Do("PUT", s(1), anew("40")).Want(http.StatusOK)
	equal(t, "parameters", any(map[string]any{"rollout": "40", "stickiness": "userId", "groupId": "g"}), got.Get("parameters"))
	equal(t, "type", any("flexibleRollout"), got.Get("name"))
	w.serves("5")
	w.pass(10 * time.Minute)
	w.Do("PUT", s(0), anew("6")).Want(http.StatusOK)
	w.serves("6")
	kept := w.Do("PUT", s(0), `{"parameters":{"rollout":"6","stickiness":"userId","groupId":"g"}}`).Want(http.StatusOK)
	equal(t, "title that is not there", any("new"), kept.Get("title"))
	w.pass(59 * time.Minute)
	w.serves("6")
	w.pass(time.Minute)
	w.serves("40")
	w.Do("PUT", s(0), anew("7")).Want(http.StatusOK) // over, but it can be gone back to
	w.serves("40")
	w.Do("POST", at+"/"+plan.Get("id").(string)+"/milestones/"+plan.Get("milestones.0.id").(string)+"/start", nil).Want(http.StatusOK)
	w.serves("7")

	equal(t, "faults", []string{`/body/parameters/rollout "x" is not a number from 0 to 100`}, faultsOf(t, w.Do("PUT", s(2), anew("x"))))
	equal(t, "variants", []string{"/body/variants/0/weight is required"}, faultsOf(t, w.Do("PUT", s(2), `{"variants":[{"name":"a","weightType":"fix","stickiness":"default"}]}`)))
	equal(t, "order", any(7.0), w.Do("PUT", s(2), `{"sortOrder":7,"title":null,"parameters":{"rollout":"100","stickiness":"default","groupId":"g"}}`).Want(http.StatusOK).Get("sortOrder"))
	fails(t, w.Do("PUT", s(0), `{"disabled":true,"parameters":{"rollout":"7"}}`), http.StatusForbidden, "InvalidOperationError") // nobody would have it, or everybody
	fails(t, w.Do("PUT", env+"/milestone-strategies/unknown", `{}`), http.StatusNotFound, "NotFoundError")
	w.serves("7")
}

// TestEditAtOnce: edits of a plan that come at once are all made.
func TestEditAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	at, env := plansOf("shop", "checkout", "production"), environmentOf("shop", "checkout", "production")
	plan := w.Do("POST", at, map[string]string{"templateId": w.template(body("steps", 5, 25, 50, 100))}).Want(http.StatusOK)
	done := make(chan *check.Answer)
	for i := range 4 {
		go func() {
			if i == 3 {
				done <- w.Do("PUT", at+"/"+plan.Get("id").(string)+"/safeguards", guard)
				return
			}
			s := plan.Get(fmt.Sprintf("milestones.%d.strategies.0.id", i+1)).(string)
			done <- w.Do("PUT", env+"/milestone-strategies/"+s, fmt.Sprintf(`{"parameters":{"rollout":"%d","stickiness":"default","groupId":"g"}}`, 30+i))
		}()
	}
	for range 4 {
		if a := <-done; a.Status != http.StatusOK && a.Status != http.StatusNoContent {
			t.Errorf("%d\n%s", a.Status, a.Body)
		}
	}
	after := w.Do("GET", at, nil).Want(http.StatusOK)
	for i := range 3 {
		equal(t, "rollout", any(fmt.Sprint(30+i)), after.Get(fmt.Sprintf("0.milestones.%d.strategies.0.parameters.rollout", i+1)))
	}
	equal(t, "safeguards", 1, len(after.Get("0.safeguards").([]any)))
	w.serves("5")
}

// TestEditsAreNotLost: what others wrote between the read and the write of an edit stays.
func TestEditsAreNotLost(t *testing.T) {
	t.Parallel()
	var other *releaseplan.Service
	var id string
	asked := 0
	meanwhile := func(ctx context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if id == "" || on.ID != id || right != penstock.Read || asked >= 4 {
			return nil
		}
		asked++
		p, err := other.Get(ctx, id, ann)
		if err != nil {
			return err
		}
		content := p.Content()
		content.Description += "x"
		_, err = other.Do(ctx, id, releaseplan.Command{Action: releaseplan.Pause, Then: []releaseplan.Command{{Action: releaseplan.Edit, Content: &content}, {Action: releaseplan.Resume}}}, ann)
		return err
	}
	w := newWorld(t, setup{authorizer: meanwhile})
	other = releaseplan.New(releaseplan.Config{Store: w.db, Rollout: w.flags, Now: w.clock})
	w.feature("checkout", "shop", "production")
	at := plansOf("shop", "checkout", "production")
	plan := w.Do("POST", at, map[string]string{"templateId": w.template(body("steps", 5, 100))}).Want(http.StatusOK).Get("id").(string)
	id = plan
	w.Do("PUT", at+"/"+plan+"/safeguards", guard).Want(http.StatusNoContent)
	id = ""
	p, err := w.plans.Get(t.Context(), plan, ann)
	if err != nil {
		t.Fatal(err)
	}
	if c := p.Content(); c.Description != "xxxx" || len(c.Safeguards) != 1 || asked != 4 {
		t.Errorf("asked %d times: description %q, %d safeguards", asked, c.Description, len(c.Safeguards))
	}
}
