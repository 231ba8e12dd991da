package unleash_test

import (
	"fmt"
	"net/http"
	"testing"
)

const (
	atClient = "/api/client/features"
	counts   = `{"appName":"shop","bucket":{"start":"2026-03-01T12:00:00Z","stop":"2026-03-01T12:00:00Z","toggles":{}}}`
)

// clientTable is every operation for SDKs. What they may not read is not there: nothing is forbidden.
var clientTable = []row{
	{"getAllClientFeatures", "GET", atClient, "", 200, []failing{badData.at(atClient + "?project=a&project=b"), notFound.by("lost")}},
	{"getClientFeature", "GET", atClient + "/checkout", "", 200, []failing{notFound.at(atClient + "/none"), notFound.at(atClient + "/transfer"), notFound.by("nothing"), notFound.by("lost")}},
	{"registerClientApplication", "POST", "/api/client/register", `{"appName":"shop"}`, 202, []failing{badData.with(`{}`), badData.with(`[]`)}},
	{"registerClientMetrics", "POST", "/api/client/metrics", counts, 202, []failing{badData.with(`{}`), badData.with(`{"appName":"shop"}`)}},
	{"clientBulkMetrics", "POST", "/api/client/metrics/bulk", `{"applications":[{"appName":"a"}],"metrics":[]}`, 202, []failing{badData.with(`{"applications":[{}],"metrics":[]}`), badData.with(`{"applications":[],"metrics":[{"appName":"a"}]}`)}},
}

// notModified is the other success of the first.
var notModified = row{operation: "getAllClientFeatures", method: "GET", path: atClient, status: http.StatusNotModified}

// TestClientEndpoints: each operation for SDKs does what it is for, and fails as it is documented
// to. The host is told of no failure.
func TestClientEndpoints(t *testing.T) {
	t.Parallel()
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	w.feature("transfer", "bank")
	b := bench{Server: w.Server, t: t, token: "shop", fill: func(text string) string { return text }, stored: func() string { return fmt.Sprint(len(w.told)) }}
	for _, r := range clientTable {
		b.try(r)
	}
	if len(w.told) != 3 {
		t.Errorf("the host was told %d times", len(w.told))
	}
	tag := w.Do("GET", atClient, nil, "Authorization", "shop").Want(http.StatusOK).Header.Get("ETag")
	w.Do(notModified.method, notModified.path, nil, "Authorization", "shop", "If-None-Match", tag).Want(notModified.status, "")
}
