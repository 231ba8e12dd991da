package servicetest

import (
	"context"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// damaging are the tests that leave plans behind which are not what was stored. All
// others leave plans whose trails are proven and make the plans again.
var damaging = map[string]string{
	"CorruptRecordsAreErrors":            "records are spoiled",
	"CorruptEventIsAnError":              "an event is written past the Service",
	"CorruptAnchorIsAnError":             "a header is spoiled",
	"RunnerBeginsAnewBesideADamagedPlan": "a record is spoiled",
	"VerifyStateNamesWhatDiffers":        "records are spoiled",
	"PlanAtTheAnchorIsProven":            "a record is spoiled",
	"AnchorsWithoutAPlan":                "records are removed",
}

// An audit proves every plan that a test leaves in a store.
type audit struct {
	seal func([]byte) []byte // with which some may be sealed
}

// sealed tells the audit with what plans of a test are sealed, and returns it.
func (on suite) sealed(seal func([]byte) []byte) func([]byte) []byte {
	on.audit.seal = seal
	return seal
}

// audited is a suite for one test, whose stores are audited when it ends.
func audited(name string, open func(testing.TB) store.Store) suite {
	a := &audit{}
	return suite{audit: a, open: func(tb testing.TB) store.Store {
		tb.Helper()
		st := open(tb)
		if damaging[name] == "" {
			tb.Cleanup(func() { a.prove(tb, st) }) // before the store is closed
		}
		return st
	}}
}

// prove holds every plan in a store against its trail.
func (a *audit) prove(tb testing.TB, st store.Store) {
	tb.Helper()
	ctx := context.Background() // that of the test is over
	plain := releaseplan.New(releaseplan.Config{Store: st, CacheBytes: -1})
	sealed := releaseplan.New(releaseplan.Config{Store: st, CacheBytes: -1, Seal: a.seal})
	q := store.Query{Kind: "plan", NoBody: true, Limit: store.MaxLimit}
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			tb.Errorf("audit: %v", err)
			return
		}
		for _, r := range page.Records {
			_, err := plain.VerifyState(ctx, r.ID, clerk)
			if err != nil && a.seal != nil {
				_, err = sealed.VerifyState(ctx, r.ID, clerk)
			}
			if err != nil {
				tb.Errorf("audit: %v", err)
			}
		}
		if page.Next == nil {
			return
		}
		q.After = page.Next
	}
}
