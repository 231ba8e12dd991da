package ical

import (
	"iter"
	"time"

	"github.com/teambition/rrule-go"
)

// from returns the clock times at which the rule fires, in order, from some time at or before t.
//
// The library would count up from DTSTART each time, and takes the days of its week that are before
// it for no days of that week. So it starts with the period of DTSTART, or with a later one, and
// what comes before DTSTART is dropped.
func (r *rule) from(t time.Time) iter.Seq[time.Time] {
	o, start := r.option, r.option.Dtstart
	o.Dtstart = r.period(t)
	return func(yield func(time.Time) bool) {
		library, err := rrule.NewRRule(o)
		if err != nil { // what it refuses was refused before
			return
		}
		next := library.Iterator()
		for clock, ok := next(); ok; clock, ok = next() {
			if !clock.Before(start) && !yield(clock) {
				return
			}
		}
	}
}

// period returns the beginning of the period in which DTSTART is, or of a later one in which the
// rule may fire, before t.
func (r *rule) period(t time.Time) time.Time {
	start, n := r.option.Dtstart, r.option.Interval
	y, m, d := start.Date()
	// whole is a number of units that are whole intervals, and surely end before t.
	whole := func(units int) int { return max(0, units/n-1) * n }
	hours := int(t.Sub(start) / time.Hour)
	if t.Year()-y > 200 { // more than a Duration holds
		hours = (t.Year() - y - 1) * 365 * 24
	}
	switch r.option.Freq {
	case rrule.YEARLY:
		return time.Date(y+whole(t.Year()-y), 1, 1, 0, 0, 0, 0, time.UTC)
	case rrule.MONTHLY:
		return time.Date(y, m+time.Month(whole((t.Year()-y)*12+int(t.Month()-m))), 1, 0, 0, 0, 0, time.UTC)
	case rrule.WEEKLY:
		return time.Date(y, m, d-sinceWeekStart(start, r.option.Wkst)+7*whole(hours/24/7), 0, 0, 0, 0, time.UTC)
	case rrule.DAILY:
		return time.Date(y, m, d+whole(hours/24), 0, 0, 0, 0, time.UTC)
	default:
		return start.Truncate(time.Hour).Add(time.Duration(whole(hours)) * time.Hour)
	}
}
