package runtest

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

func (on suite) testWorkersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		p.define(threeByTwo())
		var now, most atomic.Int32
		l := workflow.NewLocal(p.Service, freestyle(func(context.Context, workflow.Execution) (map[string]string, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-time.After(time.Second)
			now.Add(-1)
			return nil, nil
		}))
		l.Workers = 3
		defer p.drive(l)()
		var ids []string
		for range 10 {
			ids = append(ids, p.start("build", workflow.Start{}).ID())
		}
		began := time.Now()
		for _, id := range ids {
			wantState(t, p.await(id), workflow.RunPassed)
		}
		if most.Load() != 3 {
			t.Errorf("%d at once", most.Load())
		}
		if took := time.Since(began); took > 21*time.Second {
			t.Errorf("60 jobs of a second took three workers %s", took)
		}
	})
}

// unheard hides that a store can tell of commits.
type unheard struct{ store.Store }

// testNothingWaitsForAPoll lets an engine that never polls run more than it has workers
// and places for, started here and elsewhere.
func (on suite) testNothingWaitsForAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := unheard{on.open(t)}
		p, other := on.plant(t, workflow.Config{Store: shared}), on.plant(t, workflow.Config{Store: shared})
		d := threeByTwo()
		d.ConcurrencyLimit = new(3)
		p.define(d)
		p.define(oneByOne("free", "a", "b"))
		l := workflow.NewLocal(p.Service, freestyle(func(context.Context, workflow.Execution) (map[string]string, error) {
			<-time.After(time.Second)
			return nil, nil
		}))
		l.Workers, l.Poll, l.TTL = 2, 24*time.Hour, 24*time.Hour
		defer p.drive(l)()
		synctest.Wait()
		other.Attach(l)
		began := time.Now()
		var ids []string
		for i := range 6 {
			from := []*plant{p, other}[i%2]
			ids = append(ids, p.start("build", workflow.Start{}).ID(), from.start("free", workflow.Start{}).ID())
		}
		for _, id := range ids {
			wantState(t, p.await(id), workflow.RunPassed)
		}
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("48 jobs of a second took two workers %s", took)
		}
	})
}
