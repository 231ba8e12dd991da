package servicetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// makers make a plan with a key, each in its way. Some begin with a source.
func (on suite) makers(t *testing.T, s *releaseplan.Service) map[string]func(s *releaseplan.Service, name, key string, by penstock.Actor) (*releaseplan.Plan, error) {
	t.Helper()
	source := create(t, s, contentOf("source", 1, 2, ""))
	doc, err := s.Export(t.Context(), source.ID(), ann)
	must(t, doc, err)
	return map[string]func(s *releaseplan.Service, name, key string, by penstock.Actor) (*releaseplan.Plan, error){
		"create": func(s *releaseplan.Service, name, key string, by penstock.Actor) (*releaseplan.Plan, error) {
			return s.CreateWith(t.Context(), releaseplan.Creation{Content: contentOf(name, 1, 1, ""), Key: key}, by)
		},
		"create and execute": func(s *releaseplan.Service, name, key string, by penstock.Actor) (*releaseplan.Plan, error) {
			return s.CreateWith(t.Context(), releaseplan.Creation{Content: contentOf(name, 1, 1, ""), Then: []releaseplan.Command{{Action: releaseplan.Execute}}, Key: key}, by)
		},
		"duplicate": func(s *releaseplan.Service, name, key string, by penstock.Actor) (*releaseplan.Plan, error) {
			return s.Duplicate(t.Context(), source.ID(), releaseplan.Copy{Name: name, Key: key}, by)
		},
		"import": func(s *releaseplan.Service, name, key string, by penstock.Actor) (*releaseplan.Plan, error) {
			text := doc
			if name != "copy" {
				text = append([]byte(" "), doc...)
			}
			return s.CreateWith(t.Context(), releaseplan.Creation{Document: text, Key: key}, by)
		},
	}
}

// plans is how many there are.
func plans(t *testing.T, s *releaseplan.Service) int {
	t.Helper()
	all, err := s.List(t.Context(), releaseplan.Filter{}, ann)
	return must(t, all, err).Total
}

// A creation with a key makes one plan, here and through another process, whatever becomes of it.
func (on suite) testCreationsWithAKey(t *testing.T) {
	st := on.open(t)
	s, other := on.service(t, releaseplan.Config{Store: st}), on.service(t, releaseplan.Config{Store: st})
	for name, file := range on.makers(t, s) {
		t.Run(name, func(t *testing.T) {
			p, err := file(s, "copy", name, ann)
			want, n := exported(t, must(t, p, err)), plans(t, s)
			again := func(when string) {
				t.Helper()
				for _, s := range []*releaseplan.Service{s, other} {
					got, err := file(s, "copy", name, ann)
					if diff := cmp.Diff(want, exported(t, must(t, got, err))); diff != "" {
						t.Errorf("%s: %s", when, diff)
					}
				}
				if got := plans(t, s); got != n {
					t.Errorf("%s: there are %d plans, not %d", when, got, n)
				}
			}
			again("at once")
			command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "something else"})
			again("after others went on")
			var reused *penstock.KeyReusedError
			if got, err := file(s, "other", name, ann); !errors.As(err, &reused) || !errors.Is(err, penstock.ErrExists) || got != nil {
				t.Errorf("another plan with the key: %v, %v", got, err)
			}
			theirs, err := file(other, "copy", name, bob)
			if must(t, theirs, err); theirs.ID() == p.ID() {
				t.Error("bob got the answer to ann")
			}
			must(t, 0, s.Delete(t.Context(), theirs.ID(), penstock.Actor{ID: "root", Admin: true}))
			if _, err := file(s, "copy", "\x00", ann); !errors.Is(err, penstock.ErrInvalid) {
				t.Errorf("a key that is none: %v", err)
			}
			must(t, 0, s.Delete(t.Context(), p.ID(), ann))
			n--
			again("after it was deleted")
		})
	}
}

// Names are unique here: who loses the race gets the winner's plan all the same, not a name that is taken.
func (on suite) testCreationsWithAKeyAtOnce(t *testing.T) {
	st := on.open(t)
	services := []*releaseplan.Service{on.service(t, releaseplan.Config{Store: st, UniqueNames: true}), on.service(t, releaseplan.Config{Store: st, UniqueNames: true})}
	for name, file := range on.makers(t, on.service(t, releaseplan.Config{Store: st})) {
		if name == "import" {
			continue // under the name of its source
		}
		before := plans(t, services[0])
		var ids [8]string
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				p, err := file(services[i%2], "of "+name, name, ann)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				ids[i] = p.ID()
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("%s: the plans are %v", name, ids)
				break
			}
		}
		if n := plans(t, services[0]) - before; n != 1 {
			t.Errorf("%s: %d plans were made", name, n)
		}
	}
}

// A command with a key, sent at once by many through two processes, has its effect once, and all get the same answer.
func (on suite) testManyWithTheSameKeyAtOnce(t *testing.T) {
	st := on.open(t)
	services := []*releaseplan.Service{on.service(t, releaseplan.Config{Store: st}), on.service(t, releaseplan.Config{Store: st})}
	for name := range keyed(create(t, services[0], contentOf("x", 2, 3, ""))) {
		c := contentOf(name, 2, 3, "")
		c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
		p := executed(t, services[0], c)
		p = command(t, services[0], p.ID(), releaseplan.Command{Action: releaseplan.Pause})
		var answers [8]string
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				got, err := services[i%2].Do(t.Context(), p.ID(), keyed(p)[name], ann)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				answers[i] = exported(t, got)
			})
		}
		wg.Wait()
		for _, a := range answers {
			if a != answers[0] {
				t.Errorf("%s: %s", name, cmp.Diff(answers[0], a))
			}
		}
	}
}

// A creation that was stored, and whose answer was lost, is not made again.
func (on suite) testLostAnswerOfACreation(t *testing.T) {
	for _, stored := range []bool{false, true} {
		spy := &spyStore{Store: on.open(t)}
		s := on.service(t, releaseplan.Config{Store: spy})
		spy.told(func(c spyCall) (f spyFault) {
			switch {
			case c.method == "Commit" && stored:
				f.after = errCLost
			case c.method == "Commit", c.method == "Events":
				f.before = errCLost
			}
			return f
		})
		file := func() (*releaseplan.Plan, error) {
			return s.CreateWith(t.Context(), releaseplan.Creation{Content: contentOf("once", 1, 1, ""), Key: "k"}, ann)
		}
		if _, err := file(); !errors.Is(err, errCLost) {
			t.Fatalf("the error is %v", err)
		}
		spy.told(nil)
		for range 3 {
			p, err := file()
			must(t, p, err)
		}
		if n := plans(t, s); n != 1 {
			t.Errorf("stored: %v: %d plans", stored, n)
		}
	}
}

// A command that changes nothing is remembered: sent again when it would, it does not.
func (on suite) testACommandThatChangesNothingIsRemembered(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := create(t, s, contentOf("release", 1, 1, ""))
	content := p.Content()
	same := releaseplan.Command{Action: releaseplan.Edit, Content: &content, Key: "k"}
	want := exported(t, command(t, s, p.ID(), same))
	must2 := func(p *releaseplan.Plan, err error) *releaseplan.Plan { t.Helper(); return must(t, p, err) }
	must2(s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Description = "new"; return nil }, ann))
	if diff := cmp.Diff(want, exported(t, command(t, s, p.ID(), same))); diff != "" {
		t.Error(diff)
	}
	if got := must2(s.Get(t.Context(), p.ID(), ann)); got.Content().Description != "new" {
		t.Error("it was carried out a second time")
	}
}

// Commands that are made of something else are the same if that is the same.
func (on suite) testAKeyForSomethingElse(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := create(t, s, contentOf("release", 1, 1, ""))
	say := func(remark, of string) (*releaseplan.Plan, error) {
		return s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: remark, Key: "k", KeyFor: of}, ann)
	}
	first, err := say("one", "request")
	must(t, first, err)
	again, err := say("another", "request")
	if must(t, again, err).Status().Changes != first.Status().Changes {
		t.Error("it was carried out twice")
	}
	if _, err := say("one", "another request"); !errors.Is(err, penstock.ErrExists) {
		t.Errorf("the error is %v", err)
	}
	before, err := s.Before(t.Context(), p.ID(), releaseplan.Command{Key: "k", KeyFor: "request"}, ann)
	if must(t, before, err).Status().Changes != p.Status().Changes {
		t.Errorf("before it was %d changes", before.Status().Changes)
	}
}

// Keys expire, those of deleted plans too, and are removed; clocks that are apart by less than that do no harm.
func (on suite) testKeysExpire(t *testing.T) {
	st := on.open(t)
	now := noon
	s := on.service(t, releaseplan.Config{Store: st, Now: func() time.Time { return now }, KeepKeys: time.Hour})
	ahead := on.service(t, releaseplan.Config{Store: st, Now: func() time.Time { return now.Add(30 * time.Minute) }, KeepKeys: time.Hour})
	forever := on.service(t, releaseplan.Config{Store: st, Now: func() time.Time { return now.Add(1000 * time.Hour) }, KeepKeys: -1})
	p, gone := create(t, s, contentOf("release", 1, 1, "")), create(t, s, contentOf("gone", 1, 1, ""))
	c := releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: "k"}
	first := command(t, s, p.ID(), c).Status().Changes
	command(t, s, gone.ID(), releaseplan.Command{Action: releaseplan.Delete, Key: "k"})
	expect := func(s *releaseplan.Service, again bool) {
		t.Helper()
		if got := command(t, s, p.ID(), c).Status().Changes; got == first == again {
			t.Errorf("the answer is the plan after change %d, and the first was %d", got, first)
		} else {
			first = got
		}
	}
	forgets := func(s *releaseplan.Service, want int) {
		t.Helper()
		if n, err := s.ForgetKeys(t.Context()); must(t, n, err) != want {
			t.Errorf("%d keys were forgotten, not %d", n, want)
		}
	}
	expect(ahead, false)
	now = noon.Add(time.Hour - time.Microsecond)
	expect(s, false)
	expect(forever, false)
	forgets(s, 0)
	forgets(forever, 0)
	now = noon.Add(time.Hour)
	expect(s, true) // in the place of the one that has expired
	expect(s, false)
	forgets(s, 1) // of the plan that is gone
	now = now.Add(30 * time.Minute)
	expect(forever, false)
	forgets(ahead, 1)
	forgets(s, 0)
	expect(forever, true)
}

// There may be more of them than fit into a commit; those of versions that told no time go with them.
func (on suite) testManyKeysExpire(t *testing.T) {
	st := on.open(t)
	now := noon
	s := on.service(t, releaseplan.Config{Store: st, Now: func() time.Time { return now }})
	p := create(t, s, contentOf("release", 1, 1, ""))
	const many = 230
	for i := range many {
		if i == many-30 {
			now = now.Add(time.Minute)
		}
		command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hi", Key: fmt.Sprint(i)})
	}
	old := store.Record{Key: store.Key{Kind: "plan.key", ID: p.ID() + "/old"}, Body: []byte(`{"command":"00","seq":1}`)}
	if _, err := st.Commit(t.Context(), store.Op{Record: old}); err != nil {
		t.Fatal(err)
	}
	now = noon.Add(24 * time.Hour)
	var wg sync.WaitGroup
	var counts [3]int
	for i := range counts {
		wg.Go(func() {
			n, err := s.ForgetKeys(t.Context())
			if counts[i] = n; err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := counts[0] + counts[1] + counts[2]; n != many-30+1 {
		t.Errorf("%d keys were forgotten, not %d", n, many-30+1)
	}
	page, err := st.Find(t.Context(), store.Query{Kind: "plan.key", Total: true})
	if must(t, page, err).Total != 30 {
		t.Errorf("%d are left", page.Total)
	}
}
