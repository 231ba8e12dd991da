package unleash_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
)

// TestWhatIsForbiddenHasNoName: who may not read a record is not told what it is called.
func TestWhatIsForbiddenHasNoName(t *testing.T) {
	w := newClientWorld(t)
	w.Do("POST", "/api/admin/segments", `{"name":"hidden","constraints":[]}`).Want(http.StatusCreated)
	for right, method := range map[penstock.Right]string{penstock.Read: "GET", penstock.Edit: "PUT", penstock.Delete: "DELETE"} {
		w.denied["segment 1"] = right
		a := w.Do(method, "/api/admin/segments/1", `{"name":"mine","constraints":[]}`, "Authorization", "mallory")
		failure(t, a, http.StatusForbidden, "PermissionError")
		if a.Get("message") != "no "+string(right)+" right" || strings.Contains(string(a.Body), "hidden") {
			t.Errorf("%s: %s", method, a.Body)
		}
	}
}

// TestFaultsOfMetricsAreBounded: a short report of many faults has no long answer.
func TestFaultsOfMetricsAreBounded(t *testing.T) {
	w := newClientWorld(t)
	body := `{"metrics":[],"applications":[{}` + strings.Repeat(",{}", 50_000) + `]}`
	if a := w.Do("POST", "/api/client/metrics/bulk", body, "Authorization", "shop").Want(http.StatusBadRequest); len(a.Body) > 50_000 {
		t.Errorf("%d bytes are answered to %d", len(a.Body), len(body))
	}
}
