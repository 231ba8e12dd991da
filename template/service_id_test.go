package template_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

func TestNewIDsThatCannotBe(t *testing.T) {
	id := "a b"
	w := newWorld(t, template.Config{Store: memory.New(), NewID: func() string { return id }})
	_, err := w.Create(t.Context(), plain("one"), ann)
	if err == nil || err.Error() != `the new id "a b" is not 1 to 64 letters, digits, - or _` {
		t.Errorf("got %v", err)
	}
	id = "same"
	w.create(plain("one"))
	_, err = w.Create(t.Context(), plain("two"), ann)
	is(t, err, penstock.ErrExists)
	id = "other"
	_, err = w.Create(t.Context(), referring("three", "default"), ann)
	is(t, err, penstock.ErrExists)
}

// TestSafeguardsShareNoID: one that takes the name of another does not take its id.
func TestSafeguardsShareNoID(t *testing.T) {
	w := newWorld(t, template.Config{})
	guard := func(id, name string) releaseplan.Safeguard {
		above := 1.0
		return releaseplan.Safeguard{ID: id, Name: name, Metric: releaseplan.Metric{Name: "e"}, Above: &above, Window: penstock.Duration{Time: time.Hour}}
	}
	first := w.create(with(plain("one"), func(x *template.Template) {
		x.Content.Safeguards = []releaseplan.Safeguard{guard("", "errors")}
	}))
	id := first.Content.Safeguards[0].ID
	got := w.update(first.ID, func(x *template.Template) {
		x.Content.Safeguards = []releaseplan.Safeguard{guard("", "errors"), guard(id, "renamed")}
	})
	if ids := got.Content.Safeguards; ids[1].ID != id || ids[0].ID == id || ids[0].ID == "" {
		t.Errorf("ids %q and %q", ids[0].ID, ids[1].ID)
	}
	w.update(first.ID, func(x *template.Template) { x.Description = "goes on" })
}

// TestUpdateOfNothingIsConfirmed: what changes nothing is a conflict too if others were faster.
func TestUpdateOfNothingIsConfirmed(t *testing.T) {
	w := newWorld(t, template.Config{})
	first := w.create(plain("one"))
	_, err := w.Update(t.Context(), first.ID, 1, func(*template.Template) error {
		w.update(first.ID, func(x *template.Template) { x.Description = "theirs" })
		return nil
	}, ann)
	is(t, err, penstock.ErrConflict)
	_, err = w.Update(t.Context(), first.ID, 2, func(*template.Template) error { return w.Delete(t.Context(), first.ID, ann) }, ann)
	is(t, err, penstock.ErrNotFound)
}

// TestDeletedArchivedTemplatesFreeNoPlace: they had none.
func TestDeletedArchivedTemplatesFreeNoPlace(t *testing.T) {
	w := newWorld(t, template.Config{Limit: 1})
	for i := range 2 {
		first := w.create(plain(fmt.Sprint("old ", i)))
		if _, err := w.Archive(t.Context(), first.ID, ann); err != nil {
			t.Fatal(err)
		}
		if err := w.Delete(t.Context(), first.ID, ann); err != nil {
			t.Fatal(err)
		}
	}
	w.create(plain("one"))
	_, err := w.Create(t.Context(), plain("two"), ann)
	is(t, err, penstock.ErrRefused)
}
