package servicetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

func byBob(timeoutMinutes int) *approval.Policy {
	return &approval.Policy{Enabled: true, Kind: approval.Native, TimeoutMinutes: timeoutMinutes,
		Nodes: []approval.Node{{Need: approval.All, Approvers: []penstock.Party{penstock.UserParty("bob")}}}}
}

func (on suite) testRunnerScheduledStartIsExact(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		at := 3*time.Hour + 7*time.Microsecond
		c := planOf(phaseOf(releaseplan.Sequential, 1))
		c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: w.began.Add(at)}
		p, missed := w.create(c), w.create(c)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
		if got := w.reach(p.ID(), releaseplan.Running); got != at {
			t.Errorf("started after %v, want %v", got, at)
		}
		w.reach(p.ID(), releaseplan.Completed)
		w.wantState(missed.ID(), releaseplan.Draft)
		if all := w.trail(missed.ID(), releaseplan.PlanMissed); len(all) != 1 || all[0].At.Sub(w.began) != at {
			t.Errorf("a draft at its time records %v, want that it was missed", all)
		}
	})
}

func (on suite) testRunnerStartsOnApprovalWhenTheWindowOpens(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		c := planOf(phaseOf(releaseplan.Sequential, 1))
		c.Start.Mode = releaseplan.OnApproval
		c.Window = &releaseplan.Window{Start: w.began.Add(time.Hour), End: w.began.Add(2 * time.Hour)}
		p := w.create(c)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
		w.wantState(p.ID(), releaseplan.Finalized)
		if got := w.reach(p.ID(), releaseplan.Running); got != time.Hour {
			t.Errorf("started after %v", got)
		}
		w.reach(p.ID(), releaseplan.Completed)
	})
}

func (on suite) testRunnerExpiryStartsNothingMoreAndLetsEnd(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		c := planOf(phaseOf(releaseplan.Sequential, 3))
		c.Window = &releaseplan.Window{End: w.began.Add(90 * time.Second)}
		p := w.start(c)
		if got := w.reach(p.ID(), releaseplan.Expired); got != 90*time.Second+time.Microsecond {
			t.Errorf("expired after %v, want just behind the window's end", got)
		}
		w.pass(time.Hour)
		tasks := w.get(p.ID()).Tasks()
		if tasks[1].Status.State != releaseplan.TaskDone || tasks[1].Status.Ended.Sub(w.began) != 2*time.Minute {
			t.Errorf("what ran at the end is %+v, want done", tasks[1].Status)
		}
		if tasks[2].Status.Count != 0 {
			t.Error("a task started behind the window")
		}
	})
}

func (on suite) testRunnerCompletedInTheLastInstantWins(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		c := planOf(phaseOf(releaseplan.Sequential, 1))
		c.Window = &releaseplan.Window{End: w.began.Add(time.Minute)}
		p := w.start(c)
		if got := w.reach(p.ID(), releaseplan.Completed); got != time.Minute {
			t.Errorf("completed after %v", got)
		}
	})
}

func (on suite) testRunnerLapsesARequest(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Minute))
		c := planOf(phaseOf(releaseplan.Sequential, 1))
		c.Approval = byBob(30)
		p := w.create(c)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.RequestApproval})
		if got := w.reach(p.ID(), releaseplan.Denied); got != 30*time.Minute {
			t.Errorf("lapsed after %v", got)
		}
	})
}

func (on suite) testRunnerGatesRunOutOfTime(t *testing.T) {
	for _, tt := range []struct {
		gate releaseplan.GateKind
		want releaseplan.State
		at   time.Duration
	}{
		{releaseplan.GateFinalize, releaseplan.FinalizeCheckFailed, 10 * time.Minute},
		{releaseplan.GateExecute, releaseplan.ExecuteCheckFailed, 10 * time.Minute},
		{releaseplan.GateComplete, releaseplan.CompleteCheckFailed, 11 * time.Minute},
	} {
		t.Run(string(tt.gate), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				w.handle(busy(time.Minute))
				c := planOf(phaseOf(releaseplan.Sequential, 1))
				c.Gates = []releaseplan.Gate{{On: tt.gate, Timeout: lasting(10 * time.Minute)}}
				p := w.create(c)
				w.do(p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
				if tt.gate != releaseplan.GateFinalize {
					w.do(p.ID(), releaseplan.Command{Action: releaseplan.Execute})
				}
				if got := w.reach(p.ID(), tt.want); got != tt.at {
					t.Errorf("the check failed after %v, want %v", got, tt.at)
				}
			})
		})
	}
}

func (on suite) testRunnerRetriesWithBackoff(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var at []time.Duration
		var numbers []int
		w.handle(func(_ context.Context, job releaseplan.Job) error {
			at, numbers = append(at, w.now()), append(numbers, job.N)
			if job.N <= 3 {
				return errors.New("not yet")
			}
			return nil
		})
		p := w.start(tasksOf(releaseplan.Task{Retry: releaseplan.RetryPolicy{Max: 3, Delay: lasting(10 * time.Second), Backoff: 3}}))
		if got := w.reach(p.ID(), releaseplan.Completed); got != 130*time.Second {
			t.Errorf("completed after %v", got)
		}
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Second, 40 * time.Second, 130 * time.Second}, at); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int{1, 2, 3, 4}, numbers); diff != "" {
			t.Errorf("numbers (-want +got):\n%s", diff)
		}
		ids := make(map[string]bool)
		for _, a := range w.status(p.ID(), 0).Attempts {
			ids[a.ID] = true
		}
		if len(ids) != 4 {
			t.Errorf("%d ids of 4 attempts", len(ids))
		}
	})
}

func (on suite) testRunnerGivesUpWhenRetriesAreUsedUp(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		calls := 0
		w.handle(func(context.Context, releaseplan.Job) error {
			calls++
			return errors.New("never")
		})
		p := w.start(tasksOf(releaseplan.Task{Retry: releaseplan.RetryPolicy{Max: 2, Delay: lasting(time.Minute)}}))
		if got := w.reach(p.ID(), releaseplan.Failed); got != 2*time.Minute {
			t.Errorf("failed after %v", got)
		}
		if calls != 3 {
			t.Errorf("%d attempts, want 3", calls)
		}
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.Retry, Task: p.Tasks()[0].ID})
		w.pass(time.Hour)
		if calls != 6 {
			t.Errorf("%d attempts after a person retried, want its retries anew", calls)
		}
	})
}

func (on suite) testRunnerTimeoutEndsTheHandlersContext(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var cause error
		var at time.Duration
		w.handle(func(ctx context.Context, _ releaseplan.Job) error {
			<-ctx.Done()
			cause, at = context.Cause(ctx), w.now()
			<-time.After(5 * time.Second) // it cleans up
			return ctx.Err()
		})
		p := w.start(tasksOf(releaseplan.Task{Timeout: lasting(time.Minute)}))
		if got := w.reach(p.ID(), releaseplan.Failed); got != 65*time.Second {
			t.Errorf("failed after %v, want once the handler has returned", got)
		}
		if !errors.Is(cause, releaseplan.ErrTimeout) || at != time.Minute {
			t.Errorf("told to stop after %v for %v", at, cause)
		}
		s := w.status(p.ID(), 0)
		if s.State != releaseplan.TaskFailed || s.Attempts[0].Result != releaseplan.TaskFailed || s.Stopping != releaseplan.StopTimeout {
			t.Errorf("the task is %+v", s)
		}
	})
}

func (on suite) testRunnerTimeoutThenRetry(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(func(ctx context.Context, job releaseplan.Job) error {
			if job.N == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		p := w.start(tasksOf(releaseplan.Task{Timeout: lasting(time.Minute), Retry: releaseplan.RetryPolicy{Max: 1, Delay: lasting(time.Second)}}))
		if got := w.reach(p.ID(), releaseplan.Completed); got != 61*time.Second {
			t.Errorf("completed after %v", got)
		}
	})
}

func (on suite) testRunnerOutcomeAtTheDeadlineCounts(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(func(context.Context, releaseplan.Job) error {
			<-time.After(time.Minute) // and not a moment more
			return nil
		})
		p := w.start(tasksOf(releaseplan.Task{Timeout: lasting(time.Minute)}))
		w.pass(2 * time.Minute)
		if s := w.status(p.ID(), 0); !s.Attempts[0].Ended.Equal(w.began.Add(time.Minute)) {
			t.Errorf("the task is %+v", s)
		}
	})
}
