package servicetest

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
)

// world is one process over a store.
type world struct {
	t     *testing.T
	store store.Store
	plans *releaseplan.Service
	began time.Time
}

// bubble runs a test in virtual time over a new store.
func (on suite) bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, process(t, releaseplan.Config{Store: on.open(t)})) })
}

// process is a process with a Service of its own.
func process(t *testing.T, cfg releaseplan.Config) *world {
	return &world{t: t, store: cfg.Store, plans: releaseplan.New(cfg), began: time.Now()}
}

// run starts a Runner, and returns what stops it and tells what Run returned. It
// looks around seldom: within a process nothing has to wait for that.
func (w *world) run(r *releaseplan.Runner) (stop func() error) {
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
func (w *world) handle(f func(ctx context.Context, job releaseplan.Job) error) (stop func() error) {
	return w.run(runnerOf(w.plans, f))
}

func runnerOf(plans *releaseplan.Service, f releaseplan.HandlerFunc) *releaseplan.Runner {
	return releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"work": f})
}

// create files a plan; start executes it as well.
func (w *world) create(c releaseplan.Content) *releaseplan.Plan {
	w.t.Helper()
	if c.Name == "" {
		c.Name = "plan"
	}
	p, err := w.plans.Create(context.Background(), c, ann)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) start(c releaseplan.Content) *releaseplan.Plan {
	w.t.Helper()
	return w.do(w.create(c).ID(), releaseplan.Command{Action: releaseplan.Execute})
}

func (w *world) do(id string, c releaseplan.Command) *releaseplan.Plan {
	w.t.Helper()
	p, err := w.plans.Do(context.Background(), id, c, ann)
	if err != nil {
		w.t.Fatalf("%s: %v", c.Action, err)
	}
	return p
}

// get returns the plan once nothing goes on at this instant.
func (w *world) get(id string) *releaseplan.Plan {
	w.t.Helper()
	synctest.Wait()
	p, err := w.plans.Get(context.Background(), id, ann)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// now is how long after its beginning the test is.
func (w *world) now() time.Duration { return time.Since(w.began) }

// until waits until the plan's trail has a change that is wanted, and returns when it was.
func (w *world) until(id string, want func(c releaseplan.Change) bool) time.Duration {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Hour)
	defer cancel()
	for e, err := range w.plans.Follow(ctx, id, ann) {
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
func (w *world) reach(id string, s releaseplan.State) time.Duration {
	w.t.Helper()
	return w.until(id, func(c releaseplan.Change) bool { return c.Kind == releaseplan.PlanMoved && c.To == string(s) })
}

// trail returns the changes of a kind.
func (w *world) trail(id string, kind releaseplan.ChangeKind) (all []releaseplan.Change) {
	w.t.Helper()
	entries, err := w.plans.History(context.Background(), id, 0, 1000, ann)
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
func (w *world) wantState(id string, want releaseplan.State) {
	w.t.Helper()
	if got := w.get(id).State(); got != want {
		w.t.Errorf("after %v the plan is %s, want %s", w.now(), got, want)
	}
}

// status returns the status of the n-th task.
func (w *world) status(id string, n int) releaseplan.TaskStatus {
	w.t.Helper()
	return w.get(id).Tasks()[n].Status
}

func lasting(d time.Duration) penstock.Duration { return penstock.FromTime(d) }

// phaseOf is a phase of n tasks of the kind "work".
func phaseOf(kind releaseplan.PhaseKind, n int) releaseplan.Phase {
	p := releaseplan.Phase{Name: string(kind) + " phase", Kind: kind}
	for i := range n {
		p.Tasks = append(p.Tasks, releaseplan.Task{Name: string(rune('a'+i%26)) + " task", Kind: "work"})
	}
	return p
}

// planOf is a plan of phases, tasksOf one of a single sequential phase.
func planOf(phases ...releaseplan.Phase) releaseplan.Content {
	return releaseplan.Content{Name: "plan", Phases: phases}
}

func tasksOf(tasks ...releaseplan.Task) releaseplan.Content {
	for i := range tasks {
		if tasks[i].Name == "" {
			tasks[i].Name = string(rune('a'+i)) + " task"
		}
		if tasks[i].Kind == "" {
			tasks[i].Kind = "work"
		}
	}
	return planOf(releaseplan.Phase{Name: "phase", Tasks: tasks})
}

// tally counts what handlers did, by attempt.
type tally struct {
	mu      sync.Mutex
	byID    map[string]int
	now     atomic.Int32
	highest atomic.Int32
}

// enter counts one that is at work, and returns what it calls in the end.
func (d *tally) enter(job releaseplan.Job) (leave func()) {
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
func (d *tally) once(t *testing.T, n int) {
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

// meddledStore is a store in whose calls a test can meddle.
type meddledStore struct {
	store.Store
	before func(ctx context.Context, c storeCall) error // an error is the answer, and nothing is done
	after  func(c storeCall) error                      // an error is the answer, but it is done
}

// storeCall is a call of a store.
type storeCall struct {
	Name  string
	Keys  []store.Key
	Ops   []store.Op
	Query store.Query
}

func meddle[T any](s *meddledStore, ctx context.Context, c storeCall, f func() (T, error)) (result T, err error) {
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

func (s *meddledStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return meddle(s, ctx, storeCall{Name: "Get", Keys: keys}, func() ([]store.Record, error) { return s.Store.Get(ctx, keys...) })
}

func (s *meddledStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	return meddle(s, ctx, storeCall{Name: "Find", Query: q}, func() (store.Page, error) { return s.Store.Find(ctx, q) })
}

func (s *meddledStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	return meddle(s, ctx, storeCall{Name: "Commit", Ops: ops}, func() (int64, error) { return s.Store.Commit(ctx, ops...) })
}

func (s *meddledStore) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	return meddle(s, ctx, storeCall{Name: "Events"}, func() ([]store.Event, error) { return s.Store.Events(ctx, q) })
}

func (s *meddledStore) Next(ctx context.Context, sequence string, n int) (int64, error) {
	return meddle(s, ctx, storeCall{Name: "Next"}, func() (int64, error) { return s.Store.Next(ctx, sequence, n) })
}
