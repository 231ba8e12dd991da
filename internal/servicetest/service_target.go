package servicetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// At most one plan that is under way has the same target.
func (on suite) testTargetIsExclusive(t *testing.T) {
	secret := ""
	s := on.service(t, releaseplan.Config{Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if on.Name == secret {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	a := create(t, s, exposing("A", 5))
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Finalize})
	b := create(t, s, exposing("B", 5))
	refused := func(want string) {
		t.Helper()
		for _, action := range []releaseplan.Action{releaseplan.Finalize, releaseplan.Execute} {
			_, err := s.Do(t.Context(), b.ID(), releaseplan.Command{Action: action}, ann)
			var e *penstock.RefusedError
			if !errors.As(err, &e) || cmp.Diff([]string{want}, e.Needs) != "" || e.State != "draft" || e.Action != string(action) {
				t.Errorf("%s: %v", action, err)
			}
			verdicts, err := s.Can(t.Context(), b.ID(), ann)
			for _, v := range must(t, verdicts, err) {
				if v.Action == action && (v.Allowed || len(v.Refusals) != 1 || v.Refusals[0].Rule != "target_free" || v.Refusals[0].Needs != want) {
					t.Errorf("Can tells of %s: %+v", action, v)
				}
			}
		}
	}
	refused(`the end of plan "A", which rolls out checkout in production`)
	secret = "A"
	refused("the end of another plan, which rolls out checkout in production")
	secret = ""
	wantServed(t, s, "")
	for name, change := range map[string]func(*releaseplan.Target){
		"environment": func(t *releaseplan.Target) { t.Environment = "test" },
		"feature":     func(t *releaseplan.Target) { t.Feature = "search" },
	} {
		c := exposing(name, 5)
		change(c.Target)
		if p := executed(t, s, c); p.State() != releaseplan.Running {
			t.Errorf("another %s: %s", name, p)
		}
	}
	if p := command(t, s, create(t, s, exposing("C", 5)).ID(), releaseplan.Command{Action: releaseplan.Cancel}); p.State() != releaseplan.Canceled {
		t.Errorf("a draft cannot be given up: %s", p)
	}
	refused(`the end of plan "A", which rolls out checkout in production`)
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Reopen})
	command(t, s, b.ID(), releaseplan.Command{Action: releaseplan.Execute})
	_, err := s.Do(t.Context(), a.ID(), releaseplan.Command{Action: releaseplan.Finalize}, ann)
	if !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("two plans have the target: %v", err)
	}
	edited(t, s, a.ID(), func(c *releaseplan.Content) { c.Target.Environment = "stage" })
	command(t, s, a.ID(), releaseplan.Command{Action: releaseplan.Execute})
	v, err := s.Serving(t.Context(), "checkout", "stage")
	if got := served(must(t, v, err)); got != "A: 5 %" {
		t.Errorf("served in stage is %q", got)
	}
}

func (on suite) testOfManyPlansOneTakesTheTarget(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d services", replicas), func(t *testing.T) {
			st := on.open(t)
			services := []*releaseplan.Service{on.service(t, releaseplan.Config{Store: st}), on.service(t, releaseplan.Config{Store: st})}
			var plans []*releaseplan.Plan
			for i := range 8 {
				plans = append(plans, create(t, services[0], exposing(fmt.Sprint(i), 5)))
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			var won []string
			for i, p := range plans {
				wg.Go(func() {
					err := persistently(t, services[i%replicas], p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won = append(won, p.Name()+": 5 %")
					} else if !errors.Is(err, penstock.ErrRefused) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if len(won) != 1 {
				t.Fatalf("%q won", won)
			}
			wantServed(t, services[1], won[0])
			intact(t, st)
		})
	}
}

// What is stored about a target tells who holds it and who is served; one that tells
// of a plan that is gone or at its end keeps nobody out.
func (on suite) testTargetRecords(t *testing.T) {
	st := on.open(t)
	s := on.service(t, releaseplan.Config{Store: st})
	stored := func() store.Record {
		page, err := st.Find(t.Context(), store.Query{Kind: "plan.target"})
		records := must(t, page, err).Records
		if len(records) != 1 {
			t.Fatalf("%d records", len(records))
		}
		return records[0]
	}
	want := func(holder, serving string, exposed bool) {
		t.Helper()
		var got struct {
			Feature, Environment, Holder, Serving string
			Exposed                               bool
		}
		must(t, 0, json.Unmarshal(stored().Body, &got))
		if got.Feature != "checkout" || got.Environment != "production" || got.Holder != holder || got.Serving != serving || got.Exposed != exposed {
			t.Errorf("stored is %+v, want %q, %q and %t", got, holder, serving, exposed)
		}
	}
	p := create(t, s, exposing("P", 5))
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
	want(p.ID(), "", false)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Execute})
	want(p.ID(), p.ID(), true)
	command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Finish})
	want("", p.ID(), true)
	for _, gone := range []string{p.ID(), "gone"} {
		r := stored()
		r.Body = fmt.Appendf(nil, `{"feature":"checkout","environment":"production","holder":%q,"serving":"gone"}`, gone)
		_, err := st.Commit(t.Context(), store.Op{Record: r})
		must(t, 0, err)
		q := create(t, s, exposing("Q", 5))
		command(t, s, q.ID(), releaseplan.Command{Action: releaseplan.Execute})
		want(q.ID(), q.ID(), true)
		must(t, 0, s.Delete(t.Context(), q.ID(), ann))
		want("", "", true)
	}
	r := stored()
	r.Body = []byte(`{"feature":"checkout","environment":"production","serving":"gone"}`)
	_, err := st.Commit(t.Context(), store.Op{Record: r})
	must(t, 0, err)
	wantServed(t, s, "")
}

// A plan that is overtaken on its way to the target is refused, wherever that is.
func (on suite) testTargetIsTakenMeanwhile(t *testing.T) {
	for _, where := range []string{"Get", "Commit"} {
		t.Run(where, func(t *testing.T) {
			spy := &spyStore{Store: on.open(t)}
			s, other := on.service(t, releaseplan.Config{Store: spy}), on.service(t, releaseplan.Config{Store: spy.Store})
			a, b := create(t, s, exposing("A", 5)), create(t, s, exposing("B", 5))
			looks, done := 0, false
			spy.told(func(c spyCall) spyFault {
				if len(c.keys) > 0 && c.keys[0].Kind == "plan.target" {
					looks++ // first to decide, then to commit
				}
				if done || c.method != where || looks != 2 {
					return spyFault{}
				}
				done = true
				return spyFault{run: func() { command(t, other, a.ID(), releaseplan.Command{Action: releaseplan.Execute}) }}
			})
			_, err := s.Do(t.Context(), b.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann)
			var e *penstock.RefusedError
			if !errors.As(err, &e) || len(e.Needs) != 1 || !done {
				t.Errorf("error is %v", err)
			}
			wantServed(t, other, "A: 5 %")
		})
	}
}
