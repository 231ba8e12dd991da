package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

func TestRecordsLiveAndAreLogged(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	ctx := t.Context()
	g := create(w, w.Segments(), beta())
	stamp := rollout.Stamp{By: penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann"}, At: now}
	want := rollout.Record[rollout.Segment]{Version: g.Version, Value: beta(), Created: stamp, Updated: stamp}
	want.Value.ID = 1
	if d := cmp.Diff(want, g); d != "" {
		t.Error(d)
	}
	if got, err := w.Segments().Get(ctx, 1, ann); err != nil || !cmp.Equal(got, g) {
		t.Error(got, err)
	}

	u := update(w, w.Segments(), 1, func(g *rollout.Segment) { *g = rollout.Segment{Name: "gamma"} }) // may leave out the id
	if u.Value.ID != 1 || u.Value.Name != "gamma" || u.Version <= g.Version {
		t.Error(u)
	}
	_, err := w.Segments().Update(ctx, 1, g.Version, func(*rollout.Segment) error { return nil }, ann)
	is(t, err, penstock.ErrConflict)
	is(t, w.Segments().Delete(ctx, 1, g.Version, ann), penstock.ErrConflict)
	_, err = w.Segments().Update(ctx, 1, 0, func(g *rollout.Segment) error { g.ID = 2; return nil }, ann)
	faults(t, err, "id: cannot be changed")
	boom := errors.New("boom")
	_, err = w.Segments().Update(ctx, 1, 0, func(*rollout.Segment) error { return boom }, ann)
	is(t, err, boom)

	same := update(w, w.Segments(), 1, func(*rollout.Segment) {})
	if same.Version != u.Version {
		t.Error("an update that changes nothing wrote")
	}
	entries, err := w.Segments().History(ctx, 1, 0, 0, ann)
	if err != nil || len(entries) != 2 || entries[0].Name != "created" || entries[1].Name != "updated" ||
		entries[1].Before.Name != "beta" || entries[1].After.Name != "gamma" || entries[1].By.ID != "ann" {
		t.Error(entries, err)
	}

	if err := w.Segments().Delete(ctx, 1, u.Version, ann); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int{1, 0, -1} {
		_, err = w.Segments().Get(ctx, id, ann)
		is(t, err, penstock.ErrNotFound)
		if want := fmt.Sprintf(`segment "%d": not found`, id); err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		is(t, w.Segments().Delete(ctx, id, 0, ann), penstock.ErrNotFound)
	}
	if again := create(w, w.Segments(), rollout.Segment{Name: "gamma"}); again.Value.ID != 2 {
		t.Error("an id was given twice, or the name stayed taken:", again)
	}
}

// A name that is used again goes on with the log of what bore it before.
func TestAFeatureComesBackUnderItsName(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	for range 3 {
		create(w, w.Features(), rollout.Flag{Name: "f"})
		if err := w.Features().Delete(t.Context(), "f", 0, ann); err != nil {
			t.Fatal(err)
		}
	}
	create(w, w.Features(), rollout.Flag{Name: "f"})
	entries, err := w.Features().History(t.Context(), "f", 0, 0, ann)
	if err != nil || len(entries) != 7 {
		t.Error(entries, err)
	}
	later, err := w.Features().History(t.Context(), "f", entries[5].Seq, 1, ann)
	if err != nil || len(later) != 1 || later[0].Name != "created" {
		t.Error(later, err)
	}
}

func TestNamesAreUnique(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	create(w, w.Environments(), rollout.Environment{Name: "prod"})
	create(w, w.Features(), rollout.Flag{Name: "f", Project: "shop"})
	create(w, w.Strategies(), rollout.Definition{Name: "byPlan"})
	create(w, w.Segments(), beta())
	create(w, w.Segments(), rollout.Segment{Name: "1"}) // no id
	_, err := w.Environments().Create(t.Context(), rollout.Environment{Name: "prod"}, ann)
	is(t, err, penstock.ErrExists)
	_, err = w.Features().Create(t.Context(), rollout.Flag{Name: "f"}, ann)
	is(t, err, penstock.ErrExists)
	_, err = w.Strategies().Create(t.Context(), rollout.Definition{Name: "byPlan"}, ann)
	is(t, err, penstock.ErrExists)
	_, err = w.Segments().Create(t.Context(), beta(), ann)
	is(t, err, penstock.ErrExists)
	_, err = w.Segments().Update(t.Context(), 2, 0, func(g *rollout.Segment) error { g.Name = "beta"; return nil }, ann)
	is(t, err, penstock.ErrExists)

	update(w, w.Segments(), 1, func(g *rollout.Segment) { g.Name = "alpha" })
	update(w, w.Segments(), 2, func(g *rollout.Segment) { g.Name = "beta" }) // it is free now
}

func TestLimits(t *testing.T) {
	w := newWorld(t, rollout.Config{Limits: rollout.Limits{Segments: 2, Features: 1, Environments: 1, Strategies: 1}})
	full := func(err error, kind string, limit int) {
		t.Helper()
		is(t, err, penstock.ErrRefused)
		var e *rollout.LimitError
		if !errors.As(err, &e) || *e != (rollout.LimitError{Kind: kind, Limit: limit}) {
			t.Error(err)
		}
	}
	create(w, w.Segments(), rollout.Segment{Name: "a"})
	create(w, w.Segments(), rollout.Segment{Name: "b"})
	_, err := w.Segments().Create(t.Context(), rollout.Segment{Name: "c"}, ann)
	full(err, "segment", 2)
	if err := w.Segments().Delete(t.Context(), 1, 0, ann); err != nil {
		t.Fatal(err)
	}
	create(w, w.Segments(), rollout.Segment{Name: "c"}) // there is room again
	create(w, w.Features(), rollout.Flag{Name: "a"})
	_, err = w.Features().Create(t.Context(), rollout.Flag{Name: "b"}, ann)
	full(err, "feature", 1)
	create(w, w.Environments(), rollout.Environment{Name: "a"})
	_, err = w.Environments().Create(t.Context(), rollout.Environment{Name: "b"}, ann)
	full(err, "environment", 1)
	if err.Error() != "cannot create another environment: at most 1" {
		t.Error(err)
	}
	create(w, w.Strategies(), rollout.Definition{Name: "a"})
	_, err = w.Strategies().Create(t.Context(), rollout.Definition{Name: "b"}, ann)
	full(err, "strategy", 1)

	_, err = rollout.NewService(rollout.Config{Limits: rollout.Limits{Segments: -1, Features: -1, Environments: 1001, Strategies: 1001}})
	faults(t, err, "store: must be set", "limits.segments: must be from 0 to 1000", "limits.features: must be from 0 to 1073741824",
		"limits.environments: must be from 0 to 1000", "limits.strategies: must be from 0 to 1000")
}

func TestDefaultLimits(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	for i := range rollout.MaxSegments {
		create(w, w.Segments(), rollout.Segment{Name: fmt.Sprint(i)})
	}
	_, err := w.Segments().Create(t.Context(), rollout.Segment{Name: "more"}, ann)
	is(t, err, penstock.ErrRefused)
}

func TestList(t *testing.T) {
	s := memory.New()
	open := newWorld(t, rollout.Config{Store: s})
	for i, project := range []string{"", "shop", "bank", "shop", ""} {
		create(open, open.Segments(), rollout.Segment{Name: fmt.Sprintf("s%d", i+1), Project: project})
	}
	create(open, open.Environments(), rollout.Environment{Name: "prod", SortOrder: 1})
	create(open, open.Environments(), rollout.Environment{Name: "test", SortOrder: -1})
	for i, name := range []string{"c", "b", "ab", "a"} {
		create(open, open.Features(), rollout.Flag{Name: name, Project: []string{"shop", ""}[i%2]})
	}
	update(open, open.Features(), "b", func(f *rollout.Flag) { f.Archived = true })
	shut := newWorld(t, rollout.Config{Store: s, Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if on.Project == "bank" || on.Name == "test" || on.Name == "a" {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	for _, x := range []struct {
		rule      string
		f         rollout.Filter
		all, seen string // as listed without an Authorizer, and with one
	}{
		{"everything in order of ids", rollout.Filter{}, "[s1 s2 s3 s4 s5] of 5", "[s1 s2 s4 s5] of 4"},
		{"a window", rollout.Filter{Page: penstock.Page{Offset: 1, Limit: 2}}, "[s2 s3] of 5", "[s2 s4] of 4"},
		{"behind the end", rollout.Filter{Page: penstock.Page{Offset: 9}}, "[] of 5", "[] of 4"},
		{"a project", rollout.Filter{Projects: []string{"shop"}}, "[s2 s4] of 2", "[s2 s4] of 2"},
		{"a project and what belongs to none", rollout.Filter{Projects: []string{"shop", ""}}, "[s1 s2 s4 s5] of 4", "[s1 s2 s4 s5] of 4"},
		{"no project", rollout.Filter{Projects: []string{}}, "[] of 0", "[] of 0"},
		{"a prefix", rollout.Filter{Prefix: "s3"}, "[s3] of 1", "[] of 0"},
	} {
		t.Run(x.rule, func(t *testing.T) {
			for want, w := range map[string]world{x.all: open, x.seen: shut} {
				list, err := w.Segments().List(t.Context(), x.f, ann)
				names := []string{}
				for _, g := range list.Items {
					names = append(names, g.Value.Name)
				}
				if got := fmt.Sprintf("%v of %d", names, list.Total); err != nil || got != want {
					t.Errorf("got %s, want %s: %v", got, want, err)
				}
			}
		})
	}
	envs, err := open.Environments().List(t.Context(), rollout.Filter{}, ann)
	if err != nil || len(envs.Items) != 2 || envs.Items[0].Value.Name != "test" || envs.Items[0].Version == 0 {
		t.Error(envs, err)
	}
	features, err := open.Features().List(t.Context(), rollout.Filter{Projects: []string{"shop"}}, ann)
	if err != nil || features.Total != 2 || features.Items[0].Value.Name != "ab" || features.Items[1].Value.Name != "c" {
		t.Error(features, err)
	}
	features, err = open.Features().List(t.Context(), rollout.Filter{Archived: true}, ann)
	if err != nil || features.Total != 1 || features.Items[0].Value.Name != "b" {
		t.Error(features, err)
	}
	_, err = open.Segments().List(t.Context(), rollout.Filter{Projects: []string{"a b"}, Prefix: "\x00", Refers: rollout.Ref{Kind: "plan"}, Archived: true,
		Page: penstock.Page{Offset: -1, Limit: 1001}}, ann)
	faults(t, err, "offset: must not be negative", "limit: must be from 0 to 1000", `projects[0]: "a b" has characters other than letters, digits and -_.!~*'()`,
		"prefix: has a NUL character", "archived: only features are", "refers: only features do", "refers.id: must not be empty")
	_, err = open.Features().List(t.Context(), rollout.Filter{Prefix: strings.Repeat("x", 1025)}, ann)
	faults(t, err, "prefix: has 1025 bytes: at most 1024")
	_, err = open.Features().List(t.Context(), rollout.Filter{Refers: rollout.Ref{Kind: "plan", ID: "1"}}, ann)
	faults(t, err, `refers.kind: "plan" is no kind of record`)
}

// A flaky store says that a Commit failed, before or after it was done.
type flaky struct {
	store.Store
	before, after error
}

func (f *flaky) Commit(ctx context.Context, ops ...store.Op) (int64, error) {
	if f.before != nil {
		return 0, f.before
	}
	version, err := f.Store.Commit(ctx, ops...)
	if f.after != nil {
		return 0, f.after
	}
	return version, err
}

func TestAnErrorThatLeavesOpenWhetherItWasCommitted(t *testing.T) {
	boom := errors.New("connection lost")
	s := &flaky{Store: memory.New(), after: boom}
	w := newWorld(t, rollout.Config{Store: s})
	g := create(w, w.Segments(), beta())
	if got, err := w.Segments().Get(t.Context(), 1, ann); err != nil || got.Version != g.Version {
		t.Error(got, err)
	}
	s.before = boom
	_, err := w.Segments().Create(t.Context(), rollout.Segment{Name: "gamma"}, ann)
	is(t, err, boom)
	if list, err := w.Segments().List(t.Context(), rollout.Filter{}, ann); err != nil || list.Total != 1 {
		t.Error(list, err)
	}
}

// A lost store answers nothing any more once something was committed.
type lost struct {
	store.Store
	gone bool
}

func (l *lost) Commit(context.Context, ...store.Op) (int64, error) {
	l.gone = true
	return 0, errors.New("connection lost")
}

func (l *lost) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if l.gone {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return l.Store.Get(ctx, keys...)
}

// Who looks whether it was committed gives up in time, and others have their turn.
func TestAStoreThatAnswersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &lost{Store: memory.New()}
		w := newWorld(t, rollout.Config{Store: s})
		_, err := w.Segments().Create(t.Context(), beta(), ann)
		if err == nil || err.Error() != "commit: connection lost" {
			t.Error(err)
		}
		s.gone = false
		_, err = w.Segments().Get(t.Context(), 1, ann)
		is(t, err, penstock.ErrNotFound)
	})
}

func TestAContextThatHasEnded(t *testing.T) {
	w := newWorld(t, rollout.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Segments().Create(ctx, beta(), ann)
	is(t, err, context.Canceled)
	_, err = w.State(ctx, "prod")
	is(t, err, context.Canceled)
}

func TestAStoreThatFails(t *testing.T) {
	s := memory.New()
	w := newWorld(t, rollout.Config{Store: s})
	create(w, w.Segments(), beta())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := w.Segments().Create(t.Context(), beta(), ann)
	is(t, err, store.ErrClosed)
	_, err = w.Segments().Get(t.Context(), 1, ann)
	is(t, err, store.ErrClosed)
	_, err = w.Segments().List(t.Context(), rollout.Filter{}, ann)
	is(t, err, store.ErrClosed)
	_, err = w.State(t.Context(), "prod")
	is(t, err, store.ErrClosed)
	_, err = w.Refer(t.Context())
	is(t, err, store.ErrClosed)
}
