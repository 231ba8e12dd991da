package unleash_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
)

// TestOutages: what goes wrong on this side is answered as it is described, and told to nobody.
func TestOutages(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		fault  error
		status int
		name   string
	}{
		{errors.New("dial tcp 10.0.0.1: refused"), http.StatusInternalServerError, "InternalError"},
		{fmt.Errorf("rights at 10.0.0.1: %w", context.DeadlineExceeded), http.StatusServiceUnavailable, "UnavailableError"},
	} {
		var broken error
		w := newWorld(t, setup{authorizer: func(context.Context, penstock.Actor, penstock.Right, penstock.Resource) error { return broken }})
		w.feature("checkout", "shop", "production")
		id := w.template(body("template", 100))
		broken = row.fault
		for _, r := range [][3]string{
			{"GET", "/api/admin/release-plan-templates/" + id},
			{"DELETE", "/api/admin/release-plan-templates/" + id},
			{"POST", ofPlans + "/release-plans", `{"templateId":"` + id + `"}`},
			{"GET", "/api/admin/projects/shop/features/checkout"},
			{"POST", "/api/admin/projects/shop/features", `{"name":"new"}`},
			{"POST", "/api/admin/segments", `{"name":"new","constraints":[]}`},
		} {
			a := w.Do(r[0], r[1], bodyOf(r[2])).Want(row.status)
			if got := a.Get("name"); got != row.name || strings.Contains(string(a.Body), "10.0.0.1") {
				t.Errorf("%s %s: %s", r[0], r[1], a.Body)
			}
		}
	}
}
