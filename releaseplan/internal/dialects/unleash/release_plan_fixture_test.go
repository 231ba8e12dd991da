package unleash_test

import (
	"context"
	"fmt"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

func plansOf(project, feature, environment string) string {
	return environmentOf(project, feature, environment) + "/release-plans"
}

func environmentOf(project, feature, environment string) string {
	return "/api/admin/projects/" + project + "/features/" + feature + "/environments/" + environment
}

// milestone is the JSON of a milestone of a plan made of [body].
func (w *world) milestone(plan, id string, place, percent int, started string) string {
	w.t.Helper()
	p, err := w.plans.Get(w.t.Context(), plan, ann)
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf(`{"id":%q,"name":"%d %%","sortOrder":%d,"releasePlanDefinitionId":%q,"startedAt":%s,"transitionCondition":null,"progressionExecutedAt":null,"pausedAt":null,
		"strategies":[{"id":%q,"milestoneId":%q,"sortOrder":0,"title":null,"name":"flexibleRollout","strategyName":"flexibleRollout",
		"parameters":{"groupId":"checkout","rollout":"%d","stickiness":"default"},"constraints":[],"variants":[],"segments":[]}]}`,
		id, percent, place, plan, started, p.Content().Milestones[place].Strategies[0].ID, id, percent)
}

// serves wants what is served of checkout in production.
func (w *world) serves(percents ...string) {
	w.t.Helper()
	v, err := w.plans.Serving(w.t.Context(), "checkout", "production")
	if err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, s := range v.Strategies {
		got = append(got, s.Parameters["rollout"])
	}
	equal(w.t, "what is served", percents, got)
}

// trip lets a Runner measure what trips a safeguard.
func (w *world) trip(id, safeguard string) {
	w.t.Helper()
	w.pass(time.Second) // what is measured lies behind what went live
	r := releaseplan.NewRunner(w.plans, nil)
	r.Measure = time.Millisecond
	r.Metrics = releaseplan.MetricFunc(func(_ context.Context, q releaseplan.MetricQuery) (releaseplan.Sample, error) {
		return releaseplan.Sample{Value: 100, Count: 1}, nil
	})
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for e, err := range w.plans.Follow(ctx, id, ann) {
		if err != nil {
			w.t.Fatal(err)
		}
		if e.Kind == releaseplan.SafeguardTripped && e.Trip.Safeguard == safeguard {
			break
		}
	}
	cancel()
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
}
