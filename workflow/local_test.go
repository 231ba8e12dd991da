package workflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
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

func TestCancelStopsExecutors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
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

func TestCancelStopsExecutorsOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		p, other := newPlant(t, workflow.Config{Store: shared}), newPlant(t, workflow.Config{Store: shared})
		p.define(oneByOne("build", "a"))
		causes := make(chan error, 1)
		defer other.drive(workflow.NewLocal(other.Service, freestyle(untilStopped(causes))))()
		id := p.start("build", workflow.Start{}).ID()
		synctest.Wait()
		p.do(id, workflow.Command{Action: workflow.CancelRun})
		wantState(t, p.await(id), workflow.RunCanceled)
		if cause := <-causes; !errors.Is(cause, workflow.ErrCanceled) {
			t.Errorf("the executor was stopped with %v", cause)
		}
	})
}

func TestTimeoutsAtTheirInstants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
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

func TestWaitsAndRetriesAtTheirInstants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
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

func TestPanicsAreFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
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

func TestSecretsAreMasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "hunter2-hunter2"
		p := newPlant(t, workflow.Config{})
		d := oneByOne("build", "a", "b")
		d.Params = []workflow.Param{{Name: "token", Type: workflow.SecretParam}}
		d.Stages[0].Jobs[0].Spec = json.RawMessage(`{"script":"echo {{.workflow.params.token}}"}`)
		p.define(d)
		defer p.drive(workflow.NewLocal(p.Service, freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			if e.Job == "b" {
				return nil, errors.New("wrong token " + secret)
			}
			if !strings.Contains(string(e.Spec), secret) {
				t.Errorf("the executor gets %s", e.Spec)
			}
			fmt.Fprintln(e.Log, "the token is", secret)
			return map[string]string{"SEEN": "it is " + secret}, nil
		})))()
		id := p.start("build", workflow.Start{Params: []workflow.Argument{{Name: "token", Value: secret}}}).ID()
		r := p.await(id)
		wantState(t, r, workflow.RunFailed)
		log, err := p.ReadLog(p.ctx, id, "a", 0, ann)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(log)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != "the token is ***\n" {
			t.Errorf("the log says %q", text)
		}
		outputs, err := p.Outputs(p.ctx, id, ann)
		if err != nil {
			t.Fatal(err)
		}
		if outputs["a"]["SEEN"] != "it is ***" {
			t.Errorf("the outputs are %v", outputs)
		}
		for _, kind := range []string{"workflow.run", "workflow.run.start", "workflow.run.outputs", "workflow.log"} {
			for _, record := range everything(t, p.store, kind) {
				if bytes.Contains(record.Body, []byte(secret)) {
					t.Errorf("%s holds the secret", record.Key)
				}
			}
		}
		for _, e := range everyEvent(t, p.store) {
			if bytes.Contains(e.Body, []byte(secret)) {
				t.Errorf("event %d holds the secret: %s", e.Position, e.Body)
			}
		}
		// A clone has it all the same.
		clone, err := p.Clone(p.ctx, id, ann)
		if err != nil {
			t.Fatal(err)
		}
		if clone.Number() != 2 {
			t.Errorf("the clone has number %d", clone.Number())
		}
		p.await(clone.ID())
	})
}

func TestShutdownAndTakeover(t *testing.T) {
	for _, repeats := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			shared := memory.New()
			p, other := newPlant(t, workflow.Config{Store: shared}), newPlant(t, workflow.Config{Store: shared})
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

func TestApprovals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
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

func TestWorkersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
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

// TestNothingWaitsForAPoll lets an engine that never polls run more than it has workers
// and places for, started here and elsewhere.
func TestNothingWaitsForAPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := unheard{memory.New()}
		p, other := newPlant(t, workflow.Config{Store: shared}), newPlant(t, workflow.Config{Store: shared})
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
