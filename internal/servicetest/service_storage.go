package servicetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// edited edits a plan as Ann.
func edited(t testing.TB, s *releaseplan.Service, id string, f func(*releaseplan.Content)) *releaseplan.Plan {
	t.Helper()
	p, err := s.Edit(t.Context(), id, 0, func(c *releaseplan.Content) error { f(c); return nil }, ann)
	return must(t, p, err)
}

// Design 4: a commit writes the header and what changed, and nothing else.
func (on suite) testWhatACommitWrites(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy, UniqueNames: true})
	c := contentOf("release", 10, 20, releaseplan.Parallel)
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true}}
	p := create(t, s, c)
	tasks := p.Tasks()
	wrote := func(what string, do func(), want ...string) {
		t.Helper()
		spy.told(nil)
		do()
		commits := spy.of("Commit")
		if len(commits) != 1 {
			t.Fatalf("%s: %d commits", what, len(commits))
		}
		if diff := cmp.Diff(want, commits[0].wrote()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
		if header := commits[0].ops[0]; header.Key != (store.Key{Kind: "plan", ID: p.ID()}) || len(header.Events) == 0 {
			t.Errorf("%s: the first op is %v with %d events", what, header.Key, len(header.Events))
		}
	}
	do := func(a releaseplan.Action, task int) func() {
		return func() {
			command(t, s, p.ID(), releaseplan.Command{Action: a, Task: tasks[task].ID, Remark: "because"})
		}
	}
	edit := func(f func(*releaseplan.Content)) func() { return func() { edited(t, s, p.ID(), f) } }

	wrote("edit of a phase", edit(func(c *releaseplan.Content) { c.Phases[3].Tasks[2].Description = "with care" }), "plan", "plan.phase")
	wrote("edit of the plan", edit(func(c *releaseplan.Content) { c.Description = "big" }), "plan", "plan.content")
	wrote("edit of both", edit(func(c *releaseplan.Content) { c.Description, c.Phases[9].Description = "x", "y" }), "plan", "plan.content", "plan.phase")
	wrote("rename", edit(func(c *releaseplan.Content) { c.Name = "other" }), "-plan.name", "plan", "plan.content", "plan.name")
	wrote("secret", func() {
		command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.SetVariables, Variables: []releaseplan.Variable{{Name: "token", Value: "hush"}}})
	}, "plan", "plan.content", "plan.secret")
	wrote("remove a phase", edit(func(c *releaseplan.Content) { c.Phases = c.Phases[:9] }), "-plan.phase", "plan")
	wrote("execute", do(releaseplan.Execute, 0), "plan")
	wrote("comment", do(releaseplan.Comment, 0), "plan")
	wrote("start", do(releaseplan.Start, 0), "plan", "plan.tasks")
	wrote("complete", do(releaseplan.Complete, 0), "plan", "plan.tasks")
	wrote("skip in another phase", do(releaseplan.Skip, 45), "plan", "plan.tasks")
	wrote("hold", do(releaseplan.Hold, 1), "plan", "plan.tasks")
	wrote("pause", do(releaseplan.Pause, 0), "plan")
	wrote("edit of a phase under way", edit(func(c *releaseplan.Content) { c.Phases[8].Description = "last" }), "plan", "plan.phase")
	wrote("edit of a phase with statuses", edit(func(c *releaseplan.Content) { c.Phases[2].Description = "third" }), "plan", "plan.phase")
	wrote("key", func() {
		command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "x", Key: "k"})
	}, "plan", "plan.key")
}

func (on suite) testChunksHoldThirtyTwoTasks(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy})
	p := executed(t, s, contentOf("release", 1, 100, releaseplan.Parallel))
	for task, chunk := range map[int]string{0: "0", 31: "0", 32: "1", 63: "1", 64: "2", 99: "3"} {
		spy.told(nil)
		command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[task].ID})
		op := spy.of("Commit")[0].ops[1]
		if want := (store.Key{Kind: "plan.tasks", ID: p.ID() + "/0/" + chunk}); op.Key != want {
			t.Errorf("task %d is written to %v", task, op.Key)
		}
	}
}

func (on suite) testDeleteLeavesNothingButTheTrail(t *testing.T) {
	st := on.open(t)
	s := on.service(t, releaseplan.Config{Store: st, UniqueNames: true})
	c := contentOf("release", 3, 40, releaseplan.Parallel)
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
	p := executed(t, s, c)
	for _, task := range []int{0, 39, 41, 100} {
		command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Skip, Task: p.Tasks()[task].ID, Remark: "no"})
	}
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	edited(t, s, p.ID(), func(c *releaseplan.Content) { c.Phases[2].Tasks = c.Phases[2].Tasks[:30] })
	must(t, 0, s.Delete(t.Context(), p.ID(), ann))
	for _, kind := range []string{"plan", "plan.content", "plan.phase", "plan.tasks", "plan.secret", "plan.name"} {
		page, err := st.Find(t.Context(), store.Query{Kind: kind})
		if records := must(t, page, err).Records; len(records) != 0 {
			t.Errorf("%d records of kind %s are left", len(records), kind)
		}
	}
	events, err := st.Events(t.Context(), store.EventQuery{Subject: store.Key{Kind: "plan", ID: p.ID()}})
	if must(t, events, err)[len(events)-1].Name != "plan.deleted" {
		t.Errorf("the trail ends with %s", events[len(events)-1].Name)
	}
	for name, err := range everyMethod(t, s, p.ID(), ann) {
		if !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A cold read takes two Gets, a warm one one; a warm Do reads nothing.
func (on suite) testHowOftenAStoreIsAsked(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	warm := on.service(t, releaseplan.Config{Store: spy})
	p := executed(t, warm, contentOf("release", 10, 20, releaseplan.Parallel))
	get := func(s *releaseplan.Service) func() error {
		return func() error { _, err := s.Get(t.Context(), p.ID(), ann); return err }
	}
	do := func(s *releaseplan.Service) func() error {
		return func() error {
			_, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hi"}, ann)
			return err
		}
	}
	refused := func() error {
		if _, err := warm.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Resume}, ann); !errors.Is(err, penstock.ErrRefused) {
			return fmt.Errorf("not refused: %w", err)
		}
		return nil
	}
	bare := on.service(t, releaseplan.Config{Store: spy, CacheBytes: -1})
	for _, test := range []struct {
		name          string
		call          func() error
		gets, commits int
	}{
		{"cold Get", get(on.service(t, releaseplan.Config{Store: spy})), 2, 0},
		{"warm Get", get(warm), 1, 0},
		{"uncached Get", get(bare), 2, 0},
		{"uncached Get again", get(bare), 2, 0},
		{"cold Do", do(on.service(t, releaseplan.Config{Store: spy})), 2, 1},
		{"uncached Do", do(bare), 2, 1},
		{"stale Do", do(warm), 2, 2},
		{"warm Do", do(warm), 0, 1},
		{"warm Get after Do", get(warm), 1, 0},
		{"refusal", refused, 1, 0},
	} {
		spy.told(nil)
		if err := test.call(); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if gets, commits := len(spy.of("Get")), len(spy.of("Commit")); gets != test.gets || commits != test.commits {
			t.Errorf("%s: %d Gets and %d Commits, not %d and %d", test.name, gets, commits, test.gets, test.commits)
		}
	}
}

// cachedPlans counts the plans of which a Service needs one Get only.
func cachedPlans(t *testing.T, spy *spyStore, s *releaseplan.Service, ids []string) (cached []bool) {
	t.Helper()
	for _, id := range slices.Backward(ids) { // the latest first, so that looking changes little
		spy.told(nil)
		if _, err := s.Get(t.Context(), id, ann); err != nil {
			t.Fatal(err)
		}
		cached = append(cached, len(spy.of("Get")) == 1)
	}
	return cached
}

// The cache is bounded in bytes, of plans that were created too, and keeps what
// was used last.
func (on suite) testCacheIsBoundedInBytes(t *testing.T) {
	for _, limit := range []struct {
		bytes    int64
		min, max int
	}{{0, 20, 20}, {1 << 20, 6, 15}, {1, 0, 0}, {-1, 0, 0}} {
		spy := &spyStore{Store: on.open(t)}
		s := on.service(t, releaseplan.Config{Store: spy, CacheBytes: limit.bytes})
		var ids []string
		for i := range 20 {
			ids = append(ids, create(t, s, contentOf(fmt.Sprint(i), 10, 20, "")).ID())
		}
		cached := cachedPlans(t, spy, s, ids)
		n := strings.Count(fmt.Sprint(cached), "true")
		if n < limit.min || n > limit.max {
			t.Errorf("of 20 plans of 24 KB, %d are cached in %d bytes", n, limit.bytes)
		}
		for i := range n {
			if !cached[i] {
				t.Errorf("the plan used %d-th last is not cached, but one used before it is", i+1)
			}
		}
	}
}

// A plan that grows by commands counts with what it has grown to.
func (on suite) testCacheCountsWhatAPlanGrowsBy(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy, CacheBytes: 400 << 10})
	p := executed(t, s, contentOf("growing", 1, 32, releaseplan.Parallel))
	ids := []string{p.ID()}
	if !cachedPlans(t, spy, s, ids)[0] {
		t.Fatal("the plan is not cached")
	}
	for _, task := range p.Tasks() {
		if _, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: task.ID, Remark: strings.Repeat("x", 4<<10)}, ann); err != nil {
			t.Fatal(err)
		}
	}
	if cachedPlans(t, spy, s, ids)[0] {
		t.Error("a plan with 128 KB of remarks is cached in 400 KB")
	}
}

// What was used last stays: reading counts as use.
func (on suite) testCacheKeepsWhatWasUsedLast(t *testing.T) {
	spy := &spyStore{Store: on.open(t)}
	s := on.service(t, releaseplan.Config{Store: spy, CacheBytes: 1 << 20})
	first := create(t, s, contentOf("first", 10, 20, "")).ID()
	second := create(t, s, contentOf("second", 10, 20, "")).ID()
	for i := range 20 {
		create(t, s, contentOf(fmt.Sprint(i), 10, 20, ""))
		spy.told(nil)
		if _, err := s.Get(t.Context(), first, ann); err != nil || len(spy.of("Get")) != 1 {
			t.Fatalf("after %d others the plan took %d Gets, %v", i+1, len(spy.of("Get")), err)
		}
	}
	if cachedPlans(t, spy, s, []string{second})[0] {
		t.Error("a plan that was not used since is cached")
	}
}

// A plan that changes between the two Gets of a read is read again: never half of
// the one and half of the other.
func (on suite) testPlanChangesWhileItIsRead(t *testing.T) {
	for name, between := range map[string]func(*releaseplan.Content){
		"a phase more":   func(c *releaseplan.Content) { c.Phases = append(c.Phases, contentOf("", 1, 40, "").Phases...) },
		"a phase less":   func(c *releaseplan.Content) { c.Phases = c.Phases[:1] },
		"another order":  func(c *releaseplan.Content) { c.Phases[0], c.Phases[1] = c.Phases[1], c.Phases[0] },
		"the first name": func(c *releaseplan.Content) { c.Phases[0].Name = "renamed" },
	} {
		spy := &spyStore{Store: on.open(t)}
		writer := on.service(t, releaseplan.Config{Store: spy.Store})
		p := create(t, writer, contentOf("release", 2, 3, ""))
		spy.told(func(c spyCall) (f spyFault) {
			if c.method == "Get" && c.n == 2 {
				f.run = func() { p = edited(t, writer, p.ID(), between) }
			}
			return f
		})
		got, err := on.service(t, releaseplan.Config{Store: spy}).Get(t.Context(), p.ID(), ann)
		if diff := cmp.Diff(exported(t, p), exported(t, must(t, got, err))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if n := len(spy.of("Get")); n != 4 {
			t.Errorf("%s: %d Gets", name, n)
		}
	}
	spy := &spyStore{Store: on.open(t)}
	writer := on.service(t, releaseplan.Config{Store: spy.Store})
	p := create(t, writer, contentOf("release", 1, 1, ""))
	spy.told(func(c spyCall) (f spyFault) {
		if c.method == "Get" && c.n == 2 {
			f.run = func() { must(t, 0, writer.Delete(t.Context(), p.ID(), ann)) }
		}
		return f
	})
	if _, err := on.service(t, releaseplan.Config{Store: spy}).Get(t.Context(), p.ID(), ann); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("deleted while it is read: %v", err)
	}
}
