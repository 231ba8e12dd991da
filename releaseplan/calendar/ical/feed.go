package ical

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// A Feed is the [calendar.Recurrence] of the events of a file. It is safe for concurrent use.
type Feed struct{ events []*event }

// An Event is what a file says of one event.
type Event struct {
	Line    int // in the file, from 1
	UID     string
	Summary string
	First   calendar.Interval // as DTSTART and its end say
	Recurs  bool
}

// Events returns the events that close something, in their order in the file.
func (f *Feed) Events() []Event {
	var all []Event
	for _, e := range f.events {
		all = append(all, Event{Line: e.line, UID: e.uid, Summary: e.summary, First: e.span(e.start.clock), Recurs: e.rule != nil || len(e.clocks) > 1})
	}
	return all
}

// Next returns, of the occurrences that end after t, the one that starts first. Its reason is the
// SUMMARY of the event.
func (f *Feed) Next(t time.Time) (first calendar.Interval, found bool) {
	if f == nil {
		return calendar.Interval{}, false
	}
	for _, e := range f.events {
		if i, ok := e.next(t); ok && (!found || i.Start.Before(first.Start)) {
			first, found = i, true
		}
	}
	return first, found
}

// An answer is the first interval of those that end after a time. It is right too for every later
// time before its end.
type answer struct {
	asked    time.Time
	interval calendar.Interval
	ok       bool
}

func (e *event) next(t time.Time) (calendar.Interval, bool) {
	if a := e.memo.Load(); a != nil && !t.Before(a.asked) && (!a.ok || t.Before(a.interval.End)) {
		return a.interval, a.ok
	}
	a := &answer{asked: t}
	a.interval, a.ok = e.find(t)
	e.memo.Store(a)
	return a.interval, a.ok
}

// reach is more than a clock was ever put back.
const reach = 26 * time.Hour

func (e *event) find(t time.Time) (first calendar.Interval, found bool) {
	from := clockOf(t, e.start.zone).Add(-e.length - reach) // what begins before is over
	take := func(clock time.Time) bool {
		i := e.span(clock)
		if !i.End.After(t) || e.except[i.Start.Unix()] {
			return false
		}
		if !found || i.Start.Before(first.Start) {
			first, found = i, true
		}
		return true
	}
	for i := sort.Search(len(e.clocks), func(i int) bool { return !e.clocks[i].Before(from) }); i < len(e.clocks); i++ {
		if take(e.clocks[i]) {
			break
		}
	}
	if e.rule != nil {
		for clock := range e.rule.from(from) {
			if !e.rule.until.IsZero() && e.span(clock).Start.After(e.rule.until) || take(clock) {
				break
			}
		}
	}
	return first, found
}

func withUID(err error, uid string) error {
	if invalid, ok := errors.AsType[*penstock.InvalidError](err); ok {
		return penstock.Invalid(invalid.Field, "%s", fmt.Sprintf("%s (event %s)", invalid.Why, uid))
	}
	return err
}
