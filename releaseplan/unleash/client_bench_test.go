package unleash

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A discard is an answer that nobody reads.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

// BenchmarkClientFeatures polls 1,000 features, of which 10 are served by plans.
func BenchmarkClientFeatures(b *testing.B) {
	f := newClientFixture(b)
	for i := range 1000 {
		f.feature(b, fmt.Sprintf("feature-%d", i), rollout.Strategy{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": "50"},
			Constraints: []rollout.Constraint{{ContextName: "appName", Operator: rollout.In, Values: []string{"a", "b", "c"}}}})
	}
	for i := range 10 {
		c := releaseplan.Content{Name: fmt.Sprint("plan ", i), Target: &releaseplan.Target{Feature: fmt.Sprintf("feature-%d", i), Environment: "production"},
			Milestones: []releaseplan.Milestone{{Name: "all", Strategies: []rollout.Strategy{{Name: rollout.Everyone}}}}}
		if _, err := f.plans.CreateThen(b.Context(), c, []releaseplan.Command{{Action: releaseplan.Execute}}, clientAnn); err != nil {
			b.Fatal(err)
		}
	}
	first := f.poll(b, "")
	b.Logf("%d bytes", first.Body.Len())
	poll := func(b *testing.B, tag string, status int, each func()) {
		b.ReportAllocs()
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api/client/features", nil)
		r.Header.Set("Unleash-Client-Spec", "4.3.1")
		r.Header.Set("If-None-Match", tag)
		for b.Loop() {
			each()
			w := &discard{header: make(http.Header)}
			if f.ServeHTTP(w, r); w.status != status {
				b.Fatalf("status %d", w.status)
			}
		}
	}
	b.Run("not modified", func(b *testing.B) { poll(b, first.Header().Get("ETag"), http.StatusNotModified, func() {}) })
	b.Run("all", func(b *testing.B) { poll(b, "", http.StatusOK, func() {}) })
	b.Run("all, after a change", func(b *testing.B) {
		n := 0
		poll(b, "", http.StatusOK, func() {
			if _, err := f.features.Features().Update(b.Context(), "feature-999", 0, func(f *rollout.Flag) error {
				n++
				f.Description = fmt.Sprint(n)
				return nil
			}, clientAnn); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("in parallel", func(b *testing.B) {
		b.ReportAllocs()
		tag := f.poll(b, "").Header().Get("ETag")
		b.RunParallel(func(pb *testing.PB) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api/client/features", nil)
			r.Header.Set("Unleash-Client-Spec", "4.3.1")
			r.Header.Set("If-None-Match", tag)
			for pb.Next() {
				f.ServeHTTP(&discard{header: make(http.Header)}, r)
			}
		})
	})
}
