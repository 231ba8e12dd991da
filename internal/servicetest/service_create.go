package servicetest

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func (on suite) testCreateReportsEveryFaultAndStoresNothing(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy})
	c := contentOf("", 1, 2, "sideways")
	c.Phases[0].Tasks[1].Name = ""
	c.Phases[0].Tasks[0].Needs = []string{"nobody"}
	_, err := s.Create(t.Context(), c, ann)
	if !errors.Is(err, penstock.ErrInvalid) {
		t.Fatalf("error is %v", err)
	}
	var fields []string
	for _, f := range penstock.Faults(err) {
		fields = append(fields, f.Field)
	}
	slices.Sort(fields)
	for _, want := range []string{"name", "phases[0].kind", "phases[0].tasks[1].name"} {
		if !slices.Contains(fields, want) {
			t.Errorf("no fault of %s in %v", want, fields)
		}
	}
	if n := len(spy.of("Commit")) + len(spy.of("Next")); n != 0 {
		t.Errorf("%d writes for content with faults", n)
	}
}

func (on suite) testCreateGivesWhatIsNotSet(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	given := contentOf("release", 1, 1, "")
	p := create(t, s, given)
	c := p.Content()
	if c.Owner.ID != "ann" || c.Phases[0].ID == "" || c.Phases[0].Tasks[0].ID == "" {
		t.Errorf("owner or ids are missing: %+v", c)
	}
	if p.State() != releaseplan.Draft || p.Version() != 1 || p.Status().Created.By.ID != "ann" || !p.Status().Created.At.Equal(noon) {
		t.Errorf("%v, version %d, created %+v", p.State(), p.Version(), p.Status().Created)
	}
	if given.Owner.ID != "" || given.Phases[0].ID != "" || given.Phases[0].Number != 0 {
		t.Error("the caller's content was written to")
	}
	again, err := s.Get(t.Context(), p.ID(), ann)
	if diff := cmp.Diff(c, must(t, again, err).Content()); diff != "" {
		t.Error(diff)
	}
}

// Rule 1: plans, phases and tasks have a number from one sequence.
func (on suite) testNumbersAreUniqueAndFromOneSequence(t *testing.T) {
	st := on.open(t)
	services := []*releaseplan.Service{on.service(t, releaseplan.Config{Store: st}), on.service(t, releaseplan.Config{Store: st})}
	var numbers []int64
	add := func(p *releaseplan.Plan) {
		numbers = append(numbers, p.Number())
		for _, phase := range p.Content().Phases {
			numbers = append(numbers, phase.Number)
			for _, task := range phase.Tasks {
				numbers = append(numbers, task.Number)
			}
		}
	}
	first := create(t, services[0], contentOf("a", 2, 3, ""))
	create(t, services[1], contentOf("b", 1, 1, ""))
	copied, err := services[1].Duplicate(t.Context(), first.ID(), releaseplan.Copy{}, ann)
	add(must(t, copied, err))
	doc, err := services[0].Export(t.Context(), first.ID(), ann)
	imported, err2 := services[0].Import(t.Context(), must(t, doc, err), ann)
	add(must(t, imported, err2))
	kept := first.Content().Phases[0].Tasks[0].Number
	first, err = services[0].Edit(t.Context(), first.ID(), 0, func(c *releaseplan.Content) error {
		c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "new"})
		return nil
	}, ann)
	add(must(t, first, err))
	if got := first.Content().Phases[0].Tasks[0].Number; got != kept {
		t.Errorf("an edit changed the number %d to %d", kept, got)
	}
	slices.Sort(numbers)
	if numbers[0] < 1 || len(slices.Compact(slices.Clone(numbers))) != len(numbers) {
		t.Errorf("numbers are missing or not unique: %v", numbers)
	}
}

// The actor id "system" is the library's own.
func (on suite) testSystemIsRefused(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := create(t, s, contentOf("release", 1, 1, ""))
	doc, err := s.Export(t.Context(), p.ID(), ann)
	must(t, doc, err)
	for name, call := range map[string]func(by penstock.Actor) error{
		"Create": func(by penstock.Actor) error {
			_, err := s.Create(t.Context(), contentOf("x", 1, 1, ""), by)
			return err
		},
		"Do": func(by penstock.Actor) error {
			_, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hi"}, by)
			return err
		},
		"Edit": func(by penstock.Actor) error {
			_, err := s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Name = "mine"; return nil }, by)
			return err
		},
		"Duplicate": func(by penstock.Actor) error {
			_, err := s.Duplicate(t.Context(), p.ID(), releaseplan.Copy{}, by)
			return err
		},
		"Import": func(by penstock.Actor) error { _, err := s.Import(t.Context(), doc, by); return err },
		"Delete": func(by penstock.Actor) error { return s.Delete(t.Context(), p.ID(), by) },
	} {
		if err := call(penstock.System()); !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s as the system: %v", name, err)
		}
	}
	list, err := s.List(t.Context(), releaseplan.Filter{}, ann)
	if must(t, list, err).Total != 1 {
		t.Errorf("%d plans are stored", list.Total)
	}
}

func (on suite) testOddIDsAreNotFound(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := create(t, s, contentOf("release", 1, 1, ""))
	for _, id := range []string{"", " ", "a b", "a/b", p.ID() + "/0", "\x00", "\xff\xfe", "ä", "../x", strings.Repeat("x", 65), strings.Repeat("x", 5_000), p.ID() + "\n", "nobody"} {
		for name, err := range everyMethod(t, s, id, ann) {
			if !errors.Is(err, penstock.ErrNotFound) {
				t.Errorf("%s of %q: %v", name, id, err)
			} else if len(err.Error()) > 300 {
				t.Errorf("%s of a long id: an error of %d bytes", name, len(err.Error()))
			}
		}
	}
}

// everyMethod calls every method that is about one plan and returns their errors.
func everyMethod(t *testing.T, s *releaseplan.Service, id string, by penstock.Actor) map[string]error {
	t.Helper()
	ctx, errs := t.Context(), make(map[string]error)
	_, errs["Get"] = s.Get(ctx, id, by)
	_, errs["Can"] = s.Can(ctx, id, by)
	_, errs["CanTask"] = s.CanTask(ctx, id, "task", by)
	_, errs["CanMilestone"] = s.CanMilestone(ctx, id, "milestone", by)
	_, errs["Warnings"] = s.Warnings(ctx, id, by)
	_, errs["History"] = s.History(ctx, id, 0, 0, by)
	_, errs["Export"] = s.Export(ctx, id, by)
	_, errs["Do"] = s.Do(ctx, id, releaseplan.Command{Action: releaseplan.Comment, Remark: "hi"}, by)
	_, errs["Edit"] = s.Edit(ctx, id, 0, func(c *releaseplan.Content) error { c.Name += "!"; return nil }, by)
	_, errs["Duplicate"] = s.Duplicate(ctx, id, releaseplan.Copy{}, by)
	errs["Delete"] = s.Delete(ctx, id, by)
	for _, err := range s.Follow(ctx, id, by) {
		errs["Follow"] = err
		break
	}
	return errs
}

func (on suite) testIDsThatAHostMakesAreChecked(t *testing.T) {
	for _, id := range []string{"", "a/b", "a b", strings.Repeat("x", 65)} {
		s := on.service(t, releaseplan.Config{NewID: func() string { return id }})
		if p, err := s.Create(t.Context(), contentOf("release", 1, 1, ""), ann); err == nil {
			t.Errorf("a plan has the id %q", p.ID())
		}
	}
}

func (on suite) testAPlanIDIsNeverGivenTwice(t *testing.T) {
	s := on.service(t, releaseplan.Config{NewID: func() string { return "one" }})
	create(t, s, contentOf("first", 1, 1, ""))
	_, err := s.Create(t.Context(), contentOf("second", 1, 1, ""), ann)
	if !errors.Is(err, penstock.ErrExists) {
		t.Errorf("a second plan with the same id: %v", err)
	}
	p, err := s.Get(t.Context(), "one", ann)
	if must(t, p, err).Name() != "first" {
		t.Errorf("the plan is now %q", p.Name())
	}
}

func (on suite) testUniqueNames(t *testing.T) {
	s := on.service(t, releaseplan.Config{UniqueNames: true})
	in := func(name, folder string) releaseplan.Content {
		c := contentOf(name, 1, 1, "")
		c.Folder = penstock.Folder{ID: folder}
		return c
	}
	taken := func(c releaseplan.Content) bool {
		t.Helper()
		p, err := s.Create(t.Context(), c, ann)
		if err == nil {
			must(t, p, s.Delete(t.Context(), p.ID(), ann))
			return false
		}
		if !errors.Is(err, penstock.ErrExists) || !strings.Contains(err.Error(), c.Name) {
			t.Errorf("error is %v", err)
		}
		return true
	}
	check := func(what, name, folder string, want bool) {
		t.Helper()
		if got := taken(in(name, folder)); got != want {
			t.Errorf("%s: %s in %q is taken: %v", what, name, folder, got)
		}
	}
	edit := func(id string, f func(*releaseplan.Content)) error {
		_, err := s.Edit(t.Context(), id, 0, func(c *releaseplan.Content) error { f(c); return nil }, ann)
		return err
	}
	a := create(t, s, in("a", "x"))
	check("created", "a", "x", true)
	check("another folder", "a", "y", false)
	check("no folder", "a", "", false)
	check("another case", "A", "x", false)

	b := create(t, s, in("b", "x"))
	if err := edit(b.ID(), func(c *releaseplan.Content) { c.Name = "a" }); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("renamed to a name that is taken: %v", err)
	}
	check("refused rename keeps", "b", "x", true)
	must(t, 0, edit(a.ID(), func(c *releaseplan.Content) { c.Name = "c" }))
	check("rename frees", "a", "x", false)
	check("rename takes", "c", "x", true)
	must(t, 0, edit(a.ID(), func(c *releaseplan.Content) { c.Folder.ID = "z" }))
	check("move frees", "c", "x", false)
	check("move takes", "c", "z", true)
	must(t, 0, edit(a.ID(), func(c *releaseplan.Content) { c.Description = "more" }))
	check("another edit keeps", "c", "z", true)
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Archive})
	check("archived keeps", "c", "z", true)
	must(t, 0, s.Delete(t.Context(), a.ID(), ann))
	check("delete frees", "c", "z", false)
}

func (on suite) testOfSixteenCreatorsOneGetsTheName(t *testing.T) {
	st := on.open(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 16 {
		s := on.service(t, releaseplan.Config{Store: st, UniqueNames: true})
		wg.Go(func() {
			_, err := s.Create(t.Context(), contentOf("release", 1, 1, ""), ann)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, penstock.ErrExists):
				t.Errorf("error is %v", err)
			}
		})
	}
	wg.Wait()
	list, err := on.service(t, releaseplan.Config{Store: st}).List(t.Context(), releaseplan.Filter{}, ann)
	if won != 1 || must(t, list, err).Total != 1 {
		t.Errorf("%d creators won, %d plans are stored", won, list.Total)
	}
}
