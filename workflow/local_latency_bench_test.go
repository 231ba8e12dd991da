package workflow_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
)

// BenchmarkJobLatency tells what a job takes beyond its function: from the return of the function of the
// job before it until its own is called. Nothing else runs.
func BenchmarkJobLatency(b *testing.B) {
	const jobs = 50
	var stage workflow.Stage
	for i := range jobs {
		stage.Jobs = append(stage.Jobs, shellJob("j"+strconv.Itoa(i)))
	}
	p := newPlant(b, workflow.Config{})
	p.define(stages(serial("one by one", stage.Jobs...)))
	var added []time.Duration
	var returned time.Time // of the job before: the jobs of the only run
	ended := make(chan struct{}, 1)
	l := workflow.NewLocal(p.Service, freestyle(func(_ context.Context, e workflow.Execution) (map[string]string, error) {
		if called := time.Now(); e.Job != "j0" {
			added = append(added, called.Sub(returned))
		}
		if e.Job == "j"+strconv.Itoa(jobs-1) {
			ended <- struct{}{}
		}
		returned = time.Now()
		return nil, nil
	}))
	defer p.drive(l)()
	for b.Loop() {
		id := p.start("build", workflow.Start{}).ID()
		<-ended // nobody follows the run meanwhile
		p.await(id)
	}
	slices.Sort(added)
	b.ReportMetric(float64(added[len(added)/2])/1e3, "p50-µs/job")
	b.ReportMetric(float64(added[len(added)*99/100])/1e3, "p99-µs/job")
	b.ReportMetric(0, "ns/op")
}
