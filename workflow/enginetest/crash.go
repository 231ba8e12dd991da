package enginetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

// errDead is what a process that has crashed gets of its store.
var errDead = errors.New("the process is dead")

// A mortal store is one whose process dies with a commit, of whatever: before it is
// stored, or after it.
type mortal struct {
	store.Store
	after bool

	mu   sync.Mutex
	left int // commits that it survives
	dead bool
}

func (m *mortal) alive() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errDead
	}
	return nil
}

// revive lets the process do what it had still to do: it was only cut off.
func (m *mortal) revive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = false
}

func (m *mortal) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	m.mu.Lock()
	was, dies := m.dead, m.left == 0
	m.left--
	m.dead = was || dies
	m.mu.Unlock()
	if was || dies && !m.after {
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

func (m *mortal) Next(ctx context.Context, sequence string, n int) (int64, error) {
	if err := m.alive(); err != nil {
		return 0, err
	}
	return m.Store.Next(ctx, sequence, n)
}

// crashRun is the id of the run of a script, which every process gives it.
const crashRun = "crash-run"

// A script is what a process does with a run until that has ended. Another process does the
// same from the beginning if the first one dies.
type script func(w *world, s *workflow.Service) (*workflow.Run, error)

// goOn starts a run, and retries it as often as it fails: b1 does so once by itself, and
// what was being executed may have with its process. What has passed is not done again.
func goOn(w *world, s *workflow.Service) (*workflow.Run, error) {
	kept := make(map[string]string)
	_, err := s.StartAs(w.ctx, crashRun, "plain", workflow.Start{}, ann)
	for err == nil {
		var r *workflow.Run
		if r, err = w.until(s, crashRun, ended); err != nil {
			break
		}
		for _, stage := range r.Stages() {
			for _, j := range stage.Jobs {
				if was := kept[j.Key]; was != "" && was != j.Status.Attempt.ID {
					w.Errorf("%s had passed, and was done again", j.Key)
				}
				if j.State == workflow.JobPassed {
					kept[j.Key] = j.Status.Attempt.ID
				}
			}
		}
		if r.State() != workflow.RunFailed {
			w.passed(r)
			return r, nil
		}
		c := workflow.Command{Action: workflow.RetryRun, Key: fmt.Sprint("retry", r.Status().Changes)}
		_, err = s.Do(w.ctx, crashRun, c, ann)
	}
	return nil, err
}

// goBack starts a run and cancels it in its second stage.
func goBack(w *world, s *workflow.Service) (*workflow.Run, error) {
	if _, err := s.StartAs(w.ctx, crashRun, "plain", workflow.Start{}, ann); err != nil {
		return nil, err
	}
	r, err := w.until(s, crashRun, func(r *workflow.Run) bool { return ended(r) || r.Stages()[1].State == workflow.StageRunning })
	if err != nil {
		return nil, err
	}
	if !ended(r) { // by the crash, or because another process had asked for it
		_, err = s.Do(w.ctx, crashRun, workflow.Command{Action: workflow.CancelRun, Key: "cancel"}, ann)
		if err != nil && !errors.Is(err, penstock.ErrRefused) {
			return nil, err
		}
		if r, err = w.until(s, crashRun, ended); err != nil {
			return nil, err
		}
		if r.State() == workflow.RunPassed {
			w.Errorf("run %s, which was canceled", r)
		}
	}
	if n := w.executions("a2") + w.executions("b2"); n > 0 {
		w.Errorf("%d jobs were executed after the cancel", n)
	}
	return r, nil
}

// crashes lets a process die at each of its commits, one after another, and another
// one take over.
func crashes(t *testing.T, cfg Config, follow script, after bool) {
	for point, survived := 0, false; !survived && !t.Failed(); point++ {
		cfg.run(t, fmt.Sprint(point), func(t testing.TB) { survived = crash(t, cfg, follow, after, point) })
	}
}

// crash lets a process die at one of its commits. It reports whether there is no such.
func crash(t testing.TB, cfg Config, follow script, after bool, point int) (survived bool) {
	w := newWorld(t, cfg)
	w.fail["b1"] = 1
	w.lasts = 20 * time.Millisecond
	w.define(w.service(w.store))
	m := &mortal{Store: w.store, after: after, left: point}
	first := w.service(m)
	d := cfg.New(first, w.executors())
	first.Attach(d)
	stop := w.run(d)
	r, err := follow(w, first)
	if survived = m.alive() == nil; survived {
		if err != nil {
			t.Fatalf("before it died: %v", err)
		}
		w.check(r)
		stop()
		return true
	}
	heir := w.service(w.store)
	next := cfg.New(heir, w.executors())
	heir.Attach(next)
	defer w.run(next)()
	if r, err = follow(w, heir); err != nil {
		t.Fatal(err)
	}
	w.check(r)
	m.revive()
	stop()
	if now := w.await(heir, r.ID(), ended); text(t, now) != text(t, r) {
		t.Errorf("run %s is %s after the first process came back", r, now)
	}
	return false
}
