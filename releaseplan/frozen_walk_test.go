package releaseplan_test

import (
	"errors"
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

// TestWalkUnderCalendarsThatChange is the same with calendars that a host replaces all the time:
// nothing starts that those hold back which are there when it is decided.
func TestWalkUnderCalendarsThatChange(t *testing.T) {
	t.Parallel()
	happened := 0
	for seed := range uint64(80) {
		var book calendar.Book
		w := plantest.Walker{Rules: &releaseplan.Rules{Calendars: &book}}
		p, trail, err := w.Plan(seed + 1000)
		if err != nil {
			t.Fatal(err)
		}
		d := rand.New(rand.NewPCG(seed, 5))
		for s := range w.Walk(seed+1000, p, trail...) {
			err := errors.Join(fHeld(s.Before, book.Current(), s.Changes), aCounted(s), plantest.CheckTrail(s.After, s.Trail))
			if err != nil {
				t.Fatalf("seed %d: %s: %v", seed, s, err)
			}
			happened += len(s.Changes)
			switch d.IntN(6) {
			case 0:
				book.Replace(nil)
			case 1, 2:
				book.Replace(fSet(t, fCalendars(d)...))
			default: // they stay
			}
		}
	}
	if happened < 500 {
		t.Errorf("only %d things happened", happened)
	}
}

// fHeld holds that nothing starts while a calendar that concerns it is closed: no plan, no task,
// no milestone that more people have than the one before, and that nobody takes an attempt.
func fHeld(p *releaseplan.Plan, set *calendar.Set, changes []releaseplan.Change) error {
	overrides := slices.Clone(p.Status().Overrides)
	closed := func(at time.Time, on calendar.Subject) (names []string) {
		for _, closure := range set.Closed(at, on, nil) {
			if !slices.ContainsFunc(overrides, func(o releaseplan.Override) bool {
				return (o.Calendar == "" || o.Calendar == closure.Calendar) && !at.Before(o.At) && at.Before(o.Until)
			}) {
				names = append(names, closure.Calendar)
			}
		}
		return names
	}
	for _, c := range changes {
		if c.Kind == releaseplan.CalendarOverridden {
			overrides = append(overrides, *c.Override)
		}
		if c.Kind == releaseplan.CalendarRestored {
			overrides = slices.DeleteFunc(overrides, func(o releaseplan.Override) bool { return o.Calendar == c.Override.Calendar })
		}
		if c.Kind == releaseplan.PlanMoved && c.To == string(releaseplan.Draft) {
			overrides = nil
		}
		var names []string
		switch {
		case c.Kind == releaseplan.TaskStarted, c.Kind == releaseplan.TaskLeased, c.Kind == releaseplan.TaskEnded && c.From == string(releaseplan.TaskTodo) && c.Action == releaseplan.Complete:
			names = closed(c.At, calendar.Subject{Task: true, Class: classOf(p, c.Task)})
		case c.Kind == releaseplan.ExposureStarted && c.Action != releaseplan.Start && fForward(p, &c): // what a task exposes, the task decides
			names = closed(c.At, calendar.Subject{})
		case c.Kind == releaseplan.PlanMoved && c.Action == releaseplan.Execute:
			names = slices.DeleteFunc(closed(c.At, calendar.Subject{}), func(name string) bool { return !fHolds(p, set, c.At, name) })
		default:
			continue
		}
		if len(names) > 0 {
			return fmt.Errorf("%v at %v while %v is closed", c, c.At, names)
		}
	}
	return nil
}

// fForward reports whether a milestone is behind the one before it.
func fForward(p *releaseplan.Plan, c *releaseplan.Change) bool {
	place := func(name string) int {
		return slices.IndexFunc(p.Content().Milestones, func(m releaseplan.Milestone) bool { return m.Name == name })
	}
	return c.From == "" || place(c.To) > place(c.From)
}

// fHolds reports whether a calendar that is closed holds back an open task of a plan, or its
// milestones.
func fHolds(p *releaseplan.Plan, set *calendar.Set, at time.Time, name string) bool {
	if len(p.Content().Milestones) > 0 {
		return true
	}
	return slices.ContainsFunc(p.Tasks(), func(v releaseplan.TaskView) bool {
		open := !v.Disabled && v.Status.State != releaseplan.TaskDone && v.Status.State != releaseplan.TaskSkipped
		return open && slices.ContainsFunc(set.Closed(at, calendar.Subject{Task: true, Class: v.Class}, nil), func(c calendar.Closure) bool { return c.Calendar == name })
	})
}

func classOf(p *releaseplan.Plan, task string) string {
	for _, t := range p.Tasks() {
		if t.ID == task {
			return t.Class
		}
	}
	return ""
}
