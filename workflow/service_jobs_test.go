package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A weighed store knows how much its largest commit of a job's outcome wrote.
type weighed struct {
	store.Store
	mu   sync.Mutex
	most int
}

func (w *weighed) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	n := 0
	for _, op := range ops {
		n += len(op.Body)
		for _, e := range op.Events {
			n += len(e.Body)
		}
	}
	w.mu.Lock()
	w.most = max(w.most, n)
	w.mu.Unlock()
	return w.Store.Commit(ctx, ops...)
}

// A transition of a large run writes little of it, and nothing is lost by that: who
// reads the run anew finds it as it was, after every command.
func TestLargeRunsAreWrittenInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jobs = 300
		shared := &weighed{Store: memory.New()}
		p := newPlant(t, workflow.Config{Store: shared})
		d := oneByOne("large", "first", "last")
		d.Stages[0].Parallel = true
		for i := range jobs - 2 {
			d.Stages[0].Jobs = append(d.Stages[0].Jobs, shellJob(fmt.Sprintf("job%d", i)))
		}
		p.define(d)
		var mu sync.Mutex
		tries := make(map[string]int)
		l := workflow.NewLocal(p.Service, freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
			mu.Lock()
			defer mu.Unlock()
			if tries[e.Job]++; e.Job == "job70" && tries[e.Job] == 1 {
				return nil, errors.New("not yet")
			}
			return nil, nil
		}))
		l.Workers = 1 // one outcome a commit

		same := func(when, id string) {
			synctest.Wait()
			fresh := newPlant(t, workflow.Config{Store: shared}).get(id)
			if diff := cmp.Diff(p.get(id).Status(), fresh.Status(), cmp.AllowUnexported(approval.Request{})); diff != "" {
				t.Errorf("%s: read anew it differs: %s", when, diff)
			}
			if n := len(fresh.Status().Jobs); n != jobs {
				t.Errorf("%s: it has %d jobs", when, n)
			}
		}
		r := p.start("large", workflow.Start{})
		same("started", r.ID())
		shared.mu.Lock()
		if shared.most < jobs*20 {
			t.Errorf("to begin %d jobs wrote %d bytes, so the test proves nothing", jobs, shared.most)
		}
		shared.most = 0
		shared.mu.Unlock()
		stop := p.drive(l)
		defer stop()
		failed := p.await(r.ID())
		wantState(t, failed, workflow.RunFailed)
		same("failed", r.ID())
		if shared.most > 30_000 {
			t.Errorf("a commit of one outcome wrote %d bytes", shared.most)
		}
		p.do(r.ID(), workflow.Command{Action: workflow.RetryRun})
		passed := p.await(r.ID())
		wantState(t, passed, workflow.RunPassed)
		same("passed", r.ID())
		for job, n := range tries {
			if want := map[bool]int{true: 2, false: 1}[job == "job70"]; n != want {
				t.Errorf("%s was executed %d times", job, n)
			}
		}

		list, err := p.List(p.ctx, workflow.RunFilter{Page: penstock.Page{Limit: 1}}, ann)
		if err != nil || len(list.Items) != 1 || list.Items[0].Status.State != workflow.RunPassed {
			t.Errorf("it is listed as %+v, %v", list.Items, err)
		}
	})
}

// What is stored of jobs is checked when it is read.
func TestDamagedJobsAreTold(t *testing.T) {
	shared := memory.New()
	p := newPlant(t, workflow.Config{Store: shared})
	d := oneByOne("large", "first")
	d.Stages[0].Parallel = true
	for i := range 99 {
		d.Stages[0].Jobs = append(d.Stages[0].Jobs, shellJob(fmt.Sprintf("job%d", i)))
	}
	p.define(d)
	id := p.start("large", workflow.Start{}).ID()
	records := everything(t, shared, "workflow.run.jobs")
	if len(records) != 2 {
		t.Fatalf("%d records of jobs", len(records))
	}
	for name, body := range map[string]string{"no JSON": "[", "too few": "[{}]", "a bad state": `[{"state":"odd"}` + string(records[0].Body[3:])} {
		now, err := shared.Get(t.Context(), records[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		now[0].Body = []byte(body)
		if _, err := shared.Commit(t.Context(), store.Op{Record: now[0]}); err != nil {
			t.Fatal(err)
		}
		if r, err := newPlant(t, workflow.Config{Store: shared}).Get(t.Context(), id, ann); err == nil {
			t.Errorf("%s: %v was read", name, r)
		}
	}
}
