package template_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/racetest"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/template"
)

// race runs f in many goroutines at once, half of them on a Service of their own
// over the same store, and returns how many succeeded. What fails must be of one of the kinds.
func race(w world, f func(s *template.Service, i int) error, kinds ...error) int {
	other := newWorld(w.T, template.Config{Store: w.store})
	return racetest.Run(w, 16, []*template.Service{w.Service, other.Service}, f, kinds...)
}

func TestRaceForAName(t *testing.T) {
	for range 5 {
		w := newWorld(t, template.Config{})
		if n := race(w, func(s *template.Service, _ int) error {
			_, err := s.Create(t.Context(), plain("one"), ann)
			return err
		}, penstock.ErrExists, penstock.ErrConflict); n != 1 {
			t.Fatalf("%d have the name", n)
		}
	}
}

func TestRaceOfUpdates(t *testing.T) {
	for range 5 {
		w := newWorld(t, template.Config{})
		tpl := w.create(plain("one"))
		n := race(w, func(s *template.Service, i int) error {
			_, err := s.Update(t.Context(), tpl.ID, 1, func(x *template.Template) error { x.Description = fmt.Sprint(i); return nil }, ann)
			return err
		}, penstock.ErrConflict)
		got, err := w.Get(t.Context(), tpl.ID, ann)
		if n != 1 || err != nil || got.Version != 2 {
			t.Fatalf("%d won, the version is %d, %v", n, got.Version, err)
		}
	}
}

func TestRaceForTheLastPlace(t *testing.T) {
	w := newWorld(t, template.Config{Limit: 3})
	n := race(w, func(*template.Service, int) error { return nil })
	same(t, "all", n, 16)
	two, err := template.NewService(template.Config{Store: w.store, Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var made atomic.Int64
	for i := range 12 {
		s := []*template.Service{w.Service, two}[i%2]
		wg.Go(func() {
			if _, err := s.Create(t.Context(), plain(fmt.Sprint(i)), ann); err == nil {
				made.Add(1)
			} else if !errors.Is(err, penstock.ErrRefused) && !errors.Is(err, penstock.ErrConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, total := w.names(template.Filter{}); total != int(made.Load()) || total > 3 || total == 0 {
		t.Errorf("%d were made, %d are there", made.Load(), total)
	}
}

// A faulty store commits, or does not, and then fails.
type faulty struct {
	store.Store
	read   func(keys []store.Key) // after it read them
	before func(ops []store.Op) error
	after  error
}

func (f *faulty) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if f.before != nil {
		if err := f.before(ops); err != nil {
			return 0, err
		}
	}
	version, err := f.Store.Commit(ctx, ops...)
	if err == nil {
		err = f.after
	}
	return version, err
}

func (f *faulty) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := f.Store.Get(ctx, keys...)
	if f.read != nil {
		f.read(keys)
	}
	return records, err
}

// TestRefusalsAreOfTheLatestState: a name that was free again before the refusal was told is free.
func TestRefusalsAreOfTheLatestState(t *testing.T) {
	other := newWorld(t, template.Config{})
	holder := other.create(plain("one"))
	f := &faulty{Store: other.store}
	w := newWorld(t, template.Config{Store: f})
	f.read = func(keys []store.Key) {
		if keys[0].Kind == "template.name" {
			f.read = nil
			if err := other.Delete(t.Context(), holder.ID, ann); err != nil {
				t.Error(err)
			}
		}
	}
	w.create(plain("one"))
}

func TestUnknownOutcome(t *testing.T) {
	lost := errors.New("connection lost")
	w := newWorld(t, template.Config{})
	f := &faulty{Store: w.store, after: lost}
	w = newWorld(t, template.Config{Store: f})
	tpl := w.create(plain("one")) // was committed: the Service finds out
	same(t, "update", w.update(tpl.ID, func(x *template.Template) { x.Name = "two" }).Version, int64(2))
	if err := w.Delete(t.Context(), tpl.ID, ann); err != nil {
		t.Error(err)
	}
	f.before = func([]store.Op) error { return lost } // was not
	_, err := w.Create(t.Context(), plain("one"), ann)
	is(t, err, lost)
	f.before, f.after = nil, nil
	w.create(plain("one"))
}

func TestConflictsAreDecidedAgain(t *testing.T) {
	w := newWorld(t, template.Config{})
	tries := 0
	f := &faulty{Store: w.store, before: func([]store.Op) error { tries++; return penstock.ErrConflict }}
	w = newWorld(t, template.Config{Store: f})
	_, err := w.Create(t.Context(), plain("one"), ann)
	is(t, err, penstock.ErrConflict)
	same(t, "tries", tries, 10)
	f.before = func([]store.Op) error {
		if tries--; tries > 0 {
			return penstock.ErrConflict
		}
		return nil
	}
	w.create(plain("one"))
}

// TestWaitingEndsWithTheContext: a write waits for its turn no longer than its caller does.
func TestWaitingEndsWithTheContext(t *testing.T) {
	w := newWorld(t, template.Config{})
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		slow, err := template.NewService(template.Config{Store: &faulty{Store: w.store, before: func([]store.Op) error { <-hold; return nil }}})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := slow.Create(t.Context(), plain("one"), ann); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			if _, err := slow.Create(ctx, plain("two"), ann); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(hold)
		wg.Wait()
	})
}

// TestSearchForACommitEnds: a store that does not answer any more holds no write for ever.
func TestSearchForACommitEnds(t *testing.T) {
	w := newWorld(t, template.Config{})
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("connection lost")
		f := &silent{faulty: faulty{Store: w.store}}
		f.before = func([]store.Op) error { f.mute = true; return lost }
		s, err := template.NewService(template.Config{Store: f})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = s.Create(t.Context(), plain("one"), ann)
		is(t, err, lost)
		same(t, "waited", time.Since(began), 10*time.Second)
	})
}

// A silent store answers no reads once it is mute.
type silent struct {
	faulty
	mute bool
}

func (s *silent) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if s.mute {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.faulty.Get(ctx, keys...)
}
