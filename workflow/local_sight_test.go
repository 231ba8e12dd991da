package workflow_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// Executors may go on for Drain once Run is to end; then they are told to stop.
func TestLocalDrains(t *testing.T) {
	for name, c := range map[string]struct {
		takes time.Duration
		want  workflow.RunState
	}{"in time": {20 * time.Second, workflow.RunPassed}, "too long": {40 * time.Second, workflow.RunFailed}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlant(t, workflow.Config{})
				p.define(oneByOne("build", "a"))
				var cause error
				l := workflow.NewLocal(p.Service, freestyle(func(ctx context.Context, _ workflow.Execution) (map[string]string, error) {
					select {
					case <-time.After(c.takes):
						return nil, nil
					case <-ctx.Done():
						cause = context.Cause(ctx)
						return nil, cause
					}
				}))
				l.Drain = 30 * time.Second
				stop := p.drive(l)
				id := p.start("build", workflow.Start{}).ID()
				synctest.Wait()
				began := time.Now()
				stop()
				if took, want := time.Since(began), min(c.takes, 30*time.Second); took != want {
					t.Errorf("Run ended after %s, not %s", took, want)
				}
				wantState(t, p.get(id), c.want)
				if stopped := errors.Is(cause, workflow.ErrShutdown); stopped != (c.want == workflow.RunFailed) {
					t.Errorf("it was told to stop by %v", cause)
				}
			})
		})
	}
}

// A nil executor is none.
func TestNilExecutorsAreNone(t *testing.T) {
	p := newPlant(t, workflow.Config{})
	p.define(oneByOne("build", "a"))
	workflow.NewLocal(p.Service, map[string]workflow.Executor{"freestyle": nil, "http": noop})
	if _, err := p.Start(p.ctx, "build", workflow.Start{}, ann); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("a run of which nobody executes the jobs: %v", err)
	}
}

// A counted store counts what is read of runs.
type counted struct {
	store.Store
	reads atomic.Int64
}

func (c *counted) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	for _, key := range keys {
		if key.Kind == "workflow.run" {
			c.reads.Add(1)
		}
	}
	return c.Store.Get(ctx, keys...)
}

// What a Local executes and has in sight costs nothing while it goes on.
func TestRunsInSightAreNotReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &counted{Store: memory.New()}
		p := newPlant(t, workflow.Config{Store: s})
		p.define(oneByOne("build", "a"))
		stop := p.drive(workflow.NewLocal(p.Service, freestyle(func(ctx context.Context, _ workflow.Execution) (map[string]string, error) {
			<-ctx.Done()
			return nil, nil
		})))
		defer stop()
		p.start("build", workflow.Start{})
		<-time.After(time.Minute) // until everybody has looked around
		before := s.reads.Load()
		<-time.After(30 * time.Minute)
		if n := s.reads.Load() - before; n > 0 {
			t.Errorf("%d reads of runs in half an hour in which nothing happened", n)
		}
	})
}

// The project of a definition and of a ticket must be one that the Catalog knows.
func TestProjectsMustBeKnown(t *testing.T) {
	p := newPlant(t, workflow.Config{Catalog: catalogFunc(func(_ context.Context, ref workflow.Reference) (string, error) {
		if ref.Kind == workflow.RefProject && ref.Name != "shop" {
			return "", &workflow.UnknownNameError{Reference: ref}
		}
		return "", nil
	})})
	for project, known := range map[string]bool{"shop": true, "shpo": false} {
		d := oneByOne("build", "a")
		d.Project = project
		if _, err := p.Definitions().Create(p.ctx, *d, ann); errors.Is(err, penstock.ErrNotFound) == known || known && err != nil {
			t.Errorf("a definition of project %s: %v", project, err)
		}
		if _, err := p.Tickets().Create(p.ctx, workflow.Ticket{ApprovalID: project, Project: project, Status: workflow.TicketOpen}, ann); errors.Is(err, penstock.ErrNotFound) == known || known && err != nil {
			t.Errorf("a ticket of project %s: %v", project, err)
		}
	}
}

// A run whose executor is still to stop holds its place: the next one waits until it has.
func TestRunsThatStopHoldTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, workflow.Config{})
		d := oneByOne("build", "a")
		d.ConcurrencyLimit = new(1)
		p.define(d)
		stop := p.drive(workflow.NewLocal(p.Service, freestyle(func(ctx context.Context, _ workflow.Execution) (map[string]string, error) {
			<-ctx.Done()
			<-time.After(time.Minute) // it takes its time
			return nil, context.Cause(ctx)
		})))
		defer stop()
		first, second := p.start("build", workflow.Start{}).ID(), p.start("build", workflow.Start{}).ID()
		synctest.Wait()
		wantState(t, p.do(first, workflow.Command{Action: workflow.CancelRun}), workflow.RunCanceling)
		<-time.After(30 * time.Second)
		wantState(t, p.get(second), workflow.RunQueued)
		<-time.After(31 * time.Second)
		synctest.Wait()
		wantState(t, p.get(first), workflow.RunCanceled)
		wantState(t, p.get(second), workflow.RunRunning)
	})
}
