package servicetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// What Get returned at a time, At returns later; what time does by itself included.
func (on suite) testAtIsWhatGetWas(t *testing.T) {
	for seed := range uint64(2) {
		w := on.walk(t, seed)
		var times []time.Time
		var seen []string
		for range 60 {
			w.step()
			for _, d := range []time.Duration{0, 7 * time.Minute} { // steps are of whole minutes, and may take none
				now := w.now
				w.now = w.now.Add(d)
				times, seen = append(times, w.now), append(seen, w.stored())
				if w.now = now; d > 0 {
					w.now = times[len(times)-1]
				}
			}
		}
		w.now = w.now.Add(time.Hour)
		for i, at := range times {
			if i+1 < len(times) && times[i+1].Equal(at) {
				continue // more was done at that time
			}
			p, err := w.service().At(w.Context(), w.plan.ID(), at, ann)
			if diff := cmp.Diff(seen[i], exported(w, must(w, p, err))); diff != "" {
				t.Fatalf("seed %d, at %v: %s", seed, at, diff)
			}
		}
	}
}

// All from the anchor on can be told of a pruned plan, and nothing before it.
func (on suite) testAtOfAPrunedPlan(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.archived(3)
	var times []time.Time
	var seen []string
	for range 6 {
		w.pass(time.Hour)
		w.comment(id)
		p, err := w.plans.Get(t.Context(), id, ann)
		times, seen = append(times, w.now), append(seen, exported(t, must(t, p, err)))
	}
	w.pass(time.Hour)
	check := func(from int) {
		t.Helper()
		for i, at := range times {
			p, err := releaseplan.New(releaseplan.Config{Store: w.store, Now: func() time.Time { return w.now }}).At(t.Context(), id, at.Add(time.Minute), ann)
			if i < from {
				if !errors.Is(err, releaseplan.ErrPruned) {
					t.Errorf("at %v: %v", at, err)
				}
				continue
			}
			if diff := cmp.Diff(seen[i], exported(t, must(t, p, err))); diff != "" {
				t.Errorf("at %v: %s", at, diff)
			}
		}
	}
	check(0)
	w.pruneBefore(times[2], releaseplan.Pruned{Plans: 1, Events: 7})
	check(1)
	w.pruneBefore(times[4], releaseplan.Pruned{Plans: 1, Events: 2})
	check(3)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 2})
	check(5)
	must(t, 0, w.plans.Delete(t.Context(), id, ann))
	check(6)
	if page, err := w.store.Find(t.Context(), store.Query{Kind: "plan.base"}); err != nil || len(page.Records) != 0 {
		t.Errorf("%d records are left of what was kept, %v", len(page.Records), err)
	}
}

func (on suite) testAtIsRefused(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	w.pass(time.Hour)
	id := w.create("plan")
	w.pass(time.Hour)
	for name, c := range map[string]struct {
		id   string
		at   time.Time
		kind error
	}{
		"no time":    {id, time.Time{}, penstock.ErrInvalid},
		"the future": {id, w.now.Add(time.Second), penstock.ErrInvalid},
		"before it":  {id, w.now.Add(-time.Hour - time.Microsecond), penstock.ErrNotFound},
		"no plan":    {"nobody", w.now, penstock.ErrNotFound},
		"no id":      {"", w.now, penstock.ErrNotFound},
	} {
		if p, err := w.plans.At(t.Context(), c.id, c.at, ann); p != nil || !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	for _, at := range []time.Time{w.now, w.now.Add(-time.Hour)} {
		if _, err := w.plans.At(t.Context(), id, at, ann); err != nil {
			t.Errorf("at %v: %v", at, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.plans.At(ctx, id, w.now, ann); !errors.Is(err, context.Canceled) {
		t.Errorf("At = %v", err)
	}
}

func (on suite) testAtOfADeletedPlan(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	id := w.create("plan")
	w.pass(time.Hour)
	want := exported(t, w.do(id, releaseplan.Command{Action: releaseplan.Comment, Remark: "hi"}))
	w.pass(time.Hour)
	must(t, 0, w.plans.Delete(t.Context(), id, ann))
	w.pass(time.Hour)
	p, err := w.plans.At(t.Context(), id, noon.Add(90*time.Minute), ann)
	if diff := cmp.Diff(want, exported(t, must(t, p, err))); diff != "" {
		t.Error(diff)
	}
	for _, at := range []time.Time{noon.Add(-time.Microsecond), noon.Add(2 * time.Hour), w.now} {
		if p, err := w.plans.At(t.Context(), id, at, ann); p != nil || !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("at %v: %v, %v", at, p, err)
		}
	}
}
