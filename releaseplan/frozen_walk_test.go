package releaseplan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// TestWalkUnderCalendars is TestWalk with calendars that open and close all the time: the laws
// are the same, and nothing starts that is held back.
func TestWalkUnderCalendars(t *testing.T) {
	t.Parallel()
	started := 0
	for seed := range uint64(120) {
		d := aNewDice(seed, nil)
		var calendars []calendar.Calendar
		for i := range 1 + d.intn(3) {
			c := calendar.Calendar{Name: fmt.Sprintf("c%d", i)}
			at := aStart.Add(time.Duration(d.intn(40)) * time.Minute)
			for range 1 + d.intn(4) {
				end := at.Add(time.Duration(5+d.intn(50)) * time.Minute)
				c.Blackouts = append(c.Blackouts, calendar.Blackout{Start: at, End: end})
				at = end.Add(time.Duration(1+d.intn(120)) * time.Minute)
			}
			if d.oneIn(3) {
				c.Exempt = []string{"rollback"}
			}
			if d.oneIn(4) {
				c.Scope.Classes = []string{"rollback"}
			}
			calendars = append(calendars, c)
		}
		for s, n := range aWalk(t, d, 60, fSet(t, calendars...)) {
			if s == releaseplan.Running {
				started += n
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if started < 50 {
		t.Errorf("plans ran only %d times", started)
	}
}

// fTrail holds that nothing starts while a calendar that concerns it is closed.
func fTrail(t *testing.T, before *releaseplan.Plan, set *calendar.Set, changes []releaseplan.Change) {
	t.Helper()
	if set == nil {
		return
	}
	p := before
	overrides := slices.Clone(p.Status().Overrides)
	for _, c := range changes {
		if c.Kind == releaseplan.CalendarOverridden {
			overrides = append(overrides, *c.Override)
		}
		if c.Kind == releaseplan.CalendarRestored {
			overrides = slices.DeleteFunc(overrides, func(o releaseplan.Override) bool { return o.Calendar == c.Override.Calendar })
		}
		on := calendar.Subject{}
		switch {
		case c.Kind == releaseplan.TaskStarted && c.Action == releaseplan.Start:
			on.Task = true
			on.Class = classOf(p, c.Task)
		case c.Kind == releaseplan.ExposureStarted && c.From == "":
		default:
			continue
		}
		for _, closure := range set.Closed(c.At, on, nil) {
			if !slices.ContainsFunc(overrides, func(o releaseplan.Override) bool {
				return (o.Calendar == "" || o.Calendar == closure.Calendar) && !c.At.Before(o.At) && c.At.Before(o.Until)
			}) {
				t.Errorf("%v at %v while %s is closed", c, c.At.Sub(aStart), closure.Calendar)
			}
		}
	}
}

func classOf(p *releaseplan.Plan, task string) string {
	for _, t := range p.Tasks() {
		if t.ID == task {
			return t.Class
		}
	}
	return ""
}
