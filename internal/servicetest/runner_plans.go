package servicetest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// busy works for a while, unless it is told to stop.
func busy(d time.Duration) func(context.Context, releaseplan.Job) error {
	return func(ctx context.Context, _ releaseplan.Job) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
}

func (on suite) testRunnerSequentialTasksRunOneByOne(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var tally tally
		var order []string
		w.handle(func(ctx context.Context, job releaseplan.Job) error {
			defer tally.enter(job)()
			order = append(order, job.Task.Name)
			return busy(time.Minute)(ctx, job)
		})
		p := w.start(planOf(phaseOf(releaseplan.Sequential, 3), phaseOf(releaseplan.Sequential, 2)))
		if at := w.reach(p.ID(), releaseplan.Completed); at != 5*time.Minute {
			t.Errorf("completed after %v", at)
		}
		if diff := cmp.Diff([]string{"a task", "b task", "c task", "a task", "b task"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if n := tally.highest.Load(); n != 1 {
			t.Errorf("%d ran at once", n)
		}
		tally.once(t, 5)
	})
}

func (on suite) testRunnerParallelTasksRunTogether(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var tally tally
		w.handle(func(ctx context.Context, job releaseplan.Job) error {
			defer tally.enter(job)()
			return busy(time.Minute)(ctx, job)
		})
		phase := phaseOf(releaseplan.Parallel, 5)
		phase.Tasks[4].Needs = []string{"a task", "b task"}
		p := w.start(planOf(phase, phaseOf(releaseplan.Sequential, 1)))
		if at := w.reach(p.ID(), releaseplan.Completed); at != 3*time.Minute {
			t.Errorf("completed after %v, want four at once, the one that needs two, the next phase", at)
		}
		if n := tally.highest.Load(); n != 4 {
			t.Errorf("%d ran at once, want 4", n)
		}
		tally.once(t, 6)
	})
}

func (on suite) testRunnerFreeTasksAreStartedByHandAndLeased(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var tally tally
		w.handle(func(ctx context.Context, job releaseplan.Job) error {
			defer tally.enter(job)()
			return busy(time.Minute)(ctx, job)
		})
		p := w.start(planOf(phaseOf(releaseplan.Free, 2)))
		w.pass(time.Hour)
		if n := len(tally.byID); n != 0 {
			t.Fatalf("%d tasks of a free phase started by themselves", n)
		}
		for _, task := range []int{1, 0} {
			w.do(p.ID(), releaseplan.Command{Action: releaseplan.Start, Task: p.Tasks()[task].ID})
			w.pass(2 * time.Minute)
			s := w.status(p.ID(), task)
			if s.State != releaseplan.TaskDone || s.Attempts[0].Lease == "" || s.Ended.Sub(s.Started) != time.Minute {
				t.Errorf("the task that a person started is %+v", s)
			}
		}
		w.wantState(p.ID(), releaseplan.Completed)
		tally.once(t, 2)
	})
}

func (on suite) testRunnerManualStartModeWaitsForAPerson(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		p := w.start(tasksOf(releaseplan.Task{Start: releaseplan.ByHand}, releaseplan.Task{}))
		w.pass(time.Hour)
		if s := w.status(p.ID(), 0); s.State != releaseplan.TaskTodo {
			t.Fatalf("the task is %s", s.State)
		}
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Start, Task: p.Tasks()[0].ID})
		if at := w.reach(p.ID(), releaseplan.Completed); at != time.Hour+2*time.Minute {
			t.Errorf("completed after %v", at)
		}
	})
}

func (on suite) testRunnerWaitsPassAtTheirInstant(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Second))
		until := time.Now().Add(2 * time.Hour)
		spec := func(v releaseplan.WaitSpec) json.RawMessage {
			doc, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return doc
		}
		p := w.start(tasksOf(
			releaseplan.Task{Kind: releaseplan.Wait, Spec: spec(releaseplan.WaitSpec{For: lasting(90*time.Minute + time.Microsecond)})},
			releaseplan.Task{},
			releaseplan.Task{Kind: releaseplan.Wait, Spec: spec(releaseplan.WaitSpec{Until: until})},
			releaseplan.Task{},
		))
		if at := w.reach(p.ID(), releaseplan.Completed); at != 2*time.Hour+time.Second {
			t.Errorf("completed after %v", at)
		}
		tasks := w.get(p.ID()).Tasks()
		if got := tasks[1].Status.Started.Sub(w.began); got != 90*time.Minute+time.Microsecond {
			t.Errorf("the task behind the first wait started after %v", got)
		}
	})
}

func (on suite) testRunnerLeavesUnknownKindsAlone(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		p := w.start(tasksOf(releaseplan.Task{}, releaseplan.Task{Kind: "other"}, releaseplan.Task{}))
		w.pass(24 * time.Hour)
		if s := w.status(p.ID(), 1); s.State != releaseplan.TaskTodo || s.Count != 0 {
			t.Fatalf("the task of another kind is %+v", s)
		}
		other := releaseplan.NewRunner(w.plans, map[string]releaseplan.Handler{"other": releaseplan.HandlerFunc(busy(time.Minute))})
		w.run(other)
		if at := w.reach(p.ID(), releaseplan.Completed); at != 24*time.Hour+2*time.Minute {
			t.Errorf("completed after %v", at)
		}
	})
}

func (on suite) testRunnerHeldTasksWaitForTheirRelease(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		p := w.create(tasksOf(releaseplan.Task{}, releaseplan.Task{}))
		second := p.Tasks()[1].ID
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Hold, Task: second})
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Execute})
		w.pass(time.Hour)
		if s := w.status(p.ID(), 1); s.State != releaseplan.TaskTodo {
			t.Fatalf("the held task is %s", s.State)
		}
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Release, Task: second})
		if at := w.reach(p.ID(), releaseplan.Completed); at != time.Hour+time.Minute {
			t.Errorf("completed after %v", at)
		}
	})
}

func (on suite) testRunnerPauseStartsNothingMore(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		p := w.start(planOf(phaseOf(releaseplan.Sequential, 2)))
		w.pass(30 * time.Second)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Pause})
		w.pass(time.Hour)
		tasks := w.get(p.ID()).Tasks()
		if tasks[0].Status.State != releaseplan.TaskDone || tasks[1].Status.State != releaseplan.TaskTodo {
			t.Fatalf("while paused the tasks are %s and %s", tasks[0].Status.State, tasks[1].Status.State)
		}
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Resume})
		if at := w.reach(p.ID(), releaseplan.Completed); at != time.Hour+90*time.Second {
			t.Errorf("completed after %v", at)
		}
	})
}

func (on suite) testRunnerFailureStopsASequentialPlanAndSparesSiblings(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		bad := errors.New("no disk")
		w.handle(func(ctx context.Context, job releaseplan.Job) error {
			if job.Task.Class == "bad" {
				return bad
			}
			return busy(time.Minute)(ctx, job)
		})
		sequential := w.start(tasksOf(releaseplan.Task{Class: "bad"}, releaseplan.Task{}))
		phase := phaseOf(releaseplan.Parallel, 3)
		phase.Tasks[0].Class = "bad"
		parallel := w.start(planOf(phase))
		if at := w.reach(sequential.ID(), releaseplan.Failed); at != 0 {
			t.Errorf("the sequential plan failed after %v", at)
		}
		if at := w.reach(parallel.ID(), releaseplan.Failed); at != time.Minute {
			t.Errorf("the parallel plan failed after %v", at)
		}
		s := w.status(parallel.ID(), 0)
		if s.Remark != "no disk" || s.Attempts[0].Error != "no disk" || s.Attempts[0].Result != releaseplan.TaskFailed {
			t.Errorf("the failed task is %+v", s)
		}
		w.do(sequential.ID(), releaseplan.Command{Action: releaseplan.Skip, Task: sequential.Tasks()[0].ID, Remark: "no need"})
		w.reach(sequential.ID(), releaseplan.Completed)
	})
}

func (on suite) testRunnerStartsOnApproval(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		c := planOf(phaseOf(releaseplan.Sequential, 1))
		c.Start.Mode = releaseplan.OnApproval
		c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native,
			Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
		p := w.create(c)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.RequestApproval})
		w.pass(time.Hour)
		w.wantState(p.ID(), releaseplan.AwaitingApproval)
		if _, err := w.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}, penstock.Actor{ID: "bob"}); err != nil {
			t.Fatal(err)
		}
		if at := w.reach(p.ID(), releaseplan.Completed); at != time.Hour+time.Minute {
			t.Errorf("completed after %v", at)
		}
	})
}

func (on suite) testRunnerStopsAndLeavesNothingBehind(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		r := runnerOf(w.plans, busy(time.Minute))
		for range 3 { // it can run again and again
			stop := w.run(r)
			p := w.start(planOf(phaseOf(releaseplan.Parallel, 2)))
			w.reach(p.ID(), releaseplan.Completed)
			if err := r.Run(context.Background()); !errors.Is(err, releaseplan.ErrRunning) {
				t.Errorf("a second Run returned %v", err)
			}
			if err := stop(); err != nil {
				t.Errorf("Run returned %v", err)
			}
			synctest.Wait() // the bubble fails if a goroutine is left
		}
	})
}

func (on suite) testRunnerTakesUpWhatPeopleBeganBeforeItRan(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var ids []string
		for range 3 {
			ids = append(ids, w.start(planOf(phaseOf(releaseplan.Parallel, 2))).ID())
		}
		w.pass(time.Hour)
		var tally tally
		w.handle(func(_ context.Context, job releaseplan.Job) error {
			defer tally.enter(job)()
			return nil
		})
		for _, id := range ids {
			if at := w.reach(id, releaseplan.Completed); at != time.Hour {
				t.Errorf("completed after %v", at)
			}
		}
		tally.once(t, 6)
	})
}
