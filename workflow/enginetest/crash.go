package enginetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// errDead is what a process that has crashed gets of its store.
var errDead = errors.New("the process is dead")

// A mortal store is one whose process dies with a commit of a run: before it is
// stored, or after it.
type mortal struct {
	store.Store
	after bool

	mu   sync.Mutex
	left int // commits of runs that it survives; negative: any number
	dead chan struct{}
}

func (m *mortal) alive() error {
	select {
	case <-m.dead:
		return errDead
	default:
		return nil
	}
}

func (m *mortal) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if err := m.alive(); err != nil {
		return 0, err
	}
	m.mu.Lock()
	dies := false
	for i := range ops {
		if ops[i].Key.Kind == "workflow.run" && m.left >= 0 {
			if dies = m.left == 0; dies {
				close(m.dead)
			}
			m.left--
		}
	}
	m.mu.Unlock()
	if dies && !m.after {
		return 0, errDead
	}
	version, err := m.Store.Commit(ctx, ops...)
	if dies {
		return 0, errDead
	}
	return version, err
}

func (m *mortal) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := m.alive(); err != nil {
		return nil, err
	}
	return m.Store.Get(ctx, keys...)
}

func (m *mortal) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if err := m.alive(); err != nil {
		return store.Page{}, err
	}
	return m.Store.Find(ctx, q)
}

func (m *mortal) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if err := m.alive(); err != nil {
		return nil, err
	}
	return m.Store.Events(ctx, q)
}

// crashes lets a process die at each of its commits, one after another, and another
// one take over.
func crashes(t testing.TB, cfg Config, after bool) {
	for point := 0; ; point++ {
		w := newWorld(t)
		shared := memory.New()
		people := w.service(shared)
		w.define(people)
		m := &mortal{Store: shared, after: after, left: point, dead: make(chan struct{})}
		first := cfg.New(w.service(m), w.executors())
		people.Attach(first)
		r, err := people.Start(w.ctx, "plain", workflow.Start{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		stop := w.run(first)
		done := make(chan struct{})
		go func() { // until it is dead, or there is nothing left to die of
			defer close(done)
			w.await(people, r.ID(), func(r *workflow.Run) bool { return ended(r) || m.alive() != nil })
		}()
		<-done
		survived := m.alive() == nil
		second := cfg.New(w.service(shared), w.executors())
		people.Attach(second)
		halt := w.run(second)
		was := w.await(people, r.ID(), ended)
		kept := make(map[string]string)
		for was.State() == workflow.RunFailed { // what was being executed may have failed with the process
			for _, stage := range was.Stages() {
				for _, j := range stage.Jobs {
					if j.State == workflow.JobPassed {
						kept[j.Key] = j.Status.Attempt.ID
					}
				}
			}
			if _, err := people.Do(w.ctx, r.ID(), workflow.Command{Action: workflow.RetryRun}, ann); err != nil {
				t.Fatal(err)
			}
			was = w.await(people, r.ID(), ended)
		}
		w.passed(was)
		for key, attempt := range kept {
			if j, err := was.Job(key); err != nil || j.Status.Attempt.ID != attempt {
				t.Errorf("crash %d: %s had passed, and was done again", point, key)
			}
		}
		halt()
		stop()
		w.check()
		if survived {
			return
		}
	}
}

// A flakyStore loses every sixth of what it is told, of what it is asked and of its answers.
type flakyStore struct{ store.Store }

var errLost = errors.New("the connection was lost")

func (f flakyStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	dice := rand.IntN(6)
	if dice == 0 {
		return 0, errLost
	}
	version, err := f.Store.Commit(ctx, ops...)
	if dice == 1 {
		return 0, errLost
	}
	return version, err
}

func (f flakyStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if rand.IntN(6) == 0 {
		return nil, errLost
	}
	return f.Store.Get(ctx, keys...)
}

func (f flakyStore) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if rand.IntN(3) == 0 {
		return nil, errLost
	}
	return f.Store.Events(ctx, q)
}

// flaky lets an engine drive runs over a store that fails again and again.
func flaky(t testing.TB, cfg Config) {
	w := newWorld(t)
	shared := memory.New()
	people := w.service(shared)
	w.define(people)
	d := cfg.New(w.service(flakyStore{shared}), w.executors())
	people.Attach(d)
	defer w.run(d)()
	var ids []string
	for range 20 {
		r, err := people.Start(w.ctx, "plain", workflow.Start{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID())
	}
	for _, id := range ids {
		r := w.await(people, id, ended)
		for r.State() == workflow.RunFailed { // a process that cannot tell that it lives counts as dead
			if _, err := people.Do(w.ctx, id, workflow.Command{Action: workflow.RetryRun}, ann); err != nil {
				t.Fatal(err)
			}
			r = w.await(people, id, ended)
		}
		w.passed(r)
	}
	w.check()
}
