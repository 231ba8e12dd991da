package rollout_test

import (
	"errors"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

var ann = penstock.Actor{ID: "ann", Name: "Ann"}

// A world is a Service over an empty store, with what can go wrong made fatal.
type world struct {
	*testing.T
	*rollout.Service
	store store.Store
}

func newWorld(t *testing.T, cfg rollout.Config) world {
	t.Helper()
	if cfg.Store == nil {
		cfg.Store = memory.New()
	}
	cfg.Now = func() time.Time { return now }
	s, err := rollout.NewService(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return world{t, s, cfg.Store}
}

// create stores a value or ends the test.
func create[ID int | string, T any](w world, in *rollout.Records[ID, T], v T) rollout.Record[T] {
	w.Helper()
	r, err := in.Create(w.Context(), v, ann)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// update changes a value or ends the test.
func update[ID int | string, T any](w world, in *rollout.Records[ID, T], id ID, f func(*T)) rollout.Record[T] {
	w.Helper()
	r, err := in.Update(w.Context(), id, 0, func(v *T) error { f(v); return nil }, ann)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// beta is a segment for all projects.
func beta() rollout.Segment {
	return rollout.Segment{Name: "beta", Constraints: []rollout.Constraint{in("userId", "ann")}}
}

// inProd is a flag that is on in prod by the strategies.
func inProd(name string, strategies ...rollout.Strategy) rollout.Flag {
	return rollout.Flag{Name: name, Environments: map[string]rollout.Setting{"prod": {Enabled: true, Strategies: strategies}}}
}

// within is a strategy for the people of segments.
func within(segments ...int) rollout.Strategy {
	return rollout.Strategy{Name: rollout.Everyone, Segments: segments}
}

func is(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want an error that is %q", err, kind)
	}
}
