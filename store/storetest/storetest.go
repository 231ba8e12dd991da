// Package storetest is what every [store.Store] must pass.
//
// An implementation runs the kit in one test and the benchmarks in another:
//
//	func TestStore(t *testing.T)      { storetest.Run(t, open) }
//	func BenchmarkStore(b *testing.B) { storetest.Bench(b, open) }
//
// There is a case for every sentence of the contract, which says why it matters.
package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/penstock-go/penstock/store"
)

// Run runs every case, each on a fresh and empty store from open, in parallel.
// It closes the stores.
func Run(t *testing.T, open func(testing.TB) store.Store) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				if t.Failed() {
					t.Logf("why this matters: %s", c.why)
				}
			})
			c.test(t, s)
		})
	}
}

// A contractCase is one sentence of the contract.
type contractCase struct {
	name, why string
	test      func(reporter, store.Store)
}

// A reporter is the part of testing.TB that cases use, so that the kit itself
// can be tested on stores that are broken.
type reporter interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func cases() []contractCase {
	return slices.Concat(getCases, commitCases, ownershipCases, limitCases, findCases, eventCases, nextCases, pruneCases, concurrencyCases, endCases, waitCases)
}
