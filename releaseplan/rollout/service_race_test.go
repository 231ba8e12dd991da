package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/racetest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

const racers = 32

// race runs f in many goroutines at once, half of them on a Service of their own
// over the same store, and returns how many succeeded. What fails must be one of
// allowed, or be overtaken.
func race(w world, f func(s *rollout.Service, i int) error, allowed ...error) int {
	other := newWorld(w.T, rollout.Config{Store: w.store})
	return racetest.Run(w, racers, []*rollout.Service{w.Service, other.Service}, f, append(allowed, penstock.ErrConflict)...)
}

func TestRaceForAName(t *testing.T) {
	for round := range 5 {
		w := newWorld(t, rollout.Config{})
		n := race(w, func(s *rollout.Service, _ int) error {
			_, err := s.Segments().Create(t.Context(), beta(), ann)
			return err
		}, penstock.ErrExists)
		if n != 1 {
			t.Fatalf("round %d: %d have the name", round, n)
		}
	}
}

func TestRaceForTheLastPlaces(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	for i := range rollout.MaxEnvironments - 5 {
		create(w, w.Environments(), rollout.Environment{Name: fmt.Sprint("old", i)})
	}
	n := race(w, func(s *rollout.Service, i int) error {
		_, err := s.Environments().Create(t.Context(), rollout.Environment{Name: fmt.Sprint("new", i)}, ann)
		return err
	}, penstock.ErrRefused)
	all, err := w.Environments().List(t.Context(), rollout.Filter{}, ann)
	if err != nil || n != 5 || all.Total != rollout.MaxEnvironments {
		t.Error(n, "of 5 places were taken:", all.Total, err)
	}
}

// Whatever comes first, no feature is left with a segment that is gone.
func TestRaceOfReferenceAndDelete(t *testing.T) {
	refers, deleted := 0, 0
	for range 20 {
		w := newWorld(t, rollout.Config{})
		create(w, w.Environments(), rollout.Environment{Name: "prod"})
		create(w, w.Segments(), beta())
		race(w, func(s *rollout.Service, i int) error {
			if i%4 < 2 {
				return s.Segments().Delete(t.Context(), 1, 0, ann)
			}
			_, err := s.Features().Create(t.Context(), inProd(fmt.Sprint("f", i), within(1)), ann)
			return err
		}, penstock.ErrRefused, penstock.ErrNotFound, penstock.ErrInvalid)
		all, err := w.Features().List(t.Context(), rollout.Filter{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Segments().Get(t.Context(), 1, ann)
		switch {
		case err == nil && all.Total > 0:
			refers++
		case errors.Is(err, penstock.ErrNotFound) && all.Total == 0:
			deleted++
		default:
			t.Fatalf("%d features refer to the segment: %v", all.Total, err)
		}
	}
	t.Log(refers, "times the references came first,", deleted, "times the delete")
}

// Of many who update one version, one does.
func TestRaceOfUpdates(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	g := create(w, w.Segments(), beta())
	n := race(w, func(s *rollout.Service, i int) error {
		_, err := s.Segments().Update(t.Context(), 1, g.Version, func(g *rollout.Segment) error { g.Description = fmt.Sprint(i); return nil }, ann)
		return err
	})
	if n != 1 {
		t.Error(n, "updates of one version")
	}
}

// A meddler does something before it finds records of a kind.
type meddler struct {
	store.Store
	before map[string]func()
}

func (m *meddler) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if f := m.before[q.Kind]; f != nil {
		f()
	}
	return m.Store.Find(ctx, q)
}

func TestAStateIsOfOneMoment(t *testing.T) {
	m := &meddler{Store: memory.New()}
	w, other := newWorld(t, rollout.Config{Store: m}), newWorld(t, rollout.Config{Store: m.Store})
	create(w, w.Environments(), rollout.Environment{Name: "prod"})
	create(w, w.Segments(), beta())
	create(w, w.Features(), inProd("f", within(1)))
	m.before = map[string]func(){"rollout.segment": func() { // the features were read
		m.before = nil
		if err := errors.Join(other.Features().Delete(t.Context(), "f", 0, ann), other.Segments().Delete(t.Context(), 1, 0, ann)); err != nil {
			t.Error(err)
		}
	}}
	state, err := w.State(t.Context(), "prod")
	if err != nil || len(state.Features) != 0 || len(state.Segments) != 0 {
		t.Error(state, err)
	}
	m.before = map[string]func(){"rollout.segment": func() { update(other, other.Environments(), "prod", func(e *rollout.Environment) { e.SortOrder++ }) }}
	_, err = w.State(t.Context(), "prod")
	is(t, err, penstock.ErrConflict)
}

// States read while others write are whole: none has a feature whose segment is gone.
func TestRaceOfStateAndWrites(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	create(w, w.Environments(), rollout.Environment{Name: "prod"})
	states := race(w, func(s *rollout.Service, i int) error {
		for n := range 20 {
			if i%4 < 2 {
				state, err := s.State(t.Context(), "prod")
				if err == nil {
					err = rollout.Validate(state.Features, state.Segments, nil)
				}
				if err != nil && !errors.Is(err, penstock.ErrConflict) {
					return err
				}
				continue
			}
			g, err := s.Segments().Create(t.Context(), rollout.Segment{Name: fmt.Sprint(i, n)}, ann)
			if err != nil {
				return err
			}
			name := fmt.Sprintf("f%d.%d", i, n)
			if _, err = s.Features().Create(t.Context(), inProd(name, within(g.Value.ID)), ann); err != nil {
				return err
			}
			if err := s.Features().Delete(t.Context(), name, 0, ann); err != nil {
				return err
			}
			if err := s.Segments().Delete(t.Context(), g.Value.ID, 0, ann); err != nil {
				return err
			}
		}
		return nil
	})
	if states < racers/2 {
		t.Error("only", states, "came to their end")
	}
}

// Writes of its own Service do not keep a State from being read for ever.
func TestAStateHasItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &meddler{Store: memory.New()}
		w := newWorld(t, rollout.Config{Store: m})
		create(w, w.Environments(), rollout.Environment{Name: "prod"})
		var writes sync.WaitGroup
		m.before = map[string]func(){"rollout.segment": func() {
			writes.Go(func() { update(w, w.Environments(), "prod", func(e *rollout.Environment) { e.SortOrder++ }) })
			synctest.Wait() // it is done, or waits for its turn
		}}
		if _, err := w.State(t.Context(), "prod"); err != nil {
			t.Error(err)
		}
		writes.Wait()
		prod, err := w.Environments().Get(t.Context(), "prod", ann)
		if err != nil || prod.Value.SortOrder != 2 {
			t.Error("wrote while the State had its turn, or never:", prod, err)
		}
	})
}
