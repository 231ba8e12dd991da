package releaseplan_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

var dAnn = penstock.Actor{ID: "ann", Name: "Ann"}

// dWorld is one process over a store.
type dWorld struct {
	t     *testing.T
	plans *releaseplan.Service
	began time.Time
}

// dBubble runs a test in virtual time over a new memory store.
func dBubble(t *testing.T, f func(t *testing.T, w *dWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, dProcess(t, releaseplan.Config{Store: memory.New()})) })
}

// dProcess is a process with a Service of its own.
func dProcess(t *testing.T, cfg releaseplan.Config) *dWorld {
	return &dWorld{t: t, plans: releaseplan.New(cfg), began: time.Now()}
}

// run starts a Runner, and returns what stops it and tells what Run returned. It
// looks around seldom: within a process nothing has to wait for that.
func (w *dWorld) run(r *releaseplan.Runner) (stop func() error) {
	if r.Poll == 0 {
		r.Poll = 10 * time.Minute
	}
	if r.TTL == 0 {
		r.TTL = 30 * time.Minute
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	w.t.Cleanup(func() { _ = stop() })
	return stop
}

// handle starts a Runner in which one function handles tasks of the kind "work".
func (w *dWorld) handle(f func(ctx context.Context, job releaseplan.Job) error) (stop func() error) {
	return w.run(dRunner(w.plans, f))
}

func dRunner(plans *releaseplan.Service, f releaseplan.HandlerFunc) *releaseplan.Runner {
	return releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"work": f})
}

// create files a plan; start executes it as well.
func (w *dWorld) create(c releaseplan.Content) *releaseplan.Plan {
	w.t.Helper()
	if c.Name == "" {
		c.Name = "plan"
	}
	p, err := w.plans.Create(context.Background(), c, dAnn)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *dWorld) start(c releaseplan.Content) *releaseplan.Plan {
	w.t.Helper()
	return w.do(w.create(c).ID(), releaseplan.Command{Action: releaseplan.Execute})
}

func (w *dWorld) do(id string, c releaseplan.Command) *releaseplan.Plan {
	w.t.Helper()
	p, err := w.plans.Do(context.Background(), id, c, dAnn)
	if err != nil {
		w.t.Fatalf("%s: %v", c.Action, err)
	}
	return p
}

// get returns the plan once nothing goes on at this instant.
func (w *dWorld) get(id string) *releaseplan.Plan {
	w.t.Helper()
	synctest.Wait()
	p, err := w.plans.Get(context.Background(), id, dAnn)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// pass lets time pass.
func (w *dWorld) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// now is how long after its beginning the test is.
func (w *dWorld) now() time.Duration { return time.Since(w.began) }

// until waits until the plan's trail has a change that is wanted, and returns when it was.
func (w *dWorld) until(id string, want func(c releaseplan.Change) bool) time.Duration {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Hour)
	defer cancel()
	for e, err := range w.plans.Follow(ctx, id, dAnn) {
		if err != nil {
			w.t.Fatalf("the plan is %s: %v", w.get(id).State(), err)
		}
		if want(e.Change) {
			return e.At.Sub(w.began)
		}
	}
	w.t.Fatalf("it never happened; the plan is %s", w.get(id).State())
	return 0
}

// reach waits until the plan is in a state, and returns when it came there.
func (w *dWorld) reach(id string, s releaseplan.State) time.Duration {
	w.t.Helper()
	return w.until(id, func(c releaseplan.Change) bool { return c.Kind == releaseplan.PlanMoved && c.To == string(s) })
}

// trail returns the changes of a kind.
func (w *dWorld) trail(id string, kind releaseplan.ChangeKind) (all []releaseplan.Change) {
	w.t.Helper()
	entries, err := w.plans.History(context.Background(), id, 0, 1000, dAnn)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		if e.Kind == kind {
			all = append(all, e.Change)
		}
	}
	return all
}

// wantState fails unless the plan is in a state.
func (w *dWorld) wantState(id string, want releaseplan.State) {
	w.t.Helper()
	if got := w.get(id).State(); got != want {
		w.t.Errorf("after %v the plan is %s, want %s", w.now(), got, want)
	}
}

// status returns the status of the n-th task.
func (w *dWorld) status(id string, n int) releaseplan.TaskStatus {
	w.t.Helper()
	return w.get(id).Tasks()[n].Status
}

func dFor(d time.Duration) penstock.Duration { return penstock.FromTime(d) }

// dPhase is a phase of n tasks of the kind "work".
func dPhase(kind releaseplan.PhaseKind, n int) releaseplan.Phase {
	p := releaseplan.Phase{Name: string(kind) + " phase", Kind: kind}
	for i := range n {
		p.Tasks = append(p.Tasks, releaseplan.Task{Name: string(rune('a'+i%26)) + " task", Kind: "work"})
	}
	return p
}

// dPlan is a plan of phases, dTasks one of a single sequential phase.
func dPlan(phases ...releaseplan.Phase) releaseplan.Content {
	return releaseplan.Content{Name: "plan", Phases: phases}
}

func dTasks(tasks ...releaseplan.Task) releaseplan.Content {
	for i := range tasks {
		if tasks[i].Name == "" {
			tasks[i].Name = string(rune('a'+i)) + " task"
		}
		if tasks[i].Kind == "" {
			tasks[i].Kind = "work"
		}
	}
	return dPlan(releaseplan.Phase{Name: "phase", Tasks: tasks})
}

// dTally counts what handlers did, by attempt.
type dTally struct {
	mu      sync.Mutex
	byID    map[string]int
	now     atomic.Int32
	highest atomic.Int32
}

// enter counts one that is at work, and returns what it calls in the end.
func (d *dTally) enter(job releaseplan.Job) (leave func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byID == nil {
		d.byID = make(map[string]int)
	}
	d.byID[job.Attempt]++
	if n := d.now.Add(1); n > d.highest.Load() {
		d.highest.Store(n)
	}
	return func() { d.now.Add(-1) }
}

// once fails unless there were n attempts, each carried out once.
func (d *dTally) once(t *testing.T, n int) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.byID) != n {
		t.Errorf("%d attempts were carried out, want %d", len(d.byID), n)
	}
	for id, times := range d.byID {
		if times != 1 {
			t.Errorf("attempt %s was carried out %d times", id, times)
		}
	}
}

var errBroken = errors.New("the store is broken")

// dStore is a store in whose calls a test can meddle.
type dStore struct {
	store.Store
	before func(ctx context.Context, c dCall) error // an error is the answer, and nothing is done
	after  func(c dCall) error                      // an error is the answer, but it is done
}

// dCall is a call of a store.
type dCall struct {
	Name  string
	Keys  []store.Key
	Ops   []store.Op
	Query store.Query
}

func dMeddle[T any](s *dStore, ctx context.Context, c dCall, f func() (T, error)) (result T, err error) {
	if s.before != nil {
		if err := s.before(ctx, c); err != nil {
			return result, err
		}
	}
	done, err := f()
	if err == nil && s.after != nil {
		if err := s.after(c); err != nil {
			return result, err
		}
	}
	return done, err
}

func (s *dStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return dMeddle(s, ctx, dCall{Name: "Get", Keys: keys}, func() ([]store.Record, error) { return s.Store.Get(ctx, keys...) })
}

func (s *dStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	return dMeddle(s, ctx, dCall{Name: "Find", Query: q}, func() (store.Page, error) { return s.Store.Find(ctx, q) })
}

func (s *dStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	return dMeddle(s, ctx, dCall{Name: "Commit", Ops: ops}, func() (int64, error) { return s.Store.Commit(ctx, ops...) })
}

func (s *dStore) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	return dMeddle(s, ctx, dCall{Name: "Events"}, func() ([]store.Event, error) { return s.Store.Events(ctx, q) })
}

func (s *dStore) Next(ctx context.Context, sequence string, n int) (int64, error) {
	return dMeddle(s, ctx, dCall{Name: "Next"}, func() (int64, error) { return s.Store.Next(ctx, sequence, n) })
}
