package releaseplan_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// fClosed is a calendar that is closed between hours after aStart.
func fClosed(name string, hours ...[2]int) calendar.Calendar {
	c := calendar.Calendar{Name: name}
	for _, h := range hours {
		c.Blackouts = append(c.Blackouts, calendar.Blackout{Start: aStart.Add(time.Duration(h[0]) * time.Hour), End: aStart.Add(time.Duration(h[1]) * time.Hour)})
	}
	return c
}

func fExempt(c calendar.Calendar, classes ...string) calendar.Calendar {
	c.Exempt = classes
	return c
}

func fScoped(c calendar.Calendar, classes ...string) calendar.Calendar {
	c.Scope.Classes = classes
	return c
}

// refusal returns why calendars refuse an action.
func (a *aLife) refusal(action releaseplan.Action, task string) releaseplan.Refusal {
	a.Helper()
	v := a.explain(action, task)
	i := slices.IndexFunc(v.Refusals, func(r releaseplan.Refusal) bool { return r.Rule == "calendars_open" })
	if i < 0 {
		a.Fatalf("no calendar holds %s back: %v", action, v)
	}
	return v.Refusals[i]
}

// A plan may be executed when those calendars are open that hold a task of it, whatever others
// are closed by then: what is told of that, and what happens, is the same.
func TestAPlanGoesOnWhenWhatHoldsItOpens(t *testing.T) {
	t.Parallel()
	only := func(start releaseplan.StartMode) releaseplan.Content {
		c := fPlan()
		c.Phases[0].Tasks = c.Phases[0].Tasks[1:] // all it does is roll back
		c.Start.Mode = start
		return c
	}
	calendars := []calendar.Calendar{fClosed("all", [2]int{1, 3}, [2]int{4, 6}), fExempt(fClosed("freeze", [2]int{1, 5}), "rollback")}
	for _, tt := range []struct {
		rule string
		at   time.Duration
		want time.Duration
	}{
		{"one is closed that exempts it", 2 * time.Hour, 3 * time.Hour},
		{"again", 4*time.Hour + time.Minute, 6 * time.Hour},
	} {
		a := fNew(t, only(releaseplan.ByHand), calendars...).at(tt.at).act(releaseplan.Finalize)
		if r := a.refusal(releaseplan.Execute, ""); !r.Earliest.Equal(aStart.Add(tt.want)) {
			t.Errorf("%s: it is told to wait until %v", tt.rule, r.Earliest.Sub(aStart))
		}
		b := fNew(t, only(releaseplan.OnApproval), calendars...).at(tt.at).act(releaseplan.Finalize).is(releaseplan.Finalized)
		if _, wake := b.p.Next(b.now); !wake.Equal(aStart.Add(tt.want)) {
			t.Errorf("%s: it wakes at %v", tt.rule, wake.Sub(aStart))
		}
		b.at(20 * time.Hour).advance()
		if s := b.p.Status(); !s.Started.Equal(aStart.Add(tt.want)) {
			t.Errorf("%s: it started at %v", tt.rule, s.Started.Sub(aStart))
		}
	}
}

// Calendars that take turns are one that is closed all the time.
func TestCalendarsThatAlternate(t *testing.T) {
	t.Parallel()
	odd, even := calendar.Calendar{Name: "odd"}, calendar.Calendar{Name: "even"}
	for h := range 500 {
		c := &even
		if h%2 == 1 {
			c = &odd
		}
		from := aStart.Add(time.Duration(h) * time.Hour)
		c.Blackouts = append(c.Blackouts, calendar.Blackout{Start: from, End: from.Add(time.Hour)})
	}
	for rule, exempt := range map[string][]string{"all": nil, "but one class": {"nobody"}} {
		odd.Exempt, even.Exempt = exempt, exempt
		c := fPlan()
		c.Start.Mode = releaseplan.OnApproval
		a := fNew(t, c, odd, even).act(releaseplan.Finalize).is(releaseplan.Finalized)
		if r := a.refusal(releaseplan.Execute, ""); !r.Earliest.Equal(aStart.Add(500 * time.Hour)) {
			t.Errorf("%s: it is told to wait until %v", rule, r.Earliest.Sub(aStart))
		}
		a.at(600 * time.Hour).advance()
		if s := a.p.Status(); !s.Started.Equal(aStart.Add(500 * time.Hour)) {
			t.Errorf("%s: it started at %v", rule, s.Started.Sub(aStart))
		}
	}
}

// What never opens has no time at which it clears, and wakes nobody.
func TestACalendarThatNeverOpens(t *testing.T) {
	t.Parallel()
	ever := calendar.Calendar{Name: "ever", Blackouts: []calendar.Blackout{{Weekly: &calendar.Hours{Days: calendar.Weekdays()}}}}
	c := fPlan()
	c.Start.Mode = releaseplan.OnApproval
	a := fNew(t, c, ever).act(releaseplan.Finalize).is(releaseplan.Finalized)
	if r := a.refusal(releaseplan.Execute, ""); !r.Earliest.IsZero() || r.Err.Error() != `calendar "ever" is closed for good` {
		t.Errorf("it is told %v until %v", r.Err, r.Earliest)
	}
	if steps, wake := a.p.Next(a.now); len(steps) > 0 || !wake.IsZero() {
		t.Errorf("%v, and it wakes at %v", steps, wake)
	}
	c = fPlan()
	c.Phases[0].Tasks[0].Class = "web"
	b := fNew(t, c, fScoped(ever, "web", "rollback")).act(releaseplan.Finalize, releaseplan.Execute).is(releaseplan.Running)
	if steps, wake := b.p.Next(b.now); len(steps) > 0 || !wake.IsZero() {
		t.Errorf("running: %v, and it wakes at %v", steps, wake)
	}
	m := fNew(t, mThree(), fClosed("late", [2]int{1, 20 * 366 * 24})).act(releaseplan.Finalize, releaseplan.Execute).at(40*time.Hour).advance().serves("5%", "")
	if m.milestone("25%").Projected != (time.Time{}) {
		t.Error("the next milestone is told a start")
	}
}

// An opening that lies behind the window is none.
func TestAnOpeningBehindTheWindow(t *testing.T) {
	t.Parallel()
	for rule, tt := range map[string]struct {
		end     time.Duration
		started bool
	}{"before its end": {4 * time.Hour, true}, "at its end": {3 * time.Hour, true}, "behind it": {3*time.Hour - time.Microsecond, false}} {
		c := fPlan()
		c.Start.Mode, c.Window = releaseplan.OnApproval, &releaseplan.Window{End: aStart.Add(tt.end)}
		a := fNew(t, c, fFreeze()).at(2 * time.Hour).act(releaseplan.Finalize)
		if _, wake := a.p.Next(a.now); wake.IsZero() == tt.started {
			t.Errorf("%s: it wakes at %v", rule, wake)
		}
		a.at(30 * time.Hour).advance()
		if s := a.p.Status(); s.Started.IsZero() == tt.started {
			t.Errorf("%s: it started at %v", rule, s.Started)
		}
	}
}

// To resume is possible as soon as one open task may go on.
func TestWhenAPlanCanBeResumed(t *testing.T) {
	t.Parallel()
	freeze, undo := fExempt(fClosed("freeze", [2]int{1, 8}), "rollback"), fScoped(fClosed("database", [2]int{1, 4}), "rollback")
	a := fNew(t, fPlan(), freeze, undo).act(releaseplan.Finalize, releaseplan.Execute, releaseplan.Pause).at(2 * time.Hour)
	if r := a.refusal(releaseplan.Resume, ""); !r.Earliest.Equal(aStart.Add(4 * time.Hour)) {
		t.Errorf("it is told to wait until %v", r.Earliest.Sub(aStart))
	}
	a.at(4*time.Hour).free(releaseplan.Resume, "")
}

// What is projected of milestones is what happens.
func TestProjectedStartsKnowOfCalendars(t *testing.T) {
	t.Parallel()
	c := mContent("5% 1h", "25% 1h", "50% 1h", "100%")
	a := fNew(t, c, fClosed("noon", [2]int{1, 3}), fClosed("night", [2]int{4, 9})).act(releaseplan.Finalize, releaseplan.Execute)
	for name, want := range map[string]time.Duration{"25%": 3 * time.Hour, "50%": 9 * time.Hour, "100%": 10 * time.Hour} {
		if got := a.milestone(name).Projected; !got.Equal(aStart.Add(want)) {
			t.Errorf("%s is projected at %v, want %v", name, got.Sub(aStart), want)
		}
		before := a.p.At(aStart.Add(want - time.Microsecond)).Status().Rollout.Name
		if after := a.p.At(aStart.Add(want)).Status().Rollout.Name; after != name || before == name {
			t.Errorf("%s after %s at %v", after, before, want)
		}
	}
	c.Milestones[1].At, c.Milestones[2].At = aStart.Add(2*time.Hour), aStart.Add(3*time.Hour)
	b := fNew(t, c, fClosed("noon", [2]int{1, 3})).act(releaseplan.Finalize, releaseplan.Execute)
	if at := b.milestone("25%").Projected; !at.IsZero() {
		t.Errorf("an appointment that will be missed is projected at %v", at)
	}
	if at := b.milestone("50%").Projected; !at.Equal(aStart.Add(3 * time.Hour)) {
		t.Errorf("an appointment at the opening is projected at %v", at)
	}
}

// A check that is answered in a freeze lets the plan run, and nothing starts before it opens.
func TestAGateThatPassesInAFreeze(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Gates = []releaseplan.Gate{{On: releaseplan.GateExecute}}
	c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "deploy", "soak", "undo")}
	c.Phases[0].Tasks[1].Kind, c.Phases[0].Tasks[1].Spec = releaseplan.Wait, json.RawMessage(`{"for":"PT10M"}`)
	c.Phases[0].Tasks[2].Class = "rollback"
	a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).is(releaseplan.ExecuteCheck)
	a.at(2 * time.Hour).answer(releaseplan.GatePass).is(releaseplan.Running)
	steps, wake := a.p.Next(a.now)
	if len(steps) != 1 || a.p.Tasks()[2].ID != steps[0].Task || !wake.Equal(aStart.Add(3*time.Hour)) {
		t.Errorf("there is to do %v, and it wakes at %v", steps, wake)
	}
	if s := a.p.Tasks()[1].Status; s.State != releaseplan.TaskTodo {
		t.Errorf("the wait is %s", s.State)
	}
	a.on(releaseplan.Skip, "deploy", "undo").at(5*time.Hour).serves("25%", "")
	p := a.p.At(a.now)
	if s := p.Tasks()[1].Status; !s.Started.Equal(aStart.Add(3 * time.Hour)) {
		t.Errorf("the wait began at %v", s.Started.Sub(aStart))
	}
}

// Whatever brings a task back, it is not begun anew before the calendar opens.
func TestRepeatsWaitForTheCalendar(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "deploy"))
	c.Phases[0].Tasks[0].Crash, c.Phases[0].Tasks[0].Retry = releaseplan.RepeatOnCrash, releaseplan.RetryPolicy{Max: 3}
	for rule, back := range map[string]releaseplan.Action{"a crash": releaseplan.Interrupt, "a retry by policy": releaseplan.Fail} {
		a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).lease("deploy").at(2 * time.Hour)
		a.doAs(penstock.System(), releaseplan.Command{Action: back, Task: "deploy", Remark: "gone"}).is(releaseplan.Running)
		if s := a.p.Tasks()[0].Status; s.State != releaseplan.TaskTodo {
			t.Fatalf("%s: the task is %s", rule, s.State)
		}
		a.held(releaseplan.Start, "deploy", "freeze", 3*time.Hour)
		if steps, wake := a.p.Next(a.now); len(steps) != 0 || !wake.Equal(aStart.Add(3*time.Hour)) {
			t.Errorf("%s: there is to do %v, and it wakes at %v", rule, steps, wake)
		}
	}
	// What a person started and nobody carries out yet is not taken.
	a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Start, "deploy").at(2 * time.Hour)
	if steps, wake := a.p.Next(a.now); len(steps) != 0 || !wake.Equal(aStart.Add(3*time.Hour)) {
		t.Errorf("a lease: there is to do %v, and it wakes at %v", steps, wake)
	}
	a.refusedAs(penstock.System(), releaseplan.Command{Action: releaseplan.Lease, Task: "deploy", Lease: "r", Attempt: a.p.Tasks()[0].Status.Attempts[0].ID}, penstock.ErrRefused)
}

// What a person does without a Runner is held back likewise: a manual task is neither started nor
// done, and a milestone is not completed.
func TestPeopleWaitForTheCalendar(t *testing.T) {
	t.Parallel()
	a := fNew(t, aContent(aPhase(releaseplan.Sequential, "sign!")), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).at(2 * time.Hour)
	a.held(releaseplan.Complete, "sign", "freeze", 3*time.Hour).held(releaseplan.Start, "sign", "freeze", 3*time.Hour)
	a.at(3*time.Hour).on(releaseplan.Complete, "sign").is(releaseplan.Completed)

	b := fNew(t, aContent(aPhase(releaseplan.Sequential, "sign!")), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Start, "sign")
	b.at(2*time.Hour).on(releaseplan.Complete, "sign").is(releaseplan.Completed) // it had begun

	m := fNew(t, mThree(), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).at(2 * time.Hour)
	m.held(releaseplan.CompleteMilestone, "", "freeze", 3*time.Hour).held(releaseplan.StartMilestone, "", "freeze", 3*time.Hour)
	m.act(releaseplan.PauseRollout, releaseplan.ResumeRollout).serves("5%", "") // that starts nothing
	m.at(3*time.Hour).serves("25%", "")
}

// What calendars hold back when a vote decides goes on with an end of its own.
func TestAnOverrideThatEndsBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	c := fPlan()
	c.Approval, c.Start.Mode = aPolicy(1), releaseplan.OnApproval
	a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.RequestApproval).at(70 * time.Minute)
	a.do(overriding("freeze", 2*time.Hour)).at(2*time.Hour).vote(aBob, approval.Approve).is(releaseplan.Approved) // at its very end
	if _, wake := a.p.Next(a.now); !wake.Equal(aStart.Add(3 * time.Hour)) {
		t.Errorf("it wakes at %v", wake.Sub(aStart))
	}
}
