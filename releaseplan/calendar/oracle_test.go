package calendar_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// An oracle knows what clocks showed at each minute of some weeks, because it looked, and nothing
// else about zones. Whoever asks it gets an answer for each minute.
type oracle struct {
	start  time.Time
	clocks []time.Time // what the clock showed, as if it were UTC
}

func newOracle(zone string, start time.Time, minutes int) *oracle {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	o := &oracle{start: start}
	for i := range minutes {
		t := start.Add(time.Duration(i) * time.Minute).In(loc)
		o.clocks = append(o.clocks, time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC))
	}
	return o
}

func (o *oracle) at(i int) time.Time { return o.start.Add(time.Duration(i) * time.Minute) }

// shown returns the first and the last minute at which the clock showed clock; of one that was
// never shown, the minute of the jump over it.
func (o *oracle) shown(clock time.Time) (first, last int) {
	first, last = -1, -1
	for i, c := range o.clocks {
		if c.Equal(clock) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		first = slices.IndexFunc(o.clocks, func(c time.Time) bool { return c.After(clock) })
		last = first
	}
	if first < 0 {
		return len(o.clocks), len(o.clocks)
	}
	return first, last
}

// closed tells, minute by minute, whether a calendar is closed.
func (o *oracle) closed(c calendar.Calendar) []bool {
	closed := make([]bool, len(o.clocks))
	if len(c.Hours) > 0 {
		for i := range closed {
			closed[i] = true
		}
		for _, p := range o.stretches(c.Hours) { // business hours: from the last to the first
			_, from := o.shown(p[0])
			to, _ := o.shown(p[1])
			for i := from; i < to; i++ {
				closed[i] = false
			}
		}
	}
	black := func(from, to time.Time) { // blackouts: from the first to the last
		first, _ := o.shown(from)
		_, last := o.shown(to)
		for i := first; i < last; i++ {
			closed[i] = true
		}
	}
	for _, b := range c.Blackouts {
		switch {
		case b.Weekly != nil:
			for _, p := range o.stretches([]calendar.Hours{*b.Weekly}) {
				black(p[0], p[1])
			}
		case b.Yearly:
			for year := o.clocks[0].Year() - 2; year <= o.clocks[len(o.clocks)-1].Year(); year++ {
				from, end := monthDay(year, b.From), year
				if b.To < b.From {
					end++
				}
				to := monthDay(end, b.To+"+")
				if from.Before(to) {
					black(from, to)
				}
			}
		case b.From != "":
			from, _ := time.Parse(time.DateOnly, string(b.From))
			to, _ := time.Parse(time.DateOnly, string(b.To))
			black(from, to.AddDate(0, 0, 1))
		default:
			for i := range closed {
				if t := o.at(i); !t.Before(b.Start) && t.Before(b.End) {
					closed[i] = true
				}
			}
		}
	}
	return closed
}

// monthDay is the midnight before a day of a year or, with a + at the end, after it. 29 February
// is nothing in most years.
func monthDay(year int, d calendar.Date) time.Time {
	after := 0
	if d[len(d)-1] == '+' {
		after, d = 1, d[:len(d)-1]
	}
	if leap := year%4 == 0 && (year%100 != 0 || year%400 == 0); d == "02-29" && !leap {
		return time.Date(year, 3, 1, 0, 0, 0, 0, time.UTC)
	}
	t, err := time.Parse("01-02", string(d))
	if err != nil {
		panic(err)
	}
	return time.Date(year, t.Month(), t.Day()+after, 0, 0, 0, 0, time.UTC)
}

// stretches returns the clock times between which hours are, on each date, and makes one of those
// that touch.
func (o *oracle) stretches(hours []calendar.Hours) [][2]time.Time {
	in := map[time.Time]bool{} // minutes of clocks that never jump
	first, last := o.clocks[0].AddDate(0, 0, -9).Truncate(24*time.Hour), o.clocks[len(o.clocks)-1].AddDate(0, 0, 9)
	for d := first; d.Before(last); d = d.AddDate(0, 0, 1) {
		for _, h := range hours {
			days := h.Days
			if len(days) == 0 {
				days = calendar.Weekdays()
			}
			if !slices.Contains(days, calendar.Weekdays()[(int(d.Weekday())+6)%7]) {
				continue
			}
			from, to := clock(h.From, "00:00"), clock(h.To, "24:00")
			if to <= from {
				to += 24 * 60
			}
			for m := from; m < to; m++ {
				in[d.Add(time.Duration(m)*time.Minute)] = true
			}
		}
	}
	var all [][2]time.Time
	for t := first; t.Before(last); t = t.Add(time.Minute) {
		switch n := len(all); {
		case !in[t]:
		case n > 0 && all[n-1][1].Equal(t):
			all[n-1][1] = t.Add(time.Minute)
		default:
			all = append(all, [2]time.Time{t, t.Add(time.Minute)})
		}
	}
	return all
}

func clock(c, otherwise calendar.ClockTime) int {
	if c == "" {
		c = otherwise
	}
	return (int(c[0]-'0')*10+int(c[1]-'0'))*60 + int(c[3]-'0')*10 + int(c[4]-'0')
}

// dice makes calendars whose edges are near a day, in its zone.
type dice struct {
	*rand.Rand
	near time.Time
}

func (d dice) hours() calendar.Hours {
	h := calendar.Hours{}
	for _, day := range calendar.Weekdays() {
		if d.IntN(3) > 0 {
			h.Days = append(h.Days, day)
		}
	}
	times := []calendar.ClockTime{"00:00", "00:15", "00:30", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00", "03:30", "09:00", "12:00", "17:45", "22:00", "23:00", "23:30", "23:59"}
	h.From, h.To = times[d.IntN(len(times))], times[d.IntN(len(times))]
	switch d.IntN(6) {
	case 0:
		h.To = "24:00"
	case 1:
		h.To = ""
	case 2:
		h.Days = nil
	}
	return h
}

func (d dice) blackout() calendar.Blackout {
	at := func() time.Time {
		return d.near.Add(time.Duration(d.IntN(4*24*60)-2*24*60) * time.Minute)
	}
	switch from, to := at(), at(); d.IntN(4) {
	case 0:
		h := d.hours()
		return calendar.Blackout{Weekly: &h, Reason: "weekly"}
	case 1:
		days := d.IntN(3)
		if d.IntN(2) == 0 {
			days = -1 - d.IntN(4) // all but some days of the year
		}
		return calendar.Blackout{Yearly: true, From: calendar.Date(from.Format("01-02")), To: calendar.Date(from.AddDate(0, 0, days).Format("01-02"))}
	case 2:
		return calendar.Blackout{From: calendar.Date(from.Format(time.DateOnly)), To: calendar.Date(from.AddDate(0, 0, d.IntN(2)).Format(time.DateOnly))}
	default:
		if to.Before(from) {
			from, to = to, from
		}
		return calendar.Blackout{Start: from, End: to.Add(time.Minute)}
	}
}

func (d dice) calendar(name, zone string) calendar.Calendar {
	c := calendar.Calendar{Name: name, Zone: zone, Reason: "calendar"}
	for range d.IntN(3) {
		c.Hours = append(c.Hours, d.hours())
	}
	for range d.IntN(3) {
		c.Blackouts = append(c.Blackouts, d.blackout())
	}
	return c
}
