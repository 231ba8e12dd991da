package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// inUse checks that err tells who still refers to what.
func inUse(t *testing.T, err error, want string) {
	t.Helper()
	is(t, err, penstock.ErrRefused)
	var e *rollout.InUseError
	if !errors.As(err, &e) || e.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestReferencesBlockDeletion(t *testing.T) {
	var outside []string
	w := newShop(t, rollout.Config{References: func(_ context.Context, on rollout.Ref) ([]string, error) {
		if on.Kind == rollout.KindSegment && len(outside) == 0 {
			return nil, nil
		}
		return outside, nil
	}})
	ctx := t.Context()
	create(w, w.Features(), inProd("f", within(1)))
	create(w, w.Features(), inProd("g", strategy("byPlan", "plan", "gold"), within(1)))
	create(w, w.Features(), rollout.Flag{Name: "h", Dependencies: []rollout.Dependency{{Feature: "g"}}})
	update(w, w.Features(), "f", func(f *rollout.Flag) { f.Archived = true }) // it may come back

	inUse(t, w.Segments().Delete(ctx, 1, 0, ann), "segment 1 is in use by feature f, feature g")
	inUse(t, w.Strategies().Delete(ctx, "byPlan", 0, ann), "strategy byPlan is in use by feature g")
	inUse(t, w.Environments().Delete(ctx, "prod", 0, ann), "environment prod is in use by feature f, feature g")
	inUse(t, w.Features().Delete(ctx, "g", 0, ann), "feature g is in use by feature h")
	_, err := w.Features().Update(ctx, "g", 0, func(f *rollout.Flag) error { f.Archived = true; return nil }, ann)
	inUse(t, err, "feature g is in use by feature h")
	list, err := w.Features().List(ctx, rollout.Filter{Refers: rollout.Ref{Kind: rollout.KindSegment, ID: "1"}}, ann)
	if err != nil || list.Total != 1 || list.Items[0].Value.Name != "g" {
		t.Error(list, err)
	}

	update(w, w.Features(), "f", func(f *rollout.Flag) { f.Archived = false })
	for _, name := range []string{"f", "g"} {
		update(w, w.Features(), name, func(f *rollout.Flag) { f.Environments = nil })
	}
	outside = []string{"plan 12"}
	inUse(t, w.Segments().Delete(ctx, 1, 0, ann), "segment 1 is in use by plan 12")
	outside = nil
	for _, err := range []error{w.Segments().Delete(ctx, 1, 0, ann), w.Strategies().Delete(ctx, "byPlan", 0, ann),
		w.Environments().Delete(ctx, "prod", 0, ann), w.Features().Delete(ctx, "h", 0, ann), w.Features().Delete(ctx, "g", 0, ann)} {
		if err != nil {
			t.Error(err)
		}
	}
	_, err = w.References(ctx, rollout.Ref{Kind: rollout.KindSegment, ID: "1"}, ann)
	faults(t, err, "segment 1 is unknown")
}

func TestReferencesThatMayNotBeReadGoUnnamed(t *testing.T) {
	w := newShop(t, rollout.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if right == penstock.Read && on.Project == "bank" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	f := inProd("secret", within(1))
	f.Project = "bank"
	create(w, w.Features(), f)
	create(w, w.Features(), inProd("plain", within(1)))
	inUse(t, w.Segments().Delete(t.Context(), 1, 0, ann), "segment 1 is in use by feature plain, 1 more that are not shown")
}

// What is written between the decision and the Commit makes it be decided again.
func TestAReferenceThatComesJustBeforeADelete(t *testing.T) {
	var other world
	w := newShop(t, rollout.Config{References: func(ctx context.Context, on rollout.Ref) ([]string, error) {
		if on.ID == "1" { // the features were looked at already
			_, err := other.Features().Create(ctx, inProd("f", within(1)), ann)
			if err != nil && !errors.Is(err, penstock.ErrExists) {
				return nil, err
			}
		}
		return nil, nil
	}})
	other = newWorld(t, rollout.Config{Store: w.store})
	inUse(t, w.Segments().Delete(t.Context(), 1, 0, ann), "segment 1 is in use by feature f")
}

func TestADeleteThatComesJustBeforeAReference(t *testing.T) {
	var other world
	w := newShop(t, rollout.Config{Legal: func(string) []string { // the segments were looked up already
		if other.Service == nil {
			return nil
		}
		if err := other.Segments().Delete(t.Context(), 1, 0, ann); err != nil && !errors.Is(err, penstock.ErrNotFound) {
			t.Error(err)
		}
		return nil
	}})
	other = newWorld(t, rollout.Config{Store: w.store})
	s := within(1)
	s.Constraints = []rollout.Constraint{in("userId", "ann")}
	_, err := w.Features().Create(t.Context(), inProd("f", s), ann)
	faults(t, err, "environments.prod.strategies[0].segments[0]: segment 1 is unknown")
}

// A refusal counts only if nothing was written while it was decided.
func TestAReferenceThatGoesWhileADeleteIsRefused(t *testing.T) {
	var other world
	w := newShop(t, rollout.Config{References: func(context.Context, rollout.Ref) ([]string, error) {
		update(other, other.Features(), "f", func(f *rollout.Flag) { f.Environments = nil })
		return nil, nil
	}})
	other = newWorld(t, rollout.Config{Store: w.store})
	create(w, w.Features(), inProd("f", within(1)))
	if err := w.Segments().Delete(t.Context(), 1, 0, ann); err != nil {
		t.Error(err)
	}
}

func TestWhoIsAlwaysOvertakenGivesUp(t *testing.T) {
	var other world
	n := 0
	w := newShop(t, rollout.Config{References: func(context.Context, rollout.Ref) ([]string, error) {
		n++
		create(other, other.Segments(), rollout.Segment{Name: fmt.Sprint(n)})
		return nil, nil
	}})
	other = newWorld(t, rollout.Config{Store: w.store})
	is(t, w.Segments().Delete(t.Context(), 1, 0, ann), penstock.ErrConflict)
	if n != 10 {
		t.Error("decided", n, "times")
	}
}

// Others take part in what Services exclude.
func TestRefer(t *testing.T) {
	w := newShop(t, rollout.Config{})
	ctx := t.Context()
	plan := store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: "12"}}}
	op, err := w.Refer(ctx, rollout.Ref{Kind: rollout.KindSegment, ID: "1"}, rollout.Ref{Kind: rollout.KindEnvironment, ID: "prod"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Segments().Delete(ctx, 1, 0, ann); err != nil {
		t.Fatal(err)
	}
	_, err = w.store.Commit(ctx, plan, op)
	is(t, err, penstock.ErrConflict)
	_, err = w.Refer(ctx, rollout.Ref{Kind: rollout.KindSegment, ID: "1"}, rollout.Ref{Kind: "moon", ID: "1"}, rollout.Ref{Kind: rollout.KindFeature, ID: "\x00"})
	faults(t, err, "segment 1 is unknown", "moon 1 is unknown", "feature \x00 is unknown")
	create(w, w.Features(), rollout.Flag{Name: "old"})
	update(w, w.Features(), "old", func(f *rollout.Flag) { f.Archived = true })
	_, err = w.Refer(ctx, rollout.Ref{Kind: rollout.KindFeature, ID: "old"}, rollout.Ref{Kind: rollout.KindFeature, ID: "new"})
	faults(t, err, "feature new is unknown", "feature old is archived")
	op, err = w.Refer(ctx, rollout.Ref{Kind: rollout.KindSegment, ID: "2"})
	if err != nil {
		t.Fatal(err)
	}
	before, _ := w.Revision(ctx)
	if _, err = w.store.Commit(ctx, plan, op); err != nil {
		t.Error(err)
	}
	if after, _ := w.Revision(ctx); after != before+1 {
		t.Error("a delete could not notice it")
	}
}

func TestState(t *testing.T) {
	w := newShop(t, rollout.Config{})
	empty, err := w.State(t.Context(), "prod")
	if d := cmp.Diff(rollout.List[rollout.Feature]{}, empty.Features); err != nil || d != "" {
		t.Error(err, d)
	}
	f := inProd("f", within(1))
	f.Stale, f.ImpressionData, f.Type = true, true, "release"
	f.Environments["test"] = rollout.Setting{}
	f = create(w, w.Features(), f).Value
	create(w, w.Features(), rollout.Flag{Name: "g", Dependencies: []rollout.Dependency{{Feature: "f"}}})
	got, err := w.State(t.Context(), "prod")
	want := rollout.State{Version: 2, Features: []rollout.Feature{
		{Name: "f", Type: "release", Enabled: true, Stale: true, ImpressionData: true, Strategies: f.Environments["prod"].Strategies},
		{Name: "g", Strategies: []rollout.Strategy{}, Dependencies: []rollout.Dependency{{Feature: "f"}}}}}
	for id := range 3 {
		g, err := w.Segments().Get(t.Context(), id+1, ann)
		if err != nil {
			t.Fatal(err)
		}
		want.Segments = append(want.Segments, g.Value)
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	e := rollout.Compile(got.Features, got.Segments, options())
	if e.Faults() != nil || !e.Enabled("f", user("ann")) || e.Enabled("f", user("bob")) {
		t.Error(e.Faults())
	}
	if off, err := w.State(t.Context(), "test"); err != nil || off.Features[0].Enabled || off.Features[0].Strategies == nil {
		t.Error(off, err)
	}
	for _, name := range []string{"moon", "", "\x00"} {
		_, err = w.State(t.Context(), name)
		is(t, err, penstock.ErrNotFound)
	}
}

// More referrers than are named are counted.
func TestManyReferences(t *testing.T) {
	w := newShop(t, rollout.Config{})
	for i := range 103 {
		create(w, w.Features(), inProd(fmt.Sprint("f", i), within(1)))
	}
	words, err := w.References(t.Context(), rollout.Ref{Kind: rollout.KindSegment, ID: "1"}, ann)
	if err != nil || len(words) != 101 || words[100] != "3 more that are not shown" {
		t.Error(words, err)
	}
}
