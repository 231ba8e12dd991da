package runtest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// kindsOf returns the kinds of records that a store holds of runs and their logs.
func (p *plant) kindsOf() (kinds []string) {
	p.Helper()
	for _, kind := range []string{"workflow.run", "workflow.run.start", "workflow.run.secret", "workflow.run.inputs", "workflow.run.outputs",
		"workflow.run.jobs", "workflow.run.key", "workflow.run.remnant", "workflow.log"} {
		found, err := p.store.Find(p.ctx, store.Query{Kind: kind, Limit: 1, NoBody: true})
		if err != nil {
			p.Fatal(err)
		}
		if len(found.Records) > 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// Runs go with everything but the end of their trails, also if the answer to that is lost, and
// nobody can take their ids.
func (on suite) testRunsAreDeletedAndPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lose := new(atomic.Bool)
		s := on.open(t)
		p := on.plant(t, workflow.Config{Store: forgetful{s, lose}})
		p.define(oneByOne("build", "a"))
		l := workflow.NewLocal(p.Service, freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			fmt.Fprintln(e.Log, "hello")
			return map[string]string{"WHO": e.Job}, nil
		}))
		stop := p.drive(l)
		var ids []string
		for i := range 3 {
			id := p.await(p.start("build", workflow.Start{Remark: "look"}).ID()).ID()
			p.do(id, workflow.Command{Action: workflow.Comment, Remark: "seen", Key: fmt.Sprint(i)})
			ids = append(ids, id)
		}
		stop()
		lose.Store(true)
		if err := p.Delete(p.ctx, ids[0], ann); err != nil {
			t.Fatal(err)
		}
		plain := on.plant(t, workflow.Config{Store: s}) // of which the store may be a store.Pruner
		done, err := plain.Prune(p.ctx, workflow.Retention{Before: time.Now().Add(time.Hour), Keep: 1}, ann)
		if err != nil || done != (workflow.Pruned{Runs: 1}) {
			t.Errorf("got %+v, %v", done, err)
		}
		p.get(ids[2])
		if err := p.Delete(p.ctx, ids[2], ann); err != nil {
			t.Fatal(err)
		}
		if kinds := p.kindsOf(); len(kinds) > 0 {
			t.Errorf("there is still %v", kinds)
		}
		for i, whole := range []bool{true, false, true} {
			events, err := s.Events(p.ctx, store.EventQuery{Subject: store.Key{Kind: "workflow.run", ID: ids[i]}})
			if err != nil {
				t.Fatal(err)
			}
			_, prunes := s.(store.Pruner)
			if n := len(events); n == 0 || events[n-1].Name != string(workflow.RunDeleted) || prunes && whole != (n > 1) {
				t.Errorf("of run %d there are %d entries", i, n)
			}
			if _, err := p.StartAs(p.ctx, ids[i], "build", workflow.Start{}, ann); !errors.Is(err, penstock.ErrExists) {
				t.Errorf("a run with the id of run %d: %v", i, err)
			}
		}
		if next := p.start("build", workflow.Start{}); next.Number() != 4 {
			t.Errorf("the next run has the number %d", next.Number())
		}
	})
}
