package workflow_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// viewShelf has the workflows a, b and c of project shop, and other of project bank.
func viewShelf(t *testing.T, cfg workflow.Config) shelf {
	t.Helper()
	s := newShelf(t, cfg)
	for _, key := range []string{"a", "b", "c", "other"} {
		s.create(like(plainDefinition(key), func(d *workflow.Definition) {
			if key == "other" {
				d.Project = "bank"
			}
		}))
	}
	return s
}

func TestViewsKeepTheirOrder(t *testing.T) {
	s := viewShelf(t, workflow.Config{})
	want := workflow.View{Project: "shop", Name: "mine", Workflows: []string{"c", "a"}}
	made := s.createView(want)
	equal(t, "created", made.Value, want)
	equal(t, "version", made.Version, int64(1))
	got, err := s.Views().Get(t.Context(), "shop", "mine", bert)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "stored", got, made)
	for _, at := range [][2]string{{"shop", "none"}, {"bank", "mine"}, {"", ""}, {"shop\x00", "mine"}} {
		_, err := s.Views().Get(t.Context(), at[0], at[1], anna)
		isKind(t, err, penstock.ErrNotFound)
	}
}

func TestViewsCheckTheirMembers(t *testing.T) {
	s := viewShelf(t, workflow.Config{})
	s.createView(workflow.View{Project: "shop", Name: "taken"})
	for _, row := range []struct {
		rule   string
		view   workflow.View
		want   error
		faults []string
	}{
		{"no members", workflow.View{Project: "shop", Name: "none"}, nil, nil},
		{"a name that is taken", workflow.View{Project: "shop", Name: "taken"}, penstock.ErrExists, nil},
		{"a name that is taken elsewhere", workflow.View{Project: "bank", Name: "taken", Workflows: []string{"other"}}, nil, nil},
		{"unknown, foreign, twice", workflow.View{Project: "shop", Name: "x", Workflows: []string{"none", "a", "other", "a", "a/b"}}, penstock.ErrInvalid, []string{
			`workflows[0]: the project has no workflow "none"`, `workflows[2]: the project has no workflow "other"`,
			`workflows[3]: "a" is there already`, `workflows[4]: the project has no workflow "a/b"`}},
		{"no names", workflow.View{}, penstock.ErrInvalid, []string{"project: must not be empty", "name: must not be empty"}},
		{"too many", workflow.View{Project: "shop", Name: "x", Workflows: make([]string, workflow.MaxView+1)}, penstock.ErrInvalid, []string{"workflows: 501 are too many: at most 500"}},
	} {
		before := s.events()
		_, err := s.Views().Create(t.Context(), row.view, anna)
		if !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.rule, err, row.want)
		}
		equal(t, row.rule, told(err), row.faults)
		if s.events() != before && row.want != nil {
			t.Errorf("%s: wrote", row.rule)
		}
	}
}

func TestEnableAddsAtTheEndAndRemoves(t *testing.T) {
	v := workflow.View{Workflows: []string{"a", "b"}}
	for _, row := range []struct {
		key     string
		enabled bool
		want    []string
	}{
		{"a", true, []string{"a", "b"}}, {"c", true, []string{"a", "b", "c"}}, {"b", false, []string{"a", "c"}}, {"b", false, []string{"a", "c"}}, {"b", true, []string{"a", "c", "b"}},
	} {
		v.Enable(row.key, row.enabled)
		equal(t, fmt.Sprint(row), v.Workflows, row.want)
	}
}

func TestUpdatesOfViews(t *testing.T) {
	s := viewShelf(t, workflow.Config{})
	s.createView(workflow.View{Project: "shop", Name: "mine", Workflows: []string{"a", "b"}})
	*s.clock = shelfNow.Add(time.Hour)
	got, err := s.Views().Update(t.Context(), "shop", "mine", 1, func(v *workflow.View) error {
		v.Enable("a", false)
		v.Enable("c", true)
		return nil
	}, anna)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "members", got.Value.Workflows, []string{"b", "c"})
	equal(t, "version", got.Version, int64(2))
	equal(t, "times", []time.Time{got.Created.At, got.Updated.At}, []time.Time{shelfNow, shelfNow.Add(time.Hour)})
	before, own := s.events(), errors.New("own")
	for _, row := range []struct {
		rule    string
		version int64
		f       func(*workflow.View) error
		want    error
	}{
		{"a stale version", 1, func(v *workflow.View) error { v.Enable("a", true); return nil }, penstock.ErrConflict},
		{"nothing changed", 2, func(*workflow.View) error { return nil }, nil},
		{"its own error", 2, func(*workflow.View) error { return own }, own},
		{"another name", 2, func(v *workflow.View) error { v.Name = "yours"; return nil }, penstock.ErrInvalid},
		{"another project", 2, func(v *workflow.View) error { v.Project = "bank"; return nil }, penstock.ErrInvalid},
		{"an unknown member", 2, func(v *workflow.View) error { v.Enable("other", true); return nil }, penstock.ErrInvalid},
	} {
		if _, err := s.Views().Update(t.Context(), "shop", "mine", row.version, row.f, anna); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.rule, err, row.want)
		}
	}
	equal(t, "events", s.events(), before)
	_, err = s.Views().Update(t.Context(), "shop", "mine", 0, func(v *workflow.View) error {
		if _, err := s.Views().Update(t.Context(), "shop", "mine", 0, func(v *workflow.View) error { v.Enable("a", true); return nil }, anna); err != nil {
			t.Error(err)
		}
		v.Enable("b", false)
		return nil
	}, anna)
	isKind(t, err, penstock.ErrConflict)
	_, err = s.Views().Update(t.Context(), "shop", "none", 0, func(*workflow.View) error { return nil }, anna)
	isKind(t, err, penstock.ErrNotFound)
}

func TestADeletedWorkflowDropsOutOfViews(t *testing.T) {
	s := viewShelf(t, workflow.Config{})
	s.createView(workflow.View{Project: "shop", Name: "mine", Workflows: []string{"a", "b", "c"}})
	members := func() []string {
		t.Helper()
		got, err := s.Views().Get(t.Context(), "shop", "mine", anna)
		if err != nil {
			t.Fatal(err)
		}
		return got.Value.Workflows
	}
	if err := s.Definitions().Delete(t.Context(), "b", 0, anna); err != nil {
		t.Fatal(err)
	}
	equal(t, "after delete", members(), []string{"a", "c"})
	list, err := s.Definitions().List(t.Context(), workflow.WorkflowFilter{Project: "shop", View: "mine"}, anna)
	if err != nil || list.Total != 2 {
		t.Errorf("list: %v, %v", list, err)
	}
	s.create(like(plainDefinition("b"), func(d *workflow.Definition) { d.Project = "bank" }))
	equal(t, "of another project now", members(), []string{"a", "c"})
	if _, err := s.Views().Update(t.Context(), "shop", "mine", 0, func(v *workflow.View) error { v.Enable("c", false); return nil }, anna); err != nil {
		t.Fatal(err) // what is gone is no fault
	}
	equal(t, "after update", members(), []string{"a"})
}

func TestViewsAreListedByNameAndDeleted(t *testing.T) {
	for what, authorizer := range map[string]penstock.Authorizer{"nobody is asked": nil, "all may": new(asked).authorize} {
		s := viewShelf(t, workflow.Config{Authorizer: authorizer})
		for _, name := range []string{"zoo", "Bar", "foo"} {
			s.createView(workflow.View{Project: "shop", Name: name, Workflows: []string{"a"}})
		}
		s.createView(workflow.View{Project: "bank", Name: "else"})
		names := func(page penstock.Page) string {
			t.Helper()
			list, err := s.Views().List(t.Context(), "shop", page, anna)
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprint(list.Total)
			for _, v := range list.Items {
				text += fmt.Sprintf(" %s%v", v.Value.Name, v.Value.Workflows)
			}
			return text
		}
		equal(t, what, names(penstock.Page{}), "3 Bar[a] foo[a] zoo[a]")
		equal(t, what, names(penstock.Page{Offset: 1, Limit: 1}), "3 foo[a]")
		isKind(t, s.Views().Delete(t.Context(), "shop", "foo", 2, anna), penstock.ErrConflict)
		if err := s.Views().Delete(t.Context(), "shop", "foo", 1, anna); err != nil {
			t.Fatal(err)
		}
		isKind(t, s.Views().Delete(t.Context(), "shop", "foo", 0, anna), penstock.ErrNotFound)
		equal(t, what, names(penstock.Page{}), "2 Bar[a] zoo[a]")
		equal(t, "made again", s.createView(workflow.View{Project: "shop", Name: "foo"}).Version, int64(3))
		_, err := s.Views().List(t.Context(), "", penstock.Page{Limit: 2_000}, anna)
		equal(t, "faults", told(err), []string{"limit: must be from 0 to 1000", "project: must not be empty"})
	}
}

func TestHistoryOfAView(t *testing.T) {
	s := viewShelf(t, workflow.Config{})
	first := s.createView(workflow.View{Project: "shop", Name: "mine"})
	second, err := s.Views().Update(t.Context(), "shop", "mine", 0, func(v *workflow.View) error { v.Enable("a", true); return nil }, anna)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Views().History(t.Context(), "shop", "mine", 0, 0, anna)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	for i := range all {
		all[i].Commit = ""
	}
	equal(t, "history", all, []workflow.Revision[workflow.View]{
		{Version: 1, Name: workflow.EventViewCreated, At: shelfNow, By: first.Created.By, After: &first.Value},
		{Version: 2, Name: workflow.EventViewUpdated, At: shelfNow, By: first.Created.By, Before: &first.Value, After: &second.Value},
	})
	_, err = s.Views().History(t.Context(), "shop", "none", 0, 0, anna)
	isKind(t, err, penstock.ErrNotFound)
}
