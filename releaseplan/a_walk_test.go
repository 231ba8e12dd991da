package releaseplan_test

import (
	"errors"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
)

// FuzzWalk takes plans of any shape through any commands at any times, and holds
// the invariants of plans against each step.
func FuzzWalk(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, []byte{byte(seed), 1, 2, 3})
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		plantest.Walker{Data: data, Steps: 40}.Test(t, seed, 1, aCounted)
	})
}

func TestWalk(t *testing.T) {
	t.Parallel()
	seen := make(map[releaseplan.State]int)
	count := func(s plantest.Step) error {
		seen[s.After.State()]++
		for _, c := range s.Changes { // states that pass by, too
			if c.Kind == releaseplan.PlanMoved {
				seen[releaseplan.State(c.From)]++
			}
		}
		return nil
	}
	plantest.Walker{Steps: 70}.Test(t, 0, 90, aCounted, count)
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		if seen[s] < 5 {
			t.Errorf("the walk was in %s only %d times", s, seen[s])
		}
	}
}

// aCounted: what a plan counts inside is what is there.
func aCounted(s plantest.Step) error {
	if why := releaseplan.Inconsistent(s.After); why != "" {
		return errors.New(why)
	}
	return nil
}
