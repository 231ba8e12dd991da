package runtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

func limited(key string, n int) *workflow.Definition {
	d := oneByOne(key, "a")
	d.ConcurrencyLimit = new(n)
	return d
}

func (on suite) testLimitOfAWorkflow(t *testing.T) {
	p := on.plant(t, workflow.Config{})
	p.define(limited("one", 2))
	p.define(limited("other", 1))
	var ids []string
	for range 4 {
		ids = append(ids, p.start("one", workflow.Start{}).ID())
	}
	states := func() string {
		var s strings.Builder
		for _, id := range ids {
			s.WriteByte(p.get(id).State()[0])
		}
		return s.String()
	}
	if got := states(); got != "rrqq" {
		t.Errorf("the runs are %s", got)
	}
	wantState(t, p.start("other", workflow.Start{}), workflow.RunRunning) // a workflow that is full holds up no other
	p.do(ids[0], workflow.Command{Action: workflow.CancelRun})
	if got := states(); got != "crrq" {
		t.Errorf("after a cancel the runs are %s", got)
	}
	wantState(t, p.do(ids[0], workflow.Command{Action: workflow.RetryRun}), workflow.RunQueued) // ahead of those that were started after it
	p.do(ids[1], workflow.Command{Action: workflow.CancelRun})
	if got := states(); got != "rcrq" {
		t.Errorf("after another cancel the runs are %s", got)
	}
}

func (on suite) testLimitOfAll(t *testing.T) {
	p := on.plant(t, workflow.Config{Limit: 2})
	p.define(oneByOne("free", "a"))
	p.define(limited("one", 1))
	one := p.start("one", workflow.Start{})
	blocked := p.start("one", workflow.Start{})
	free := p.start("free", workflow.Start{})
	late := p.start("free", workflow.Start{})
	for i, c := range []struct {
		r    *workflow.Run
		want workflow.RunState
	}{{one, workflow.RunRunning}, {blocked, workflow.RunQueued}, {free, workflow.RunRunning}, {late, workflow.RunQueued}} {
		if got := p.get(c.r.ID()).State(); got != c.want {
			t.Errorf("run %d is %s, not %s", i, got, c.want)
		}
	}
	p.do(one.ID(), workflow.Command{Action: workflow.CancelRun})
	wantState(t, p.get(blocked.ID()), workflow.RunRunning) // it waits longer
	wantState(t, p.get(late.ID()), workflow.RunQueued)
}

func (on suite) testPausedRunsHoldNoPlace(t *testing.T) {
	p := on.plant(t, workflow.Config{})
	d := limited("one", 1)
	d.Stages[0].Manual = &workflow.ManualExec{Enabled: true, Users: workflow.People{{Type: penstock.User, ID: "ann"}}}
	p.define(d)
	first, second := p.start("one", workflow.Start{}), p.start("one", workflow.Start{})
	wantState(t, p.get(first.ID()), workflow.RunPaused)
	wantState(t, p.get(second.ID()), workflow.RunPaused)
	p.do(first.ID(), workflow.Command{Action: workflow.ExecuteStage})
	p.do(second.ID(), workflow.Command{Action: workflow.ExecuteStage})
	wantState(t, p.get(first.ID()), workflow.RunRunning)
	wantState(t, p.get(second.ID()), workflow.RunQueued)
}

// A hesitant store lets others act between what was read and what is written.
type hesitant struct{ store.Store }

func (h hesitant) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	<-time.After(time.Millisecond)
	return h.Store.Commit(ctx, ops...)
}

// testLimitUnderSeveralProcesses lets four Services over one store start and finish runs,
// and counts how many are executed at once.
func (on suite) testLimitUnderSeveralProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := hesitant{on.open(t)}
		var mu sync.Mutex
		now, most := map[string]int{}, map[string]int{}
		execute := func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			mu.Lock()
			for _, k := range []string{e.Workflow, "all"} {
				now[k]++
				most[k] = max(most[k], now[k])
			}
			mu.Unlock()
			<-time.After(time.Second)
			mu.Lock()
			now[e.Workflow]--
			now["all"]--
			mu.Unlock()
			return nil, nil
		}
		var plants []*plant
		for range 4 {
			p := on.plant(t, workflow.Config{Store: shared, Limit: 5})
			t.Cleanup(p.drive(workflow.NewLocal(p.Service, freestyle(execute))))
			plants = append(plants, p)
		}
		plants[0].define(limited("three", 3))
		plants[0].define(oneByOne("free", "a"))
		var wg sync.WaitGroup
		var ids sync.Map
		for i, p := range plants {
			for j := range 10 {
				wg.Go(func() {
					key := []string{"three", "free"}[(i+j)%2]
					r, err := p.Start(p.ctx, key, workflow.Start{}, ann)
					if err != nil {
						t.Error(err)
						return
					}
					ids.Store(r.ID(), true)
				})
			}
		}
		wg.Wait()
		began := time.Now()
		ids.Range(func(id, _ any) bool {
			wantState(t, plants[0].await(fmt.Sprint(id)), workflow.RunPassed)
			return true
		})
		if most["three"] != 3 || most["all"] != 5 {
			t.Errorf("at most %v were executed at once", most)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("40 runs of a second, five at once, took %s", took)
		}
		seen := map[int64]bool{}
		list, err := plants[1].List(t.Context(), workflow.RunFilter{Workflow: "three", Page: penstock.Page{Limit: 100}}, ann)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Items {
			if seen[r.Number] || r.Number < 1 || r.Number > 20 {
				t.Errorf("a run has number %d", r.Number)
			}
			seen[r.Number] = true
		}
	})
}
