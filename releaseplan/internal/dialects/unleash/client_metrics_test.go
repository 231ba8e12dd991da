package unleash_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/unleash"
)

// What SDKs say of themselves is told to the host, whatever else they say.
func TestClientMetrics(t *testing.T) {
	w := newClientWorld(t)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	bucket := func(name string, n unleash.MetricCount) unleash.MetricsBucket {
		return unleash.MetricsBucket{Start: at, Stop: at, Toggles: map[string]unleash.MetricCount{name: n}}
	}
	for _, row := range []struct {
		rule, path, body string
		status           int
		want             []any
	}{
		{"register", "register", `{"appName":"shop","instanceId":"i","sdkVersion":"unleash-client-node:6","strategies":["default"],"started":"2026-03-01T12:00:00Z","interval":15000.5,"yggdrasilVersion":null,"new":{"a":[1]}}`, 202,
			[]any{unleash.Registration{AppName: "shop", InstanceID: "i", SDKVersion: "unleash-client-node:6", Strategies: []string{"default"}, Started: at, Interval: 15000.5}}},
		{"register nobody", "register", `{"instanceId":"i"}`, 400, nil},
		{"register no object", "register", `[]`, 400, nil},
		{"metrics", "metrics", `{"appName":"shop","bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{"checkout":{"yes":3,"no":1,"variants":{"blue":2}}}},"impactMetrics":[]}`, 202,
			[]any{unleash.Metrics{AppName: "shop", Bucket: bucket("checkout", unleash.MetricCount{Yes: 3, No: 1, Variants: map[string]int64{"blue": 2}})}}},
		{"metrics of nobody", "metrics", `{"bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{}}}`, 400, nil},
		{"metrics without any", "metrics", `{"appName":"shop"}`, 400, nil},
		{"below nothing", "metrics", `{"appName":"shop","bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{"a":{"yes":-1}}}}`, 400, nil},
		{"variants below nothing", "metrics", `{"appName":"shop","bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{"a":{"variants":{"b":-1}}}}}`, 400, nil},
		{"more than can be counted", "metrics", `{"appName":"shop","bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{"a":{"yes":1e99}}}}`, 400, nil},
		{"not JSON", "metrics", `{"appName":`, 400, nil},
		{"nothing", "metrics", ``, 400, nil},
		{"too much", "metrics", `{"appName":"` + strings.Repeat("x", 500_001) + `"}`, 413, nil},
		{"bulk", "metrics/bulk", `{"applications":[{"appName":"a"}],"metrics":[{"featureName":"checkout","appName":"a","environment":"production","timestamp":"2026-03-01T12:00:00Z","yes":2}]}`, 202,
			[]any{unleash.Registration{AppName: "a"}, unleash.Metrics{AppName: "a", Environment: "production", Bucket: bucket("checkout", unleash.MetricCount{Yes: 2})}}},
		{"bulk with a fault", "metrics/bulk", `{"applications":[{"appName":"a"}],"metrics":[{"appName":"a"}]}`, 400, nil},
	} {
		t.Run(row.rule, func(t *testing.T) {
			w.Do("POST", "/api/client/"+row.path, row.body, "Authorization", "shop").Want(row.status)
			var got []any
			for len(w.told) > 0 {
				got = append(got, (<-w.told).(told).what)
			}
			if diff := cmp.Diff(row.want, got, cmpopts.IgnoreFields(unleash.Registration{}, "_"), cmpopts.IgnoreFields(unleash.Metrics{}, "_"),
				cmpopts.IgnoreFields(unleash.MetricsBucket{}, "_"), cmpopts.IgnoreFields(unleash.MetricCount{}, "_")); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
	w.Do("POST", "/api/client/metrics", "a=b", "Authorization", "shop", "Content-Type", "application/x-www-form-urlencoded").Want(415)
	w.Do("GET", "/api/client/metrics", nil, "Authorization", "shop").Want(405)
}

// What the host cannot take is not the SDK's to know.
func TestClientHostFails(t *testing.T) {
	w := newClientWorld(t)
	cfg := w.cfg
	cfg.Registered = func(context.Context, unleash.Client, unleash.Registration) error { return errors.New("full") }
	cfg.Counted = nil
	s := check.Serve(t, unleash.Handler(cfg), unleash.OpenAPI(), "shop")
	s.Do("POST", "/api/client/register", `{"appName":"shop"}`).Want(202, "")
	s.Do("POST", "/api/client/metrics", `{"appName":"shop","bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{}}}`).Want(202, "")
}
