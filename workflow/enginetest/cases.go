package enginetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/workflow"
)

// passes runs a workflow that one engine drives.
func passes(t testing.TB, cfg Config) {
	w := newWorld(t, cfg)
	s := w.service(w.store)
	w.define(s)
	d := cfg.New(s, w.executors())
	defer w.run(d)()
	r, err := s.Start(w.ctx, "plain", workflow.Start{}, ann)
	if err != nil {
		t.Fatal(err)
	}
	r = w.await(s, r.ID(), ended)
	w.passed(r)
	w.check(r)
}

// A mangler is what becomes of a wake on its way.
type mangler func(ctx context.Context, d workflow.Engine, id string) error

func lost(context.Context, workflow.Engine, string) error { return errors.New("it is lost") }

func doubled(ctx context.Context, d workflow.Engine, id string) error {
	go func() { _ = d.Wake(context.WithoutCancel(ctx), id) }()
	return errors.Join(d.Wake(ctx, id), d.Wake(ctx, id))
}

func late(ctx context.Context, d workflow.Engine, id string) error {
	time.AfterFunc(200*time.Millisecond, func() { _ = d.Wake(context.WithoutCancel(ctx), id) })
	return nil
}

// reordered keeps wakes back, and lets one of them through for each that comes.
func reordered() mangler {
	var mu sync.Mutex
	var kept []string
	return func(ctx context.Context, d workflow.Engine, id string) error {
		mu.Lock()
		defer mu.Unlock()
		if kept = append(kept, id); len(kept) < 3 {
			return nil
		}
		i := rand.IntN(len(kept))
		id, kept[i] = kept[i], kept[len(kept)-1]
		kept = kept[:len(kept)-1]
		return d.Wake(ctx, id)
	}
}

// mangledEngine passes wakes on as its mangler does.
type mangledEngine struct {
	workflow.Engine
	mangle mangler
}

func (e mangledEngine) Wake(ctx context.Context, id string) error {
	return e.mangle(ctx, e.Engine, id)
}

// mangled lets people act in one process, and an engine in another that hears of it
// by wakes that a mangler passes on.
func mangled(t testing.TB, cfg Config, m mangler) {
	w := newWorld(t, cfg)
	w.fail["b1"] = 1
	people, engine := w.service(w.store), w.service(w.store)
	w.define(people)
	d := cfg.New(engine, w.executors())
	people.Attach(mangledEngine{d, m})
	defer w.run(d)()
	do := func(id string, c workflow.Command) {
		t.Helper()
		by := ann
		if c.Action == workflow.Vote {
			by = bob
		}
		if _, err := people.Do(w.ctx, id, c, by); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
	}
	var plain, guarded []string
	for range 3 {
		r, err := people.Start(w.ctx, "plain", workflow.Start{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, r.ID())
		if r, err = people.Start(w.ctx, "guarded", workflow.Start{}, ann); err != nil {
			t.Fatal(err)
		}
		guarded = append(guarded, r.ID())
	}
	for _, id := range plain {
		if r := w.await(people, id, ended); r.State() != workflow.RunFailed {
			t.Errorf("run %s", r)
		}
		do(id, workflow.Command{Action: workflow.RetryRun})
	}
	for i, id := range guarded {
		w.await(people, id, func(r *workflow.Run) bool { return r.Stages()[1].State == workflow.StageWaiting })
		if i == 0 {
			do(id, workflow.Command{Action: workflow.CancelRun})
			continue
		}
		do(id, workflow.Command{Action: workflow.Vote, Vote: approval.Approve})
	}
	for _, id := range guarded[1:] {
		w.await(people, id, func(r *workflow.Run) bool { return r.State() == workflow.RunPaused })
		do(id, workflow.Command{Action: workflow.ExecuteStage})
	}
	for _, id := range append(plain, guarded[1:]...) {
		r := w.await(people, id, ended)
		w.passed(r)
		w.check(r)
	}
	if r := w.await(people, guarded[0], ended); r.State() != workflow.RunCanceled {
		t.Errorf("run %s", r)
	} else {
		w.check(r)
	}
}

// several lets four processes drive the same runs, whose jobs take a while.
func several(t testing.TB, cfg Config) {
	w := newWorld(t, cfg)
	if w.lasts = time.Second; cfg.Virtual {
		w.lasts = time.Minute
	}
	people := w.service(w.store)
	w.define(people)
	for range 4 {
		d := cfg.New(w.service(w.store), w.executors())
		people.Attach(d)
		t.Cleanup(w.run(d))
	}
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
		w.passed(r)
		w.check(r)
	}
	if len(w.attempts) != 6*len(ids) {
		t.Errorf("%d attempts at %d jobs", len(w.attempts), 6*len(ids))
	}
}
