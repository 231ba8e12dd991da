package releaseplan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

func overriding(name string, until time.Duration) releaseplan.Command {
	return releaseplan.Command{Action: releaseplan.OverrideCalendar, Calendar: name, Until: aStart.Add(until), Remark: "security fix"}
}

func TestAnOverrideLetsGoOnUntilItsEnd(t *testing.T) {
	t.Parallel()
	a := fNew(t, fPlan(), fFreeze()).act(releaseplan.Finalize).at(90 * time.Minute)
	a.held(releaseplan.Execute, "", "freeze", 3*time.Hour)
	a.do(overriding("freeze", 2*time.Hour)).act(releaseplan.Execute).is(releaseplan.Running)
	want := &releaseplan.Override{Calendar: "freeze", Reason: "security fix", By: penstock.UserParty("ann"), At: a.now, Until: aStart.Add(2 * time.Hour)}
	recorded := a.trail[len(a.trail)-1]
	for _, c := range a.trail {
		if c.Kind == releaseplan.CalendarOverridden {
			recorded = c
		}
	}
	if diff := cmp.Diff(want, recorded.Override); diff != "" {
		t.Errorf("the trail says (-want +got):\n%s", diff)
	}
	if text := recorded.String(); text != `plan overrides calendar "freeze" until 2026-05-04T11:00:00Z by ann (security fix)` {
		t.Errorf("people are told %q", text)
	}
	a.at(2*time.Hour-time.Microsecond).free(releaseplan.Start, "deploy")
	a.at(2*time.Hour).held(releaseplan.Start, "deploy", "freeze", 3*time.Hour)
}

func TestAnOverrideOfOneCalendarIsNoneOfAnother(t *testing.T) {
	t.Parallel()
	other := fFreeze()
	other.Name = "other"
	a := fNew(t, fPlan(), fFreeze(), other).act(releaseplan.Finalize).at(90 * time.Minute)
	a.do(overriding("freeze", 2*time.Hour)).held(releaseplan.Execute, "", "other", 3*time.Hour)
	a.do(overriding("", 2*time.Hour)).free(releaseplan.Execute, "") // every one
	a.do(releaseplan.Command{Action: releaseplan.EndOverride, Calendar: "freeze"}).free(releaseplan.Execute, "")
	a.act(releaseplan.EndOverride).held(releaseplan.Execute, "", "freeze", 3*time.Hour)
	if s := a.p.Status(); s.Overrides != nil {
		t.Errorf("what is left: %v", s.Overrides)
	}
}

// An override is an event of its own: what waits for the calendar goes on in the same commit.
func TestWhatWaitsGoesOnWithTheOverride(t *testing.T) {
	t.Parallel()
	c := fPlan()
	c.Approval, c.Start.Mode = aPolicy(1), releaseplan.OnApproval
	a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.RequestApproval)
	a.at(2*time.Hour).vote(aBob, approval.Approve).is(releaseplan.Approved)
	a.do(overriding("freeze", 3*time.Hour)).is(releaseplan.Running)
}

func TestReopeningVoidsOverrides(t *testing.T) {
	t.Parallel()
	a := fNew(t, fPlan(), fFreeze()).act(releaseplan.Finalize).at(90 * time.Minute)
	a.do(overriding("freeze", 3*time.Hour)).act(releaseplan.Reopen, releaseplan.Finalize).held(releaseplan.Execute, "", "freeze", 3*time.Hour)
}

func TestOverridesThatAreRefused(t *testing.T) {
	t.Parallel()
	a := fNew(t, fPlan(), fFreeze()).at(90 * time.Minute)
	for rule, tt := range map[string]struct {
		change func(*releaseplan.Command)
		by     penstock.Actor
		kind   error
		at     string
	}{
		"an unknown calendar":     {func(c *releaseplan.Command) { c.Calendar = "thaw" }, aAnn, penstock.ErrInvalid, "calendar"},
		"no reason":               {func(c *releaseplan.Command) { c.Remark = "" }, aAnn, penstock.ErrInvalid, "remark"},
		"no end":                  {func(c *releaseplan.Command) { c.Until = time.Time{} }, aAnn, penstock.ErrInvalid, "until"},
		"an end that is past":     {func(c *releaseplan.Command) { c.Until = a.now }, aAnn, penstock.ErrInvalid, "until"},
		"an end in the far":       {func(c *releaseplan.Command) { c.Until = a.now.AddDate(2, 0, 0) }, aAnn, penstock.ErrInvalid, "until"},
		"a name without end":      {func(c *releaseplan.Command) { c.Calendar = strings.Repeat("x", 300) }, aAnn, penstock.ErrInvalid, "calendar"},
		"a stranger":              {func(*releaseplan.Command) {}, aEve, penstock.ErrForbidden, ""},
		"an end of nothing":       {func(c *releaseplan.Command) { c.Action = releaseplan.EndOverride }, aAnn, penstock.ErrRefused, ""},
		"no reason and no end":    {func(c *releaseplan.Command) { c.Remark, c.Until = "", time.Time{} }, aAnn, penstock.ErrInvalid, "remark until"},
		"a calendar of a plan it": {func(c *releaseplan.Command) { c.Calendar = "freeze\xff" }, aAnn, penstock.ErrInvalid, "calendar"},
	} {
		c := overriding("freeze", 2*time.Hour)
		tt.change(&c)
		err := a.refusedAs(tt.by, c, tt.kind)
		var fields []string
		for _, f := range penstock.Faults(err) {
			fields = append(fields, f.Field)
		}
		if got := strings.Join(fields, " "); got != tt.at {
			t.Errorf("%s: faults at %q, want %q: %v", rule, got, tt.at, err)
		}
	}
	b := aNew(t, fPlan())
	b.refusedAs(aAnn, overriding("", 2*time.Hour), penstock.ErrRefused) // there is no calendar
}

func TestOverridesAreBounded(t *testing.T) {
	t.Parallel()
	var many []calendar.Calendar
	for i := range releaseplan.MaxOverrides + 1 {
		c := fFreeze()
		c.Name = fmt.Sprint(i)
		many = append(many, c)
	}
	a := fNew(t, fPlan(), many...).at(90 * time.Minute)
	for i := range releaseplan.MaxOverrides {
		a.do(overriding(fmt.Sprint(i), 2*time.Hour))
	}
	last := overriding(fmt.Sprint(releaseplan.MaxOverrides), 3*time.Hour)
	a.refusedAs(aAnn, last, penstock.ErrInvalid)
	a.do(overriding("7", 110*time.Minute)) // in the place of what it had
	if got := a.p.Status().Overrides; len(got) != releaseplan.MaxOverrides || !got[len(got)-1].Until.Equal(aStart.Add(110*time.Minute)) {
		t.Errorf("%d, the last %v", len(got), got[len(got)-1])
	}
	a.at(110 * time.Minute).do(last) // one has ended
}

func TestOverridesAreOfEveryStateButTheEnds(t *testing.T) {
	t.Parallel()
	states, _ := releaseplan.MachineStates()
	for _, s := range states {
		a := aTo(aNewAt(t, aFull(), aStart, &releaseplan.Rules{Calendars: fSet(t, calendar.Calendar{Name: "nights"})}), s)
		c := releaseplan.Command{Action: releaseplan.OverrideCalendar, Until: a.now.Add(time.Hour), Remark: "because"}
		if s.Final() || s == releaseplan.Canceling {
			a.refused(c)
			continue
		}
		a.do(c).is(s).do(releaseplan.Command{Action: releaseplan.EndOverride}).is(s)
	}
}
