package workflow_test

import (
	"context"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// BenchmarkRuns runs three stages of two jobs each, which do nothing; 32 runs are under way at once.
func BenchmarkRuns(b *testing.B) {
	p := newPlant(b, workflow.Config{})
	p.define(threeByTwo())
	places := make(chan struct{}, 32*6)
	l := workflow.NewLocal(p.Service, freestyle(func(context.Context, workflow.Execution) (map[string]string, error) {
		<-places
		return nil, nil
	}))
	l.Workers = 128
	stop := p.drive(l)
	defer stop()
	b.ReportAllocs()
	for b.Loop() {
		for range 6 {
			places <- struct{}{}
		}
		if _, err := p.Start(p.ctx, "build", workflow.Start{}, ann); err != nil {
			b.Fatal(err)
		}
	}
	for {
		left, err := p.List(p.ctx, workflow.RunFilter{States: []workflow.RunState{workflow.RunRunning}, Page: penstock.Page{Limit: 1}}, ann)
		if err != nil {
			b.Fatal(err)
		}
		if left.Total == 0 {
			break
		}
	}
}
