package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store/memory"
)

// The Authorizer is asked about the record as it is stored, and what it says stands.
func TestEveryMethodAsksAboutWhatIsStored(t *testing.T) {
	records := memory.New()
	open := newShop(t, rollout.Config{Store: records})
	f := inProd("f")
	f.Project = "bank"
	create(open, open.Features(), f)

	var asked []string
	may := func(penstock.Right, penstock.Resource) bool { return true }
	w := newWorld(t, rollout.Config{Store: records, Authorizer: func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		asked = append(asked, fmt.Sprintf("%s %s %s %q %q %s", by.ID, right, on.Kind, on.ID, on.Name, on.Project))
		if !may(right, on) {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	ctx := t.Context()
	move := func(g *rollout.Segment) error { *g = rollout.Segment{Name: "mine", Project: "shop"}; return nil }
	archive := func(f *rollout.Flag) error { f.Archived = true; return nil }
	calls := []struct {
		name  string
		call  func() error
		asked []string
	}{
		{"get", func() error { _, err := w.Segments().Get(ctx, 2, ann); return err }, []string{`ann read segment "2" "of bank" bank`}},
		{"history", func() error { _, err := w.Segments().History(ctx, 2, 0, 0, ann); return err }, []string{`ann read segment "2" "of bank" bank`}},
		{"create", func() error {
			_, err := w.Segments().Create(ctx, rollout.Segment{Name: "x", Project: "bank"}, ann)
			return err
		}, []string{`ann edit segment "" "x" bank`}},
		{"update", func() error { _, err := w.Segments().Update(ctx, 2, 0, move, ann); return err }, []string{
			`ann edit segment "2" "of bank" bank`, `ann edit segment "2" "of bank" bank`, `ann edit segment "2" "of bank" shop`}},
		{"delete", func() error { return w.Segments().Delete(ctx, 2, 0, ann) }, []string{`ann delete segment "2" "mine" shop`}},
		{"environment", func() error { return w.Environments().Delete(ctx, "test", 0, ann) }, []string{`ann delete environment "test" "test" `}},
		{"strategy", func() error { return w.Strategies().Delete(ctx, "byPlan", 0, ann) }, []string{`ann delete strategy "byPlan" "byPlan" `}},
		{"archive", func() error { _, err := w.Features().Update(ctx, "f", 0, archive, ann); return err }, []string{
			`ann edit feature "f" "f" bank`, `ann edit feature "f" "f" bank`, `ann delete feature "f" "f" bank`}},
	}
	for _, c := range calls {
		for refuse := range c.asked { // each answer alone can forbid it
			before, _ := w.Revision(ctx)
			n := 0
			may = func(penstock.Right, penstock.Resource) bool { n++; return n != refuse+1 }
			is(t, c.call(), penstock.ErrForbidden)
			if after, _ := w.Revision(ctx); after != before {
				t.Error(c.name, "was forbidden and wrote")
			}
		}
		asked, may = nil, func(penstock.Right, penstock.Resource) bool { return true }
		if err := c.call(); err != nil {
			t.Error(c.name, err)
		}
		if d := cmp.Diff(c.asked, asked); d != "" {
			t.Error(c.name, d)
		}
	}
	may = func(right penstock.Right, on penstock.Resource) bool { return on.Project != "shop" }
	list, err := w.Segments().List(ctx, rollout.Filter{}, ann)
	if err != nil || slices.ContainsFunc(list.Items, func(r rollout.Record[rollout.Segment]) bool { return r.Value.Project == "shop" }) {
		t.Error(list, err)
	}
}

// A stranger learns nothing about what he cannot create.
func TestValidationTellsNothingToWhoMayNotWrite(t *testing.T) {
	w := newWorld(t, rollout.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		return &penstock.ForbiddenError{Right: right, On: on}
	}})
	_, err := w.Features().Create(t.Context(), inProd("f", within(1)), ann)
	is(t, err, penstock.ErrForbidden)
	if penstock.Faults(err) != nil {
		t.Error(err)
	}
}

// Who takes a name that was free learns nothing about what bore it before.
func TestHistoryOfWhatMayNotBeRead(t *testing.T) {
	records := memory.New()
	open := newWorld(t, rollout.Config{Store: records})
	secret := create(open, open.Features(), rollout.Flag{Name: "f", Project: "bank"})
	for range 3 {
		update(open, open.Features(), "f", func(f *rollout.Flag) { f.Description += "secret" })
	}
	if err := open.Features().Delete(t.Context(), "f", 0, ann); err != nil {
		t.Fatal(err)
	}
	outage, down := errors.New("no directory"), false
	w := newWorld(t, rollout.Config{Store: records, Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		switch {
		case on.Project != "bank":
			return nil
		case down:
			return outage
		}
		return &penstock.ForbiddenError{Right: right, On: on}
	}})
	create(w, w.Features(), rollout.Flag{Name: "f", Project: "shop"})
	update(w, w.Features(), "f", func(f *rollout.Flag) { f.Stale = true })
	for limit, want := range []string{"created updated", "created", "created updated", "created updated"} {
		entries, err := w.Features().History(t.Context(), "f", 0, limit, ann)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want || entries[0].After.Project != "shop" {
			t.Errorf("at most %d: got %s, want %s: %v", limit, got, want, err)
		}
	}
	down = true
	_, err := w.Features().History(t.Context(), "f", 0, 0, ann)
	is(t, err, outage)
	all, err := open.Features().History(t.Context(), "f", 0, 0, ann)
	if err != nil || len(all) != 7 || all[0].After.Project != secret.Value.Project {
		t.Error(all, err)
	}
}

func TestReferencesOfWhatMayNotBeRead(t *testing.T) {
	w := newWorld(t, rollout.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if right == penstock.Read {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	create(w, w.Segments(), beta())
	create(w, w.Environments(), rollout.Environment{Name: "prod"})
	create(w, w.Strategies(), rollout.Definition{Name: "byPlan"})
	create(w, w.Features(), inProd("f", within(1)))
	create(w, w.Features(), rollout.Flag{Name: "child", Dependencies: []rollout.Dependency{{Feature: "f"}}})
	for _, on := range []rollout.Ref{{Kind: rollout.KindSegment, ID: "1"}, {Kind: rollout.KindEnvironment, ID: "prod"},
		{Kind: rollout.KindStrategy, ID: "byPlan"}, {Kind: rollout.KindFeature, ID: "f"}} {
		words, err := w.References(t.Context(), on, ann)
		is(t, err, penstock.ErrForbidden)
		if words != nil {
			t.Error(words)
		}
	}
	_, err := w.Features().Update(t.Context(), "f", 0, func(f *rollout.Flag) error {
		f.Project, f.Dependencies = "shop", []rollout.Dependency{{Feature: "child"}}
		return nil
	}, ann)
	if !errors.Is(err, penstock.ErrInvalid) || strings.Contains(strings.ReplaceAll(err.Error(), `"child" depends on others`, ""), "child") {
		t.Error(err)
	}
}
