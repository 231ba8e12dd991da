package unleash

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Whatever is sent, the answer is of the caller's doing, and a refusal changes nothing.
func FuzzFeatureBodies(f *testing.F) {
	const feature = "/api/admin/projects/default/features"
	paths := []string{"POST " + feature, "PUT " + feature + "/checkout", "POST " + feature + "/checkout/environments/production/strategies",
		"PUT " + feature + "/checkout/environments/production/strategies/one", "POST /api/admin/segments", "PUT /api/admin/segments/1",
		"POST /api/admin/environments", "PUT /api/admin/environments/update/production", "POST /api/admin/strategies", "POST /api/client/register", "POST /api/client/metrics", "POST /api/client/metrics/bulk"}
	for i, body := range []string{
		`{"name":"a","type":"release","description":null,"impressionData":true}`, `{"stale":true,"archived":false}`,
		`{"name":"default","sortOrder":1e300,"constraints":[{"contextName":"a","operator":"IN","values":["b"]}],"variants":[{"name":"v","weight":1,"weightType":"variable","stickiness":"default","payload":{"type":"json","value":"{}"}}]}`,
		`{"parameters":{"rollout":5.5,"x":null},"segments":[1,1]}`, `{"name":"s","project":null,"constraints":[]}`, `{"name":"s","constraints":[{"contextName":"","operator":"REGEX","value":"("}]}`,
		`{"name":"e","type":"test","sortOrder":-1}`, `{"sortOrder":9223372036854775807}`, `{"name":"byRegion","parameters":[{"name":"a","type":"list"}]}`,
		`{"appName":"a","started":"2026-03-01T12:00:00Z","interval":1.5}`, `{"appName":"a","bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{"a":{"yes":1}}}}`,
		`{"applications":[{"appName":"a"}],"metrics":[{"featureName":"a","appName":"b","yes":1}]}`,
	} {
		f.Add(i, body)
		f.Add(i, `{"name":["`)
	}
	f.Fuzz(func(t *testing.T, i int, body string) {
		if i < 0 || i >= len(paths) {
			return
		}
		world := newClientFixture(t)
		world.feature(t, "checkout", rollout.Strategy{ID: "one", Name: rollout.Everyone})
		if _, err := world.features.Segments().Create(t.Context(), rollout.Segment{Name: "beta"}, clientAnn); err != nil {
			t.Fatal(err)
		}
		before, err := world.features.Revision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		method, path, _ := strings.Cut(paths[i], " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		world.ServeHTTP(w, r)
		after, err := world.features.Revision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case w.Code >= http.StatusInternalServerError, w.Code == http.StatusUnauthorized:
			t.Errorf("%s %q: %d %s", paths[i], body, w.Code, w.Body)
		case w.Code >= http.StatusBadRequest && after != before:
			t.Errorf("%s %q: %d, and something changed", paths[i], body, w.Code)
		}
		if poll := world.poll(t, ""); poll.Code != http.StatusOK {
			t.Errorf("%s %q: SDKs are told %d %s", paths[i], body, poll.Code, poll.Body)
		}
	})
}

// who is everybody, and they are Ann.
func who(*http.Request) (penstock.Actor, error) { return clientAnn, nil }
