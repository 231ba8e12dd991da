package servicetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

var baseOf = func(id string) store.Key { return store.Key{Kind: "plan.base", ID: id + "/0"} }

// With the anchor, in the same commit, the plan is kept as it was there: with all that
// happened to it.
func (on suite) testPruneKeepsThePlanAtTheAnchor(t *testing.T) {
	for seed := range uint64(2) {
		w := on.walk(t, seed)
		for range 80 {
			w.step()
		}
		s := w.service()
		if !w.plan.Archived() {
			w.plan = must1(w, s, releaseplan.Command{Action: releaseplan.Cancel})
			w.now = w.now.Add(time.Minute)
			w.plan = must1(w, s, releaseplan.Command{Action: releaseplan.Archive})
		}
		w.now = w.now.Add(time.Hour)
		bound := w.now
		want := w.stored()
		for range 3 {
			w.plan = command(w, s, w.plan.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "later"})
			w.now = w.now.Add(time.Hour)
		}
		meddled := &pruneStore{Store: w.store}
		commits := 0
		meddled.committing = func(ops []store.Op) error {
			if commits++; commits == 1 && (ops[0].Key != prunePlan(w.plan.ID()) || ops[1].Key != baseOf(w.plan.ID())) {
				t.Errorf("the commit writes %v", ops)
			}
			return nil
		}
		plans := w.suite.service(w, releaseplan.Config{Store: meddled, Now: func() time.Time { return w.now }})
		got, err := plans.Prune(w.Context(), bound, clerk)
		if must(w, got, err); got.Plans != 1 {
			t.Errorf("Prune = %+v", got)
		}
		p, err := w.service().At(w.Context(), w.plan.ID(), bound.Add(-time.Second), ann)
		if diff := cmp.Diff(want, exported(w, must(w, p, err))); diff != "" {
			t.Errorf("seed %d: %s", seed, diff)
		}
		if _, err := w.service().VerifyState(w.Context(), w.plan.ID(), ann); err != nil {
			t.Error(err)
		}
	}
}

// must1 does a command.
func must1(w *walker, s *releaseplan.Service, c releaseplan.Command) *releaseplan.Plan {
	w.Helper()
	return command(w, s, w.plan.ID(), c)
}

// What one commit wrote stays together: amid it a plan may be what it never is.
func (on suite) testPruneCutsNoCommit(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	p, err := w.plans.Create(t.Context(), releaseplan.Content{Name: "plan", Gates: []releaseplan.Gate{{On: releaseplan.GateExecute}},
		Phases: []releaseplan.Phase{{Name: "phase", Tasks: []releaseplan.Task{{Name: "task"}}}}}, ann)
	id := must(t, p, err).ID()
	w.reader(2) // amid the next commit: the plan waits for its check, which is not yet opened
	w.do(id, releaseplan.Command{Action: releaseplan.Execute})
	w.do(id, releaseplan.Command{Action: releaseplan.Cancel})
	n := w.do(id, releaseplan.Command{Action: releaseplan.Archive}).Status().Changes
	entries := w.trail(id, 1, n)
	if entries[1].Commit != entries[2].Commit || entries[2].Kind != releaseplan.GateOpened {
		t.Fatalf("the entries 2 and 3 are %v and %v", entries[1], entries[2])
	}
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 1, Held: 1})
	w.trail(id, 2, n)
	if _, err := w.plans.VerifyState(t.Context(), id, ann); err != nil {
		t.Error(err)
	}
	w.reader(3)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 2, Held: 1})
	w.trail(id, 4, n)
}

// What is kept at the anchor is held to its hash, and who has no key cannot forge that.
func (on suite) testPlanAtTheAnchorIsProven(t *testing.T) {
	w := on.trailWorld(t, 9, 4, nil)
	spoil(t, w.store.Store, baseOf(w.id), replacing(`"changes":4`, `"changes":5`))
	for name, do := range map[string]func(s *releaseplan.Service) error{
		"VerifyState": func(s *releaseplan.Service) error { _, err := s.VerifyState(t.Context(), w.id, ann); return err },
		"At": func(s *releaseplan.Service) error {
			_, err := s.At(t.Context(), w.id, noon.Add(time.Minute), ann)
			return err
		},
	} {
		if name == "At" {
			w.pass(-time.Hour)
			w.pass(time.Hour)
		}
		err := do(w.over(w.store.Store))
		faulted(t, err, releaseplan.TrailAltered, 4)
	}
	if _, err := w.plans.Verify(t.Context(), w.id, ann); err != nil {
		t.Errorf("the chain is whole, but: %v", err)
	}
	spoil(t, w.store.Store, baseOf(w.id), func([]byte) []byte { return nil })
	_, err := w.plans.VerifyState(t.Context(), w.id, ann)
	faulted(t, err, releaseplan.TrailAltered, 4)
}

// Anchors of early releases, with which no plan was kept, can still be read.
func (on suite) testAnchorsWithoutAPlan(t *testing.T) {
	w := on.trailWorld(t, 9, 4, nil)
	at := w.now.Add(-30 * time.Minute)
	w.do(w.id, releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"})
	w.pass(time.Hour)
	w.comment(w.id)
	header := w.record(prunePlan(w.id))
	begin := bytes.Index(header.Body, []byte(`,"base":{`))
	header.Body = append(bytes.Clone(header.Body[:begin]), '}')
	base := w.record(baseOf(w.id))
	w.commit(store.Op{Record: header}, store.Op{Kind: store.Delete, Record: base})
	if _, err := w.plans.Verify(t.Context(), w.id, ann); err != nil {
		t.Error(err)
	}
	w.trail(w.id, 5, 11)
	if _, err := w.plans.At(t.Context(), w.id, w.now, ann); err != nil {
		t.Errorf("At now = %v", err)
	}
	if _, err := w.plans.At(t.Context(), w.id, at, ann); !errors.Is(err, releaseplan.ErrPruned) {
		t.Errorf("At = %v", err)
	}
	if _, err := w.plans.VerifyState(t.Context(), w.id, ann); !errors.Is(err, releaseplan.ErrPruned) {
		t.Errorf("VerifyState = %v", err)
	}
	if _, err := w.plans.Do(t.Context(), w.id, releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"}, ann); !errors.Is(err, releaseplan.ErrPruned) || !errors.Is(err, penstock.ErrExists) {
		t.Errorf("a command that was carried out: %v", err)
	}
	w.pass(time.Hour)
	w.prune(releaseplan.Pruned{Plans: 1, Events: 7, Keys: 1}) // up to the end, where the plan is known
	w.comment(w.id)
	if _, err := w.plans.VerifyState(t.Context(), w.id, ann); err != nil {
		t.Error(err)
	}
	must(t, 0, w.plans.Delete(t.Context(), w.id, ann))
}
