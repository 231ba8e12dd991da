package releaseplan_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/store/memory"
)

// A milestone that a calendar held back when somebody last did something starts when the calendar
// is lifted, not before: people have it from then on, and its interval begins then.
func TestALiftedCalendarLetsAMilestoneStartNow(t *testing.T) {
	t.Parallel()
	var book calendar.Book
	book.Replace(fSet(t, fFreeze()))
	a := aNewAt(t, mThree(), aStart, &releaseplan.Rules{Calendars: &book}).act(releaseplan.Finalize, releaseplan.Execute)
	a.at(2*time.Hour).do(releaseplan.Command{Action: releaseplan.Comment, Remark: "it is held"}).serves("5%", "")
	book.Replace(nil)
	a.at(150*time.Minute).advance().serves("25%", "")
	if since := a.p.Status().Rollout.Since; !since.Equal(a.now) {
		t.Errorf("it is live since %v", since.Sub(aStart))
	}
	a.at(210*time.Minute-time.Microsecond).serves("25%", "")
	a.at(210*time.Minute).serves("100%", "")
}

// What opens at the very instant at which something else happens began then, and not when somebody
// looked.
func TestAnOpeningBesideAnotherDue(t *testing.T) {
	t.Parallel()
	c := mThree()
	c.Phases = []releaseplan.Phase{aPhase(releaseplan.Parallel, "expose", "soak")}
	c.Phases[0].Tasks[0].Kind, c.Phases[0].Tasks[0].Spec = releaseplan.Expose, []byte(`{"milestone":"5%"}`)
	c.Phases[0].Tasks[1].Kind, c.Phases[0].Tasks[1].Spec = releaseplan.Wait, []byte(`{"for":"PT3H"}`)
	a := fNew(t, c, fFreeze()).act(releaseplan.Finalize, releaseplan.Execute).serves("5%", "")
	a.at(210*time.Minute).advance().serves("25%", "")
	if since := a.p.Status().Rollout.Since; !since.Equal(aStart.Add(3 * time.Hour)) {
		t.Errorf("it is live since %v", since.Sub(aStart))
	}
}

// What is executed as soon as it may, a task that waits, and the first milestone likewise.
func TestALiftedCalendarLetsAllStartNow(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]releaseplan.Content{"milestones": mThree(), "a wait": fWait()} {
		c.Start.Mode = releaseplan.OnApproval
		var book calendar.Book
		book.Replace(fSet(t, fFreeze()))
		a := aNewAt(t, c, aStart, &releaseplan.Rules{Calendars: &book}).at(time.Hour).act(releaseplan.Finalize).is(releaseplan.Finalized)
		book.Replace(fSet(t, fClosed("another", [2]int{5, 6})))
		a.at(2 * time.Hour)
		if _, wake := a.p.Next(a.now); wake.After(a.now) {
			t.Errorf("%s: it wakes at %v", rule, wake.Sub(aStart))
		}
		a.advance().is(releaseplan.Running)
		if s := a.p.Status(); !s.Started.Equal(a.now) {
			t.Errorf("%s: it started at %v", rule, s.Started.Sub(aStart))
		}
	}
}

func fWait() releaseplan.Content {
	c := aContent(aPhase(releaseplan.Sequential, "soak"))
	c.Phases[0].Tasks[0].Kind, c.Phases[0].Tasks[0].Spec = releaseplan.Wait, []byte(`{"for":"PT30M"}`)
	return c
}

// A calendar that comes later holds back what has not started, however late anybody wakes.
func TestACalendarThatIsAdded(t *testing.T) {
	t.Parallel()
	var book calendar.Book
	a := aNewAt(t, mThree(), aStart, &releaseplan.Rules{Calendars: &book}).act(releaseplan.Finalize, releaseplan.Execute)
	book.Replace(fSet(t, fFreeze()))
	a.at(2*time.Hour).serves("5%", "").at(3*time.Hour).serves("25%", "")
	if steps, wake := a.p.Next(aStart.Add(2 * time.Hour)); len(steps) > 0 || !wake.Equal(aStart.Add(3*time.Hour)) {
		t.Errorf("%v, and it wakes at %v", steps, wake)
	}
}

// A Source may be a nil *Set or *Book, or have none: nothing is closed then.
func TestNoCalendarsAreOpen(t *testing.T) {
	t.Parallel()
	for rule, source := range map[string]calendar.Source{
		"none": nil, "a nil set": (*calendar.Set)(nil), "a nil book": (*calendar.Book)(nil), "an empty book": new(calendar.Book), "an empty set": new(calendar.Set),
	} {
		plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Calendars: source, Now: func() time.Time { return aStart }})
		c := fPlan()
		c.Name = rule
		p, err := plans.Create(t.Context(), c, aAnn)
		if err == nil {
			p, err = plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, aAnn)
		}
		if err != nil {
			t.Fatalf("%s: %v", rule, err)
		}
		if at, err := plans.NextOpening(t.Context(), p.ID(), "", time.Hour, aAnn); err != nil || !at.Equal(aStart) {
			t.Errorf("%s: it opens at %v, %v", rule, at, err)
		}
		v, err := plans.Explain(t.Context(), p.ID(), releaseplan.OverrideCalendar, "", aAnn)
		if err != nil || v.Allowed {
			t.Errorf("%s: there is nothing to override: %v, %v", rule, v, err)
		}
	}
}

// A copy of a plan has none of its overrides, however it is made.
func TestCopiesHaveNoOverrides(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), aStart.Add(90*time.Minute)
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), Calendars: fSet(t, fFreeze()), Now: func() time.Time { return now }})
	c := fPlan()
	c.Name = "original"
	p, err := plans.Create(ctx, c, aAnn)
	if err == nil {
		p, err = plans.Do(ctx, p.ID(), overriding("freeze", 2*time.Hour), aAnn)
	}
	if err != nil || len(p.Status().Overrides) != 1 {
		t.Fatal(err)
	}
	doc, err := plans.Export(ctx, p.ID(), aAnn)
	if err != nil {
		t.Fatal(err)
	}
	filed, err := plans.Import(ctx, doc, aAnn)
	if err != nil {
		t.Fatal(err)
	}
	twin, err := plans.Duplicate(ctx, p.ID(), releaseplan.Copy{Name: "twin"}, aAnn)
	if err != nil {
		t.Fatal(err)
	}
	for rule, copied := range map[string]*releaseplan.Plan{"import": filed, "duplicate": twin} {
		if s := copied.Status(); s.Overrides != nil {
			t.Errorf("%s: %v", rule, s.Overrides)
		}
		if v, err := plans.Explain(ctx, copied.ID(), releaseplan.Execute, "", aAnn); err != nil || v.Allowed {
			t.Errorf("%s: it can be executed: %v", rule, err)
		}
	}
	if v, err := plans.Explain(ctx, p.ID(), releaseplan.Execute, "", aAnn); err != nil || !v.Allowed {
		t.Errorf("the original: %v, %v", v, err)
	}
}
