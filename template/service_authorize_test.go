package template_test

import (
	"context"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/template"
)

// TestEveryMethodAsks: each asks for its right on the template as it is stored, and does nothing
// without it.
func TestEveryMethodAsks(t *testing.T) {
	var asked []penstock.Right
	var on []penstock.Resource
	allow := true
	w := newWorld(t, template.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, r penstock.Resource) error {
		asked, on = append(asked, right), append(on, r)
		if !allow {
			return &penstock.ForbiddenError{Right: right, On: r}
		}
		return nil
	}})
	tpl := w.create(with(plain("one"), func(x *template.Template) { x.Project = "p" }))
	same(t, "asked on a new one", on, []penstock.Resource{{Kind: "template", Name: "one", Project: "p"}})
	allow = false
	stored := penstock.Resource{Kind: "template", ID: tpl.ID, Name: "one", Project: "p"}
	for name, row := range map[string]struct {
		right penstock.Right
		do    func() error
	}{
		"get":         {penstock.Read, func() error { _, err := w.Get(t.Context(), tpl.ID, ann); return err }},
		"update":      {penstock.Edit, func() error { _, err := w.Update(t.Context(), tpl.ID, 0, nil, ann); return err }},
		"archive":     {penstock.Delete, func() error { _, err := w.Archive(t.Context(), tpl.ID, ann); return err }},
		"unarchive":   {penstock.Delete, func() error { _, err := w.Unarchive(t.Context(), tpl.ID, ann); return err }},
		"delete":      {penstock.Delete, func() error { return w.Delete(t.Context(), tpl.ID, ann) }},
		"versions":    {penstock.Read, func() error { _, err := w.Versions(t.Context(), tpl.ID, penstock.Page{}, ann); return err }},
		"version":     {penstock.Read, func() error { _, err := w.Version(t.Context(), tpl.ID, 1, ann); return err }},
		"history":     {penstock.Read, func() error { _, err := w.History(t.Context(), tpl.ID, 0, 0, ann); return err }},
		"instantiate": {penstock.Read, func() error { _, err := w.Instantiate(t.Context(), tpl.ID, template.Arguments{}, ann); return err }},
	} {
		asked, on = nil, nil
		err := row.do()
		is(t, err, penstock.ErrForbidden)
		same(t, name, asked, []penstock.Right{row.right})
		same(t, name, on, []penstock.Resource{stored})
	}
	_, err := w.Create(t.Context(), template.Template{Name: "two"}, ann)
	is(t, err, penstock.ErrForbidden)
	names, total := w.names(template.Filter{Project: "p"})
	if names != nil || total != 0 {
		t.Errorf("lists %v of %d", names, total)
	}
}

// TestMovingTakesTheRightInBothProjects asks about the project that a template moves to.
func TestMovingTakesTheRightInBothProjects(t *testing.T) {
	w := newWorld(t, template.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, r penstock.Resource) error {
		if r.Project == "theirs" {
			return &penstock.ForbiddenError{Right: right, On: r}
		}
		return nil
	}})
	tpl := w.create(plain("one"))
	_, err := w.Update(t.Context(), tpl.ID, 0, func(x *template.Template) error { x.Project = "theirs"; return nil }, ann)
	is(t, err, penstock.ErrForbidden)
	same(t, "to another", w.update(tpl.ID, func(x *template.Template) { x.Project = "ours" }).Project, "ours")
}

// TestThePastOfAnotherProject is shown to those who may read it there.
func TestThePastOfAnotherProject(t *testing.T) {
	w := newWorld(t, template.Config{Authorizer: func(_ context.Context, by penstock.Actor, right penstock.Right, r penstock.Resource) error {
		if by.ID == "eve" && r.Project != "public" {
			return &penstock.ForbiddenError{Right: right, On: r}
		}
		return nil
	}})
	id := w.create(with(plain("one"), func(x *template.Template) { x.Project, x.Description = "secret", "confidential" })).ID
	w.update(id, func(x *template.Template) { x.Project, x.Description = "public", "" })
	w.update(id, func(x *template.Template) { x.Description = "new" })
	for who, want := range map[string][]int64{"ann": {3, 2, 1}, "eve": {3, 2}} {
		by := penstock.Actor{ID: who}
		list, err := w.Versions(t.Context(), id, penstock.Page{}, by)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, x := range list.Items {
			got = append(got, x.Version)
		}
		same(t, "versions for "+who, got, want)
		same(t, "total", list.Total, len(want))
		list, err = w.Versions(t.Context(), id, penstock.Page{Offset: 1, Limit: 1}, by)
		if err != nil || len(list.Items) != 1 || list.Items[0].Version != 2 {
			t.Errorf("a page for %s: %v, %v", who, list, err)
		}
		entries, err := w.History(t.Context(), id, 0, 0, by)
		if err != nil || len(entries) != map[string]int{"ann": 3, "eve": 1}[who] {
			t.Errorf("history for %s: %v, %v", who, entries, err)
		}
	}
	_, err := w.Version(t.Context(), id, 1, penstock.Actor{ID: "eve"})
	is(t, err, penstock.ErrNotFound)
	if _, err := w.Version(t.Context(), id, 1, ann); err != nil {
		t.Error(err)
	}
	entries, err := w.History(t.Context(), id, 0, 1, penstock.Actor{ID: "eve"})
	if err != nil || len(entries) != 1 || entries[0].After.Version != 3 {
		t.Errorf("the first entry that may be read: %v, %v", entries, err)
	}
}
