package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/workflow"
)

func TestADefinitionIsStoredAsVersionOne(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	d := definition(t, "create.json")
	made := s.create(d)
	by := penstock.Party{Type: penstock.User, ID: "anna", Name: "Anna"}
	stamp := workflow.Stamp{By: by, At: shelfNow}
	equal(t, "version", made.Version, int64(1))
	equal(t, "stamps", []workflow.Stamp{made.Created, made.Updated}, []workflow.Stamp{stamp, stamp})
	got, err := s.Definitions().Get(t.Context(), d.Key, bert)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "stored", got, made)
	for _, key := range []string{"other", "", "a/b", "x\x00", strings.Repeat("x", 64)} {
		_, err := s.Definitions().Get(t.Context(), key, anna)
		isKind(t, err, penstock.ErrNotFound)
	}
}

func TestWhatComesOutOfDefinitionsIsTheCallersOwn(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	d := plainDefinition("one")
	made := s.create(d)
	d.Stages[0].Jobs[0].Spec[2] = 'x'
	made.Value.Stages[0].Name = "changed"
	got, err := s.Definitions().Get(t.Context(), "one", anna)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "stored", got.Value, plainDefinition("one"))
}

func TestEveryFaultOfADefinitionIsToldAndNothingIsStored(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(plainDefinition("good"))
	bad := func(d *workflow.Definition) {
		d.Project, d.Key, d.Name = "", "a key", "x\xff"
		d.Stages[0].Jobs[0].Type = "unknown"
		d.Stages = append(d.Stages, workflow.Stage{Name: "more", Jobs: []workflow.Job{
			{Name: "call", Type: "http", Spec: json.RawMessage(`{"url":"http://x/{{.workflow.params.none}}","timeout":-1}`)}}})
	}
	want := []string{"display_name: must be UTF-8", "project: project should not be empty",
		`name: "a key" is not 1 to 63 letters, digits and hyphens`,
		`stages[0].jobs[0].type: job type not supported: "unknown"`,
		"stages[1].jobs[0].spec.timeout: must be from 0 to 525600",
		"stages[1].jobs[0].spec.url: {{.workflow.params.none}}: there is no such parameter"}
	before := s.events()
	_, err := s.Definitions().Create(t.Context(), like(plainDefinition("x"), bad), anna)
	isKind(t, err, penstock.ErrInvalid)
	equal(t, "faults", told(err), want)
	_, err = s.Definitions().Update(t.Context(), "good", 0, func(d *workflow.Definition) error {
		bad(d)
		d.Project, d.Key = "shop", "good"
		return nil
	}, anna)
	equal(t, "faults of an update", told(err), slices.Concat(want[:1], want[3:]))
	for _, spec := range []string{`{`, `{"a":"\xff"}`, `[]`, strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000)} {
		_, err = s.Definitions().Create(t.Context(), like(plainDefinition("x"), func(d *workflow.Definition) { d.Stages[0].Jobs[0].Spec = json.RawMessage(spec) }), anna)
		isKind(t, err, penstock.ErrInvalid)
	}
	_, err = s.Definitions().Create(t.Context(), like(plainDefinition("x"), func(d *workflow.Definition) {
		d.Stages = make([]workflow.Stage, workflow.MaxStages+1)
	}), anna)
	equal(t, "too many", told(err), []string{"stages: 101 are too many: at most 100"})
	equal(t, "events", s.events(), before)
}

func TestKeysAreUniqueInAllProjectsAndNamesInTheirs(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(like(plainDefinition("one"), func(d *workflow.Definition) { d.Name = "First" }))
	named := func(key, project, name string) workflow.Definition {
		return like(plainDefinition(key), func(d *workflow.Definition) { d.Project, d.Name = project, name })
	}
	for _, row := range []struct {
		rule string
		d    workflow.Definition
		want error
	}{
		{"the key in its project", named("one", "shop", "x"), penstock.ErrExists},
		{"the key in another project", named("one", "bank", "x"), penstock.ErrExists},
		{"the name in its project", named("two", "shop", "First"), penstock.ErrExists},
		{"the name in another project", named("two", "bank", "First"), nil},
		{"another name", named("three", "shop", ""), nil},
		{"a name that is the key of another", named("four", "shop", "three"), penstock.ErrExists},
		{"in capitals it is another", named("Three", "shop", ""), nil},
	} {
		before := s.events()
		if _, err := s.Definitions().Create(t.Context(), row.d, anna); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.rule, err, row.want)
		}
		if n := s.events() - before; n != 0 && row.want != nil {
			t.Errorf("%s: wrote", row.rule)
		}
	}
	s.update("three", func(d *workflow.Definition) { d.Name = "third" }) // the old one is free again
	if _, err := s.Definitions().Create(t.Context(), named("four", "shop", "three"), anna); err != nil {
		t.Error(err)
	}
	_, err := s.Definitions().Update(t.Context(), "three", 0, func(d *workflow.Definition) error { d.Name = "First"; return nil }, anna)
	isKind(t, err, penstock.ErrExists)
}

func TestUpdatesOfDefinitions(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(plainDefinition("one"))
	*s.clock = shelfNow.Add(time.Hour)
	second := s.update("one", func(d *workflow.Definition) { d.Key, d.Project, d.Description = "", "", "new" })
	equal(t, "version", second.Version, int64(2))
	equal(t, "value", second.Value, like(plainDefinition("one"), func(d *workflow.Definition) { d.Description = "new" }))
	equal(t, "times", []time.Time{second.Created.At, second.Updated.At}, []time.Time{shelfNow, shelfNow.Add(time.Hour)})

	before := s.events()
	own := errors.New("own")
	for _, row := range []struct {
		rule    string
		version int64
		f       func(*workflow.Definition) error
		want    error
		faults  []string
	}{
		{"a stale version", 1, func(d *workflow.Definition) error { d.Description = "x"; return nil }, penstock.ErrConflict, nil},
		{"a version to come", 3, func(d *workflow.Definition) error { d.Description = "x"; return nil }, penstock.ErrConflict, nil},
		{"nothing is changed", 2, func(*workflow.Definition) error { return nil }, nil, nil},
		{"an error of its own", 2, func(*workflow.Definition) error { return own }, own, nil},
		{"key and project", 0, func(d *workflow.Definition) error { d.Key, d.Project = "two", "bank"; return nil }, penstock.ErrInvalid,
			[]string{"name: cannot be changed", "project: cannot be changed"}},
	} {
		got, err := s.Definitions().Update(t.Context(), "one", row.version, row.f, anna)
		if !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.rule, err, row.want)
		}
		equal(t, row.rule, told(err), row.faults)
		if row.want == nil {
			equal(t, row.rule, got, second)
		}
	}
	equal(t, "events", s.events(), before)
	_, err := s.Definitions().Update(t.Context(), "one", 0, func(*workflow.Definition) error {
		s.update("one", func(d *workflow.Definition) { d.Description = "between" })
		return nil
	}, anna)
	if err != nil {
		t.Errorf("nothing changed: %v", err)
	}
	_, err = s.Definitions().Update(t.Context(), "one", 0, func(d *workflow.Definition) error {
		s.update("one", func(d *workflow.Definition) { d.Description = "between again" })
		d.Description = "lost"
		return nil
	}, anna)
	isKind(t, err, penstock.ErrConflict)
	_, err = s.Definitions().Update(t.Context(), "none", 0, func(*workflow.Definition) error { return nil }, anna)
	isKind(t, err, penstock.ErrNotFound)
}

func TestVersionsOfADefinitionAreKept(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	first := s.create(plainDefinition("one"))
	second := s.update("one", func(d *workflow.Definition) { d.Description = "two" })
	third := s.update("one", func(d *workflow.Definition) { d.Description = "three" })
	type record = workflow.Record[workflow.Definition]
	for _, row := range []struct {
		page penstock.Page
		want []record
	}{
		{penstock.Page{}, []record{third, second, first}},
		{penstock.Page{Offset: 1, Limit: 1}, []record{second}},
		{penstock.Page{Offset: 3}, nil},
	} {
		list, err := s.Definitions().Versions(t.Context(), "one", row.page, anna)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, fmt.Sprint(row.page), list, penstock.List[record]{Items: row.want, Total: 3})
	}
	for version, want := range map[int64]error{1: nil, 3: nil, 4: penstock.ErrNotFound, -1: penstock.ErrNotFound} {
		got, err := s.Definitions().Version(t.Context(), "one", version, anna)
		if !errors.Is(err, want) || err == nil && got.Version != version {
			t.Errorf("version %d: %d, %v", version, got.Version, err)
		}
	}
	_, err := s.Definitions().Versions(t.Context(), "one", penstock.Page{Limit: -1}, anna)
	isKind(t, err, penstock.ErrInvalid)
}

func TestHistoryOfADefinition(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	first := s.create(plainDefinition("one"))
	second := s.update("one", func(d *workflow.Definition) { d.Description = "two" })
	all, err := s.Definitions().History(t.Context(), "one", 0, 0, anna)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if all[i].Commit == "" {
			t.Error("no id of the write")
		}
		all[i].Commit = ""
	}
	by := first.Created.By
	equal(t, "history", all, []workflow.Revision[workflow.Definition]{
		{Version: 1, Name: workflow.EventWorkflowCreated, At: shelfNow, By: by, After: &first.Value},
		{Version: 2, Name: workflow.EventWorkflowUpdated, At: shelfNow, By: by, Before: &first.Value, After: &second.Value},
	})
	part, err := s.Definitions().History(t.Context(), "one", 1, 1, anna)
	if err != nil || len(part) != 1 || part[0].Version != 2 {
		t.Errorf("part: %v, %v", part, err)
	}
	_, err = s.Definitions().History(t.Context(), "none", 0, 0, anna)
	isKind(t, err, penstock.ErrNotFound)
}

func TestAKeyThatIsTakenAgainGoesOn(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(like(plainDefinition("one"), func(d *workflow.Definition) { d.Project = "bank" }))
	isKind(t, s.Definitions().Delete(t.Context(), "one", 2, anna), penstock.ErrConflict)
	if err := s.Definitions().Delete(t.Context(), "one", 1, anna); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.Definitions().Delete(t.Context(), "one", 0, anna),
		func() error { _, err := s.Definitions().Get(t.Context(), "one", anna); return err }(),
		func() error { _, err := s.Definitions().Version(t.Context(), "one", 1, anna); return err }(),
		func() error { _, err := s.Definitions().History(t.Context(), "one", 0, 0, anna); return err }(),
	} {
		isKind(t, err, penstock.ErrNotFound)
	}
	again := s.create(plainDefinition("one"))
	equal(t, "version", again.Version, int64(3))
	_, err := s.Definitions().Version(t.Context(), "one", 1, anna) // who bore the key before is nobody's business
	isKind(t, err, penstock.ErrNotFound)
	list, err := s.Definitions().Versions(t.Context(), "one", penstock.Page{}, anna)
	if err != nil || list.Total != 1 || len(list.Items) != 1 {
		t.Errorf("versions: %v, %v", list, err)
	}
	history, err := s.Definitions().History(t.Context(), "one", 0, 0, anna)
	if err != nil || len(history) != 1 || history[0].Version != 3 || history[0].Before != nil {
		t.Errorf("history: %v, %v", history, err)
	}
}

func TestListOfDefinitions(t *testing.T) {
	for name, authorizer := range map[string]penstock.Authorizer{"nobody is asked": nil, "all may": new(asked).authorize} {
		s := newShelf(t, workflow.Config{Authorizer: authorizer})
		for i, key := range []string{"build", "deploy", "test", "gone"} {
			s.create(like(plainDefinition(key), func(d *workflow.Definition) {
				d.Project = []string{"shop", "bank"}[i%2]
				d.Name = strings.ToUpper(key) + " Ü"
			}))
		}
		if err := s.Definitions().Delete(t.Context(), "gone", 0, anna); err != nil {
			t.Fatal(err)
		}
		s.createView(workflow.View{Project: "shop", Name: "mine", Workflows: []string{"test", "build"}})
		type f = workflow.WorkflowFilter
		for _, row := range []struct {
			f     f
			want  string
			total int
		}{
			{f{}, "build deploy test", 3},
			{f{Project: "shop"}, "build test", 2},
			{f{Project: "none"}, "", 0},
			{f{Text: "E"}, "deploy test", 2},
			{f{Text: " ü"}, "build deploy test", 3},
			{f{Text: "none"}, "", 0},
			{f{Page: penstock.Page{Offset: 1, Limit: 1}}, "deploy", 3},
			{f{Page: penstock.Page{Offset: 9}}, "", 3},
			{f{Project: "shop", View: "mine"}, "test build", 2},
			{f{Project: "shop", View: "mine", Text: "buil"}, "build", 1},
			{f{Project: "shop", View: "mine", Page: penstock.Page{Offset: 1}}, "build", 2},
		} {
			list, err := s.Definitions().List(t.Context(), row.f, anna)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, w := range list.Items {
				keys = append(keys, w.Key)
			}
			equal(t, fmt.Sprintf("%s: %+v", name, row.f), fmt.Sprint(strings.Join(keys, " "), list.Total), fmt.Sprint(row.want, row.total))
		}
		list, err := s.Definitions().List(t.Context(), f{Text: "build"}, anna)
		if err != nil {
			t.Fatal(err)
		}
		stamp := workflow.Stamp{By: penstock.Party{Type: penstock.User, ID: "anna", Name: "Anna"}, At: shelfNow}
		equal(t, "shown", list.Items, []workflow.Workflow{{Key: "build", Project: "shop", Name: "BUILD Ü", Version: 1, Created: stamp, Updated: stamp}})
		for _, view := range []f{{Project: "shop", View: "none"}, {Project: "bank", View: "mine"}} {
			_, err = s.Definitions().List(t.Context(), view, anna)
			isKind(t, err, penstock.ErrNotFound)
		}
		_, err = s.Definitions().List(t.Context(), f{Project: "\x00", View: "x\xff", Text: "\n", Page: penstock.Page{Offset: -1}}, anna)
		equal(t, "faults", told(err), []string{"offset: must not be negative", "project: must not hold control characters",
			"view: must be UTF-8", "text: must not hold control characters"})
		_, err = s.Definitions().List(t.Context(), f{View: "mine"}, anna)
		isKind(t, err, penstock.ErrInvalid)
	}
}

func TestTheLibrarysOwnActorIsKeptOut(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(plainDefinition("one"))
	system := penstock.System()
	for name, call := range map[string]func() error{
		"create": func() error {
			_, err := s.Definitions().Create(t.Context(), plainDefinition("two"), system)
			return err
		},
		"update": func() error {
			_, err := s.Definitions().Update(t.Context(), "one", 0, func(d *workflow.Definition) error { d.Name = "x"; return nil }, system)
			return err
		},
		"delete": func() error { return s.Definitions().Delete(t.Context(), "one", 0, system) },
	} {
		if err := call(); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCorruptDefinitionsAreToldOf(t *testing.T) {
	s := newShelf(t, workflow.Config{})
	s.create(plainDefinition("one"))
	for _, kind := range []string{"workflow.definition", "workflow"} {
		id := map[string]string{"workflow.definition": "one/1", "workflow": "one"}[kind]
		records, err := s.store.Get(t.Context(), store.Key{Kind: kind, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		records[0].Body = []byte("no JSON")
		if _, err := s.store.Commit(t.Context(), store.Op{Record: records[0]}); err != nil {
			t.Fatal(err)
		}
		if _, err = s.Definitions().Get(t.Context(), "one", anna); err == nil || !strings.Contains(err.Error(), kind+"/"+id) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
