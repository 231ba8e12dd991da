package enginetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

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
	w := newWorld(t, cfg)
	people := w.service(w.store)
	w.define(people)
	d := cfg.New(w.service(flakyStore{w.store}), w.executors())
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
		w.check(r)
	}
}
