package runtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

func (on suite) testLocalRunsAWorkflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		var mu sync.Mutex
		var order []string
		l := workflow.NewLocal(p.Service, freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, e.Job)
			fmt.Fprintln(e.Log, "hello from", e.Job)
			return map[string]string{"WHO": e.Job}, nil
		}))
		p.define(oneByOne("build", "a", "b", "c"))
		stop := p.drive(l)
		defer stop()
		r := p.await(p.start("build", workflow.Start{}).ID())
		wantState(t, r, workflow.RunPassed)
		if got := fmt.Sprint(order); got != "[a b c]" {
			t.Errorf("executed %s", got)
		}
		if got := r.Outputs("b")["WHO"]; got != "b" {
			t.Errorf("b put out %q", got)
		}
		if r.Number() != 1 {
			t.Errorf("the run has number %d", r.Number())
		}
	})
}

func (on suite) testLocalRunsWhatWasStartedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		p.define(threeByTwo())
		id := p.start("build", workflow.Start{}).ID()
		stop := p.drive(workflow.NewLocal(p.Service, freestyle(noop)))
		defer stop()
		wantState(t, p.await(id), workflow.RunPassed)
	})
}

func (on suite) testStartRefusesTypesWithoutExecutor(t *testing.T) {
	p := on.plant(t, workflow.Config{})
	d := oneByOne("build", "a")
	d.Stages[0].Jobs = append(d.Stages[0].Jobs, workflow.Job{Name: "query", Type: "http", Spec: json.RawMessage(`{"url":"http://x/","method":"GET"}`)})
	p.define(d)
	workflow.NewLocal(p.Service, freestyle(noop))
	_, err := p.Start(p.ctx, "build", workflow.Start{}, ann)
	if want := "cannot start: needs an executor for jobs of type http"; err == nil || err.Error() != want {
		t.Errorf("Start says %v, not %s", err, want)
	}
	if !errors.Is(err, penstock.ErrRefused) {
		t.Error("it is no refusal")
	}
}

func (on suite) testWaitsAndRetriesAtTheirInstants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		d := oneByOne("build", "a", "b")
		d.Stages[0].Jobs[0] = workflow.Job{Name: "a", Type: "wait", Spec: json.RawMessage(`{"for":"PT1H"}`)}
		d.Stages[1].Jobs[0].Error = &workflow.ErrorPolicy{Policy: workflow.Retry, MaxRetries: 2}
		p.define(d)
		var calls atomic.Int32
		defer p.drive(workflow.NewLocal(p.Service, freestyle(func(context.Context, workflow.Execution) (map[string]string, error) {
			if calls.Add(1) < 3 {
				return nil, errors.New("not yet")
			}
			return nil, nil
		})))()
		began := time.Now()
		r := p.await(p.start("build", workflow.Start{}).ID())
		wantState(t, r, workflow.RunPassed)
		if after := r.Status().Ended.Sub(began); after != time.Hour+20*time.Second {
			t.Errorf("it passed after %s", after)
		}
	})
}

func (on suite) testPanicsAreFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		p.define(oneByOne("build", "a"))
		defer p.drive(workflow.NewLocal(p.Service, freestyle(func(context.Context, workflow.Execution) (map[string]string, error) {
			panic("no such thing")
		})))()
		r := p.await(p.start("build", workflow.Start{}).ID())
		wantState(t, r, workflow.RunFailed)
		if j, _ := r.Job("a"); j.Status.Error != "it panicked: no such thing" {
			t.Errorf("the job says %q", j.Status.Error)
		}
	})
}

func (on suite) testApprovals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := on.plant(t, workflow.Config{})
		d := oneByOne("build", "a", "b")
		d.Stages[1].Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{
			{Approvers: []penstock.Party{{Type: penstock.User, ID: "bob"}}, Need: approval.Any}}}
		p.define(d)
		defer p.drive(workflow.NewLocal(p.Service, freestyle(noop)))()
		id := p.start("build", workflow.Start{}).ID()
		synctest.Wait()
		if _, err := p.Do(p.ctx, id, workflow.Command{Action: workflow.Vote, Vote: approval.Approve}, ann); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("a stranger's vote: %v", err)
		}
		if _, err := p.Do(p.ctx, id, workflow.Command{Action: workflow.Vote, Vote: approval.Approve}, penstock.Actor{ID: "bob"}); err != nil {
			t.Fatal(err)
		}
		wantState(t, p.await(id), workflow.RunPassed)
	})
}
