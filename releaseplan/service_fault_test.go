package releaseplan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// cKinds are the kinds of record that plans are made of.
var cKinds = []string{"plan", "plan.content", "plan.phase", "plan.tasks", "plan.secret", "plan.name", "plan.key"}

// cDump counts everything in a store: the records of each kind, and the events.
func cDump(t *testing.T, st store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, kind := range cKinds {
		page, err := st.Find(t.Context(), store.Query{Kind: kind, Limit: store.MaxLimit})
		fmt.Fprintf(&b, "%s %d, ", kind, len(cMust(t, page, err).Records))
	}
	events, err := st.Events(t.Context(), store.EventQuery{Limit: store.MaxLimit})
	for _, e := range cMust(t, events, err) {
		fmt.Fprintf(&b, "%s ", e.Name)
	}
	return b.String()
}

// cWrites are the methods that write, on a plan of which the first task is done.
var cWrites = map[string]func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error{
	"Create": func(ctx context.Context, s *releaseplan.Service, _ *releaseplan.Plan) error {
		c := cContent("another", 2, 2, "")
		c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
		_, err := s.Create(ctx, c, cAnn)
		return err
	},
	"Do": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[1].ID}, cAnn)
		return err
	},
	"Do with a key": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[1].ID, Key: "k"}, cAnn)
		return err
	},
	"Edit": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Edit(ctx, p.ID(), 0, func(c *releaseplan.Content) error {
			c.Name, c.Phases[1].Tasks = "renamed", append(c.Phases[1].Tasks, releaseplan.Task{Name: "new"})
			c.Variables[0].Value = "psst"
			return nil
		}, cAnn)
		return err
	},
	"Duplicate": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Duplicate(ctx, p.ID(), releaseplan.Copy{}, cAnn)
		return err
	},
	"Delete": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		return s.Delete(ctx, p.ID(), cAnn)
	},
}

// cFaulty returns a plan in a store that can be told to fail, and a Service over
// it, whose cache holds the plan or not.
func cFaulty(t *testing.T, method string, warm bool) (*cSpy, *releaseplan.Service, *releaseplan.Plan) {
	t.Helper()
	spy := &cSpy{Store: memory.New()}
	cfg := releaseplan.Config{Store: spy, UniqueNames: true}
	s := cService(cfg)
	c := cContent("release", 2, 3, releaseplan.Parallel)
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
	p := cRunning(t, s, c)
	p = cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})
	if method == "Edit" {
		p = cDo(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	}
	if !warm {
		s = cService(cfg)
	}
	return spy, s, p
}

// cIntact reports what is wrong with a store by loading every plan in it.
func cIntact(t *testing.T, st store.Store) {
	t.Helper()
	s := cService(releaseplan.Config{Store: st})
	list, err := s.List(t.Context(), releaseplan.Filter{Archived: releaseplan.WithArchived}, cAnn)
	for _, item := range cMust(t, list, err).Items {
		p, err := s.Get(t.Context(), item.ID, cAnn)
		var changes []releaseplan.Change
		trail, historyErr := s.History(t.Context(), item.ID, 0, 1_000, cAnn)
		for _, e := range cMust(t, trail, historyErr) {
			changes = append(changes, e.Change)
		}
		folded, foldErr := releaseplan.Fold(changes)
		if diff := cmp.Diff(cExport(t, cMust(t, p, err)), cExport(t, cMust(t, folded, foldErr))); diff != "" {
			t.Errorf("plan and trail differ: %s", diff)
		}
	}
}

// Whatever call of the store fails, before or after it was carried out: all is
// stored or nothing, what is acknowledged is stored once, and an error says the
// truth.
func TestFaultsAtEveryCall(t *testing.T) {
	for name, call := range cWrites {
		for _, warm := range []bool{false, true} {
			spy, s, p := cFaulty(t, name, warm)
			before := cDump(t, spy.Store)
			spy.told(nil)
			cMust(t, 0, call(t.Context(), s, p))
			calls, after := spy.calls, cDump(t, spy.Store)
			if before == after || len(calls) == 0 {
				t.Fatalf("%s does nothing", name)
			}
			for _, at := range calls {
				for _, late := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/warm=%v/%s %d/late=%v", name, warm, at.method, at.n, late), func(t *testing.T) {
						spy, s, p := cFaulty(t, name, warm)
						spy.told(func(c cCall) (f cFault) {
							if c.method == at.method && c.n == at.n {
								f.before = errCLost
								if late {
									f.before, f.after = nil, errCLost
								}
							}
							return f
						})
						err := call(t.Context(), s, p)
						spy.told(nil)
						got := cDump(t, spy.Store)
						switch stored := got == after; {
						case got != before && !stored:
							t.Errorf("a part was stored: %s", got)
						case err == nil && !stored:
							t.Error("it was acknowledged and not stored")
						case err != nil && stored:
							t.Errorf("it was stored and the error is %v", err)
						case err != nil && !errors.Is(err, errCLost):
							t.Errorf("the error is %v", err)
						case late && at.method == "Commit" && err != nil:
							t.Errorf("only the answer was lost, but the error is %v", err)
						}
						cIntact(t, spy.Store)
						if err != nil { // and the next time it works
							cMust(t, 0, call(t.Context(), s, p))
							if diff := cmp.Diff(after, cDump(t, spy.Store)); diff != "" {
								t.Errorf("done again: %s", diff)
							}
						}
					})
				}
			}
		}
	}
}

// If the answer is lost and nobody can look either, the outcome is unknown, and
// the error says so.
func TestUnknownOutcomeIsSaid(t *testing.T) {
	for name, call := range cWrites {
		for _, stored := range []bool{false, true} {
			spy, s, p := cFaulty(t, name, true)
			before := cDump(t, spy.Store)
			spy.told(func(c cCall) (f cFault) {
				switch {
				case c.method == "Events":
					f.before = errors.New("still down")
				case c.method == "Commit" && stored:
					f.after = errCLost
				case c.method == "Commit":
					f.before = errCLost
				}
				return f
			})
			err := call(t.Context(), s, p)
			if !errors.Is(err, errCLost) || !strings.Contains(err.Error(), "unknown") || !strings.Contains(err.Error(), "still down") {
				t.Errorf("%s: the error is %v", name, err)
			}
			if n := len(spy.of("Commit")); n != 1 {
				t.Errorf("%s: committed %d times", name, n)
			}
			spy.told(nil)
			if (cDump(t, spy.Store) != before) != stored {
				t.Errorf("%s: stored is not %v", name, stored)
			}
			if name == "Do" { // the cache does not hide what happened
				got, err := s.Get(t.Context(), p.ID(), cAnn)
				if state := cMust(t, got, err).Tasks()[1].Status.State; (state == releaseplan.TaskDone) != stored {
					t.Errorf("the task is seen as %s", state)
				}
			}
		}
	}
}

// A commit whose answer was lost is found, though others have written the header
// since.
func TestLostAnswerIsFoundBehindOthersCommits(t *testing.T) {
	for _, stored := range []bool{false, true} {
		spy, s, p := cFaulty(t, "Do", true)
		other := cService(releaseplan.Config{Store: spy.Store})
		spy.told(func(c cCall) (f cFault) {
			if c.method == "Commit" {
				f.after = errCLost
				if !stored {
					f.before = errCLost
				}
			}
			if c.method == "Events" && c.n == 1 {
				f.run = func() {
					for range 1_100 { // more than a page of events
						cDo(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "me too"})
					}
				}
			}
			return f
		})
		err := cWrites["Do"](t.Context(), s, p)
		if (err == nil) != stored {
			t.Errorf("stored: %v, the error is %v", stored, err)
		}
		got, err := s.Get(t.Context(), p.ID(), cAnn)
		if state := cMust(t, got, err).Tasks()[1].Status.State; (state == releaseplan.TaskDone) != stored {
			t.Errorf("the task is %s", state)
		}
	}
}

// Rule 10: a command that others overtake is decided again, ten times at most.
func TestConflictsAreDecidedAgainTenTimes(t *testing.T) {
	for _, test := range []struct {
		name      string
		conflicts int
		edit      bool
		commits   int
		want      error
	}{
		{"none", 0, false, 1, nil}, {"one", 1, false, 2, nil}, {"nine", 9, false, 10, nil}, {"ten", 10, false, 10, penstock.ErrConflict},
		{"an edit", 1, true, 1, penstock.ErrConflict},
	} {
		t.Run(test.name, func(t *testing.T) {
			spy, s, p := cFaulty(t, "Edit", true) // paused
			other := cService(releaseplan.Config{Store: spy.Store})
			spy.told(func(c cCall) (f cFault) {
				if c.method == "Commit" && c.n <= test.conflicts {
					f.run = func() { cDo(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "me first"}) }
				}
				return f
			})
			var err error
			if test.edit {
				_, err = s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Description = "mine"; return nil }, cAnn)
			} else {
				_, err = s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Resume}, cAnn)
			}
			if !errors.Is(err, test.want) || len(spy.of("Commit")) != test.commits {
				t.Errorf("%d commits, the error is %v", len(spy.of("Commit")), err)
			}
			spy.told(nil)
			got, err := s.Get(t.Context(), p.ID(), cAnn)
			if done := cMust(t, got, err).State() == releaseplan.Running; done != (test.want == nil) {
				t.Errorf("the plan is %s", got.State())
			}
		})
	}
}

// A context that ends while the store works is no reason to answer wrongly.
func TestContextEndsDuringCommit(t *testing.T) {
	for name, test := range map[string]struct {
		fault  cFault        // of the Commit
		look   time.Duration // how long the look takes
		want   error
		stored bool
		after  time.Duration
	}{
		"before it is carried out":    {cFault{wait: time.Minute}, 0, context.DeadlineExceeded, false, time.Second},
		"after it was carried out":    {cFault{after: context.DeadlineExceeded}, 0, nil, true, 0},
		"and the look takes a while":  {cFault{after: context.DeadlineExceeded}, 3 * time.Second, nil, true, 3 * time.Second},
		"and the look takes for ever": {cFault{after: errCLost}, time.Hour, errCLost, true, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				spy, s, p := cFaulty(t, "Do", true)
				spy.told(func(c cCall) cFault {
					switch c.method {
					case "Commit":
						return test.fault
					case "Events":
						return cFault{wait: test.look}
					}
					return cFault{}
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				err := cWrites["Do"](ctx, s, p)
				if took := time.Since(begin); took != test.after {
					t.Errorf("it took %v", took)
				}
				if !errors.Is(err, test.want) {
					t.Errorf("the error is %v", err)
				}
				spy.told(nil)
				got, err := s.Get(t.Context(), p.ID(), cAnn)
				if stored := cMust(t, got, err).Tasks()[1].Status.State == releaseplan.TaskDone; stored != test.stored {
					t.Errorf("stored: %v", stored)
				}
			})
		})
	}
}

// Who waits for a plan's turn gives up when the context ends.
func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spy, s, p := cFaulty(t, "Do", true)
		spy.told(func(c cCall) (f cFault) {
			if c.method == "Commit" {
				f.wait = time.Minute
			}
			return f
		})
		done := make(chan error)
		go func() { done <- cWrites["Do"](t.Context(), s, p) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := cWrites["Do with a key"](ctx, s, p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		if n := len(spy.of("Commit")); n != 1 {
			t.Errorf("%d commits were begun", n)
		}
		cMust(t, 0, <-done)
	})
}

func TestFailingReadsAreReported(t *testing.T) {
	spy, _, p := cFaulty(t, "Do", true)
	for _, method := range []string{"Get", "Find", "Events"} {
		for n := range 2 {
			spy.told(func(c cCall) (f cFault) {
				if c.method == method && c.n > n {
					f.before = errCLost
				}
				return f
			})
			s := cService(releaseplan.Config{Store: spy})
			_, getErr := s.Get(t.Context(), p.ID(), cAnn)
			if method == "Get" && !errors.Is(getErr, errCLost) {
				t.Errorf("%s %d: Get: %v", method, n+1, getErr)
			}
			spy.told(spy.fault)
			_, listErr := s.List(t.Context(), releaseplan.Filter{}, cAnn)
			if n == 0 && method != "Events" && !errors.Is(listErr, errCLost) {
				t.Errorf("%s %d: List: %v", method, n+1, listErr)
			}
			if method == "Events" && n == 0 {
				if _, err := s.History(t.Context(), p.ID(), 0, 0, cAnn); !errors.Is(err, errCLost) {
					t.Errorf("History: %v", err)
				}
				for _, err := range s.Follow(t.Context(), p.ID(), cAnn) {
					if !errors.Is(err, errCLost) {
						t.Errorf("Follow: %v", err)
					}
				}
			}
		}
	}
}
