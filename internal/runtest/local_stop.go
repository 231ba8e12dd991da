package runtest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/workflow"
)

// untilStopped executes until its context ends, and tells why that was.
func untilStopped(causes chan<- error) workflow.ExecutorFunc {
	return func(ctx context.Context, _ workflow.Execution) (map[string]string, error) {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return nil, ctx.Err()
	}
}

func (on suite) testCancelStopsExecutors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		p.define(oneByOne("build", "a", "b"))
		causes := make(chan error, 1)
		defer p.drive(workflow.NewLocal(p.Service, freestyle(untilStopped(causes))))()
		id := p.start("build", workflow.Start{}).ID()
		synctest.Wait()
		if r := p.do(id, workflow.Command{Action: workflow.CancelRun}); r.State() != workflow.RunCanceling {
			t.Errorf("the run is %s", r.State())
		}
		if cause := <-causes; !errors.Is(cause, workflow.ErrCanceled) {
			t.Errorf("the executor was stopped with %v", cause)
		}
		wantState(t, p.await(id), workflow.RunCanceled)
	})
}

func (on suite) testCancelStopsExecutorsOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := on.open(t)
		p, other := on.plant(t, workflow.Config{Store: shared}), on.plant(t, workflow.Config{Store: shared})
		p.define(oneByOne("build", "a"))
		causes := make(chan error, 1)
		begun, execute := make(chan struct{}, 1), untilStopped(causes)
		defer other.drive(workflow.NewLocal(other.Service, freestyle(func(ctx context.Context, e workflow.Execution) (map[string]string, error) {
			begun <- struct{}{}
			return execute(ctx, e)
		})))()
		id := p.start("build", workflow.Start{}).ID()
		<-begun // it looks for what others start only now and then
		p.do(id, workflow.Command{Action: workflow.CancelRun})
		wantState(t, p.await(id), workflow.RunCanceled)
		if cause := <-causes; !errors.Is(cause, workflow.ErrCanceled) {
			t.Errorf("the executor was stopped with %v", cause)
		}
	})
}

func (on suite) testTimeoutsAtTheirInstants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		d := oneByOne("build", "a")
		d.Stages[0].Jobs[0].Spec = json.RawMessage(`{"script":"sleep","advanced_setting":{"timeout":5}}`)
		p.define(d)
		causes := make(chan error, 1)
		defer p.drive(workflow.NewLocal(p.Service, freestyle(untilStopped(causes))))()
		began := time.Now()
		r := p.await(p.start("build", workflow.Start{}).ID())
		wantState(t, r, workflow.RunTimedOut)
		if cause := <-causes; !errors.Is(cause, workflow.ErrTimeout) {
			t.Errorf("the executor was stopped with %v", cause)
		}
		if after := r.Status().Ended.Sub(began); after != 5*time.Minute {
			t.Errorf("it timed out after %s", after)
		}
	})
}

func (on suite) testShutdownAndTakeover(t *testing.T) {
	for _, repeats := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			shared := on.open(t)
			p, other := on.plant(t, workflow.Config{Store: shared}), on.plant(t, workflow.Config{Store: shared})
			d := oneByOne("build", "a", "b")
			if repeats {
				d.Stages[1].Jobs[0].Error = &workflow.ErrorPolicy{Policy: workflow.Retry, MaxRetries: 1}
			}
			p.define(d)
			var mu sync.Mutex
			times := make(map[string]int)
			execute := func(ctx context.Context, e workflow.Execution) (map[string]string, error) {
				mu.Lock()
				times[e.Job]++
				n := times[e.Job]
				mu.Unlock()
				if e.Job == "b" && n == 1 {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return nil, nil
			}
			stop := p.drive(workflow.NewLocal(p.Service, freestyle(execute)))
			id := p.start("build", workflow.Start{}).ID()
			synctest.Wait()
			stop()
			defer other.drive(workflow.NewLocal(other.Service, freestyle(execute)))()
			want := workflow.RunFailed
			if repeats {
				want = workflow.RunPassed
			}
			wantState(t, other.await(id), want)
			if times["a"] != 1 {
				t.Errorf("a was executed %d times", times["a"])
			}
		})
	}
}
