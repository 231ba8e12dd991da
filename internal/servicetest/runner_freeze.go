package servicetest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// frozen runs a test in virtual time over a new store, under calendars of which the
// first is closed for the second hour.
func (on suite) frozen(t *testing.T, f func(t *testing.T, w *world, book *calendar.Book)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var book calendar.Book
		set, err := calendar.NewSet(calendar.Calendar{Name: "freeze", Exempt: []string{"rollback"},
			Blackouts: []calendar.Blackout{{Start: time.Now().Add(time.Hour), End: time.Now().Add(2 * time.Hour)}}})
		if err != nil {
			t.Fatal(err)
		}
		book.Replace(set)
		f(t, process(t, releaseplan.Config{Store: on.open(t), Calendars: &book}), &book)
	})
}

func (on suite) testRunnerGoesOnWhenTheCalendarOpens(t *testing.T) {
	on.frozen(t, func(t *testing.T, w *world, _ *calendar.Book) {
		w.handle(busy(50 * time.Minute))
		p := w.start(planOf(phaseOf(releaseplan.Sequential, 3)))
		if got := w.reach(p.ID(), releaseplan.Completed); got != 2*time.Hour+50*time.Minute {
			t.Errorf("completed after %v", got)
		}
		started := w.trail(p.ID(), releaseplan.TaskStarted)
		for i, want := range []time.Duration{0, 50 * time.Minute, 2 * time.Hour} { // what ran when it closed went on
			if got := started[i].At.Sub(w.began); got != want {
				t.Errorf("task %d started after %v, want %v", i, got, want)
			}
		}
	})
}

func (on suite) testRunnerSeesCalendarsChange(t *testing.T) {
	on.frozen(t, func(t *testing.T, w *world, book *calendar.Book) {
		w.handle(busy(50 * time.Minute))
		p := w.start(planOf(phaseOf(releaseplan.Sequential, 3)))
		w.pass(110 * time.Minute)
		if n := len(w.trail(p.ID(), releaseplan.TaskStarted)); n != 2 {
			t.Fatalf("%d tasks were started", n)
		}
		book.Replace(nil)
		if got := w.reach(p.ID(), releaseplan.Completed); got > 2*time.Hour+50*time.Minute {
			t.Errorf("completed after %v", got)
		}
		if at := w.trail(p.ID(), releaseplan.TaskStarted)[2].At.Sub(w.began); at < 110*time.Minute || at > 121*time.Minute { // it looks around every ten
			t.Errorf("the last task started after %v", at)
		}
	})
}

func (on suite) testRunnerGoesOnWithAnOverride(t *testing.T) {
	on.frozen(t, func(t *testing.T, w *world, _ *calendar.Book) {
		w.handle(busy(50 * time.Minute))
		p := w.start(planOf(phaseOf(releaseplan.Sequential, 3)))
		w.pass(110 * time.Minute)
		w.do(p.ID(), releaseplan.Command{Action: releaseplan.OverrideCalendar, Calendar: "freeze", Until: time.Now().Add(time.Hour), Remark: "a fix"})
		if at := w.until(p.ID(), func(c releaseplan.Change) bool {
			return c.Kind == releaseplan.TaskStarted && c.At.Sub(w.began) >= 110*time.Minute
		}); at != 110*time.Minute {
			t.Errorf("the last task started after %v", at)
		}
		w.reach(p.ID(), releaseplan.Completed)
	})
}

func (on suite) testServiceOverridesTakeTheAdminRight(t *testing.T) {
	var asked []penstock.Right
	set, err := calendar.NewSet(calendar.Calendar{Name: "nights"})
	if err != nil {
		t.Fatal(err)
	}
	w := process(t, releaseplan.Config{Store: on.open(t), Calendars: set, Authorizer: func(_ context.Context, _ penstock.Actor, right penstock.Right, _ penstock.Resource) error {
		asked = append(asked, right)
		if right == penstock.Admin {
			return &penstock.ForbiddenError{Right: right}
		}
		return nil
	}})
	p := w.create(planOf(phaseOf(releaseplan.Sequential, 1)))
	c := releaseplan.Command{Action: releaseplan.OverrideCalendar, Until: time.Now().Add(time.Hour), Remark: "a fix"}
	if _, err := w.plans.Do(t.Context(), p.ID(), c, ann); !errors.Is(err, penstock.ErrForbidden) {
		t.Errorf("who may not: %v, asked for %v", err, asked)
	}
	v, err := w.plans.Explain(t.Context(), p.ID(), releaseplan.OverrideCalendar, "", ann)
	if err != nil || v.Allowed {
		t.Errorf("Explain says %v, %v", v, err)
	}
}

// A plan that a calendar holds back is read once, not at every look around.
func (on suite) testRunnerLeavesFrozenPlansAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, err := calendar.NewSet(calendar.Calendar{Name: "freeze",
			Blackouts: []calendar.Blackout{{Start: time.Now().Add(time.Hour), End: time.Now().Add(10 * time.Hour)}}})
		if err != nil {
			t.Fatal(err)
		}
		spy := &spyStore{Store: on.open(t)}
		w := process(t, releaseplan.Config{Store: spy, Calendars: set})
		w.handle(busy(90 * time.Minute))
		var ids []string
		for range 5 {
			ids = append(ids, w.start(planOf(phaseOf(releaseplan.Sequential, 2))).ID())
		}
		w.pass(3 * time.Hour)
		spy.told(nil)
		w.pass(3 * time.Hour)
		gets := 0
		for _, c := range spy.of("Get") {
			for _, k := range c.keys {
				if k.Kind == "plan" {
					gets++
				}
			}
		}
		if gets > len(ids) {
			t.Errorf("%d plans were read %d times in 18 looks around", len(ids), gets)
		}
		for _, id := range ids {
			if at := w.reach(id, releaseplan.Completed); at != 10*time.Hour+90*time.Minute {
				t.Errorf("it was completed after %v", at)
			}
		}
	})
}
