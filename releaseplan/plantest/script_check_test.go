package plantest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
	"github.com/penstock-go/penstock/store/memory"
)

// checking runs a plan in CheckOpen with a Runner that has the script, in a bubble.
func checking(t *testing.T, s *plantest.CheckScript) (*releaseplan.Service, *releaseplan.Plan) {
	t.Helper()
	plans := releaseplan.New(releaseplan.Config{Store: memory.New()})
	p := plantest.File(t, plans, plantest.Bubble{}, plantest.CheckOpen)
	r := releaseplan.NewRunner(plans, map[string]releaseplan.Handler{"deploy": plantest.NewScript()})
	r.Checks = map[string]releaseplan.Check{plantest.Checked: s}
	run(t, r)
	return plans, p
}

// state returns the plan's state after a time.
func state(t *testing.T, plans *releaseplan.Service, p *releaseplan.Plan, after time.Duration) releaseplan.State {
	t.Helper()
	plantest.Bubble{}.Advance(after)
	synctest.Wait()
	p, err := plans.Get(t.Context(), p.ID(), plantest.Owner())
	if err != nil {
		t.Fatal(err)
	}
	return p.State()
}

func TestCheckScript(t *testing.T) {
	for _, c := range []struct {
		rule   string
		script *plantest.CheckScript
		after  time.Duration
		want   releaseplan.State
		calls  int
	}{
		{"no acts", plantest.NewCheckScript(), time.Second, releaseplan.Running, 1},
		{"passes", plantest.NewCheckScript().Passes(), time.Second, releaseplan.Running, 1},
		{"fails", plantest.NewCheckScript().Fails("no"), time.Second, releaseplan.ExecuteCheckFailed, 1},
		{"waits, still", plantest.NewCheckScript().Waits(2, time.Minute).Passes(), 119 * time.Second, releaseplan.ExecuteCheck, 2},
		{"waits, and passes", plantest.NewCheckScript().Waits(2, time.Minute).Passes(), 121 * time.Second, releaseplan.Running, 3},
		{"breaks", plantest.NewCheckScript().Breaks(1).Passes(), 2 * time.Second, releaseplan.Running, 2},
		{"panics", plantest.NewCheckScript().Panics("oh").Fails("no"), 2 * time.Second, releaseplan.ExecuteCheckFailed, 2},
		{"says what is no answer", plantest.NewCheckScript().Says(releaseplan.CheckResult{Answer: "maybe"}).Passes(), 2 * time.Second, releaseplan.Running, 2},
	} {
		t.Run(c.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plans, p := checking(t, c.script)
				if got := state(t, plans, p, c.after); got != c.want || len(c.script.Calls()) != c.calls {
					t.Errorf("after %v the plan is %s, after %d calls", c.after, got, len(c.script.Calls()))
				}
			})
		})
	}
}

func TestCheckScriptTellsWhatItWasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := plantest.NewCheckScript().Breaks(1).Panics("oh").Fails("no")
		_, p := checking(t, script)
		plantest.Bubble{}.Advance(time.Minute)
		synctest.Wait()
		calls := script.Calls()
		if len(calls) != 3 {
			t.Fatalf("%d calls", len(calls))
		}
		for i, c := range calls {
			if c.Job.Plan.ID() != p.ID() || c.Job.Gate != releaseplan.GateExecute || c.Job.Round != calls[0].Job.Round || c.Ended.IsZero() || c.Cause != nil {
				t.Errorf("call %d: %+v", i, c)
			}
		}
		if !errors.Is(calls[0].Err, plantest.ErrScripted) || calls[1].Err == nil || calls[2].Err != nil || calls[2].Result.Note != "no" {
			t.Errorf("%v, %v, %v %+v", calls[0].Err, calls[1].Err, calls[2].Err, calls[2].Result)
		}
	})
}

func TestCheckScriptGoesOnInTheNextRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plans, p := checking(t, plantest.NewCheckScript().Fails("no").Passes())
		if got := state(t, plans, p, time.Second); got != releaseplan.ExecuteCheckFailed {
			t.Fatalf("it is %s", got)
		}
		if _, err := plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Recheck}, plantest.Owner()); err != nil {
			t.Fatal(err)
		}
		if got := state(t, plans, p, time.Second); got != releaseplan.Running {
			t.Errorf("it is %s", got)
		}
		other := plantest.File(t, plans, plantest.Bubble{}, releaseplan.Draft, plantest.Of(plantest.Content(plantest.Gates(releaseplan.GateExecute),
			func(c *releaseplan.Content) { c.Gates[0].Check = plantest.Checked })))
		if _, err := plans.Do(t.Context(), other.ID(), releaseplan.Command{Action: releaseplan.Execute}, plantest.Owner()); err != nil {
			t.Fatal(err)
		}
		if got := state(t, plans, other, time.Second); got != releaseplan.ExecuteCheckFailed {
			t.Errorf("another plan does not begin anew: it is %s", got)
		}
	})
}

func TestCheckScriptBlocks(t *testing.T) {
	for rule, cancel := range map[string]bool{"until it is released": false, "until nobody waits": true} {
		t.Run(rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				script := plantest.NewCheckScript().Blocks()
				plans, p := checking(t, script)
				if got := state(t, plans, p, time.Hour); got != releaseplan.ExecuteCheck || !script.Calls()[0].Ended.IsZero() {
					t.Fatalf("it is %s: %+v", got, script.Calls())
				}
				if !cancel {
					script.Release()
					if got := state(t, plans, p, time.Second); got != releaseplan.Running {
						t.Errorf("released, it is %s", got)
					}
					return
				}
				if _, err := plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Cancel}, plantest.Owner()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if c := script.Calls()[0]; !errors.Is(c.Cause, releaseplan.ErrAnswered) || !errors.Is(c.Err, releaseplan.ErrAnswered) {
					t.Errorf("canceled, it ended with %v, %v", c.Err, c.Cause)
				}
			})
		})
	}
}

// A Service whose calendars are open cannot have a frozen plan.
func TestFrozenTakesACalendar(t *testing.T) {
	clock := plantest.NewClock(time.Time{})
	for _, s := range []plantest.Situation{plantest.Frozen, plantest.FrozenRunning} {
		for rule, cfg := range map[string]releaseplan.Config{
			"none":  {},
			"later": {Calendars: plantest.Freeze(t, clock.Now().Add(time.Minute), clock.Now().Add(time.Hour))},
		} {
			cfg.Store, cfg.Now = memory.New(), clock.Now
			fake := &recorder{}
			fake.run(func() { plantest.File(fake, releaseplan.New(cfg), clock, s) })
			if !fake.said("no calendar is closed to it") {
				t.Errorf("%s, %s: said %q", s, rule, fake.log)
			}
		}
	}
	fake := &recorder{}
	fake.run(func() { plantest.Freeze(fake, clock.Now(), clock.Now()) })
	if !fake.said("must be after the start") {
		t.Errorf("a freeze of no time: said %q", fake.log)
	}
}

// A Check stands in for what asks your monitoring.
func ExampleCheckScript() {
	check := plantest.NewCheckScript().Waits(1, time.Minute).Fails("3 tests fail")
	job := releaseplan.CheckJob{Plan: plantest.In(t, plantest.CheckOpen), Gate: releaseplan.GateExecute}
	for range 2 {
		r, err := check.Check(context.Background(), job)
		fmt.Println(r.Answer, r.Note, err)
	}
	fmt.Println(len(check.Calls()), "calls")
	// Output:
	// progress  <nil>
	// fail 3 tests fail <nil>
	// 2 calls
}

// A freeze holds a plan back until it is over.
func ExampleFreeze() {
	p := plantest.In(t, plantest.Frozen)
	v, err := p.Explain(releaseplan.Execute, "", plantest.Owner(), plantest.Start())
	fmt.Println(v, err)
	p, changes, err := p.Do(releaseplan.Command{Action: releaseplan.Execute}, plantest.Owner(), plantest.Start().Add(2*time.Hour))
	fmt.Println(p.State(), changes, err)
	// Output:
	// cannot execute: needs every calendar to be open (calendar "freeze" is closed until 2026-05-04T11:00:00Z); not before 2026-05-04T11:00:00Z <nil>
	// running [plan finalized → execute check by Ann plan execute check → running] <nil>
}
