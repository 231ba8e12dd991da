package ical

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// synchronized makes sure that DTSTART is an occurrence of the rule. RFC 5545 leaves open what
// happens otherwise; and a rule that never fires keeps the library busy for thousands of years.
func (r *reader) synchronized() error {
	o, start := &r.option, r.start.clock
	times := r.times()
	if perDay := len(times); perDay > MaxDaily || o.Freq == rrule.HOURLY && perDay*((24+o.Interval-1)/o.Interval) > MaxDaily {
		return fmt.Errorf("gives more than %d occurrences a day", MaxDaily)
	}
	unsynchronized := errors.New("does not give DTSTART, which must be its first occurrence")
	at := slices.IndexFunc(times, start.Equal)
	if at < 0 || !r.fits(start) {
		return unsynchronized
	}
	if len(o.Bysetpos) == 0 {
		return nil
	}
	// The position of DTSTART among the occurrences of its year, month, week or day.
	from, to := r.period()
	n, position := 0, 0
	for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
		if !r.fits(d) {
			continue
		}
		if d.YearDay() == start.YearDay() && d.Year() == start.Year() {
			position = n + at + 1
		}
		n += len(times)
	}
	if !slices.Contains(o.Bysetpos, position) && !slices.Contains(o.Bysetpos, position-n-1) {
		return unsynchronized
	}
	return nil
}

// times returns the times at which the rule fires on the day of DTSTART or, if it is hourly, in
// that hour, in order.
func (r *reader) times() []time.Time {
	o, start := &r.option, r.start.clock
	hours := o.Byhour
	if o.Freq == rrule.HOURLY {
		if hours = []int{start.Hour()}; len(o.Byhour) > 0 && !slices.Contains(o.Byhour, start.Hour()) {
			return nil
		}
	}
	var all []time.Time
	for _, h := range hours {
		for _, m := range o.Byminute {
			for _, s := range o.Bysecond {
				all = append(all, time.Date(start.Year(), start.Month(), start.Day(), h, m, s, 0, time.UTC))
			}
		}
	}
	return all
}

// period returns the days of the period in which DTSTART is.
func (r *reader) period() (from, to time.Time) {
	y, m, d := r.start.clock.Date()
	midnight := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	switch r.option.Freq {
	case rrule.YEARLY:
		return midnight(y, 1, 1), midnight(y+1, 1, 1)
	case rrule.MONTHLY:
		return midnight(y, m, 1), midnight(y, m+1, 1)
	case rrule.WEEKLY:
		d -= r.sinceWeekStart(r.start.clock)
		return midnight(y, m, d), midnight(y, m, d+7)
	default:
		return midnight(y, m, d), midnight(y, m, d+1)
	}
}

// sinceWeekStart returns how many days after WKST t is.
func (r *reader) sinceWeekStart(t time.Time) int {
	return sinceWeekStart(t, r.option.Wkst)
}

func sinceWeekStart(t time.Time, wkst rrule.Weekday) int {
	first := weekday(t)
	return (first.Day() - wkst.Day() + 7) % 7
}

// fits reports whether the rule may fire on the day of t.
func (r *reader) fits(t time.Time) bool {
	o := &r.option
	among := func(list []int, n, of int) bool { // counted from the start, or from the end
		return len(list) == 0 || slices.Contains(list, n) || slices.Contains(list, n-of-1)
	}
	year := time.Date(t.Year(), 12, 31, 0, 0, 0, 0, time.UTC).YearDay()
	month := time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	if len(o.Bymonth) > 0 && !slices.Contains(o.Bymonth, int(t.Month())) ||
		!among(o.Bymonthday, t.Day(), month) || !among(o.Byyearday, t.YearDay(), year) ||
		len(o.Byweekno) > 0 && !slices.Contains(o.Byweekno, r.week(t)) {
		return false
	}
	n, of := t.YearDay(), year
	if o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0 {
		n, of = t.Day(), month
	}
	today := weekday(t)
	return len(o.Byweekday) == 0 || slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool {
		return d.Day() == today.Day() && (d.N() == 0 || d.N() == (n+6)/7 || d.N() == -(of-n+7)/7)
	})
}

// week returns the number of t's week. The first of a year has at least four days in it.
func (r *reader) week(t time.Time) int {
	fourth := t.AddDate(0, 0, 3-r.sinceWeekStart(t))
	return (fourth.YearDay() + 6) / 7
}
