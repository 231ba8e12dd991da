package servicetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/store"
)

// exposing is a plan without tasks that gives checkout in production to more and
// more people, one milestone after another.
func exposing(name string, percentages ...int) releaseplan.Content {
	c := releaseplan.Content{Name: name, Target: &releaseplan.Target{Feature: "checkout", Environment: "production"}}
	for _, p := range percentages {
		c.Milestones = append(c.Milestones, releaseplan.Milestone{Name: fmt.Sprintf("%d %%", p), Strategies: []rollout.Strategy{
			{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": fmt.Sprint(p)}}}})
	}
	return c
}

// wantServed fails unless a milestone of a plan is served, both by their names; "" is nothing.
func wantServed(t testing.TB, s *releaseplan.Service, want string) {
	t.Helper()
	v, err := s.Serving(t.Context(), "checkout", "production")
	if got := served(must(t, v, err)); got != want {
		t.Errorf("served is %q, want %q", got, want)
	}
	all, err := s.Servings(t.Context(), "production")
	var names []string
	for _, v := range must(t, all, err) {
		if names = append(names, served(v)); v.Plan == "" {
			t.Errorf("%+v is among what is served", v)
		}
	}
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("all that is served is %q, want %q", got, want)
	}
}

func served(v releaseplan.Serving) string {
	if v.Plan == "" {
		return ""
	}
	return v.Name + ": " + v.Milestone
}

// share compiles what is served with a feature that is on for nobody else, and
// returns how many of 1,000 users have it.
func share(t testing.TB, s *releaseplan.Service) int {
	t.Helper()
	return shareWith(t, s, rollout.Strategy{Name: rollout.Everyone, Disabled: true})
}

// shareWith is share with a feature that has strategies of its own, or none.
func shareWith(t testing.TB, s *releaseplan.Service, own ...rollout.Strategy) (n int) {
	t.Helper()
	state := rollout.State{Features: []rollout.Feature{{Name: "checkout", Enabled: true, Strategies: own}, {Name: "other"}}}
	if _, err := s.Overlay(t.Context(), &state, "production"); err != nil {
		t.Fatal(err)
	}
	e := rollout.Compile(state.Features, state.Segments, rollout.Options{})
	for i := range 1_000 {
		if e.Enabled("checkout", &rollout.Context{UserID: fmt.Sprint("user-", i)}) {
			n++
		}
	}
	return n
}

func (on suite) testServingFollowsThePlans(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	between := func(low, high int) {
		t.Helper()
		if n := share(t, s); n < low || n > high {
			t.Errorf("%d of 1,000 have it, want %d to %d", n, low, high)
		}
	}
	wantServed(t, s, "")
	between(0, 0)
	a := executed(t, s, exposing("A", 25, 100))
	wantServed(t, s, "A: 25 %")
	between(200, 300)
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.CompleteMilestone})
	wantServed(t, s, "A: 100 %")
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Finish})
	if p := command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Archive}); p.State() != releaseplan.Completed {
		t.Fatal(p)
	}
	wantServed(t, s, "A: 100 %")
	between(1_000, 1_000)

	b := create(t, s, exposing("B", 5, 50))
	command(t, s, b.ID(), releaseplan.Command{Action: releaseplan.Finalize})
	wantServed(t, s, "A: 100 %") // until another goes live
	command(t, s, b.ID(), releaseplan.Command{Action: releaseplan.Execute})
	wantServed(t, s, "B: 5 %")
	between(20, 90)
	must(t, 0, s.Delete(t.Context(), a.ID(), ann)) // it is served no more
	wantServed(t, s, "B: 5 %")
	command(t, s, b.ID(), releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: "50 %"})
	command(t, s, b.ID(), releaseplan.Command{Action: releaseplan.StopRollout})
	wantServed(t, s, "") // and not what was before
	between(0, 0)
}

func (on suite) testServingEndsWith(t *testing.T) {
	at := 0.5
	watched := exposing("P", 5, 50)
	watched.Safeguards = []releaseplan.Safeguard{{Name: "errors", Metric: releaseplan.Metric{Name: "errors"}, Above: &at, Window: lasting(time.Minute), Action: releaseplan.SafeguardStop}}
	watched.Phases = []releaseplan.Phase{{Name: "after", Kind: releaseplan.Free, Tasks: []releaseplan.Task{{Name: "look"}}}}
	watched.Milestones[0].Start = releaseplan.ByHand
	watched.Window = &releaseplan.Window{End: noon.Add(time.Hour)}
	a := func(a releaseplan.Action) releaseplan.Command { return releaseplan.Command{Action: a} }
	for name, test := range map[string]struct {
		commands []releaseplan.Command
		later    time.Duration
		want     string
		holds    bool
	}{
		"nothing":                    {nil, 0, "P: 5 %", true},
		"pause":                      {[]releaseplan.Command{a(releaseplan.Pause)}, 0, "P: 5 %", true},
		"pause of the rollout":       {[]releaseplan.Command{a(releaseplan.PauseRollout)}, 0, "P: 5 %", true},
		"reopen":                     {[]releaseplan.Command{a(releaseplan.Reopen)}, 0, "P: 5 %", true},
		"archive":                    {[]releaseplan.Command{a(releaseplan.Archive)}, 0, "P: 5 %", true},
		"unarchive":                  {[]releaseplan.Command{a(releaseplan.Archive), a(releaseplan.Unarchive)}, 0, "P: 5 %", true},
		"expiry":                     {nil, 2 * time.Hour, "P: 5 %", true},
		"failure":                    {[]releaseplan.Command{{Action: releaseplan.Start, Task: "look"}, {Action: releaseplan.Fail, Task: "look", Remark: "no"}}, 0, "P: 5 %", true},
		"finish":                     {[]releaseplan.Command{{Action: releaseplan.Skip, Task: "look", Remark: "no"}, a(releaseplan.Finish)}, 0, "P: 5 %", false},
		"delete of a completed plan": {[]releaseplan.Command{{Action: releaseplan.Skip, Task: "look", Remark: "no"}, a(releaseplan.Finish), a(releaseplan.Delete)}, 0, "", false},
		"stop":                       {[]releaseplan.Command{a(releaseplan.StopRollout)}, 0, "", true},
		"stop and reopen":            {[]releaseplan.Command{a(releaseplan.StopRollout), a(releaseplan.Reopen)}, 0, "", false},
		"reopen and stop":            {[]releaseplan.Command{a(releaseplan.Reopen), a(releaseplan.StopRollout)}, 0, "", false},
		"reopen and cancel":          {[]releaseplan.Command{a(releaseplan.Reopen), a(releaseplan.Cancel)}, 0, "", false},
		"cancel":                     {[]releaseplan.Command{a(releaseplan.Cancel)}, 0, "", false},
		"safeguard":                  {[]releaseplan.Command{{Action: releaseplan.Observe, Safeguard: "errors", Sample: &releaseplan.Sample{Value: 1, Count: 10}}}, 0, "", true},
		"delete":                     {[]releaseplan.Command{a(releaseplan.Delete)}, 0, "", false},
		"another milestone":          {[]releaseplan.Command{a(releaseplan.StartMilestone)}, 0, "P: 50 %", true},
	} {
		t.Run(name, func(t *testing.T) {
			now := noon
			s := on.service(t, releaseplan.Config{Now: func() time.Time { return now }, Permit: func(penstock.Actor, releaseplan.Command, *releaseplan.Plan) error { return nil }})
			p := executed(t, s, watched)
			command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.StartMilestone})
			wantServed(t, s, "P: 5 %")
			for _, c := range test.commands {
				if c.Task != "" {
					c.Task = p.Tasks()[0].ID
				}
				command(t, s, p.ID(), c)
			}
			now = now.Add(test.later)
			wantServed(t, s, test.want)
			other := create(t, s, exposing("Q", 10))
			_, err := s.Do(t.Context(), other.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann)
			if held := errors.Is(err, penstock.ErrRefused); held != test.holds || !held && err != nil {
				t.Errorf("another plan: %v, want held %t", err, test.holds)
			}
			if !test.holds {
				wantServed(t, s, "Q: 10 %")
			}
		})
	}
}

// What is served is told as of now, though nobody has stored what time did.
func (on suite) testServingIsAsOfNow(t *testing.T) {
	now := noon
	s := on.service(t, releaseplan.Config{Now: func() time.Time { return now }})
	done := executed(t, s, exposing("done", 100))
	command(t, s, done.ID(), releaseplan.Command{Action: releaseplan.Finish})
	c := exposing("P", 5, 50)
	hour := lasting(time.Hour)
	c.Milestones[0].After = &hour
	c.Milestones[0].At = noon.Add(time.Minute)
	p := executed(t, s, c)
	revision := func() int64 {
		n, err := s.ServingRevision(t.Context(), "production")
		return must(t, n, err)
	}
	first := revision()
	for _, step := range []struct {
		at, next time.Duration
		want     string
	}{{0, time.Minute, "done: 100 %"}, {time.Minute, 61 * time.Minute, "P: 5 %"}, {60 * time.Minute, 61 * time.Minute, "P: 5 %"}, {61 * time.Minute, -1, "P: 50 %"}} {
		now = noon.Add(step.at)
		wantServed(t, s, step.want)
		next, err := s.Overlay(t.Context(), &rollout.State{}, "production")
		if must(t, next, err); step.next < 0 && !next.IsZero() || step.next >= 0 && !next.Equal(noon.Add(step.next)) {
			t.Errorf("after %v: next is %v", step.at, next)
		}
	}
	if n := revision(); n != first {
		t.Errorf("nothing was stored, and the revision went from %d to %d", first, n)
	}
	last := first
	for _, c := range []releaseplan.Command{{Action: releaseplan.PauseRollout}, {Action: releaseplan.StartMilestone, Milestone: "5 %"}, {Action: releaseplan.StopRollout},
		{Action: releaseplan.StartMilestone, Milestone: "5 %"}, {Action: releaseplan.Delete}} {
		command(t, s, p.ID(), c)
		n := revision()
		if n <= last {
			t.Errorf("%s: the revision is %d after %d", c.Action, n, last)
		}
		last = n
	}
	if n, err := s.ServingRevision(t.Context(), "test"); must(t, n, err) != 0 {
		t.Errorf("another environment has the revision %d", n)
	}
}

// A milestone that went live by itself and was stopped in one commit took the
// place of what was served before.
func (on suite) testStoppedAtOnceIsStopped(t *testing.T) {
	now := noon
	s := on.service(t, releaseplan.Config{Now: func() time.Time { return now }})
	done := executed(t, s, exposing("done", 100))
	command(t, s, done.ID(), releaseplan.Command{Action: releaseplan.Finish})
	c := exposing("P", 5)
	c.Milestones[0].At = noon.Add(time.Minute)
	p := executed(t, s, c)
	for feature, at := range map[string]time.Duration{"search": time.Second, "wallet": time.Hour} {
		other := exposing(feature, 5)
		other.Target.Feature, other.Milestones[0].At = feature, noon.Add(at)
		executed(t, s, other)
	}
	next, err := s.Overlay(t.Context(), &rollout.State{}, "production")
	if !must(t, next, err).Equal(noon.Add(time.Second)) {
		t.Errorf("time changes something at %v", next)
	}
	now = noon.Add(time.Hour)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.StopRollout})
	v, err := s.Serving(t.Context(), "checkout", "production")
	if got := served(must(t, v, err)); got != "" {
		t.Errorf("served is %q", got)
	}
}

// When nothing is served any more, a feature without strategies of its own is on for
// nobody, though without any plan it would be on for everyone.
func (on suite) testStoppingWidensNothing(t *testing.T) {
	at := 0.5
	stops := []releaseplan.Safeguard{{Name: "errors", Metric: releaseplan.Metric{Name: "errors"}, Above: &at, Window: lasting(time.Minute), Action: releaseplan.SafeguardStop}}
	a := func(a releaseplan.Action) releaseplan.Command { return releaseplan.Command{Action: a} }
	for name, test := range map[string]struct {
		later    time.Duration // until the milestone goes live, though nobody stores it
		commands []releaseplan.Command
		exposed  bool
	}{
		"stop":                             {0, []releaseplan.Command{a(releaseplan.StartMilestone), a(releaseplan.StopRollout)}, true},
		"safeguard":                        {0, []releaseplan.Command{a(releaseplan.StartMilestone), {Action: releaseplan.Observe, Safeguard: "errors", Sample: &releaseplan.Sample{Value: 1, Count: 10}}}, true},
		"cancel":                           {0, []releaseplan.Command{a(releaseplan.StartMilestone), a(releaseplan.Cancel)}, true},
		"delete":                           {0, []releaseplan.Command{a(releaseplan.StartMilestone), a(releaseplan.Delete)}, true},
		"delete of a completed plan":       {0, []releaseplan.Command{a(releaseplan.StartMilestone), a(releaseplan.Finish), a(releaseplan.Delete)}, true},
		"delete of a canceled plan":        {0, []releaseplan.Command{a(releaseplan.StartMilestone), a(releaseplan.Cancel), a(releaseplan.Delete)}, true},
		"stop before it is stored":         {time.Hour, []releaseplan.Command{a(releaseplan.StopRollout)}, true},
		"cancel before it is stored":       {time.Hour, []releaseplan.Command{a(releaseplan.Cancel)}, true},
		"delete before it is stored":       {time.Hour, []releaseplan.Command{a(releaseplan.Delete)}, true},
		"cancel before anything is served": {0, []releaseplan.Command{a(releaseplan.Cancel)}, false},
		"delete before anything is served": {0, []releaseplan.Command{a(releaseplan.Delete)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			now := noon
			s := on.service(t, releaseplan.Config{Now: func() time.Time { return now }})
			own := rollout.Strategy{Name: rollout.UserWithID, Parameters: map[string]string{"userIds": "user-7"}}
			off := rollout.Strategy{Name: rollout.Everyone, Disabled: true}
			want := func(none int, stopped bool) {
				t.Helper()
				got, withOwn, withOff := shareWith(t, s), shareWith(t, s, own), shareWith(t, s, off)
				if got != none || withOwn != 1 || withOff != 0 {
					t.Errorf("of 1,000 users, %d have it, want %d; %d by strategies of its own, and %d by a disabled one", got, none, withOwn, withOff)
				}
				wantServed(t, s, "")
				v, err := s.Serving(t.Context(), "checkout", "production")
				if d := cmp.Diff(releaseplan.Serving{}, must(t, v, err)); !stopped && d != "" {
					t.Error(d)
				}
				if d := cmp.Diff(releaseplan.Serving{Feature: "checkout", Environment: "production", Stopped: true}, v); stopped && d != "" {
					t.Error(d)
				}
			}
			want(1_000, false)
			c := exposing("P", 5)
			c.Safeguards, c.Milestones[0].At = stops, noon.Add(time.Hour)
			p := executed(t, s, c)
			want(1_000, false)
			now = now.Add(test.later)
			for i, c := range test.commands {
				command(t, s, p.ID(), c)
				if n := shareWith(t, s); i < len(test.commands)-1 && n > 90 {
					t.Errorf("after %s, %d of 1,000 have it", c.Action, n)
				}
			}
			if !test.exposed {
				want(1_000, false)
				return
			}
			want(0, true)
			if last := test.commands[len(test.commands)-1].Action; last == releaseplan.StopRollout || last == releaseplan.Observe {
				command(t, s, p.ID(), a(releaseplan.Cancel)) // it would keep others out
				want(0, true)
			}
			executed(t, s, exposing("Q", 30))
			if n := shareWith(t, s); n < 200 || n > 400 {
				t.Errorf("after the next plan %d of 1,000 have it", n)
			}
		})
	}
}

// A plan that went live and was deleted in one commit took the place of what was
// served before.
func (on suite) testDeletedAtOnceIsStopped(t *testing.T) {
	now := noon
	s := on.service(t, releaseplan.Config{Now: func() time.Time { return now }})
	done := executed(t, s, exposing("done", 100))
	command(t, s, done.ID(), releaseplan.Command{Action: releaseplan.Finish})
	c := exposing("P", 5)
	c.Milestones[0].At = noon.Add(time.Minute)
	p := executed(t, s, c)
	now = noon.Add(time.Hour)
	wantServed(t, s, "P: 5 %")
	must(t, 0, s.Delete(t.Context(), p.ID(), ann))
	wantServed(t, s, "")
}

// A plan whose place another took neither ends nor changes what that one serves,
// when it is deleted or begins anew.
func (on suite) testServingOfThePlanThatWentLiveLast(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	a := executed(t, s, exposing("A", 5))
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Finish})
	b := exposing("B", 10, 20)
	b.Milestones[0].Start = releaseplan.ByHand
	stopped := executed(t, s, b)
	for _, c := range []releaseplan.Command{{Action: releaseplan.StartMilestone}, {Action: releaseplan.StopRollout}, {Action: releaseplan.Reopen}} {
		command(t, s, stopped.ID(), c)
	}
	c := executed(t, s, exposing("C", 100))
	command(t, s, c.ID(), releaseplan.Command{Action: releaseplan.Finish})
	must(t, 0, s.Delete(t.Context(), a.ID(), ann))
	wantServed(t, s, "C: 100 %")
	command(t, s, stopped.ID(), releaseplan.Command{Action: releaseplan.Execute})
	wantServed(t, s, "C: 100 %")
	command(t, s, stopped.ID(), releaseplan.Command{Action: releaseplan.Cancel})
	wantServed(t, s, "C: 100 %")
}

// A plan that is deleted while it is looked for does not hide what took its place.
func (on suite) testServingWhileAPlanGoes(t *testing.T) {
	for name, look := range map[string]func(*releaseplan.Service) (releaseplan.Serving, error){
		"one": func(s *releaseplan.Service) (releaseplan.Serving, error) {
			return s.Serving(t.Context(), "checkout", "production")
		},
		"all": func(s *releaseplan.Service) (v releaseplan.Serving, err error) {
			all, err := s.Servings(t.Context(), "production")
			if len(all) == 1 {
				v = all[0]
			}
			return v, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			spy := &spyStore{Store: on.open(t)}
			s := on.service(t, releaseplan.Config{Store: spy, CacheBytes: -1})
			a := executed(t, s, exposing("A", 100))
			command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Finish})
			b := create(t, s, exposing("B", 5))
			other := on.service(t, releaseplan.Config{Store: spy.Store})
			done := false
			spy.told(func(c spyCall) spyFault {
				if done || c.method != "Get" || c.keys[0] != (store.Key{Kind: "plan", ID: a.ID()}) {
					return spyFault{}
				}
				done = true
				return spyFault{run: func() {
					command(t, other, b.ID(), releaseplan.Command{Action: releaseplan.Execute})
					must(t, 0, other.Delete(t.Context(), a.ID(), ann))
				}}
			})
			v, err := look(s)
			if got := served(must(t, v, err)); got != "B: 5 %" || !done {
				t.Errorf("served is %q", got)
			}
		})
	}
}
