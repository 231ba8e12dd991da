package servicetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// A Runner whose store was away for too long stops its handlers, and begins anew
// without anybody's help.
func (on suite) testRunnerBeginsAnewAfterALoss(t *testing.T) {
	for _, how := range []string{"errors", "hangs"} {
		t.Run("its store "+how, func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				var causes []error
				h := newHost(t, w.store, func(ctx context.Context, job releaseplan.Job) error {
					err := busy(2*time.Minute)(ctx, job)
					causes = append(causes, context.Cause(ctx))
					return err
				})
				h.begin()
				user := process(t, releaseplan.Config{Store: w.store})
				p := user.start(tasksOf(releaseplan.Task{Crash: releaseplan.RepeatOnCrash}))
				var want time.Duration
				for range 3 {
					user.pass(time.Minute)
					h.dead.Store(how == "errors")
					h.hangs.Store(how == "hangs")
					user.pass(time.Minute)
					h.dead.Store(false)
					h.hangs.Store(false)
					want = user.now() + 2*time.Minute
				}
				if at := user.reach(p.ID(), releaseplan.Completed); at < want || at > want+2*ttl {
					t.Errorf("completed after %v, want soon after %v", at, want)
				}
				if a := user.status(p.ID(), 0).Attempts; len(a) != 4 || a[3].Result != releaseplan.TaskDone || a[3].Lease == a[2].Lease {
					t.Errorf("attempts: %+v, want three that were lost and one under another lease", a)
				}
				for _, cause := range causes[:len(causes)-1] {
					if !errors.Is(cause, releaseplan.ErrLost) {
						t.Errorf("told to stop for %v", cause)
					}
				}
				if err := h.stop(); err != nil {
					t.Errorf("Run returned %v", err)
				}
			})
		})
	}
}

// What a handler did while the store was away for long is not forgotten, and not
// taken over either, by somebody for whom the store was away too.
func (on suite) testRunnerKeepsOutcomesThroughALoss(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		var cause error
		h := newHost(t, w.store, stubborn(2*time.Minute, &cause))
		h.begin()
		user := process(t, releaseplan.Config{Store: w.store})
		p := user.start(tasksOf(releaseplan.Task{}))
		user.pass(time.Second)
		other := newHost(t, w.store, func(context.Context, releaseplan.Job) error { return errors.New("not me") })
		other.begin()
		user.pass(time.Minute)
		for _, h := range []*host{h, other} {
			h.dead.Store(true)
		}
		user.pass(10 * time.Minute)
		for _, h := range []*host{h, other} {
			h.dead.Store(false)
		}
		if at := user.reach(p.ID(), releaseplan.Completed); at > user.now()+ttl {
			t.Errorf("completed after %v", at)
		}
		if got := user.status(p.ID(), 0); got.Count != 1 || got.State != releaseplan.TaskDone {
			t.Errorf("the task is %+v", got)
		}
		if !errors.Is(cause, releaseplan.ErrLost) {
			t.Errorf("told to stop for %v", cause)
		}
	})
}

// An outcome that can never be recorded, because the plan is damaged, does not hold up
// the others.
func (on suite) testRunnerBeginsAnewBesideADamagedPlan(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		h := newHost(t, w.store, busy(10*time.Minute))
		h.begin()
		user := process(t, releaseplan.Config{Store: w.store})
		damaged := user.start(tasksOf(releaseplan.Task{}))
		user.pass(time.Minute)
		key := store.Key{Kind: "plan", ID: damaged.ID()}
		records, err := w.store.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		record := records[0]
		record.Body = []byte("{")
		if _, err := w.store.Commit(t.Context(), store.Op{Record: record}); err != nil {
			t.Fatal(err)
		}
		h.dead.Store(true)
		user.pass(time.Minute)
		h.dead.Store(false)
		sound := user.start(tasksOf(releaseplan.Task{}))
		if at := user.reach(sound.ID(), releaseplan.Completed); at > 13*time.Minute {
			t.Errorf("completed after %v", at)
		}
	})
}

// Run returns when its context ends, also while its store is away.
func (on suite) testRunnerEndsWhileItsStoreIsAway(t *testing.T) {
	for name, outcome := range map[string]error{"an outcome": nil, "an interruption": errors.New("stopped")} {
		t.Run(name+" is lost", func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				h := newHost(t, w.store, func(ctx context.Context, _ releaseplan.Job) error {
					<-ctx.Done()
					return outcome
				})
				h.begin()
				user := process(t, releaseplan.Config{Store: w.store})
				user.start(tasksOf(releaseplan.Task{}))
				user.pass(time.Minute)
				h.dead.Store(true)
				user.pass(time.Hour)
				at := user.now()
				if err := h.stop(); err != nil {
					t.Errorf("Run returned %v", err)
				}
				if took := user.now() - at; took > time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
