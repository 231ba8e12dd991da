package workflow_test

import (
	"context"
	"encoding/json"
	"runtime"
	"testing"

	"github.com/penstock-go/penstock/workflow"
)

// BenchmarkInFlight tells what 10,000 runs of three stages of two jobs take of heap and stacks, the store
// included, while one job of each waits: for its executor, which takes a goroutine; for
// time to pass; for somebody to approve.
func BenchmarkInFlight(b *testing.B) {
	const runs = 10_000
	for _, c := range []struct {
		name    string
		waiting workflow.Job
		state   workflow.JobState
	}{
		{"executor", shellJob("waiting"), workflow.JobRunning},
		{"time", waitFor("waiting", `{"for":"PT24H"}`), workflow.JobRunning},
		{"approval", workflow.Job{Name: "waiting", Type: "approval", Spec: json.RawMessage(`{"type":"native","native_approval":{"needed_approvers":1,"approve_users":[{"user_id":"bob"}]}}`)}, workflow.JobWaiting},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := threeByTwo()
			d.Stages[0].Jobs[0] = c.waiting
			var heap, stacks int64
			for b.Loop() {
				heap0, stacks0 := inUse()
				p := newPlant(b, workflow.Config{})
				p.define(d)
				l := workflow.NewLocal(p.Service, freestyle(func(ctx context.Context, e workflow.Execution) (map[string]string, error) {
					if e.Job == "waiting" {
						<-ctx.Done()
					}
					return nil, nil
				}))
				l.Workers = runs + 64
				stop := p.drive(l)
				ids := make([]string, runs)
				for i := range ids {
					ids[i] = p.start(d.Key, workflow.Start{}).ID()
				}
				for _, id := range ids {
					p.awaitJob(id, "j0-1")
				}
				heap, stacks = inUse()
				heap, stacks = heap-heap0, stacks-stacks0
				b.StopTimer()
				for _, id := range ids {
					if j, err := p.get(id).Job("waiting"); err != nil || j.State != c.state {
						b.Fatalf("the job that should wait is %s, %v", j.State, err)
					}
				}
				stop()
				b.StartTimer()
			}
			b.ReportMetric(float64(heap)/1e6, "heap-MB")
			b.ReportMetric(float64(stacks)/1e6, "stacks-MB")
			b.ReportMetric(float64(heap+stacks)/1e6, "MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// awaitJob waits until a job of a run has passed.
func (p *plant) awaitJob(id, job string) {
	p.Helper()
	for e, err := range p.Follow(p.ctx, id, 0, ann) {
		if err != nil {
			p.Fatal(err)
		}
		if e.Change.Job == job && e.Change.To == string(workflow.JobPassed) {
			return
		}
	}
	p.Fatalf("run %s has ended before %s passed", id, job)
}

// inUse is what is left after a collection.
func inUse() (heap, stacks int64) {
	runtime.GC()
	runtime.GC() // what the first one left to finalizers and pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), int64(m.StackInuse)
}
