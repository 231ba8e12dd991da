package releaseplan_test

import (
	"context"
	"errors"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// Commands that follow each other are one commit: all of them happen, or nothing.
func TestCommandsThatFollow(t *testing.T) {
	t.Parallel()
	ctx, ann := context.Background(), penstock.Actor{ID: "ann"}
	db := memory.New()
	plans := releaseplan.New(releaseplan.Config{Store: db})
	content := releaseplan.Content{Name: "Shop", Phases: []releaseplan.Phase{{Name: "one", Tasks: []releaseplan.Task{{Name: "a"}}}},
		Variables: []releaseplan.Variable{{Name: "token", Secret: true, Value: "first"}, {Name: "other", Secret: true, Value: "second"}}}

	t.Run("all of them", func(t *testing.T) {
		p, err := plans.Create(ctx, content, ann)
		if err != nil {
			t.Fatal(err)
		}
		before := p.Status().Changes
		p, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "token", Value: "a"}},
			Then: []releaseplan.Command{{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "other", Value: "b"}}}, {Action: releaseplan.Finalize}, {Action: releaseplan.Execute}}}, ann)
		if err != nil || p.State() != releaseplan.Running {
			t.Fatalf("%v, %v", p, err)
		}
		entries, err := plans.History(ctx, p.ID(), before, 0, ann)
		if err != nil || len(entries) < 4 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		for _, e := range entries {
			if e.Commit != entries[0].Commit {
				t.Errorf("entry %d is of another commit", e.Seq)
			}
		}
		for name, want := range map[string]string{"token": "a", "other": "b"} {
			records, err := db.Get(ctx, store.Key{Kind: "plan.secret", ID: p.ID() + "/" + name})
			if err != nil || string(records[0].Body) != want {
				t.Errorf("the value of %s is %q, %v", name, records[0].Body, err)
			}
		}
	})
	t.Run("or nothing", func(t *testing.T) {
		p, err := plans.Create(ctx, content, ann)
		if err != nil {
			t.Fatal(err)
		}
		_, err = plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Finalize, Then: []releaseplan.Command{{Action: releaseplan.Resume}}}, ann)
		after, getErr := plans.Get(ctx, p.ID(), ann)
		if !errors.Is(err, penstock.ErrRefused) || getErr != nil || after.State() != releaseplan.Draft || after.Status().Changes != p.Status().Changes {
			t.Errorf("%v, then %v, %v", err, after, getErr)
		}
	})
	t.Run("of a new plan", func(t *testing.T) {
		p, err := plans.CreateThen(ctx, content, []releaseplan.Command{{Action: releaseplan.Execute}}, ann)
		if err != nil || p.State() != releaseplan.Running {
			t.Fatalf("%v, %v", p, err)
		}
		if again, err := plans.GetByNumber(ctx, p.Number(), ann); err != nil || again.ID() != p.ID() {
			t.Errorf("by its number: %v, %v", again, err)
		}
		list, err := plans.List(ctx, releaseplan.Filter{}, ann)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plans.CreateThen(ctx, content, []releaseplan.Command{{Action: releaseplan.Resume}}, ann); !errors.Is(err, penstock.ErrRefused) {
			t.Errorf("a command that is refused: %v", err)
		}
		if now, err := plans.List(ctx, releaseplan.Filter{}, ann); err != nil || now.Total != list.Total {
			t.Errorf("then there are %d plans, %v: want %d", now.Total, err, list.Total)
		}
	})
	t.Run("within limits", func(t *testing.T) {
		p, err := plans.Create(ctx, content, ann)
		if err != nil {
			t.Fatal(err)
		}
		comment := releaseplan.Command{Action: releaseplan.Comment, Remark: "x"}
		for name, c := range map[string]releaseplan.Command{
			"too many":          {Action: releaseplan.Comment, Remark: "x", Then: make([]releaseplan.Command, 17)},
			"a delete":          {Action: releaseplan.Comment, Remark: "x", Then: []releaseplan.Command{{Action: releaseplan.Delete}}},
			"behind a delete":   {Action: releaseplan.Delete, Then: []releaseplan.Command{comment}},
			"with a key":        {Action: releaseplan.Comment, Remark: "x", Then: []releaseplan.Command{{Action: releaseplan.Comment, Remark: "x", Key: "k"}}},
			"with a version":    {Action: releaseplan.Comment, Remark: "x", Then: []releaseplan.Command{{Action: releaseplan.Comment, Remark: "x", IfVersion: 1}}},
			"with others":       {Action: releaseplan.Comment, Remark: "x", Then: []releaseplan.Command{{Action: releaseplan.Comment, Remark: "x", Then: []releaseplan.Command{comment}}}},
			"of no such action": {Action: releaseplan.Comment, Remark: "x", Then: []releaseplan.Command{{Action: "dance"}}},
		} {
			if _, err := plans.Do(ctx, p.ID(), c, ann); !errors.Is(err, penstock.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := plans.GetByNumber(ctx, 1<<40, ann); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("a number that no plan has: %v", err)
		}
	})
}
