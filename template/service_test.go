package template_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// A world is a Service over an empty store, with what can go wrong made fatal.
type world struct {
	*testing.T
	*template.Service
	store store.Store
	clock *time.Time
}

func newWorld(t *testing.T, cfg template.Config) world {
	t.Helper()
	if cfg.Store == nil {
		cfg.Store = memory.New()
	}
	clock := now
	cfg.Now = func() time.Time { return clock }
	s, err := template.NewService(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return world{t, s, cfg.Store, &clock}
}

func (w world) create(tpl template.Template) template.Template {
	w.Helper()
	got, err := w.Create(w.Context(), tpl, ann)
	if err != nil {
		w.Fatal(err)
	}
	return got
}

func (w world) update(id string, f func(*template.Template)) template.Template {
	w.Helper()
	got, err := w.Update(w.Context(), id, 0, func(t *template.Template) error { f(t); return nil }, ann)
	if err != nil {
		w.Fatal(err)
	}
	return got
}

func (w world) names(f template.Filter) (names []string, total int) {
	w.Helper()
	list, err := w.List(w.Context(), f, ann)
	if err != nil {
		w.Fatal(err)
	}
	for _, t := range list.Items {
		names = append(names, t.Name)
	}
	return names, list.Total
}

// is ends the test unless an error is of a kind.
func is(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
}

func TestNewServiceTellsEveryFault(t *testing.T) {
	_, err := template.NewService(template.Config{Limit: -1})
	same(t, "faults", faults(err), []string{"store: must be set", "limit: must not be negative"})
}

func TestCreate(t *testing.T) {
	w := newWorld(t, template.Config{})
	given := service()
	given.ID, given.Version, given.Archived = "mine", 7, now
	given.Content.Origin = &releaseplan.Origin{Template: "other"}
	got := w.create(given)
	stamp := releaseplan.Stamp{By: penstock.Party{Type: penstock.User, ID: "ann", Name: "Ann"}, At: now}
	if got.ID == "mine" || got.ID == "" || got.Version != 1 || !got.Archived.IsZero() || got.Content.Origin != nil || got.Content.Phases[0].Tasks[0].Number != 0 {
		t.Errorf("what is not the caller's to give: %+v", got)
	}
	same(t, "stamps", []releaseplan.Stamp{got.Created, got.Updated}, []releaseplan.Stamp{stamp, stamp})
	same(t, "given ids", got.Content.Milestones[0].ID, "one")
	if got.Content.Milestones[1].ID == "" || got.Content.Milestones[0].Strategies[0].ID == "" || got.Content.Safeguards[0].ID == "" {
		t.Error("a milestone, strategy or safeguard has no id")
	}
	same(t, "the caller's own", given.Content.Milestones[1].ID, "")
	read, err := w.Get(t.Context(), got.ID, ann)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "stored", read, got)
	_, err = w.Get(t.Context(), "no", ann)
	is(t, err, penstock.ErrNotFound)
	_, err = w.Get(t.Context(), "a/b", ann)
	is(t, err, penstock.ErrNotFound)
	_, err = w.Create(t.Context(), template.Template{}, ann)
	same(t, "faults", faults(err), []string{"name: must not be empty"})
}

func TestNamesAreUniqueEverywhere(t *testing.T) {
	w := newWorld(t, template.Config{})
	first := w.create(plain("one"))
	second := w.create(with(plain("two"), func(x *template.Template) { x.Project = "p" }))
	_, err := w.Create(t.Context(), with(plain("one"), func(x *template.Template) { x.Project = "p" }), ann)
	is(t, err, penstock.ErrExists)
	_, err = w.Update(t.Context(), second.ID, 0, func(x *template.Template) error { x.Name = "one"; return nil }, ann)
	is(t, err, penstock.ErrExists)
	if _, err = w.Archive(t.Context(), first.ID, ann); err != nil {
		t.Fatal(err)
	}
	_, err = w.Create(t.Context(), plain("one"), ann)
	is(t, err, penstock.ErrExists)
	w.update(second.ID, func(x *template.Template) { x.Name = "three" })
	w.create(plain("two"))
	if err := w.Delete(t.Context(), first.ID, ann); err != nil {
		t.Fatal(err)
	}
	w.create(plain("one"))
}

func TestUpdate(t *testing.T) {
	w := newWorld(t, template.Config{})
	first := w.create(service())
	*w.clock = now.Add(time.Hour)
	same(t, "an update that changes nothing", w.update(first.ID, func(x *template.Template) { x.Version = 9; x.Created.At = now.Add(1) }), first)
	second := w.update(first.ID, func(x *template.Template) {
		x.Description, x.ID, x.Version, x.Archived = "new", "other", 17, now
		x.Content.Milestones = []releaseplan.Milestone{{Name: "25 %"}, {Name: "5 %", Strategies: x.Content.Milestones[0].Strategies}, x.Content.Milestones[1]}
		x.Content.Milestones[1].Strategies[0].ID = ""
		x.Bindings = nil
		x.Content.Safeguards[0].ID = ""
		x.Content.Safeguards[0].Back = "5 %"
	})
	same(t, "version and stamps", []any{second.ID, second.Version, second.Created, second.Updated.At, second.Archived},
		[]any{first.ID, int64(2), first.Created, now.Add(time.Hour), time.Time{}})
	same(t, "ids by name", []string{second.Content.Milestones[1].ID, second.Content.Milestones[1].Strategies[0].ID, second.Content.Safeguards[0].ID},
		[]string{"one", first.Content.Milestones[0].Strategies[0].ID, first.Content.Safeguards[0].ID})
	_, err := w.Update(t.Context(), first.ID, 1, func(*template.Template) error { return nil }, ann)
	is(t, err, penstock.ErrConflict)
	boom := errors.New("boom")
	_, err = w.Update(t.Context(), first.ID, 2, func(*template.Template) error { return boom }, ann)
	is(t, err, boom)
	_, err = w.Update(t.Context(), first.ID, 2, func(x *template.Template) error { x.Content.Phases[0].Name = ""; return nil }, ann)
	same(t, "faults", faults(err), []string{"content.phases[0].name: must not be empty"})
	_, err = w.Update(t.Context(), "no", 0, func(*template.Template) error { return nil }, ann)
	is(t, err, penstock.ErrNotFound)
}

func TestIDsAreNotGivenTwice(t *testing.T) {
	w := newWorld(t, template.Config{})
	first := w.create(service())
	got := w.update(first.ID, func(x *template.Template) {
		x.Content.Milestones[0].Name = "old"
		x.Content.Milestones = append(x.Content.Milestones, releaseplan.Milestone{Name: "5 %"})
	})
	same(t, "by id", got.Content.Milestones[0].ID, "one")
	if id := got.Content.Milestones[2].ID; id == "" || id == "one" {
		t.Errorf("a new milestone has the id %q", id)
	}
}

func TestUpdateThatIsOvertaken(t *testing.T) {
	w := newWorld(t, template.Config{})
	first := w.create(plain("one"))
	_, err := w.Update(t.Context(), first.ID, 0, func(x *template.Template) error {
		w.update(first.ID, func(x *template.Template) { x.Description = "theirs" })
		x.Description = "mine"
		return nil
	}, ann)
	is(t, err, penstock.ErrConflict)
	got, err := w.Get(t.Context(), first.ID, ann)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "description", got.Description, "theirs")
}

func TestVersions(t *testing.T) {
	w := newWorld(t, template.Config{})
	first := w.create(plain("one"))
	second := w.update(first.ID, func(x *template.Template) { x.Name = "two" })
	third := w.update(first.ID, func(x *template.Template) { x.Content.Phases[0].Tasks[0].Name = "roll out" })
	list, err := w.Versions(t.Context(), first.ID, penstock.Page{}, ann)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "versions", list, penstock.List[template.Template]{Items: []template.Template{third, second, first}, Total: 3})
	list, err = w.Versions(t.Context(), first.ID, penstock.Page{Offset: 1, Limit: 1}, ann)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "a page", list, penstock.List[template.Template]{Items: []template.Template{second}, Total: 3})
	got, err := w.Version(t.Context(), first.ID, 2, ann)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "version 2", got, second)
	same(t, "difference", lines(template.Diff(second, third)), []string{
		`- content.phases["deploy"].tasks["deploy"]: {"name":"deploy"}`, `+ content.phases["deploy"].tasks["roll out"]: {"name":"roll out"}`})
	_, err = w.Version(t.Context(), first.ID, 4, ann)
	is(t, err, penstock.ErrNotFound)
	_, err = w.Versions(t.Context(), first.ID, penstock.Page{Limit: -1}, ann)
	is(t, err, penstock.ErrInvalid)
}

func TestOldVersionsGo(t *testing.T) {
	w := newWorld(t, template.Config{})
	id := w.create(plain("one")).ID
	for i := range template.MaxVersions {
		w.update(id, func(x *template.Template) { x.Description = fmt.Sprint(i) })
	}
	_, err := w.Version(t.Context(), id, 1, ann)
	is(t, err, penstock.ErrNotFound)
	if _, err := w.Version(t.Context(), id, 2, ann); err != nil {
		t.Error(err)
	}
	if err := w.Delete(t.Context(), id, ann); err != nil {
		t.Fatal(err)
	}
	page, err := w.store.Find(t.Context(), store.Query{Kind: "template.version", Total: true})
	if err != nil || page.Total != 0 {
		t.Errorf("%d versions stay, %v", page.Total, err)
	}
}

func TestArchive(t *testing.T) {
	w := newWorld(t, template.Config{Limit: 1})
	first := w.create(plain("one"))
	_, err := w.Create(t.Context(), plain("two"), ann)
	is(t, err, penstock.ErrRefused)
	var limit *template.LimitError
	if !errors.As(err, &limit) || limit.Limit != 1 {
		t.Errorf("got %v", err)
	}
	for range 2 { // again changes nothing
		got, err := w.Archive(t.Context(), first.ID, ann)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "archived", got, with(first, func(x *template.Template) { x.Archived = now }))
		*w.clock = now.Add(time.Hour)
	}
	_, err = w.Update(t.Context(), first.ID, 0, func(*template.Template) error { return nil }, ann)
	is(t, err, penstock.ErrRefused)
	_, err = w.Instantiate(t.Context(), first.ID, template.Arguments{}, ann)
	is(t, err, penstock.ErrRefused)
	same(t, "refusal", err.Error(), "cannot instantiate while archived (can unarchive, delete)")
	second := w.create(plain("two"))
	_, err = w.Unarchive(t.Context(), first.ID, ann)
	is(t, err, penstock.ErrRefused)
	if err := w.Delete(t.Context(), second.ID, ann); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := w.Unarchive(t.Context(), first.ID, ann)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "unarchived", got, first)
	}
	if err := w.Delete(t.Context(), first.ID, ann); err != nil {
		t.Fatal(err)
	}
	_, err = w.Get(t.Context(), first.ID, ann)
	is(t, err, penstock.ErrNotFound)
	is(t, w.Delete(t.Context(), first.ID, ann), penstock.ErrNotFound)
	w.create(plain("one"))
}

func TestList(t *testing.T) {
	w := newWorld(t, template.Config{})
	for i, name := range []string{"g1", "p1", "g2", "p2", "q1", "g3"} {
		*w.clock = now.Add(time.Duration(-i) * time.Hour) // so that ids and times differ in order
		project := map[byte]string{'p': "p", 'q': "q"}[name[0]]
		w.create(with(plain(name), func(x *template.Template) { x.Project = project }))
	}
	archived := w.create(plain("old"))
	if _, err := w.Archive(t.Context(), archived.ID, ann); err != nil {
		t.Fatal(err)
	}
	type page = penstock.Page
	for _, authorizer := range []penstock.Authorizer{nil, func(context.Context, penstock.Actor, penstock.Right, penstock.Resource) error { return nil }} {
		other, err := template.NewService(template.Config{Store: w.store, Authorizer: authorizer})
		if err != nil {
			t.Fatal(err)
		}
		w.Service = other
		for _, row := range []struct {
			f     template.Filter
			want  string
			total int
		}{
			{template.Filter{}, "g3 g2 g1", 3},
			{template.Filter{Project: "p"}, "p2 p1", 2},
			{template.Filter{Project: "p", Global: true}, "p2 p1 g3 g2 g1", 5},
			{template.Filter{Project: "p", Global: true, Page: page{Offset: 1, Limit: 2}}, "p1 g3", 5},
			{template.Filter{Project: "p", Global: true, Page: page{Limit: 2}}, "p2 p1", 5},
			{template.Filter{Project: "p", Global: true, Page: page{Offset: 3, Limit: 9}}, "g2 g1", 5},
			{template.Filter{Project: "p", Global: true, Page: page{Offset: 9}}, "", 5},
			{template.Filter{Global: true}, "g3 g2 g1", 3},
			{template.Filter{Project: "none"}, "", 0},
			{template.Filter{Archived: true}, "old", 1},
		} {
			names, total := w.names(row.f)
			same(t, fmt.Sprintf("%+v", row.f), fmt.Sprintf("%s %d", strings.Join(names, " "), total), fmt.Sprintf("%s %d", row.want, row.total))
		}
	}
	_, err := w.List(t.Context(), template.Filter{Project: "\x00", Page: page{Offset: -1}}, ann)
	same(t, "faults", faults(err), []string{"offset: must not be negative", "project: must not hold control characters"})
}

func TestHistory(t *testing.T) {
	w := newWorld(t, template.Config{})
	first := w.create(plain("one"))
	w.create(plain("other"))
	second := w.update(first.ID, func(x *template.Template) { x.Name = "two" })
	w.update(first.ID, func(*template.Template) {})
	for _, f := range []func(context.Context, string, penstock.Actor) (template.Template, error){w.Archive, w.Unarchive} {
		if _, err := f(t.Context(), first.ID, ann); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.History(t.Context(), first.ID, 0, 0, ann)
	if err != nil {
		t.Fatal(err)
	}
	by, archived := second.Created.By, with(second, func(x *template.Template) { x.Archived = now })
	want := []template.Entry{
		{Name: template.EventCreated, At: now, By: by, After: &first},
		{Name: template.EventUpdated, At: now, By: by, Before: &first, After: &second},
		{Name: template.EventArchived, At: now, By: by, Before: &second, After: &archived},
		{Name: template.EventUnarchived, At: now, By: by, Before: &archived, After: &second},
	}
	for i := range all {
		if i > 0 && all[i].Seq <= all[i-1].Seq {
			t.Errorf("entry %d has Seq %d behind %d", i, all[i].Seq, all[i-1].Seq)
		}
	}
	if d := cmp.Diff(want, all, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Seq" }, cmp.Ignore())); d != "" {
		t.Errorf("history (-want +got):\n%s", d)
	}
	part, err := w.History(t.Context(), first.ID, all[1].Seq, 1, ann)
	if err != nil || !slices.EqualFunc(part, all[2:3], func(a, b template.Entry) bool { return a.Seq == b.Seq }) {
		t.Errorf("a part: %v, %v", part, err)
	}
	if err := w.Delete(t.Context(), first.ID, ann); err != nil {
		t.Fatal(err)
	}
	_, err = w.History(t.Context(), first.ID, 0, 0, ann)
	is(t, err, penstock.ErrNotFound)
	events, err := w.store.Events(t.Context(), store.EventQuery{Subject: store.Key{Kind: "template", ID: first.ID}})
	if err != nil || len(events) != 5 || events[4].Name != template.EventDeleted {
		t.Errorf("events of a template that is deleted: %v, %v", events, err)
	}
}
