package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

const featuresAt = "/api/admin/projects/default/features"

func environment(feature string) string {
	return featuresAt + "/" + feature + "/environments/production"
}

// newFeature makes a feature.
func (w *worker) newFeature(ctx context.Context, name string) bool {
	a := w.insist(ctx, "unleash create", featuresAt, fmt.Sprintf(`{"name": %q}`, name))
	if a.status != http.StatusCreated {
		w.fault("no feature: %d %s", a.status, a.body)
		return false
	}
	return true
}

// A feature is what matters of a feature as SDKs read it.
type feature struct {
	Name       string
	Enabled    bool
	Strategies []struct {
		Parameters map[string]string
	}
}

// poll does what an SDK does.
func (w *worker) poll(ctx context.Context) {
	const kind, path = "unleash poll", "/api/client/features"
	a := w.once(ctx, kind, http.MethodGet, path, "", w.sdk, w.tag)
	if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" {
		rest(ctx, a.header.Get("Retry-After"))
		return
	}
	w.judge(kind, http.MethodGet, path, a)
	if a.status == http.StatusOK {
		var got struct{ Features []feature }
		w.check(a.into(&got) == nil && len(got.Features) > 0 && a.header.Get("ETag") != "", "no features, or no tag: %.100s", a.body)
		w.tag = a.header.Get("ETag")
	}
}

// served returns one feature as an SDK reads it now.
func (w *worker) served(ctx context.Context, name string) (feature, bool) {
	const kind = "unleash poll, one"
	path := "/api/client/features?namePrefix=" + url.QueryEscape(name)
	for range busy {
		a := w.once(ctx, kind, http.MethodGet, path, "", w.sdk, "")
		if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" {
			rest(ctx, a.header.Get("Retry-After"))
			continue
		}
		w.judge(kind, http.MethodGet, path, a)
		var got struct{ Features []feature }
		if a.into(&got) != nil {
			return feature{}, false
		}
		for _, f := range got.Features {
			if f.Name == name {
				return f, true
			}
		}
		return feature{}, false
	}
	return feature{}, false
}

// toggle turns the client's feature on or off: SDKs see that at once.
func (w *worker) toggle(ctx context.Context) {
	w.checkFeature(ctx)
	to := [...]string{"off", "on"}[(w.on.known+1)%2]
	w.on.raised(w.ask(ctx, "unleash "+to, http.MethodPost, environment(w.feature)+"/"+to, ""))
	w.checkFeature(ctx)
}

// report says what an SDK has evaluated.
func (w *worker) report(ctx context.Context) {
	const kind, path = "unleash metrics", "/api/client/metrics"
	a := w.once(ctx, kind, http.MethodPost, path, fmt.Sprintf(`{"appName": "load", "bucket": {"start": "2026-03-01T12:00:00Z", "stop": "2026-03-01T12:01:00Z", "toggles": {%q: {"yes": 3, "no": 1}}}}`, w.feature), w.sdk, "")
	if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != "" {
		return // it matters to nobody
	}
	w.judge(kind, http.MethodPost, path, a)
}

// rollout moves a release plan of a feature through its milestones: SDKs see each at once.
func (w *worker) rollout(ctx context.Context) {
	name := fmt.Sprintf("%s-rollout-%d", w.name, w.n)
	if w.released {
		return
	}
	w.released = true
	if !w.newFeature(ctx, name) {
		return
	}
	plans := environment(name) + "/release-plans"
	a := w.insist(ctx, "unleash add plan", plans, fmt.Sprintf(`{"templateId": %q}`, w.template))
	var made struct {
		ID         string
		Milestones []struct{ ID string }
	}
	if !a.ok() || a.into(&made) != nil || len(made.Milestones) != 2 {
		w.fault("no release plan: %d %.300s", a.status, a.body)
		return
	}
	if a := w.insist(ctx, "unleash on", environment(name)+"/on", ""); !a.ok() {
		return
	}
	for i, percent := range []string{"25", "100"} {
		if i > 0 {
			if a := w.insist(ctx, "unleash milestone", fmt.Sprintf("%s/%s/milestones/%s/start", plans, made.ID, made.Milestones[i].ID), ""); !a.ok() {
				return
			}
		}
		f, ok := w.served(ctx, name)
		w.check(ok && f.Enabled && len(f.Strategies) == 1 && f.Strategies[0].Parameters["rollout"] == percent, "%s is served as %+v, not %s%%", name, f, percent)
	}
}

func (w *worker) checkFeature(ctx context.Context) {
	f, ok := w.served(ctx, w.feature)
	on := 0
	if f.Enabled {
		on = 1
	}
	w.check(ok && (w.on.sent || w.on.known%2 == on), "lost update: %s is served as %+v after %+v", w.feature, f, w.on)
}
