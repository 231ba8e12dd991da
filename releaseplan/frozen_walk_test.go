package releaseplan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/plantest"
)

// TestWalkUnderCalendars is TestWalk with calendars that open and close all the time: the laws
// are the same, and nothing starts that is held back.
func TestWalkUnderCalendars(t *testing.T) {
	t.Parallel()
	started := 0
	for seed := range uint64(24) {
		set := fSet(t, fCalendars(rand.New(rand.NewPCG(seed, 3)))...)
		plantest.Walker{Rules: &releaseplan.Rules{Calendars: set}}.Test(t, 5*seed, 5, aCounted, func(s plantest.Step) error {
			for _, c := range s.Changes {
				if c.Kind == releaseplan.TaskStarted {
					started++
				}
			}
			return fHeld(s.Before, set, s.Changes)
		})
	}
	if started < 50 {
		t.Errorf("only %d tasks were started", started)
	}
}

// fCalendars are up to three, each closed now and then within some hours of the fixtures' begin.
func fCalendars(d *rand.Rand) (all []calendar.Calendar) {
	for i := range 1 + d.IntN(3) {
		c := calendar.Calendar{Name: fmt.Sprintf("c%d", i)}
		at := plantest.Start().Add(time.Duration(d.IntN(40)) * time.Minute)
		for range 1 + d.IntN(4) {
			end := at.Add(time.Duration(5+d.IntN(50)) * time.Minute)
			c.Blackouts = append(c.Blackouts, calendar.Blackout{Start: at, End: end})
			at = end.Add(time.Duration(1+d.IntN(120)) * time.Minute)
		}
		if d.IntN(3) == 0 {
			c.Exempt = []string{"rollback"}
		}
		if d.IntN(4) == 0 {
			c.Scope.Classes = []string{"rollback"}
		}
		all = append(all, c)
	}
	return all
}

// fHeld holds that nothing starts while a calendar that concerns it is closed.
func fHeld(p *releaseplan.Plan, set *calendar.Set, changes []releaseplan.Change) error {
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
				return fmt.Errorf("%v at %v while %s is closed", c, c.At, closure.Calendar)
			}
		}
	}
	return nil
}

func classOf(p *releaseplan.Plan, task string) string {
	for _, t := range p.Tasks() {
		if t.ID == task {
			return t.Class
		}
	}
	return ""
}
