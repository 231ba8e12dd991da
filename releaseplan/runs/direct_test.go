package runs_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// handle carries out the first task of a plan without a Runner.
func (w *world) handle(ctx context.Context, flows *workflow.Service, p *releaseplan.Plan, attempt string) error {
	w.Helper()
	h, err := runs.New(runs.Config{Workflows: flows})
	if err != nil {
		w.Fatal(err)
	}
	values, err := p.Variables(nil)
	if err != nil {
		w.Fatal(err)
	}
	return h.Handle(ctx, releaseplan.Job{Plan: p, Task: p.Tasks()[0].Task, Attempt: attempt, N: 1, Variables: values})
}

// An approval of other content counts for nothing.
func TestAStaleApprovalIsNotPassedOn(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		id := w.begin(approved(content(task(`{"workflow":"deploy","pass_approval":true}`))))
		if err := w.handle(w.ctx, w.flows, w.plan(id), "a1"); err != nil {
			t.Error(err)
		}
		w.do(id, releaseplan.Command{Action: releaseplan.Pause})
		w.do(id, releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "version", Value: "3"}}})
		err := w.handle(w.ctx, w.flows, w.plan(id), "a2")
		if want := "pass_approval: the plan's content is not approved as it is"; err == nil || err.Error() != want {
			t.Errorf("got %v", err)
		}
		w.wantRuns("deploy #1: passed")
	})
}

// A run that bears the id of an attempt by chance is not the task's.
func TestARunOfSomebodyElse(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		if _, err := w.flows.StartAs(w.ctx, "a1", "deploy", workflow.Start{}, ann); err != nil {
			t.Fatal(err)
		}
		if err := w.handle(w.ctx, w.flows, w.plan(w.begin(content(task(shipIt)))), "a1"); !errors.Is(err, penstock.ErrExists) {
			t.Errorf("got %v", err)
		}
	})
}

// A slow store takes a second for a commit, which goes on if nobody waits for it.
type slow struct {
	store.Store
	on atomic.Bool
}

func (s *slow) Commit(ctx context.Context, ops ...store.Op) (version int64, err error) {
	if !s.on.Load() {
		return s.Store.Commit(ctx, ops...)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-time.After(time.Second)
		version, err = s.Store.Commit(context.WithoutCancel(ctx), ops...)
	}()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-done:
		return version, err
	}
}

// A task that is told to stop while its run begins leaves none behind.
func TestNoRunIsLeftBehind(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		link := &slow{Store: w.store}
		flows, err := workflow.New(workflow.Config{Store: link})
		if err != nil {
			t.Fatal(err)
		}
		w.works.wait()
		p := w.plan(w.begin(content(task(shipIt))))
		link.on.Store(true)
		ctx, cancel := context.WithCancelCause(w.ctx)
		time.AfterFunc(500*time.Millisecond, func() { cancel(releaseplan.ErrAborted) })
		err = w.handle(ctx, flows, p, "a1")
		if want := "workflow deploy #1 was canceled by Checkout"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		w.wantRuns("deploy #1: canceled")
	})
}
