package servicetest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

const ttl = 15 * time.Second

// host is one of several processes that run plans in one store.
type host struct {
	*world
	runner *releaseplan.Runner
	stop   func() error
	dead   atomic.Bool // every call of its store fails
	hangs  atomic.Bool // every call of its store hangs
}

func newHost(t *testing.T, s store.Store, f releaseplan.HandlerFunc) *host {
	h := &host{}
	h.configure(t, releaseplan.Config{Store: s}, f)
	return h
}

func (h *host) configure(t *testing.T, c releaseplan.Config, f releaseplan.HandlerFunc) {
	c.Store = &meddledStore{Store: c.Store, before: func(ctx context.Context, _ storeCall) error {
		if h.hangs.Load() {
			<-ctx.Done()
			return ctx.Err()
		}
		if h.dead.Load() {
			return errBroken
		}
		return nil
	}}
	h.world = process(t, c)
	h.runner = runnerOf(h.plans, f)
	h.runner.TTL, h.runner.Poll = ttl, time.Second
}

func (h *host) begin() { h.stop = h.run(h.runner) }

func (on suite) testRunnerTakesOverFromADeadOne(t *testing.T) {
	for _, tt := range []struct {
		name  string
		crash releaseplan.CrashPolicy
		want  releaseplan.State
	}{
		{"repeat", releaseplan.RepeatOnCrash, releaseplan.Completed},
		{"fail", releaseplan.FailOnCrash, releaseplan.Failed},
		{"by default", "", releaseplan.Failed},
	} {
		for _, how := range []string{"errors", "hangs"} {
			t.Run(tt.name+", its store "+how, func(t *testing.T) {
				on.bubble(t, func(t *testing.T, w *world) {
					s := w.store
					var told time.Duration
					var cause error
					first := newHost(t, s, func(ctx context.Context, _ releaseplan.Job) error {
						<-ctx.Done()
						told, cause = w.now(), context.Cause(ctx)
						return ctx.Err()
					})
					first.begin()
					user := process(t, releaseplan.Config{Store: s})
					p := user.start(tasksOf(releaseplan.Task{Crash: tt.crash}))
					user.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.TaskStarted })
					second := newHost(t, s, func(context.Context, releaseplan.Job) error { return nil })
					second.begin()
					user.pass(time.Minute)
					if got := user.status(p.ID(), 0); got.Count != 1 || got.State != releaseplan.TaskRunning {
						t.Fatalf("while the first lives, the task is %+v", got)
					}
					at := user.now()
					first.dead.Store(how == "errors")
					first.hangs.Store(how == "hangs")
					over := user.reach(p.ID(), tt.want)
					if after := over - at; after < 2*ttl/3 || after > 2*ttl {
						t.Errorf("taken over after %v, the TTL is %v", after, ttl)
					}
					user.wantState(p.ID(), tt.want)
					if told == 0 || told > over || !errors.Is(cause, releaseplan.ErrLost) {
						t.Errorf("the first was told to stop after %v for %v, the second took over after %v", told, cause, over)
					}
					got := user.status(p.ID(), 0)
					if tt.crash == releaseplan.RepeatOnCrash {
						if len(got.Attempts) != 2 || got.Attempts[0].ID == got.Attempts[1].ID || got.Attempts[0].Result != releaseplan.TaskFailed {
							t.Errorf("attempts: %+v", got.Attempts)
						}
					} else if got.State != releaseplan.TaskFailed || got.Count != 1 {
						t.Errorf("the task is %+v", got)
					}
					first.dead.Store(false)
					first.hangs.Store(false)
					if err := second.stop(); err != nil {
						t.Errorf("Run of the second returned %v", err)
					}
					p = user.start(tasksOf(releaseplan.Task{}))
					user.pass(time.Minute)
					if got := user.status(p.ID(), 0); got.State != releaseplan.TaskRunning {
						t.Errorf("a minute after its store works again, and the second ended, the first left a task %s", got.State)
					}
					if err := first.stop(); err != nil {
						t.Errorf("Run of the first returned %v", err)
					}
				})
			})
		}
	}
}

func (on suite) testRunnerThatStalledFindsItselfLost(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		s := w.store
		var cause error
		first := newHost(t, s, stubborn(10*time.Minute, &cause))
		first.begin()
		user := process(t, releaseplan.Config{Store: s})
		p := user.start(tasksOf(releaseplan.Task{Crash: releaseplan.RepeatOnCrash}, releaseplan.Task{}))
		user.until(p.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.TaskStarted })
		second := newHost(t, s, busy(time.Second))
		second.begin()
		first.dead.Store(true)
		user.reach(p.ID(), releaseplan.Completed)
		before := user.get(p.ID())
		first.dead.Store(false)
		user.pass(20 * time.Minute)
		if !errors.Is(cause, releaseplan.ErrLost) {
			t.Errorf("its handler was told to stop for %v", cause)
		}
		after := user.get(p.ID())
		if after.State() != before.State() || after.Tasks()[0].Status.State != releaseplan.TaskDone {
			t.Errorf("the late outcome changed the plan to %s", after)
		}
		if a := after.Tasks()[0].Status.Attempts; len(a) != 2 || !a[0].Late || a[0].Result != releaseplan.TaskFailed || a[1].Late {
			t.Errorf("attempts: %+v, want the first with a late outcome", a)
		}
		if late := user.trail(p.ID(), releaseplan.TaskLate); len(late) != 1 {
			t.Errorf("%d late outcomes", len(late))
		}
		if err := first.stop(); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

func (on suite) testRunnerThatStopsReleasesAtOnce(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		s := w.store
		var cause error
		first := newHost(t, s, func(ctx context.Context, job releaseplan.Job) error {
			err := busy(time.Hour)(ctx, job)
			cause = context.Cause(ctx)
			return err
		})
		first.begin()
		user := process(t, releaseplan.Config{Store: s})
		p := user.start(tasksOf(releaseplan.Task{Crash: releaseplan.RepeatOnCrash}))
		user.pass(time.Minute)
		second := newHost(t, s, busy(time.Minute))
		second.begin()
		user.pass(time.Minute)
		if err := first.stop(); err != nil {
			t.Errorf("Run returned %v", err)
		}
		if !errors.Is(cause, releaseplan.ErrShutdown) {
			t.Errorf("told to stop for %v", cause)
		}
		if at := user.reach(p.ID(), releaseplan.Completed); at > 3*time.Minute+time.Second {
			t.Errorf("completed after %v, want taken up at the next look", at)
		}
		if page, err := s.Find(t.Context(), store.Query{Kind: "plan.runner"}); err != nil || len(page.Records) != 1 {
			t.Errorf("%d heartbeats are left, %v", len(page.Records), err)
		}
	})
}

func (on suite) testRunnerDrains(t *testing.T) {
	for _, tt := range []struct {
		name  string
		drain time.Duration
		want  time.Duration // Run returns so long after its context ended
		state releaseplan.TaskState
	}{
		{"long enough", 10 * time.Minute, 4 * time.Minute, releaseplan.TaskDone},
		{"too short", time.Minute, time.Minute, releaseplan.TaskFailed},
		{"not at all", 0, 0, releaseplan.TaskFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				r := runnerOf(w.plans, busy(5*time.Minute))
				r.Drain = tt.drain
				stop := w.run(r)
				p := w.start(tasksOf(releaseplan.Task{}, releaseplan.Task{}))
				w.pass(time.Minute)
				at := w.now()
				if err := stop(); err != nil {
					t.Errorf("Run returned %v", err)
				}
				if got := w.now() - at; got != tt.want {
					t.Errorf("Run returned after %v, want %v", got, tt.want)
				}
				tasks := w.get(p.ID()).Tasks()
				if got := tasks[0].Status.State; got != tt.state {
					t.Errorf("the task is %s, want %s", got, tt.state)
				}
				if tasks[1].Status.Count != 0 {
					t.Error("a draining Runner began something")
				}
			})
		})
	}
}

func (on suite) testRunnerTakesNothingBeforeItsHeartbeat(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		s := w.store
		user := process(t, releaseplan.Config{Store: s})
		other := newHost(t, s, func(context.Context, releaseplan.Job) error { return errors.New("not me") })
		other.runner = releaseplan.NewRunner(other.plans, nil) // it only watches
		other.runner.TTL = ttl
		other.begin()
		late := process(t, releaseplan.Config{Store: &meddledStore{Store: s, before: func(ctx context.Context, c storeCall) error {
			if c.Name == "Commit" && c.Ops[0].Key.Kind == "plan.runner" && c.Ops[0].Version == 0 {
				<-time.After(2 * time.Second)
			}
			return nil
		}}})
		r := runnerOf(late.plans, busy(time.Minute))
		r.TTL, r.Poll = ttl, time.Second
		p := user.start(tasksOf(releaseplan.Task{}))
		user.pass(4 * time.Second) // the other one looks every 5 s
		late.run(r)
		if at := user.reach(p.ID(), releaseplan.Completed); at != time.Minute+6*time.Second {
			t.Errorf("completed after %v", at)
		}
		if got := user.status(p.ID(), 0); got.Count != 1 {
			t.Errorf("%d attempts, want 1: what a Runner takes before its heartbeat is stored looks abandoned", got.Count)
		}
	})
}

func (on suite) testRunnerInterruptsItsOwnLostAttempts(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		s := &meddledStore{Store: w.store}
		var lost, blind atomic.Bool // the answer to the first start is lost, and so is every look for it
		s.before = func(_ context.Context, c storeCall) error {
			if blind.Load() && c.Name == "Events" {
				return errBroken
			}
			return nil
		}
		s.after = func(c storeCall) error {
			if c.Name != "Commit" {
				return nil
			}
			for _, op := range c.Ops {
				for _, e := range op.Events {
					if e.Name == string(releaseplan.TaskStarted) && lost.CompareAndSwap(false, true) {
						blind.Store(true)
						time.AfterFunc(time.Second, func() { blind.Store(false) })
						return errBroken
					}
				}
			}
			return nil
		}
		p := process(t, releaseplan.Config{Store: s})
		r := runnerOf(p.plans, busy(time.Minute))
		r.TTL, r.Poll = ttl, time.Second
		plan := p.start(tasksOf(releaseplan.Task{Crash: releaseplan.RepeatOnCrash}))
		p.run(r)
		p.pass(5 * time.Minute)
		p.wantState(plan.ID(), releaseplan.Completed)
		got := p.status(plan.ID(), 0)
		if len(got.Attempts) != 2 || got.Attempts[0].Result != releaseplan.TaskFailed || got.Attempts[0].Ended.Sub(p.began) > ttl {
			t.Errorf("attempts: %+v, want the lost one ended within the TTL and another", got.Attempts)
		}
	})
}

func (on suite) testRunnersShareAStore(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		s := w.store
		var tally tally
		work := func(ctx context.Context, job releaseplan.Job) error {
			defer tally.enter(job)()
			return busy(time.Second)(ctx, job)
		}
		for range 2 {
			newHost(t, s, work).begin()
		}
		user := process(t, releaseplan.Config{Store: s})
		var ids []string
		for range 200 {
			ids = append(ids, user.start(planOf(phaseOf(releaseplan.Parallel, 2), phaseOf(releaseplan.Sequential, 1))).ID())
		}
		for _, id := range ids {
			user.reach(id, releaseplan.Completed)
		}
		tally.once(t, 600)
	})
}
