package unleash_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/unleash"
	"github.com/penstock-go/penstock/store/memory"
)

// repeat prepares the request of a row to be sent more than once, to two servers.
func (r row) repeat(t *testing.T) *check.Repeat {
	t.Helper()
	losing := &check.Losing{Store: memory.New()}
	w, fill := tableWorldOver(t, losing)
	other := newWorld(t, tableSetup(losing))
	switch r.operation {
	case "resumeMilestoneProgressions":
		w.trip(fill("{p}"), fill("{g}"))
	case "addReleasePlan":
		w.Do("DELETE", fill(ofPlans+"/release-plans/{p}"), nil).Want(http.StatusOK)
	case "deleteMilestoneProgression":
		w.Do("PUT", fill(ofPlans+"/progressions/{pm}"), bodyOf(fill(progress))).Want(http.StatusOK)
	default: // it is as it is
	}
	repeat := &check.Repeat{Store: losing, One: w.Server, Other: other.Server, Method: r.method, Path: fill(r.path), Body: bodyOf(fill(r.body)), Status: r.status}
	repeat.Later = func() {
		w.pass(time.Hour)
		other.pass(time.Hour)
		all, err := w.plans.List(t.Context(), releaseplan.Filter{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all.Items {
			if _, err := w.plans.Do(t.Context(), p.ID, releaseplan.Command{Action: releaseplan.Comment, Remark: "later"}, ann); err != nil {
				t.Fatal(err)
			}
		}
	}
	return repeat
}

// TestEveryCommandIsIdempotentWithAKey: whatever changes a plan can be repeated with its key, and only
// that once; other operations refuse a key.
func TestEveryCommandIsIdempotentWithAKey(t *testing.T) {
	t.Parallel()
	keyed, others := check.Keyed(t, unleash.OpenAPI())
	seen := make(map[string]bool)
	for _, r := range table {
		if !slices.Contains(keyed, r.operation) {
			continue
		}
		seen[r.operation] = true
		t.Run(r.operation, func(t *testing.T) {
			r.repeat(t).Answered(t)
			r.repeat(t).Lost(t)
			r.repeat(t).LostLong(t)
			r.repeat(t).AtOnce(t, r.repeat(t).Alone(t))
		})
	}
	for _, id := range keyed {
		if !seen[id] {
			t.Errorf("%s takes a key, and was not tried", id)
		}
	}
	w, fill := tableWorld(t)
	for _, r := range slices.Concat(table, featureTable) {
		if !slices.Contains(others, r.operation) {
			continue
		}
		before := w.everything()
		w.Do(r.method, fill(r.path), bodyOf(fill(r.body)), "Idempotency-Key", "k").Want(http.StatusBadRequest)
		if w.everything() != before {
			t.Errorf("%s has refused a key, and changed something", r.operation)
		}
	}
}
