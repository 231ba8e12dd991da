package servicetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// inspector makes checks as it is told, and notes how.
type inspector struct {
	mu     sync.Mutex
	jobs   []releaseplan.CheckJob
	at     []time.Duration // of each, since the first
	causes []error         // for which contexts ended
	first  time.Time
	says   func(ctx context.Context, n int) (releaseplan.CheckResult, error) // n counts from 1
}

func (i *inspector) Check(ctx context.Context, job releaseplan.CheckJob) (releaseplan.CheckResult, error) {
	i.mu.Lock()
	if i.first.IsZero() {
		i.first = time.Now()
	}
	i.jobs, i.at = append(i.jobs, job), append(i.at, time.Since(i.first))
	n := len(i.jobs)
	i.mu.Unlock()
	result, err := i.says(ctx, n)
	if ctx.Err() != nil {
		i.mu.Lock()
		i.causes = append(i.causes, context.Cause(ctx))
		i.mu.Unlock()
	}
	return result, err
}

// made tells how often the check was made.
func (i *inspector) made() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.jobs)
}

func pass(context.Context, int) (releaseplan.CheckResult, error) {
	return releaseplan.CheckResult{Answer: releaseplan.GatePass, Note: "all is well"}, nil
}

// gatedBy is a plan of one task with a gate that a Check answers.
func gatedBy(on releaseplan.GateKind, timeout time.Duration) releaseplan.Content {
	c := planOf(phaseOf(releaseplan.Sequential, 1))
	c.Gates = []releaseplan.Gate{{On: on, Check: "smoke", Timeout: lasting(timeout)}}
	return c
}

// inspected begins a Runner with a Check, and takes a plan into its gate on finalize.
func inspected(w *world, i *inspector, timeout time.Duration) (id string) {
	r := runnerOf(w.plans, busy(time.Minute))
	r.Checks = map[string]releaseplan.Check{"smoke": i}
	r.Poll, r.TTL = 10*time.Second, time.Minute
	w.run(r)
	id = w.create(gatedBy(releaseplan.GateFinalize, timeout)).ID()
	w.do(id, releaseplan.Command{Action: releaseplan.Finalize})
	return id
}

func (on suite) testRunnerAnswersGatesFromCode(t *testing.T) {
	for _, tt := range []struct {
		gate           releaseplan.GateKind
		passed, failed releaseplan.State
	}{
		{releaseplan.GateFinalize, releaseplan.Finalized, releaseplan.FinalizeCheckFailed},
		{releaseplan.GateExecute, releaseplan.Completed, releaseplan.ExecuteCheckFailed},
		{releaseplan.GateComplete, releaseplan.Completed, releaseplan.CompleteCheckFailed},
	} {
		t.Run(string(tt.gate), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				check := &inspector{says: func(_ context.Context, n int) (releaseplan.CheckResult, error) {
					if n == 1 {
						return releaseplan.CheckResult{Answer: releaseplan.GateFail, Note: "disk of s3cr3t is full"}, nil
					}
					return releaseplan.CheckResult{Answer: releaseplan.GatePass, Note: "all is well"}, nil
				}}
				r := runnerOf(w.plans, busy(time.Minute))
				r.Checks = map[string]releaseplan.Check{"smoke": check}
				w.run(r)
				c := gatedBy(tt.gate, time.Hour)
				c.Variables = []releaseplan.Variable{{Name: "token", Value: "s3cr3t", Secret: true}}
				id := w.create(c).ID()
				w.do(id, releaseplan.Command{Action: releaseplan.Finalize})
				if tt.gate != releaseplan.GateFinalize {
					w.do(id, releaseplan.Command{Action: releaseplan.Execute})
				}
				w.reach(id, tt.failed)
				first := *w.get(id).Status().Gate
				if first.Answer != releaseplan.GateFail || first.Note != "disk of *** is full" {
					t.Errorf("the failed check is %+v", first)
				}
				w.do(id, releaseplan.Command{Action: releaseplan.Recheck})
				w.reach(id, tt.passed)
				if check.made() != 2 {
					t.Fatalf("the check was made %d times", check.made())
				}
				for i, job := range check.jobs {
					if job.Gate != tt.gate || job.N != i+1 || job.Variables["token"] != "s3cr3t" || job.Deadline.Sub(job.Opened) != time.Hour || job.Plan.ID() != id {
						t.Errorf("job %d is of gate %s, round %d, deadline %v, %d variables", i, job.Gate, job.N, job.Deadline.Sub(job.Opened), len(job.Variables))
					}
				}
				if check.jobs[0].Round == check.jobs[1].Round || check.jobs[0].Round == "" {
					t.Error("two rounds have one id")
				}
				w.pass(time.Minute)
				noErrands(t, w)
			})
		})
	}
}

// An error is no answer: it is tried again, ever less often, until the gate's timeout.
func (on suite) testRunnerMakesACheckThatCannotTellAgain(t *testing.T) {
	for name, says := range map[string]func() (releaseplan.CheckResult, error){
		"error":     func() (releaseplan.CheckResult, error) { return releaseplan.CheckResult{}, errors.New("no route") },
		"panic":     func() (releaseplan.CheckResult, error) { panic("no route") },
		"no answer": func() (releaseplan.CheckResult, error) { return releaseplan.CheckResult{Note: "no route"}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				check := &inspector{says: func(context.Context, int) (releaseplan.CheckResult, error) { return says() }}
				id := inspected(w, check, 5*time.Minute)
				if at := w.reach(id, releaseplan.FinalizeCheckFailed); at != 5*time.Minute {
					t.Errorf("failed after %v", at)
				}
				var want []time.Duration
				for _, at := range []int{0, 1, 3, 7, 15, 31, 63} {
					want = append(want, time.Duration(at)*time.Second)
				}
				for at := 123 * time.Second; at < 5*time.Minute; at += time.Minute {
					want = append(want, at)
				}
				if diff := cmp.Diff(want, check.at); diff != "" {
					t.Errorf("the check is made (-want +got):\n%s", diff)
				}
				if ids := len(slices.Compact(rounds(check))); ids != 1 {
					t.Errorf("%d ids of one round", ids)
				}
				var told []string
				for _, c := range w.trail(id, releaseplan.GateAnswered) {
					told = append(told, string(c.Gate.Answer)+": "+strings.Fields(c.Gate.Note)[0])
				}
				if diff := cmp.Diff([]string{"progress: it", "fail: no"}, told); diff != "" {
					t.Errorf("recorded (-want +got):\n%s", diff)
				}
				made := check.made()
				w.pass(3 * time.Minute)
				if check.made() != made {
					t.Error("a gate that has failed is checked")
				}
				noErrands(t, w)
			})
		})
	}
}

func rounds(i *inspector) (ids []string) {
	for _, job := range i.jobs {
		ids = append(ids, job.Round)
	}
	return ids
}

// Progress is recorded, ever less often, however often a check tells of it.
func (on suite) testRunnerRecordsProgressOfChecks(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		check := &inspector{}
		check.says = func(_ context.Context, n int) (releaseplan.CheckResult, error) {
			again := time.Millisecond // too often
			switch since := time.Since(w.began); {
			case since >= time.Hour:
				return releaseplan.CheckResult{Answer: releaseplan.GatePass, Note: "all is well"}, nil
			case since > time.Minute:
				again = 5 * time.Second
			}
			return releaseplan.CheckResult{Answer: releaseplan.GateProgress, Note: strings.Repeat("x", n%50+1), Again: again}, nil
		}
		id := inspected(w, check, 0)
		w.pass(30 * time.Second)
		if g := w.get(id).Status().Gate; g.Answer != releaseplan.GateProgress || g.Note == "" || check.made() != 31 {
			t.Errorf("after 30 s, and %d checks, the gate is %+v", check.made(), g)
		}
		w.reach(id, releaseplan.Finalized)
		if n := len(w.trail(id, releaseplan.GateAnswered)); n < 20 || n > 50 {
			t.Errorf("%d notes of an hour of progress, told every few seconds, are recorded", n)
		}
		if g := w.get(id).Status().Gate; g.Note != "all is well" {
			t.Errorf("the gate is %+v", g)
		}
	})
}

// Whoever is first answers. The check is told that nobody waits for it any more, and what
// it says then changes nothing.
func (on suite) testRunnerCallbackOvertakesACheck(t *testing.T) {
	for name, end := range map[string]func(w *world, id string) releaseplan.State{
		"a callback passes it": func(w *world, id string) releaseplan.State {
			w.do(id, releaseplan.Command{Action: releaseplan.AnswerGate, Code: w.get(id).Status().Gate.Code, Answer: releaseplan.GatePass})
			return releaseplan.Finalized
		},
		"a callback fails it": func(w *world, id string) releaseplan.State {
			w.do(id, releaseplan.Command{Action: releaseplan.AnswerGate, Code: w.get(id).Status().Gate.Code, Answer: releaseplan.GateFail})
			return releaseplan.FinalizeCheckFailed
		},
		"it runs out of time": func(w *world, _ string) releaseplan.State {
			w.pass(5 * time.Minute)
			return releaseplan.FinalizeCheckFailed
		},
		"the plan is reopened": func(w *world, id string) releaseplan.State {
			w.do(id, releaseplan.Command{Action: releaseplan.Reopen})
			return releaseplan.Draft
		},
		"the plan is canceled": func(w *world, id string) releaseplan.State {
			w.do(id, releaseplan.Command{Action: releaseplan.Cancel})
			return releaseplan.Canceled
		},
		"the plan is archived": func(w *world, id string) releaseplan.State {
			w.do(id, releaseplan.Command{Action: releaseplan.Archive})
			return releaseplan.FinalizeCheck
		},
		"the plan is deleted": func(w *world, id string) releaseplan.State {
			w.do(id, releaseplan.Command{Action: releaseplan.Delete})
			return ""
		},
	} {
		for how, says := range map[string]func(ctx context.Context, n int) (releaseplan.CheckResult, error){
			"it heeds its context": func(ctx context.Context, _ int) (releaseplan.CheckResult, error) {
				<-ctx.Done()
				return releaseplan.CheckResult{}, ctx.Err()
			},
			"it does not": func(ctx context.Context, _ int) (releaseplan.CheckResult, error) {
				<-time.After(7 * time.Minute)
				return releaseplan.CheckResult{Answer: releaseplan.GatePass, Note: "too late"}, nil
			},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				on.bubble(t, func(t *testing.T, w *world) {
					check := &inspector{says: says}
					id := inspected(w, check, 5*time.Minute)
					w.pass(10 * time.Second)
					want := end(w, id)
					w.pass(5 * time.Second)
					var changes int64
					if want != "" {
						w.wantState(id, want)
						changes = w.get(id).Status().Changes
					}
					w.pass(10 * time.Minute)
					if want != "" {
						if p := w.get(id); p.Status().Changes != changes {
							t.Errorf("what the check said too late changed the plan to %s", p)
						}
					}
					if check.made() != 1 || len(check.causes) != 1 || !errors.Is(check.causes[0], releaseplan.ErrAnswered) {
						t.Errorf("the check was made %d times, and ended for %v", check.made(), check.causes)
					}
					noErrands(t, w)
				})
			})
		}
	}
}

// Checks have slots of their own: they hold up no task, and tasks hold up no check.
func (on suite) testRunnerMakesAFewChecksAtATime(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		hang := make(chan struct{})
		check := &inspector{says: func(ctx context.Context, n int) (releaseplan.CheckResult, error) {
			<-hang
			return pass(ctx, n)
		}}
		r := runnerOf(w.plans, busy(time.Second))
		r.Workers, r.Poll, r.TTL = 3, time.Second, ttl
		r.Checks = map[string]releaseplan.Check{"smoke": check}
		stop := w.run(r)
		var ids []string
		for range 10 {
			id := w.create(gatedBy(releaseplan.GateFinalize, 0)).ID()
			w.do(id, releaseplan.Command{Action: releaseplan.Finalize})
			ids = append(ids, id)
		}
		w.pass(time.Minute)
		if check.made() != 3 {
			t.Errorf("%d checks are made at the same time, want 3", check.made())
		}
		w.reach(w.start(planOf(phaseOf(releaseplan.Parallel, 3))).ID(), releaseplan.Completed)
		close(hang)
		for _, id := range ids {
			w.reach(id, releaseplan.Finalized)
		}
		if check.made() != 10 {
			t.Errorf("%d checks", check.made())
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		noErrands(t, w)
	})
}

// A Runner without the Check leaves the gate to others, and to callbacks.
func (on suite) testRunnerLeavesUnknownChecksAlone(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		w.handle(busy(time.Second))
		id := w.create(gatedBy(releaseplan.GateFinalize, 0)).ID()
		w.do(id, releaseplan.Command{Action: releaseplan.Finalize})
		w.pass(time.Hour)
		w.wantState(id, releaseplan.FinalizeCheck)
		noErrands(t, w)
		w.do(id, releaseplan.Command{Action: releaseplan.AnswerGate, Code: w.get(id).Status().Gate.Code, Answer: releaseplan.GatePass})
		w.wantState(id, releaseplan.Finalized)
	})
}

// A Runner that stops tells its checks, and the next one makes them again as the same round.
func (on suite) testRunnerHandsChecksOver(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		check := &inspector{says: func(ctx context.Context, n int) (releaseplan.CheckResult, error) {
			if n == 1 {
				<-ctx.Done()
				return releaseplan.CheckResult{}, ctx.Err()
			}
			return pass(ctx, n)
		}}
		begin := func() (stop func() error) {
			host := process(t, releaseplan.Config{Store: w.store})
			r := runnerOf(host.plans, busy(time.Second))
			r.Checks = map[string]releaseplan.Check{"smoke": check}
			r.Poll, r.TTL = time.Second, ttl
			return host.run(r)
		}
		stop := begin()
		id := w.create(gatedBy(releaseplan.GateFinalize, 0)).ID()
		w.do(id, releaseplan.Command{Action: releaseplan.Finalize})
		w.pass(10 * time.Second)
		begin()
		w.pass(time.Minute)
		if err := stop(); err != nil || check.made() != 1 {
			t.Fatalf("%d checks by two Runners, %v", check.made(), err)
		}
		if at := w.reach(id, releaseplan.Finalized); at > 75*time.Second {
			t.Errorf("passed after %v", at)
		}
		if ids := slices.Compact(rounds(check)); len(ids) != 1 || check.made() != 2 || !errors.Is(check.causes[0], releaseplan.ErrShutdown) {
			t.Errorf("%d checks as the rounds %v, stopped for %v", check.made(), ids, check.causes)
		}
	})
}
