package runs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// A cut store fails in every call while it is off, as for a process without a network.
type cut struct {
	store.Store
	off atomic.Bool
}

var errCut = errors.New("no connection")

func (c *cut) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if c.off.Load() {
		return nil, errCut
	}
	return c.Store.Get(ctx, keys...)
}

func (c *cut) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if c.off.Load() {
		return store.Page{}, errCut
	}
	return c.Store.Find(ctx, q)
}

func (c *cut) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if c.off.Load() {
		return 0, errCut
	}
	return c.Store.Commit(ctx, ops...)
}

func (c *cut) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if c.off.Load() {
		return nil, errCut
	}
	return c.Store.Events(ctx, q)
}

// TestRunnersThatEnd: a run goes on without the Runner, and who comes next goes on with it.
func TestRunnersThatEnd(t *testing.T) {
	for _, how := range []string{"shut down", "gone"} {
		for _, row := range []struct {
			crash     releaseplan.CrashPolicy
			meanwhile string // what becomes of the run: goes on, passes, fails
			edited    bool   // the plan is, before a person retries the task
			want      releaseplan.State
			runs      string
		}{
			{releaseplan.RepeatOnCrash, "goes on", false, releaseplan.Completed, "deploy #1: passed"},
			{releaseplan.RepeatOnCrash, "passes", false, releaseplan.Completed, "deploy #1: passed"},
			{releaseplan.RepeatOnCrash, "fails", false, releaseplan.Failed, "deploy #1: failed"},
			{releaseplan.FailOnCrash, "goes on", false, releaseplan.Completed, "deploy #1: passed"},
			{releaseplan.FailOnCrash, "passes", false, releaseplan.Completed, "deploy #1: passed"},
			{releaseplan.FailOnCrash, "fails", false, releaseplan.Completed, "deploy #1: failed, deploy #2: passed"},
			{releaseplan.FailOnCrash, "goes on", true, releaseplan.Completed, "deploy #1: canceled, deploy #2: passed"},
			{releaseplan.FailOnCrash, "passes", true, releaseplan.Completed, "deploy #1: passed, deploy #2: passed"},
		} {
			t.Run(fmt.Sprintf("%s, %s, %s, edited %t", how, row.crash, row.meanwhile, row.edited), func(t *testing.T) {
				in(t, workflow.Config{}, func(t *testing.T, w *world) {
					link := &cut{Store: w.store}
					stop := w.runner(releaseplan.New(releaseplan.Config{Store: link}), runs.Config{})
					defer stop()
					end := w.works.wait()
					id := w.begin(content(task(shipIt, func(t *releaseplan.Task) { t.Crash = row.crash })))
					w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
					if how == "gone" {
						link.off.Store(true)
						<-time.After(time.Minute)
					} else {
						stop()
					}
					if got := w.works.stopped(); got != nil || w.all()[0].State() != workflow.RunRunning {
						t.Fatalf("%s: the job was stopped with %v", w.all()[0], got)
					}
					switch row.meanwhile {
					case "passes":
						end(nil)
						w.works.will(nil)
					case "fails":
						end(errors.New("broken"))
						w.works.will(nil)
					}
					w.until("the run is what it is to be", func() bool { return w.all()[0].State().Ended() == (row.meanwhile != "goes on") })

					defer w.runner(w.plans, runs.Config{})()
					if row.crash == releaseplan.FailOnCrash {
						w.reach(id, releaseplan.Failed)
						if row.edited {
							w.do(id, releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "version", Value: "2.5"}}})
						}
						w.onTask(id, releaseplan.Command{Action: releaseplan.Retry})
					}
					if row.meanwhile == "goes on" {
						if row.edited {
							w.until("there is another run", func() bool { return len(w.works.begun()) == 2 })
						} else {
							w.until("there is another attempt", func() bool { return w.ship(id).Status.Count == 2 })
							<-time.After(time.Minute)
						}
						end(nil)
					}
					w.reach(id, row.want)
					all := w.wantRuns(strings.Split(row.runs, ", ")...)
					begun := w.works.begun()
					if len(begun) != len(all) {
						t.Errorf("%d runs began %d jobs", len(all), len(begun))
					}
					if row.edited && !strings.Contains(begun[1], "deploy 2.5") {
						t.Errorf("what was begun last is %s", begun[1])
					}
					if row.want == releaseplan.Failed {
						w.wantError(id, "workflow deploy #1 failed: job deploy: broken")
						w.onTask(id, releaseplan.Command{Action: releaseplan.Retry})
						w.reach(id, releaseplan.Completed)
						w.wantRuns("deploy #1: failed", "deploy #2: passed")
					}
				})
			})
		}
	}
}

// Two Runners that end one after the other are followed by the same run.
func TestARunOutlivesManyRunners(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		end := w.works.wait()
		id := w.begin(content(task(shipIt, repeats)))
		for n := 1; n <= 4; n++ {
			stop := w.runner(w.plans, runs.Config{})
			w.until("the task runs", func() bool { return w.ship(id).Status.Count == n && len(w.works.begun()) == 1 })
			stop()
		}
		defer w.runner(w.plans, runs.Config{})()
		w.until("the task runs", func() bool { return w.ship(id).State == releaseplan.TaskRunning })
		w.do(id, releaseplan.Command{Action: releaseplan.Cancel})
		w.reach(id, releaseplan.Canceled)
		w.wantRuns("deploy #1: canceled")
		if !errors.Is(w.works.stopped(), workflow.ErrCanceled) {
			t.Error("the job was not stopped")
		}
		end(nil)
	})
}

// A person who says what became of a task leaves its run alone; who retries the task finds it.
func TestAPersonOverridesATask(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		end := w.works.wait()
		id := w.begin(content(task(shipIt)))
		w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
		w.onTask(id, releaseplan.Command{Action: releaseplan.Fail, Remark: "it looks bad"})
		w.reach(id, releaseplan.Failed)
		<-time.After(time.Minute)
		w.wantRuns("deploy #1: running")
		w.onTask(id, releaseplan.Command{Action: releaseplan.Retry})
		w.until("the task runs", func() bool { return w.ship(id).State == releaseplan.TaskRunning })
		end(nil)
		w.reach(id, releaseplan.Completed)
		w.wantRuns("deploy #1: passed")
	})
}

// What a person calls failed is started anew, even if it passed behind their back.
func TestAPersonsNoCounts(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		end := w.works.wait()
		id := w.begin(content(task(shipIt)))
		w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
		w.onTask(id, releaseplan.Command{Action: releaseplan.Fail, Remark: "it looks bad"})
		w.reach(id, releaseplan.Failed)
		end(nil)
		w.works.will(nil)
		w.until("the run has passed", func() bool { return w.all()[0].State() == workflow.RunPassed })
		w.onTask(id, releaseplan.Command{Action: releaseplan.Retry})
		w.reach(id, releaseplan.Completed)
		w.wantRuns("deploy #1: passed", "deploy #2: passed")
	})
}

// A task that is started anew while the run of an attempt goes on has it canceled first, if
// a person called that attempt done.
func TestOneRunAtATime(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		end := w.works.wait()
		id := w.begin(content(task(shipIt), releaseplan.Task{Name: "look"}))
		w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
		w.onTask(id, releaseplan.Command{Action: releaseplan.Complete})
		w.until("it is left alone", func() bool { return w.ship(id).State == releaseplan.TaskDone })
		w.do(id, releaseplan.Command{Action: releaseplan.Reopen})
		changed := w.plan(id).Content()
		changed.Phases[0].Tasks[0].Spec = []byte(`{"workflow":"deploy","parameters":{"version":"3"}}`)
		w.do(id, releaseplan.Command{Action: releaseplan.Edit, Content: &changed})
		w.do(id, releaseplan.Command{Action: releaseplan.Execute})
		w.until("the second runs", func() bool { return len(w.works.begun()) == 2 })
		w.wantRuns("deploy #1: canceled", "deploy #2: running")
		end(nil)
		w.until("the second is done", func() bool { return w.ship(id).State == releaseplan.TaskDone })
	})
}

// A task that was done and is reopened begins anew.
func TestAReopenedTaskBeginsAnew(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		defer w.runner(w.plans, runs.Config{})()
		id := w.begin(content(task(shipIt, repeats), releaseplan.Task{Name: "look"}))
		w.until("the first is done", func() bool { return w.ship(id).State == releaseplan.TaskDone })
		w.do(id, releaseplan.Command{Action: releaseplan.Reopen})
		changed := w.plan(id).Content()
		changed.Phases[0].Tasks[0].Description = "once more"
		w.do(id, releaseplan.Command{Action: releaseplan.Edit, Content: &changed})
		w.do(id, releaseplan.Command{Action: releaseplan.Execute})
		w.until("the first is done again", func() bool { s := w.ship(id); return s.State == releaseplan.TaskDone && s.Status.Count == 2 })
		w.wantRuns("deploy #1: passed", "deploy #2: passed")
	})
}

// An outage of the store neither fails the task nor starts anything twice.
func TestOutages(t *testing.T) {
	in(t, workflow.Config{}, func(t *testing.T, w *world) {
		link := &cut{Store: w.store}
		other, err := workflow.New(workflow.Config{Store: link})
		if err != nil {
			t.Fatal(err)
		}
		defer w.runner(w.plans, runs.Config{Workflows: other})()
		end := w.works.wait()
		link.off.Store(true)
		id := w.begin(content(task(shipIt)))
		<-time.After(time.Minute)
		w.wantRuns()
		link.off.Store(false)
		w.until("the job runs", func() bool { return len(w.works.begun()) == 1 })
		link.off.Store(true)
		<-time.After(time.Minute)
		if s := w.ship(id); s.State != releaseplan.TaskRunning {
			t.Fatalf("the task is %s: %s", s.State, s.Status.Remark)
		}
		end(nil)
		<-time.After(time.Minute)
		link.off.Store(false)
		w.reach(id, releaseplan.Completed)
		w.wantRuns("deploy #1: passed")
	})
}
