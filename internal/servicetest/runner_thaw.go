package servicetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// closed is a set with a calendar that is closed for a time.
func closed(t *testing.T, after, until time.Duration) *calendar.Set {
	t.Helper()
	set, err := calendar.NewSet(calendar.Calendar{Name: "freeze",
		Blackouts: []calendar.Blackout{{Start: time.Now().Add(after), End: time.Now().Add(until)}}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// A plan that never opens is read seldom, and goes on when its calendar is lifted.
func (on suite) testRunnerLeavesPlansClosedForGoodAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var book calendar.Book
		book.Replace(closed(t, time.Hour, 20*366*24*time.Hour))
		spy := &spyStore{Store: on.open(t)}
		w := process(t, releaseplan.Config{Store: spy, Calendars: &book})
		w.handle(busy(90 * time.Minute))
		id := w.start(planOf(phaseOf(releaseplan.Sequential, 2))).ID()
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
		if gets > 1 {
			t.Errorf("the plan was read %d times in 18 looks around", gets)
		}
		book.Replace(nil)
		if at := w.reach(id, releaseplan.Completed); at < 7*time.Hour+30*time.Minute || at > 7*time.Hour+41*time.Minute { // it looks around every ten
			t.Errorf("it was completed after %v", at)
		}
	})
}

// A liftedSource has calendars until it was asked so often.
type liftedSource struct {
	set  *calendar.Set
	left atomic.Int64

	once   sync.Once
	lifted time.Time
}

func (s *liftedSource) Current() *calendar.Set {
	if s.left.Add(-1) < 0 {
		s.once.Do(func() { s.lifted = time.Now() })
		return nil
	}
	return s.set
}

// Whenever a calendar is lifted, the plan goes on at the next look around.
func (on suite) testRunnerSeesCalendarsChangeWhileItLooks(t *testing.T) {
	for n := range int64(20) {
		synctest.Test(t, func(t *testing.T) {
			source := &liftedSource{set: closed(t, time.Hour, 100*time.Hour)}
			source.left.Store(1_000_000)
			w := process(t, releaseplan.Config{Store: on.open(t), Calendars: source})
			w.handle(busy(90 * time.Minute))
			id := w.start(planOf(phaseOf(releaseplan.Sequential, 2))).ID()
			w.pass(85 * time.Minute)
			source.left.Store(n) // the first task ends soon
			at := w.reach(id, releaseplan.Completed)
			if late := at - 90*time.Minute - max(source.lifted.Sub(w.began), 90*time.Minute); late > 10*time.Minute {
				t.Errorf("lifted when asked for the %d. time: it went on after %v", n+1, late)
			}
		})
	}
}

// A Runner that finds a plan only once a worker is free does not sleep through its opening.
func (on suite) testRunnerThatWasBusyKnowsWhenTheCalendarOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := process(t, releaseplan.Config{Store: on.open(t), Calendars: closed(t, time.Minute, 62*time.Minute)})
		held := w.start(planOf(phaseOf(releaseplan.Sequential, 1)))
		w.do(held.ID(), releaseplan.Command{Action: releaseplan.Hold, Task: held.Tasks()[0].ID})
		r := runnerOf(w.plans, busy(61*time.Minute))
		r.Workers = 1
		w.run(r)
		w.start(func() releaseplan.Content {
			c := planOf(phaseOf(releaseplan.Sequential, 1))
			c.Name = "other"
			return c
		}())
		w.pass(30 * time.Minute)
		w.do(held.ID(), releaseplan.Command{Action: releaseplan.Release, Task: held.Tasks()[0].ID}) // every worker is busy
		if at := w.until(held.ID(), func(c releaseplan.Change) bool { return c.Kind == releaseplan.TaskStarted }); at != 62*time.Minute {
			t.Errorf("it was started after %v", at)
		}
	})
}

// Processes that have other calendars do not hinder each other: what one holds back, another
// carries out.
func (on suite) testRunnersUnderDifferentCalendars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := on.open(t)
		strict := process(t, releaseplan.Config{Store: s, Calendars: closed(t, time.Hour, 50*time.Hour)})
		loose := process(t, releaseplan.Config{Store: s})
		strict.handle(busy(50 * time.Minute))
		p := strict.start(planOf(phaseOf(releaseplan.Sequential, 4)))
		strict.pass(3 * time.Hour)
		if n := len(strict.trail(p.ID(), releaseplan.TaskStarted)); n != 2 {
			t.Fatalf("%d tasks were started", n)
		}
		ctx, cancel := context.WithCancel(context.Background())
		r := runnerOf(loose.plans, busy(50*time.Minute))
		r.Poll = 10 * time.Minute
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		if at := strict.reach(p.ID(), releaseplan.Completed); at > 5*time.Hour {
			t.Errorf("it was completed after %v", at)
		}
		cancel()
		<-done
	})
}
