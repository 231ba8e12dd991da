package servicetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A pruneWorld is a Service with a clock that the test sets, over a store in
// which it can meddle.
type pruneWorld struct {
	*testing.T
	plans *releaseplan.Service
	store *pruneStore
	now   time.Time
}

var clerk = penstock.Actor{ID: "clerk", Name: "Clerk", Admin: true}

// pruneWorld opens one at noon.
func (on suite) pruneWorld(t *testing.T, cfg releaseplan.Config) *pruneWorld {
	t.Helper()
	w := &pruneWorld{T: t, store: &pruneStore{Store: on.open(t)}, now: noon}
	cfg.Store, cfg.Now = w.store, func() time.Time { return w.now }
	w.plans = releaseplan.New(cfg)
	return w
}

func (w *pruneWorld) pass(d time.Duration) { w.now = w.now.Add(d) }

// create files a plan of one task.
func (w *pruneWorld) create(name string) string {
	w.Helper()
	p, err := w.plans.Create(w.Context(), releaseplan.Content{Name: name, Phases: []releaseplan.Phase{
		{Name: "phase", Tasks: []releaseplan.Task{{Name: "task"}}}}}, ann)
	if err != nil {
		w.Fatal(err)
	}
	return p.ID()
}

// archived files a plan with n comments and archives it: n+2 entries.
func (w *pruneWorld) archived(n int) string {
	w.Helper()
	id := w.create("plan")
	for i := range n {
		w.do(id, releaseplan.Command{Action: releaseplan.Comment, Remark: fmt.Sprint("comment ", i+1)})
	}
	w.do(id, releaseplan.Command{Action: releaseplan.Archive})
	return id
}

func (w *pruneWorld) do(id string, c releaseplan.Command) *releaseplan.Plan {
	w.Helper()
	p, err := w.plans.Do(w.Context(), id, c, ann)
	if err != nil {
		w.Fatalf("%s: %v", c.Action, err)
	}
	return p
}

// comment adds an entry to an archived plan's trail.
func (w *pruneWorld) comment(id string) {
	w.Helper()
	w.do(id, releaseplan.Command{Action: releaseplan.Comment, Remark: "more"})
}

// prune prunes what is older than now, by the clerk, and fails unless it did so much.
func (w *pruneWorld) prune(want releaseplan.Pruned) {
	w.Helper()
	w.pruneBefore(w.now, want)
}

func (w *pruneWorld) pruneBefore(before time.Time, want releaseplan.Pruned) {
	w.Helper()
	got, err := w.plans.Prune(w.Context(), before, clerk)
	if err != nil || got != want {
		w.Errorf("Prune = %+v, %v, want %+v", got, err, want)
	}
}

// trail returns the whole history, and fails unless it has the entries from first
// to last, in a chain that begins at the anchor.
func (w *pruneWorld) trail(id string, first, last int64) []releaseplan.Entry {
	w.Helper()
	entries, err := w.plans.History(w.Context(), id, 0, 1000, ann)
	if err != nil {
		w.Fatal(err)
	}
	anchor := w.anchor(id)
	var want, got []int64
	for seq := first; seq <= last; seq++ {
		want = append(want, seq)
	}
	prev := anchor.Hash
	for _, e := range entries {
		got = append(got, e.Seq)
		if e.Prev != prev {
			w.Errorf("entry %d names %q as the hash before, not %q", e.Seq, e.Prev, prev)
		}
		prev = e.Hash
	}
	if !slices.Equal(got, want) || anchor.Seq != first-1 {
		w.Errorf("the trail has entries %v behind %d, want %v", got, anchor.Seq, want)
	}
	return entries
}

func (w *pruneWorld) anchor(id string) releaseplan.Anchor {
	w.Helper()
	anchor, err := w.plans.Anchor(w.Context(), id, ann)
	if err != nil {
		w.Fatal(err)
	}
	return anchor
}

// left fails unless a subject has the events from first to last.
func (w *pruneWorld) left(subject store.Key, first, last int64) {
	w.Helper()
	events, err := w.store.Events(w.Context(), store.EventQuery{Subject: subject})
	if err != nil {
		w.Fatal(err)
	}
	var want, got []int64
	for seq := first; seq <= last; seq++ {
		want = append(want, seq)
	}
	for _, e := range events {
		got = append(got, e.Seq)
	}
	if !slices.Equal(got, want) {
		w.Errorf("%s has events %v, want %v", subject, got, want)
	}
}

// reader says up to which position a reader of the log is done.
func (w *pruneWorld) reader(done int64) {
	w.Helper()
	key := store.Key{Kind: store.KindReader, ID: "dispatcher"}
	w.commit(store.Op{Record: store.Record{Key: key, Version: w.record(key).Version, Sort: done}})
}

// notice announces something about an entry.
func (w *pruneWorld) notice(id string, seq int64) {
	w.Helper()
	e, err := outbox.Announce(prunePlan(id), seq, w.now, outbox.Notice{Event: "moved"})
	if err != nil {
		w.Fatal(err)
	}
	w.commit(store.Op{Kind: store.Check, Record: store.Record{Key: store.Key{Kind: "none", ID: "none"}}, Events: []store.Event{e}})
}

func (w *pruneWorld) record(key store.Key) store.Record {
	w.Helper()
	records, err := w.store.Get(w.Context(), key)
	if err != nil {
		w.Fatal(err)
	}
	return records[0]
}

func (w *pruneWorld) commit(ops ...store.Op) {
	w.Helper()
	if _, err := w.store.Store.Commit(w.Context(), ops...); err != nil {
		w.Fatal(err)
	}
}

func prunePlan(id string) store.Key { return store.Key{Kind: "plan", ID: id} }

// A pruneStore is a store in whose calls a test can meddle: each is called first,
// and its error is the answer.
type pruneStore struct {
	store.Store
	committing func(ops []store.Op) error
	reading    func(q store.EventQuery) error
	pruning    func(subject store.Key) error
	prunes     int
}

func (s *pruneStore) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if s.committing != nil {
		if err := s.committing(ops); err != nil {
			return 0, err
		}
	}
	return s.Store.Commit(ctx, ops...)
}

func (s *pruneStore) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	if s.reading != nil {
		if err := s.reading(q); err != nil {
			return nil, err
		}
	}
	return s.Store.Events(ctx, q)
}

func (s *pruneStore) Prune(ctx context.Context, subject store.Key, through int64) (int64, error) {
	s.prunes++
	if s.pruning != nil {
		if err := s.pruning(subject); err != nil {
			return 0, err
		}
	}
	return s.Store.(store.Pruner).Prune(ctx, subject, through)
}
