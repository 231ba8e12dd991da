package releaseplan_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

func TestCreateReportsEveryFaultAndStoresNothing(t *testing.T) {
	spy := &cSpy{Store: memory.New()}
	s := cService(releaseplan.Config{Store: spy})
	c := cContent("", 1, 2, "sideways")
	c.Phases[0].Tasks[1].Name = ""
	c.Phases[0].Tasks[0].Needs = []string{"nobody"}
	_, err := s.Create(t.Context(), c, cAnn)
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

func TestCreateGivesWhatIsNotSet(t *testing.T) {
	s := cService(releaseplan.Config{})
	given := cContent("release", 1, 1, "")
	p := cCreate(t, s, given)
	c := p.Content()
	if c.Owner.ID != "ann" || c.Phases[0].ID == "" || c.Phases[0].Tasks[0].ID == "" {
		t.Errorf("owner or ids are missing: %+v", c)
	}
	if p.State() != releaseplan.Draft || p.Version() != 1 || p.Status().Created.By.ID != "ann" || !p.Status().Created.At.Equal(cNoon) {
		t.Errorf("%v, version %d, created %+v", p.State(), p.Version(), p.Status().Created)
	}
	if given.Owner.ID != "" || given.Phases[0].ID != "" || given.Phases[0].Number != 0 {
		t.Error("the caller's content was written to")
	}
	again, err := s.Get(t.Context(), p.ID(), cAnn)
	if diff := cmp.Diff(c, cMust(t, again, err).Content()); diff != "" {
		t.Error(diff)
	}
}

// Rule 1: plans, phases and tasks have a number from one sequence.
func TestNumbersAreUniqueAndFromOneSequence(t *testing.T) {
	st := memory.New()
	services := []*releaseplan.Service{cService(releaseplan.Config{Store: st}), cService(releaseplan.Config{Store: st})}
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
	first := cCreate(t, services[0], cContent("a", 2, 3, ""))
	cCreate(t, services[1], cContent("b", 1, 1, ""))
	copied, err := services[1].Duplicate(t.Context(), first.ID(), releaseplan.Copy{}, cAnn)
	add(cMust(t, copied, err))
	doc, err := services[0].Export(t.Context(), first.ID(), cAnn)
	imported, err2 := services[0].Import(t.Context(), cMust(t, doc, err), cAnn)
	add(cMust(t, imported, err2))
	kept := first.Content().Phases[0].Tasks[0].Number
	first, err = services[0].Edit(t.Context(), first.ID(), 0, func(c *releaseplan.Content) error {
		c.Phases[0].Tasks = append(c.Phases[0].Tasks, releaseplan.Task{Name: "new"})
		return nil
	}, cAnn)
	add(cMust(t, first, err))
	if got := first.Content().Phases[0].Tasks[0].Number; got != kept {
		t.Errorf("an edit changed the number %d to %d", kept, got)
	}
	slices.Sort(numbers)
	if numbers[0] < 1 || len(slices.Compact(slices.Clone(numbers))) != len(numbers) {
		t.Errorf("numbers are missing or not unique: %v", numbers)
	}
}

// The actor id "system" is the library's own.
func TestSystemIsRefused(t *testing.T) {
	s := cService(releaseplan.Config{})
	p := cCreate(t, s, cContent("release", 1, 1, ""))
	doc, err := s.Export(t.Context(), p.ID(), cAnn)
	cMust(t, doc, err)
	for name, call := range map[string]func(by penstock.Actor) error{
		"Create": func(by penstock.Actor) error {
			_, err := s.Create(t.Context(), cContent("x", 1, 1, ""), by)
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
	list, err := s.List(t.Context(), releaseplan.Filter{}, cAnn)
	if cMust(t, list, err).Total != 1 {
		t.Errorf("%d plans are stored", list.Total)
	}
}

func TestOddIDsAreNotFound(t *testing.T) {
	s := cService(releaseplan.Config{})
	p := cCreate(t, s, cContent("release", 1, 1, ""))
	for _, id := range []string{"", " ", "a b", "a/b", p.ID() + "/0", "\x00", "\xff\xfe", "ä", "../x", strings.Repeat("x", 65), strings.Repeat("x", 5_000), p.ID() + "\n", "nobody"} {
		for name, err := range cEveryMethod(t, s, id, cAnn) {
			if !errors.Is(err, penstock.ErrNotFound) {
				t.Errorf("%s of %q: %v", name, id, err)
			} else if len(err.Error()) > 300 {
				t.Errorf("%s of a long id: an error of %d bytes", name, len(err.Error()))
			}
		}
	}
}

// cEveryMethod calls every method that is about one plan and returns their errors.
func cEveryMethod(t *testing.T, s *releaseplan.Service, id string, by penstock.Actor) map[string]error {
	t.Helper()
	ctx, errs := t.Context(), make(map[string]error)
	_, errs["Get"] = s.Get(ctx, id, by)
	_, errs["Can"] = s.Can(ctx, id, by)
	_, errs["CanTask"] = s.CanTask(ctx, id, "task", by)
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

func TestIDsThatAHostMakesAreChecked(t *testing.T) {
	for _, id := range []string{"", "a/b", "a b", strings.Repeat("x", 65)} {
		s := cService(releaseplan.Config{NewID: func() string { return id }})
		if p, err := s.Create(t.Context(), cContent("release", 1, 1, ""), cAnn); err == nil {
			t.Errorf("a plan has the id %q", p.ID())
		}
	}
}

func TestAPlanIDIsNeverGivenTwice(t *testing.T) {
	s := cService(releaseplan.Config{NewID: func() string { return "one" }})
	cCreate(t, s, cContent("first", 1, 1, ""))
	_, err := s.Create(t.Context(), cContent("second", 1, 1, ""), cAnn)
	if !errors.Is(err, penstock.ErrExists) {
		t.Errorf("a second plan with the same id: %v", err)
	}
	p, err := s.Get(t.Context(), "one", cAnn)
	if cMust(t, p, err).Name() != "first" {
		t.Errorf("the plan is now %q", p.Name())
	}
}

func TestUniqueNames(t *testing.T) {
	s := cService(releaseplan.Config{UniqueNames: true})
	in := func(name, folder string) releaseplan.Content {
		c := cContent(name, 1, 1, "")
		c.Folder = penstock.Folder{ID: folder}
		return c
	}
	taken := func(c releaseplan.Content) bool {
		t.Helper()
		p, err := s.Create(t.Context(), c, cAnn)
		if err == nil {
			cMust(t, p, s.Delete(t.Context(), p.ID(), cAnn))
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
		_, err := s.Edit(t.Context(), id, 0, func(c *releaseplan.Content) error { f(c); return nil }, cAnn)
		return err
	}
	a := cCreate(t, s, in("a", "x"))
	check("created", "a", "x", true)
	check("another folder", "a", "y", false)
	check("no folder", "a", "", false)
	check("another case", "A", "x", false)

	b := cCreate(t, s, in("b", "x"))
	if err := edit(b.ID(), func(c *releaseplan.Content) { c.Name = "a" }); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("renamed to a name that is taken: %v", err)
	}
	check("refused rename keeps", "b", "x", true)
	cMust(t, 0, edit(a.ID(), func(c *releaseplan.Content) { c.Name = "c" }))
	check("rename frees", "a", "x", false)
	check("rename takes", "c", "x", true)
	cMust(t, 0, edit(a.ID(), func(c *releaseplan.Content) { c.Folder.ID = "z" }))
	check("move frees", "c", "x", false)
	check("move takes", "c", "z", true)
	cMust(t, 0, edit(a.ID(), func(c *releaseplan.Content) { c.Description = "more" }))
	check("another edit keeps", "c", "z", true)
	cDo(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Archive})
	check("archived keeps", "c", "z", true)
	cMust(t, 0, s.Delete(t.Context(), a.ID(), cAnn))
	check("delete frees", "c", "z", false)
}

func TestOfSixteenCreatorsOneGetsTheName(t *testing.T) {
	st := memory.New()
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 16 {
		s := cService(releaseplan.Config{Store: st, UniqueNames: true})
		wg.Go(func() {
			_, err := s.Create(t.Context(), cContent("release", 1, 1, ""), cAnn)
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
	list, err := cService(releaseplan.Config{Store: st}).List(t.Context(), releaseplan.Filter{}, cAnn)
	if won != 1 || cMust(t, list, err).Total != 1 {
		t.Errorf("%d creators won, %d plans are stored", won, list.Total)
	}
}
