package servicetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

func (on suite) testRunnerNeverExceedsItsWorkers(t *testing.T) {
	for _, workers := range []int{1, 3, 16} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				var tally tally
				r := runnerOf(w.plans, func(ctx context.Context, job releaseplan.Job) error {
					defer tally.enter(job)()
					return busy(time.Minute)(ctx, job)
				})
				r.Workers = workers
				w.run(r)
				var ids []string
				for range 6 {
					ids = append(ids, w.start(planOf(phaseOf(releaseplan.Parallel, 8))).ID())
				}
				var last time.Duration
				for _, id := range ids {
					last = max(last, w.reach(id, releaseplan.Completed))
				}
				if n := int(tally.highest.Load()); n != workers {
					t.Errorf("%d handlers at once, want %d", n, workers)
				}
				// No worker may be idle while something waits: Poll is 10 minutes.
				if want := time.Duration((48+workers-1)/workers) * time.Minute; last != want {
					t.Errorf("48 minutes of work took %v, want %v", last, want)
				}
				tally.once(t, 48)
			})
		})
	}
}

func (on suite) testRunnerDefaultIsSixteenWorkers(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var tally tally
		w.handle(func(ctx context.Context, job releaseplan.Job) error {
			defer tally.enter(job)()
			return busy(time.Minute)(ctx, job)
		})
		w.reach(w.start(planOf(phaseOf(releaseplan.Parallel, 40))).ID(), releaseplan.Completed)
		if n := tally.highest.Load(); n != 16 {
			t.Errorf("%d handlers at once", n)
		}
	})
}

func (on suite) testRunnerNoPlanStarves(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		r := runnerOf(w.plans, busy(time.Minute))
		r.Workers = 2
		w.run(r)
		big := w.start(planOf(phaseOf(releaseplan.Parallel, 300)))
		w.pass(time.Second)
		var small []string
		for range 110 { // more than one page
			small = append(small, w.start(planOf(phaseOf(releaseplan.Sequential, 1))).ID())
		}
		var last time.Duration
		for _, id := range small {
			last = max(last, w.reach(id, releaseplan.Completed))
		}
		// Everybody has a turn before the big plan has its next one.
		if last > 60*time.Minute {
			t.Errorf("110 plans with one task took %v beside one with 300", last)
		}
		w.wantState(big.ID(), releaseplan.Running)
		if at := w.reach(big.ID(), releaseplan.Completed); at != 205*time.Minute {
			t.Errorf("410 tasks of a minute by two workers took %v, want no worker idle", at)
		}
	})
}

func (on suite) testRunnerStopsHandlersWhileAllWorkersAreBusy(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		cfg := releaseplan.Config{Store: w.store}
		here, there := process(t, cfg), process(t, cfg) // two Services: no bell between them
		for range 150 {
			there.start(tasksOf(releaseplan.Task{})) // these wait for a worker
		}
		causes := make(chan error, 1)
		r := runnerOf(here.plans, func(ctx context.Context, job releaseplan.Job) error {
			if job.Task.Class == "hang" {
				<-ctx.Done()
				causes <- context.Cause(ctx)
				return ctx.Err()
			}
			return nil
		})
		r.Workers = 1
		hung := there.start(tasksOf(releaseplan.Task{Class: "hang"}))
		r.Poll = time.Second
		here.run(r)
		there.until(hung.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.TaskStarted })
		for range 150 {
			there.start(tasksOf(releaseplan.Task{}))
		}
		there.do(hung.ID(), releaseplan.Command{Action: releaseplan.Cancel})
		at := there.now()
		if cause := <-causes; !errors.Is(cause, releaseplan.ErrCanceled) || here.now()-at > time.Second {
			t.Errorf("told to stop after %v for %v", here.now()-at, cause)
		}
		there.reach(hung.ID(), releaseplan.Canceled)
	})
}

func (on suite) testRunnerTimeGoesOnWhileAllWorkersAreBusy(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		r := runnerOf(w.plans, busy(24*time.Hour))
		r.Workers = 1
		w.run(r)
		w.start(tasksOf(releaseplan.Task{}))
		w.pass(time.Minute)
		var ids []string
		for range 250 { // each waits for the worker and expires
			c := tasksOf(releaseplan.Task{})
			c.Window = &releaseplan.Window{End: w.began.Add(time.Hour)}
			ids = append(ids, w.start(c).ID())
		}
		w.pass(2 * time.Hour)
		for _, id := range ids {
			if at := w.reach(id, releaseplan.Expired); at != time.Hour+time.Microsecond {
				t.Fatalf("expired after %v", at)
			}
			if moved := w.trail(id, releaseplan.PlanMoved); len(moved) == 0 || moved[len(moved)-1].To != string(releaseplan.Expired) {
				t.Fatal("its end is not stored")
			}
		}
	})
}

// A store that wakes nobody is looked into again and again.
func (on suite) testRunnerSeesWhatOtherProcessesDoWithinPoll(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		cfg := releaseplan.Config{Store: struct{ store.Store }{w.store}}
		here, there := process(t, cfg), process(t, cfg)
		var cause error
		r := runnerOf(here.plans, func(ctx context.Context, job releaseplan.Job) error {
			err := busy(time.Hour)(ctx, job)
			cause = context.Cause(ctx)
			return err
		})
		r.Poll = 2 * time.Second
		here.run(r)
		w.pass(time.Second)
		p := there.start(tasksOf(releaseplan.Task{}))
		if at := there.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.TaskStarted }); at != 2*time.Second {
			t.Errorf("taken after %v, want at the next look", at)
		}
		there.pass(10 * time.Second)
		there.do(p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})
		there.pass(2 * time.Second)
		if !errors.Is(cause, releaseplan.ErrLost) {
			t.Errorf("two seconds after a person completed the task elsewhere, the handler was told to stop for %v", cause)
		}
	})
}
