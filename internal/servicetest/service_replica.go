package servicetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// replicas returns two Services over one store, of which the second has an
// outdated plan in its cache after before was done by the first.
func (on suite) replicas(t *testing.T, before ...releaseplan.Command) (a, b *releaseplan.Service, p *releaseplan.Plan) {
	t.Helper()
	st := on.open(t)
	a, b = on.service(t, releaseplan.Config{Store: st}), on.service(t, releaseplan.Config{Store: st})
	p = executed(t, a, contentOf("release", 1, 3, releaseplan.Parallel))
	for _, c := range before {
		if c.Task == "first" {
			c.Task = p.Tasks()[0].ID
		}
		command(t, a, p.ID(), c)
	}
	if _, err := b.Get(t.Context(), p.ID(), ann); err != nil {
		t.Fatal(err)
	}
	return a, b, p
}

// Rule 10: a decision on a stale plan is decided again on the stored one.
func (on suite) testStaleDecisionsAreDecidedAgain(t *testing.T) {
	party := penstock.UserParty("cleo")
	for name, test := range map[string]struct {
		before  []releaseplan.Command // before b looks
		between releaseplan.Command   // by a, unseen by b
		then    releaseplan.Command   // by b
		want    error
	}{
		"allowed then and now":        {nil, releaseplan.Command{Action: releaseplan.Comment, Remark: "x"}, releaseplan.Command{Action: releaseplan.Pause}, nil},
		"allowed then, refused now":   {nil, releaseplan.Command{Action: releaseplan.Pause}, releaseplan.Command{Action: releaseplan.Start, Task: "first"}, penstock.ErrRefused},
		"refused then, allowed now":   {[]releaseplan.Command{{Action: releaseplan.Pause}}, releaseplan.Command{Action: releaseplan.Resume}, releaseplan.Command{Action: releaseplan.Start, Task: "first"}, nil},
		"a no-op then, a change now":  {[]releaseplan.Command{{Action: releaseplan.Reassign, Task: "first", Assignee: &party}}, releaseplan.Command{Action: releaseplan.Reassign, Task: "first"}, releaseplan.Command{Action: releaseplan.Reassign, Task: "first", Assignee: &party}, nil},
		"a change then, a no-op now":  {nil, releaseplan.Command{Action: releaseplan.Reassign, Task: "first", Assignee: &party}, releaseplan.Command{Action: releaseplan.Reassign, Task: "first", Assignee: &party}, nil},
		"done by somebody else":       {nil, releaseplan.Command{Action: releaseplan.Complete, Task: "first"}, releaseplan.Command{Action: releaseplan.Complete, Task: "first"}, penstock.ErrRefused},
		"deleted by somebody else":    {nil, releaseplan.Command{Action: releaseplan.Delete}, releaseplan.Command{Action: releaseplan.Pause}, penstock.ErrNotFound},
		"refused then, deleted now":   {nil, releaseplan.Command{Action: releaseplan.Delete}, releaseplan.Command{Action: releaseplan.Resume}, penstock.ErrNotFound},
		"an edit is not overtaken":    {[]releaseplan.Command{{Action: releaseplan.Pause}}, releaseplan.Command{Action: releaseplan.Comment, Remark: "x"}, releaseplan.Command{Action: releaseplan.Edit}, nil},
		"an edit of an older version": {[]releaseplan.Command{{Action: releaseplan.Pause}}, releaseplan.Command{Action: releaseplan.Edit}, releaseplan.Command{Action: releaseplan.Edit, IfVersion: 1}, penstock.ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			a, b, p := on.replicas(t, test.before...)
			fill := func(c releaseplan.Command, note string) releaseplan.Command {
				if c.Task == "first" {
					c.Task = p.Tasks()[0].ID
				}
				if c.Action == releaseplan.Edit {
					content := p.Content()
					content.Description = note
					c.Content = &content
				}
				return c
			}
			command(t, a, p.ID(), fill(test.between, "between"))
			got, err := b.Do(t.Context(), p.ID(), fill(test.then, "then"), ann)
			if !errors.Is(err, test.want) {
				t.Fatalf("error is %v", err)
			}
			if err != nil {
				return
			}
			seen, err := a.Get(t.Context(), p.ID(), ann)
			if diff := cmp.Diff(exported(t, got), exported(t, must(t, seen, err))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func (on suite) testReadsSeeWhatOthersDid(t *testing.T) {
	a, b, p := on.replicas(t)
	for i, task := range p.Tasks() {
		want := command(t, a, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: task.ID})
		got, err := b.Get(t.Context(), p.ID(), ann)
		if diff := cmp.Diff(exported(t, want), exported(t, must(t, got, err))); diff != "" {
			t.Errorf("after %d tasks: %s", i+1, diff)
		}
		trail, err := b.History(t.Context(), p.ID(), 0, 1_000, ann)
		if n := int64(len(must(t, trail, err))); n != want.Status().Changes {
			t.Errorf("%d of %d entries", n, want.Status().Changes)
		}
	}
	must(t, 0, a.Delete(t.Context(), p.ID(), ann))
	for name, err := range everyMethod(t, b, p.ID(), ann) {
		if !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("%s of a plan that was deleted elsewhere: %v", name, err)
		}
	}
}

// exported returns the plan as JSON.
func exported(t testing.TB, p *releaseplan.Plan) string {
	t.Helper()
	doc, err := releaseplan.Export(p)
	return string(must(t, doc, err))
}

// Rule 10: an edit is never decided again, not even one that was refused on what
// somebody else changes meanwhile.
func (on suite) testRefusedEditIsNotDecidedAgain(t *testing.T) {
	st := on.open(t)
	a := on.service(t, releaseplan.Config{Store: st})
	p := executed(t, a, contentOf("release", 1, 3, releaseplan.Parallel))
	b := on.service(t, releaseplan.Config{Store: st, Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, _ penstock.Resource) error {
		if right == penstock.Edit { // while b decides, a makes room for edits and edits
			if q, err := a.Get(t.Context(), p.ID(), ann); err == nil && q.State() == releaseplan.Running {
				command(t, a, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
				content := q.Content()
				content.Description = "a's"
				command(t, a, p.ID(), releaseplan.Command{Action: releaseplan.Edit, Content: &content})
			}
		}
		return nil
	}})
	content := p.Content()
	content.Description = "b's"
	if _, err := b.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Edit, Content: &content}, ann); !errors.Is(err, penstock.ErrConflict) {
		t.Errorf("the edit: %v, want a conflict", err)
	}
	if q, err := a.Get(t.Context(), p.ID(), ann); err != nil || q.Content().Description != "a's" {
		t.Errorf("the plan says %q, %v", q.Content().Description, err)
	}
}
