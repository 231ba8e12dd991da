package servicetest

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
)

// planKinds are the kinds of record that plans are made of.
var planKinds = []string{"plan", "plan.content", "plan.phase", "plan.tasks", "plan.secret", "plan.name", "plan.key", "plan.base"}

// dump counts everything in a store: the records of each kind, and the events.
func dump(t *testing.T, st store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, kind := range planKinds {
		page, err := st.Find(t.Context(), store.Query{Kind: kind, Limit: store.MaxLimit})
		fmt.Fprintf(&b, "%s %d, ", kind, len(must(t, page, err).Records))
	}
	events, err := st.Events(t.Context(), store.EventQuery{Limit: store.MaxLimit})
	for _, e := range must(t, events, err) {
		fmt.Fprintf(&b, "%s ", e.Name)
	}
	return b.String()
}

// writes are the methods that write, on a plan of which the first task is done.
var writes = map[string]func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error{
	"Create": func(ctx context.Context, s *releaseplan.Service, _ *releaseplan.Plan) error {
		c := contentOf("another", 2, 2, "")
		c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
		_, err := s.Create(ctx, c, ann)
		return err
	},
	"Do": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[1].ID}, ann)
		return err
	},
	"Do with a key": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[1].ID, Key: "k"}, ann)
		return err
	},
	"Edit": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Edit(ctx, p.ID(), 0, func(c *releaseplan.Content) error {
			c.Name, c.Phases[1].Tasks = "renamed", append(c.Phases[1].Tasks, releaseplan.Task{Name: "new"})
			c.Variables[0].Value = "psst"
			return nil
		}, ann)
		return err
	},
	"Duplicate": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		_, err := s.Duplicate(ctx, p.ID(), releaseplan.Copy{}, ann)
		return err
	},
	"Delete": func(ctx context.Context, s *releaseplan.Service, p *releaseplan.Plan) error {
		return s.Delete(ctx, p.ID(), ann)
	},
}

// faulty returns a plan in a store that can be told to fail, and a Service over
// it, whose cache holds the plan or not.
func (on suite) faulty(t *testing.T, method string, warm bool) (*spyStore, *releaseplan.Service, *releaseplan.Plan) {
	t.Helper()
	spy := &spyStore{Store: on.open(t)}
	cfg := releaseplan.Config{Store: spy, UniqueNames: true}
	s := on.service(t, cfg)
	c := contentOf("release", 2, 3, releaseplan.Parallel)
	c.Variables = []releaseplan.Variable{{Name: "token", Secret: true, Value: "hush"}}
	p := executed(t, s, c)
	p = command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID})
	if method == "Edit" {
		p = command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Pause})
	}
	if !warm {
		s = on.service(t, cfg)
	}
	return spy, s, p
}

// intact reports what is wrong with a store by loading every plan in it.
func intact(t *testing.T, st store.Store) {
	t.Helper()
	s := releaseplan.New(releaseplan.Config{Store: st, Now: clock})
	list, err := s.List(t.Context(), releaseplan.Filter{Archived: releaseplan.WithArchived}, ann)
	for _, item := range must(t, list, err).Items {
		p, err := s.Get(t.Context(), item.ID, ann)
		var changes []releaseplan.Change
		trail, historyErr := s.History(t.Context(), item.ID, 0, 1_000, ann)
		for _, e := range must(t, trail, historyErr) {
			changes = append(changes, e.Change)
		}
		folded, foldErr := releaseplan.Fold(changes)
		if diff := cmp.Diff(exported(t, must(t, p, err)), exported(t, must(t, folded, foldErr))); diff != "" {
			t.Errorf("plan and trail differ: %s", diff)
		}
	}
}

// Whatever call of the store fails, before or after it was carried out: all is
// stored or nothing, what is acknowledged is stored once, and an error says the
// truth.
func (on suite) testFaultsAtEveryCall(t *testing.T) {
	for name, call := range writes {
		for _, warm := range []bool{false, true} {
			spy, s, p := on.faulty(t, name, warm)
			before := dump(t, spy.Store)
			spy.told(nil)
			must(t, 0, call(t.Context(), s, p))
			calls, after := spy.calls, dump(t, spy.Store)
			if before == after || len(calls) == 0 {
				t.Fatalf("%s does nothing", name)
			}
			for _, at := range calls {
				for _, late := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/warm=%v/%s %d/late=%v", name, warm, at.method, at.n, late), func(t *testing.T) {
						spy, s, p := on.faulty(t, name, warm)
						spy.told(func(c spyCall) (f spyFault) {
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
						got := dump(t, spy.Store)
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
						intact(t, spy.Store)
						if err != nil { // and the next time it works
							must(t, 0, call(t.Context(), s, p))
							if diff := cmp.Diff(after, dump(t, spy.Store)); diff != "" {
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
func (on suite) testUnknownOutcomeIsSaid(t *testing.T) {
	for name, call := range writes {
		for _, stored := range []bool{false, true} {
			spy, s, p := on.faulty(t, name, true)
			before := dump(t, spy.Store)
			spy.told(func(c spyCall) (f spyFault) {
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
			if (dump(t, spy.Store) != before) != stored {
				t.Errorf("%s: stored is not %v", name, stored)
			}
			if name == "Do" { // the cache does not hide what happened
				got, err := s.Get(t.Context(), p.ID(), ann)
				if state := must(t, got, err).Tasks()[1].Status.State; (state == releaseplan.TaskDone) != stored {
					t.Errorf("the task is seen as %s", state)
				}
			}
		}
	}
}

// A commit whose answer was lost is found, though others have written the header
// since.
func (on suite) testLostAnswerIsFoundBehindOthersCommits(t *testing.T) {
	for _, stored := range []bool{false, true} {
		spy, s, p := on.faulty(t, "Do", true)
		other := on.service(t, releaseplan.Config{Store: spy.Store})
		spy.told(func(c spyCall) (f spyFault) {
			if c.method == "Commit" {
				f.after = errCLost
				if !stored {
					f.before = errCLost
				}
			}
			if c.method == "Events" && c.n == 1 {
				f.run = func() {
					for range 1_100 { // more than a page of events
						command(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "me too"})
					}
				}
			}
			return f
		})
		err := writes["Do"](t.Context(), s, p)
		if (err == nil) != stored {
			t.Errorf("stored: %v, the error is %v", stored, err)
		}
		got, err := s.Get(t.Context(), p.ID(), ann)
		if state := must(t, got, err).Tasks()[1].Status.State; (state == releaseplan.TaskDone) != stored {
			t.Errorf("the task is %s", state)
		}
	}
}

// Rule 10: a command that others overtake is decided again, ten times at most.
func (on suite) testConflictsAreDecidedAgainTenTimes(t *testing.T) {
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
			spy, s, p := on.faulty(t, "Edit", true) // paused
			other := on.service(t, releaseplan.Config{Store: spy.Store})
			spy.told(func(c spyCall) (f spyFault) {
				if c.method == "Commit" && c.n <= test.conflicts {
					f.run = func() {
						command(t, other, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "me first"})
					}
				}
				return f
			})
			var err error
			if test.edit {
				_, err = s.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Description = "mine"; return nil }, ann)
			} else {
				_, err = s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Resume}, ann)
			}
			if !errors.Is(err, test.want) || len(spy.of("Commit")) != test.commits {
				t.Errorf("%d commits, the error is %v", len(spy.of("Commit")), err)
			}
			spy.told(nil)
			got, err := s.Get(t.Context(), p.ID(), ann)
			if done := must(t, got, err).State() == releaseplan.Running; done != (test.want == nil) {
				t.Errorf("the plan is %s", got.State())
			}
		})
	}
}

// A context that ends while the store works is no reason to answer wrongly.
func (on suite) testContextEndsDuringCommit(t *testing.T) {
	for name, test := range map[string]struct {
		fault  spyFault      // of the Commit
		look   time.Duration // how long the look takes
		want   error
		stored bool
		after  time.Duration
	}{
		"before it is carried out":    {spyFault{wait: time.Minute}, 0, context.DeadlineExceeded, false, time.Second},
		"after it was carried out":    {spyFault{after: context.DeadlineExceeded}, 0, nil, true, 0},
		"and the look takes a while":  {spyFault{after: context.DeadlineExceeded}, 3 * time.Second, nil, true, 3 * time.Second},
		"and the look takes for ever": {spyFault{after: errCLost}, time.Hour, errCLost, true, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				spy, s, p := on.faulty(t, "Do", true)
				spy.told(func(c spyCall) spyFault {
					switch c.method {
					case "Commit":
						return test.fault
					case "Events":
						return spyFault{wait: test.look}
					}
					return spyFault{}
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				begin := time.Now()
				err := writes["Do"](ctx, s, p)
				if took := time.Since(begin); took != test.after {
					t.Errorf("it took %v", took)
				}
				if !errors.Is(err, test.want) {
					t.Errorf("the error is %v", err)
				}
				spy.told(nil)
				got, err := s.Get(t.Context(), p.ID(), ann)
				if stored := must(t, got, err).Tasks()[1].Status.State == releaseplan.TaskDone; stored != test.stored {
					t.Errorf("stored: %v", stored)
				}
			})
		})
	}
}

// Who waits for a plan's turn gives up when the context ends.
func (on suite) testWaitingForATurnEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spy, s, p := on.faulty(t, "Do", true)
		spy.told(func(c spyCall) (f spyFault) {
			if c.method == "Commit" {
				f.wait = time.Minute
			}
			return f
		})
		done := make(chan error)
		go func() { done <- writes["Do"](t.Context(), s, p) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := writes["Do with a key"](ctx, s, p); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		if n := len(spy.of("Commit")); n != 1 {
			t.Errorf("%d commits were begun", n)
		}
		must(t, 0, <-done)
	})
}

func (on suite) testFailingReadsAreReported(t *testing.T) {
	spy, _, p := on.faulty(t, "Do", true)
	for _, method := range []string{"Get", "Find", "Events"} {
		for n := range 2 {
			spy.told(func(c spyCall) (f spyFault) {
				if c.method == method && c.n > n {
					f.before = errCLost
				}
				return f
			})
			s := on.service(t, releaseplan.Config{Store: spy})
			_, getErr := s.Get(t.Context(), p.ID(), ann)
			if method == "Get" && !errors.Is(getErr, errCLost) {
				t.Errorf("%s %d: Get: %v", method, n+1, getErr)
			}
			spy.told(spy.fault)
			_, listErr := s.List(t.Context(), releaseplan.Filter{}, ann)
			if n == 0 && method != "Events" && !errors.Is(listErr, errCLost) {
				t.Errorf("%s %d: List: %v", method, n+1, listErr)
			}
			if method == "Events" && n == 0 {
				if _, err := s.History(t.Context(), p.ID(), 0, 0, ann); !errors.Is(err, errCLost) {
					t.Errorf("History: %v", err)
				}
				for _, err := range s.Follow(t.Context(), p.ID(), ann) {
					if !errors.Is(err, errCLost) {
						t.Errorf("Follow: %v", err)
					}
				}
			}
		}
	}
}
