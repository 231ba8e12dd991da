package servicetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// TestRunnerSurvivesAFaultyStore lets any call of the store fail, some of them
// after they were carried out.
func (on suite) testRunnerSurvivesAFaultyStore(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			on.bubble(t, func(t *testing.T, w *world) {
				s := &meddledStore{Store: w.store}
				var mu sync.Mutex
				chance := rand.New(rand.NewPCG(seed, 0))
				faults := 0
				fault := func(share float64) error {
					mu.Lock()
					defer mu.Unlock()
					if chance.Float64() >= share {
						return nil
					}
					faults++
					return errBroken
				}
				s.before = func(context.Context, storeCall) error { return fault(0.1) }
				s.after = func(storeCall) error { return fault(0.05) }

				var tally tally
				host := process(t, releaseplan.Config{Store: s})
				r := runnerOf(host.plans, func(ctx context.Context, job releaseplan.Job) error {
					defer tally.enter(job)()
					if job.Variables["token"] != "s3cr3t" {
						t.Errorf("the token is %q", job.Variables["token"])
					}
					if job.Task.Class == "shaky" && job.N == 1 {
						return errors.New("not yet")
					}
					return busy(time.Second)(ctx, job)
				})
				r.TTL, r.Poll = ttl, time.Second
				stop := host.run(r)

				user := process(t, releaseplan.Config{Store: s.Store})
				var ids []string
				for i := range 24 {
					c := planOf(phaseOf(releaseplan.Parallel, 3), phaseOf(releaseplan.Sequential, 3))
					c.Variables = []releaseplan.Variable{{Name: "token", Value: "s3cr3t", Secret: true}}
					for p := range c.Phases {
						for j := range c.Phases[p].Tasks {
							task := &c.Phases[p].Tasks[j]
							task.Crash, task.Retry = releaseplan.RepeatOnCrash, releaseplan.RetryPolicy{Max: 1}
						}
					}
					if i%4 == 0 {
						c.Phases[1].Tasks[1].Class = "shaky"
					}
					ids = append(ids, user.start(c).ID())
				}
				for _, id := range ids {
					user.reach(id, releaseplan.Completed)
				}
				_ = stop()
				mu.Lock()
				defer mu.Unlock()
				if faults == 0 {
					t.Error("nothing failed")
				}
				for id, n := range tally.byID {
					if n != 1 {
						t.Errorf("attempt %s was carried out %d times", id, n)
					}
				}
				doneTasks(t, user, ids, &tally)
			})
		})
	}
}

// doneTasks fails unless every done task has one attempt that is done, which a
// handler carried out, and nothing was recorded as late.
func doneTasks(t *testing.T, w *world, ids []string, tally *tally) {
	t.Helper()
	for _, id := range ids {
		for _, task := range w.get(id).Tasks() {
			done := 0
			for _, a := range task.Status.Attempts {
				if a.Result == releaseplan.TaskDone {
					done++
					if tally.byID[a.ID] != 1 {
						t.Errorf("attempt %s is done, and was carried out %d times", a.ID, tally.byID[a.ID])
					}
				}
			}
			if task.Status.State != releaseplan.TaskDone || done != 1 {
				t.Errorf("%s is %s, with %d attempts that are done", task.Name, task.Status.State, done)
			}
		}
		if late := w.trail(id, releaseplan.TaskLate); len(late) != 0 {
			t.Errorf("%d late outcomes: the same outcome told twice is none", len(late))
		}
	}
}

func (on suite) testRunnerWaitsForTheStoreToRecordAnOutcome(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		s := &meddledStore{Store: w.store}
		until := time.Now().Add(3 * time.Minute)
		s.before = func(_ context.Context, c storeCall) error {
			if c.Name == "Commit" && c.Ops[0].Key.Kind == "plan" && w.now() > time.Minute && time.Now().Before(until) {
				return errBroken
			}
			return nil
		}
		calls := 0
		host := process(t, releaseplan.Config{Store: s})
		host.handle(func(ctx context.Context, job releaseplan.Job) error {
			calls++
			return busy(2*time.Minute)(ctx, job)
		})
		p := host.start(tasksOf(releaseplan.Task{}))
		if at := host.reach(p.ID(), releaseplan.Completed); at < 3*time.Minute || at > 3*time.Minute+5*time.Second {
			t.Errorf("completed after %v, want soon after the store works again", at)
		}
		if calls != 1 {
			t.Errorf("%d attempts", calls)
		}
	})
}

func (on suite) testRunnerGoesOnWhenTheStoreWorksAgain(t *testing.T) {
	on.bubble(t, func(t *testing.T, w *world) {
		s := w.store
		h := newHost(t, s, busy(time.Second))
		h.dead.Store(true) // it begins without a store
		h.begin()
		user := process(t, releaseplan.Config{Store: s})
		p := user.start(tasksOf(releaseplan.Task{}))
		user.pass(time.Hour)
		h.dead.Store(false)
		if at := user.reach(p.ID(), releaseplan.Completed); at > time.Hour+10*time.Second {
			t.Errorf("completed after %v", at)
		}
		if err := h.stop(); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}
