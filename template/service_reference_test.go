package template_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// newRollout returns a world and the rollout Service whose records its templates refer to.
func newRollout(t *testing.T, s store.Store) (world, *rollout.Service) {
	t.Helper()
	var templates *template.Service
	records, err := rollout.NewService(rollout.Config{Store: s, References: func(ctx context.Context, on rollout.Ref) ([]string, error) {
		return templates.References(ctx, on)
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, template.Config{Store: s, Rollout: records})
	templates = w.Service
	if _, err := records.Segments().Create(t.Context(), rollout.Segment{Name: "beta", Constraints: []rollout.Constraint{{ContextName: "userId", Operator: rollout.In, Values: []string{"ann"}}}}, ann); err != nil {
		t.Fatal(err)
	}
	if _, err := records.Strategies().Create(t.Context(), rollout.Definition{Name: "byPlan"}, ann); err != nil {
		t.Fatal(err)
	}
	return w, records
}

// referring is a template that refers to segments and to custom strategies.
func referring(name string, strategy string, segments ...int) template.Template {
	tpl := plain(name)
	tpl.Content.Milestones = []releaseplan.Milestone{{Name: "m", Strategies: []rollout.Strategy{{Name: "default"}, {Name: strategy, Segments: segments}}}}
	return tpl
}

func TestReferencesMustExist(t *testing.T) {
	w, _ := newRollout(t, memory.New())
	_, err := w.Create(t.Context(), referring("one", "other", 1, 7), ann)
	same(t, "faults", faults(err), []string{
		"content.milestones[0].strategies[1].name: strategy other is unknown",
		"content.milestones[0].strategies[1].segments[1]: segment 7 is unknown"})
	tpl := w.create(referring("one", "byPlan", 1))
	_, err = w.Update(t.Context(), tpl.ID, 0, func(x *template.Template) error { x.Content = referring("", "byPlan", 9).Content; return nil }, ann)
	same(t, "faults", faults(err), []string{"content.milestones[0].strategies[1].segments[0]: segment 9 is unknown"})
}

func TestReferencesBlockDeletion(t *testing.T) {
	w, records := newRollout(t, memory.New())
	tpl := w.create(referring("one", "byPlan", 1))
	var use *rollout.InUseError
	if err := records.Segments().Delete(t.Context(), 1, 0, ann); !errors.As(err, &use) {
		t.Fatalf("got %v", err)
	}
	same(t, "by", use.By, []string{"template " + tpl.ID})
	is(t, records.Strategies().Delete(t.Context(), "byPlan", 0, ann), penstock.ErrRefused)
	if _, err := w.Archive(t.Context(), tpl.ID, ann); err != nil {
		t.Fatal(err)
	}
	is(t, records.Segments().Delete(t.Context(), 1, 0, ann), penstock.ErrRefused) // it may come back
	if _, err := w.Unarchive(t.Context(), tpl.ID, ann); err != nil {
		t.Fatal(err)
	}
	w.update(tpl.ID, func(x *template.Template) { x.Content.Milestones = nil })
	if err := records.Segments().Delete(t.Context(), 1, 0, ann); err != nil {
		t.Error(err)
	}
	words, err := w.References(t.Context(), rollout.Ref{Kind: rollout.KindEnvironment, ID: "e"})
	if words != nil || err != nil {
		t.Errorf("environments: %v, %v", words, err)
	}
}

// TestDeletionDuringAWrite: a record that is deleted while a template that refers to it is
// written is unknown to it, whichever commits first.
func TestDeletionDuringAWrite(t *testing.T) {
	f := &faulty{Store: memory.New()}
	w, records := newRollout(t, f)
	f.before = func(ops []store.Op) error {
		f.before = nil
		return records.Segments().Delete(t.Context(), 1, 0, ann)
	}
	_, err := w.Create(t.Context(), referring("one", "byPlan", 1), ann)
	same(t, "faults", faults(err), []string{"content.milestones[0].strategies[1].segments[0]: segment 1 is unknown"})
	names, _ := w.names(template.Filter{})
	same(t, "templates", names, nil)

	// A write of something else only makes it decide again.
	f.before = func([]store.Op) error {
		f.before = nil
		_, err := records.Environments().Create(t.Context(), rollout.Environment{Name: "production"}, ann)
		return err
	}
	w.create(referring("one", "byPlan"))
}

// TestReferencesMustFit: segments of other projects, and parameters that a strategy does not take, are faults.
func TestReferencesMustFit(t *testing.T) {
	w, records := newRollout(t, memory.New())
	theirs, err := records.Segments().Create(t.Context(), rollout.Segment{Name: "theirs", Project: "b"}, ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := records.Strategies().Create(t.Context(), rollout.Definition{Name: "strict", Parameters: []rollout.Parameter{
		{Name: "n", Type: rollout.NumberParameter, Required: true}, {Name: "b", Type: rollout.BooleanParameter}, {Name: "m", Type: rollout.NumberParameter}}}, ann); err != nil {
		t.Fatal(err)
	}
	tpl := referring("one", "strict", theirs.Value.ID)
	tpl.Project, tpl.Parameters = "a", []template.Parameter{{Name: "s"}}
	tpl.Content.Milestones[0].Strategies[1].Parameters = rollout.Parameters{"other": "1", "n": "abc", "b": "{{s}}", "m": "{{s}}"}
	tpl.Content.Phases[0].Name = ""
	_, err = w.Create(t.Context(), tpl, ann)
	same(t, "faults", faults(err), []string{
		"content.milestones[0].strategies[1].segments[0]: segment 2 belongs to another project",
		`content.milestones[0].strategies[1].parameters.n: "abc" is not a number`,
		`content.milestones[0].strategies[1].parameters.other: is no parameter of "strict"`,
		"content.phases[0].name: must not be empty"})
}

func TestReferencesAreBounded(t *testing.T) {
	tpl := plain("one")
	for i := range 11 {
		m := releaseplan.Milestone{Name: fmt.Sprint(i)}
		for j := range 20 {
			s := rollout.Strategy{Name: "default"}
			for k := range 5 {
				s.Segments = append(s.Segments, 100*i+5*j+k+1)
			}
			m.Strategies = append(m.Strategies, s)
		}
		tpl.Content.Milestones = append(tpl.Content.Milestones, m)
	}
	same(t, "faults", faults(tpl.Validate(nil)), []string{"content.milestones: name 1100 of kind segment: at most 1000"})
	tpl.Content.Milestones = tpl.Content.Milestones[:10]
	same(t, "as many as may be", faults(tpl.Validate(nil)), nil)
}
