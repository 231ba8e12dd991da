package releaseplan_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// fFreeze is closed from one to three hours after aStart, but for what rolls back.
func fFreeze() calendar.Calendar {
	return calendar.Calendar{Name: "freeze", Reason: "stock-taking", Exempt: []string{"rollback"},
		Blackouts: []calendar.Blackout{{Start: aStart.Add(time.Hour), End: aStart.Add(3 * time.Hour)}}}
}

func fSet(t testing.TB, calendars ...calendar.Calendar) *calendar.Set {
	t.Helper()
	set, err := calendar.NewSet(calendars...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// fNew makes ann's plan under calendars.
func fNew(t testing.TB, c releaseplan.Content, calendars ...calendar.Calendar) *aLife {
	t.Helper()
	return aNewAt(t, c, aStart, &releaseplan.Rules{Calendars: fSet(t, calendars...)})
}

// fPlan has a task of each class: "deploy" of none, "undo" of class rollback.
func fPlan() releaseplan.Content {
	c := aContent(aPhase(releaseplan.Parallel, "deploy", "undo"))
	c.Phases[0].Tasks[1].Class = "rollback"
	return c
}

// held checks that an action is refused for a calendar, and that it says which and when.
func (a *aLife) held(action releaseplan.Action, task, name string, until time.Duration) *aLife {
	a.Helper()
	v := a.explain(action, task)
	i := slices.IndexFunc(v.Refusals, func(r releaseplan.Refusal) bool { return r.Rule == "calendars_open" })
	if v.Allowed || i < 0 {
		a.Fatalf("%s of %q at %v: no calendar holds it back: %v", action, task, a.now.Sub(aStart), v)
	}
	r := v.Refusals[i]
	frozen, ok := errors.AsType[*releaseplan.FrozenError](r.Err)
	if !ok || frozen.Closures[0].Calendar != name || !r.Earliest.Equal(aStart.Add(until)) {
		a.Errorf("%s is refused by %v until %v, want %s until %v", action, r.Err, r.Earliest.Sub(aStart), name, until)
	}
	if text := v.String(); !strings.Contains(text, `"`+name+`"`) || !strings.Contains(text, aStart.Add(until).Format(time.RFC3339)) {
		a.Errorf("people are told %q", text)
	}
	_, _, err := a.p.Do(a.named(releaseplan.Command{Action: action, Task: task, Attempt: ""}), aAnn, a.now)
	var refused *penstock.RefusedError
	if !errors.As(err, &refused) || !errors.Is(err, penstock.ErrRefused) || refused.Earliest.IsZero() {
		a.Errorf("Do says %v", err)
	}
	if _, ok := errors.AsType[*releaseplan.FrozenError](err); !ok {
		a.Errorf("Do does not name the calendar: %v", err)
	}
	return a
}

func (a *aLife) explain(action releaseplan.Action, task string) releaseplan.Verdict {
	a.Helper()
	v, err := a.p.Explain(action, a.named(releaseplan.Command{Task: task}).Task, aAnn, a.now)
	if err != nil {
		a.Fatal(err)
	}
	return v
}

func (a *aLife) free(action releaseplan.Action, task string) *aLife {
	a.Helper()
	if v := a.explain(action, task); !v.Allowed {
		a.Errorf("%s of %q at %v: %v", action, task, a.now.Sub(aStart), v)
	}
	return a
}

func TestNothingStartsInAFreeze(t *testing.T) {
	t.Parallel()
	a := fNew(t, fPlan(), fFreeze()).act(releaseplan.Finalize)
	a.at(time.Hour-time.Microsecond).free(releaseplan.Execute, "")
	a.at(time.Hour).held(releaseplan.Execute, "", "freeze", 3*time.Hour)
	a.at(2*time.Hour).held(releaseplan.Execute, "", "freeze", 3*time.Hour)
	a.at(3*time.Hour).free(releaseplan.Execute, "")

	b := fNew(t, fPlan(), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).is(releaseplan.Running)
	b.at(time.Hour).held(releaseplan.Start, "deploy", "freeze", 3*time.Hour)
	b.free(releaseplan.Start, "undo").on(releaseplan.Start, "undo").on(releaseplan.Complete, "undo") // its class is exempt
	b.at(3*time.Hour).on(releaseplan.Start, "deploy").on(releaseplan.Complete, "deploy").is(releaseplan.Completed)
}

// What runs when a freeze begins goes on to its end.
func TestAFreezeEndsNothing(t *testing.T) {
	t.Parallel()
	a := fNew(t, fPlan(), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).on(releaseplan.Start, "deploy")
	a.at(2*time.Hour).on(releaseplan.Complete, "deploy").on(releaseplan.Skip, "undo").is(releaseplan.Completed)
}

func TestWhatConcernsNoOpenTaskHoldsNothing(t *testing.T) {
	t.Parallel()
	c := fPlan()
	c.Phases[0].Tasks = c.Phases[0].Tasks[1:]
	fNew(t, c, fFreeze()).act(releaseplan.Finalize).at(2 * time.Hour).act(releaseplan.Execute).is(releaseplan.Running) // all it does is roll back

	a := fNew(t, fPlan(), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute, releaseplan.Pause)
	a.at(2 * time.Hour).act(releaseplan.Resume).is(releaseplan.Running) // one of its tasks may go on
	a.act(releaseplan.Pause)
	a.on(releaseplan.Skip, "undo").held(releaseplan.Resume, "", "freeze", 3*time.Hour)

	only := fFreeze()
	only.Scope.Classes = []string{"database"}
	c = aContent(aPhase(releaseplan.Parallel, "deploy", "migrate"))
	c.Phases[0].Tasks[1].Class = "database"
	b := fNew(t, c, only).act(releaseplan.Finalize).at(2 * time.Hour).act(releaseplan.Execute)
	b.free(releaseplan.Start, "deploy").held(releaseplan.Start, "migrate", "freeze", 3*time.Hour)

	for scope, calendar := range map[string]calendar.Scope{
		"another folder": {Folders: []string{"payments"}}, "another label": {Labels: map[string]string{"tier": "1"}},
	} {
		only.Scope = calendar
		c := fPlan()
		c.Folder, c.Labels = penstock.Folder{ID: "shop"}, map[string]string{"tier": "2"}
		fNew(t, c, only).act(releaseplan.Finalize).at(2*time.Hour).free(releaseplan.Execute, "")
		c.Folder.ID, c.Labels["tier"] = "payments", "1"
		d := fNew(t, c, only).act(releaseplan.Finalize).at(2 * time.Hour)
		if d.explain(releaseplan.Execute, "").Allowed {
			t.Errorf("%s: the same one holds nothing back", scope)
		}
	}
}

// Whoever waits for an approval to start goes on when the calendar opens.
func TestAStartOnApprovalWaitsForTheCalendar(t *testing.T) {
	t.Parallel()
	c := fPlan()
	c.Approval, c.Start.Mode = aPolicy(1), releaseplan.OnApproval
	a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.RequestApproval)
	a.at(2*time.Hour).vote(aBob, approval.Approve).is(releaseplan.Approved)
	if _, wake := a.p.Next(a.now); !wake.Equal(aStart.Add(3 * time.Hour)) {
		t.Errorf("it wakes at %v", wake.Sub(aStart))
	}
	a.at(5 * time.Hour).advance().is(releaseplan.Running)
	if s := a.p.Status(); !s.Started.Equal(aStart.Add(3 * time.Hour)) {
		t.Errorf("it started at %v", s.Started.Sub(aStart))
	}
}

// A schedule that falls into a freeze is missed, and says why.
func TestAScheduleInAFreezeIsMissed(t *testing.T) {
	t.Parallel()
	a := fNew(t, aScheduled(), fFreeze()).act(releaseplan.Finalize).at(2 * time.Hour).advance().is(releaseplan.Finalized)
	last := a.trail[len(a.trail)-1]
	if last.Kind != releaseplan.PlanMissed || !strings.Contains(last.Remark, `"freeze"`) || !last.At.Equal(aStart.Add(time.Hour)) {
		t.Errorf("the trail says %v", last)
	}
}

func TestWaitsAndMilestonesWaitForTheCalendar(t *testing.T) {
	t.Parallel()
	c := aContent(aPhase(releaseplan.Sequential, "first!", "soak"))
	c.Phases[0].Tasks[1].Kind, c.Phases[0].Tasks[1].Spec = releaseplan.Wait, json.RawMessage(`{"for":"PT30M"}`)
	a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.Execute)
	a.at(2*time.Hour).on(releaseplan.Skip, "first").is(releaseplan.Running)
	a.at(3*time.Hour + 30*time.Minute).advance().is(releaseplan.Completed)

	m := fNew(t, mThree(), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).serves("5%", "active not_started not_started")
	m.at(3*time.Hour-time.Microsecond).serves("5%", "") // its interval ended in the freeze
	m.at(3*time.Hour).advance().serves("25%", "")
	m.at(4*time.Hour).advance().serves("100%", "")

	c = mThree()
	c.Phases = []releaseplan.Phase{aPhase(releaseplan.Sequential, "first!")}
	first := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.Execute)
	first.at(2*time.Hour).on(releaseplan.Skip, "first").serves("", "")
	first.do(releaseplan.Command{Action: releaseplan.Comment, Remark: "waits"}).at(3*time.Hour).serves("5%", "")
}

func TestGoingBackNeedsNoOpenCalendar(t *testing.T) {
	t.Parallel()
	a := fNew(t, mThree(), fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).of(releaseplan.StartMilestone, "100%")
	a.at(2*time.Hour).of(releaseplan.StartMilestone, "5%").serves("5%", "")
	if v := a.explain(releaseplan.StartMilestone, ""); v.Allowed {
		t.Error("forward it would go")
	}
}

// What a host lifts before its time goes on at once, and not before.
func TestACalendarIsLifted(t *testing.T) {
	t.Parallel()
	var book calendar.Book
	book.Replace(fSet(t, fFreeze()))
	c := fPlan()
	c.Start.Mode = releaseplan.OnApproval
	a := aNewAt(t, c, aStart.Add(time.Hour), &releaseplan.Rules{Calendars: &book})
	a.at(time.Hour).act(releaseplan.Finalize).is(releaseplan.Finalized)
	book.Replace(nil)
	a.at(2 * time.Hour).advance().is(releaseplan.Running)
	if s := a.p.Status(); !s.Started.Equal(aStart.Add(2 * time.Hour)) {
		t.Errorf("it started at %v", s.Started.Sub(aStart))
	}
}

func TestNextOpening(t *testing.T) {
	t.Parallel()
	c := fPlan()
	c.Window = &releaseplan.Window{End: aStart.Add(6 * time.Hour)}
	a := fNew(t, c, fFreeze(), calendar.Calendar{Name: "lunch", Blackouts: []calendar.Blackout{{Start: aStart.Add(4 * time.Hour), End: aStart.Add(5 * time.Hour)}}})
	for _, tt := range []struct {
		rule string
		task string
		d    time.Duration
		want time.Duration // 0: never
	}{
		{"at once", "", time.Minute, time.Minute},
		{"after both", "", 61 * time.Minute, 0},
		{"between them", "", time.Hour - time.Minute, time.Minute},
		{"behind the freeze", "", time.Hour, 3 * time.Hour},
		{"a task that is exempt", "undo", 90 * time.Minute, time.Minute},
	} {
		at, err := a.p.NextOpening(a.named(releaseplan.Command{Task: tt.task}).Task, tt.d, aStart.Add(time.Minute))
		if never := errors.Is(err, penstock.ErrNotFound); never != (tt.want == 0) || !never && !at.Equal(aStart.Add(tt.want)) {
			t.Errorf("%s: %v after %v, %v", tt.rule, tt.d, at.Sub(aStart), err)
		}
	}
	if _, err := a.p.NextOpening("", -1, aStart); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("a negative duration: %v", err)
	}
	if _, err := a.p.NextOpening("nobody", 0, aStart); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("an unknown task: %v", err)
	}
}
