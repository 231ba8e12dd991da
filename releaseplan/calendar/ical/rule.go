package ical

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// A rule is an RRULE without a COUNT. The library computes it on clock times, as if they were UTC:
// zones are not its business.
type rule struct {
	option rrule.ROption // every BY part that follows from DTSTART is there
	until  time.Time     // the last instant at which it may begin; zero: none
}

// rule reads the RRULE of an event. One with a COUNT is written out.
func (p *parser) rule(e *event, l line) {
	if p.rules++; p.rules > MaxRules {
		if p.rules == MaxRules+1 {
			p.fault(l, "more than %d rules", MaxRules)
		}
		return
	}
	r := reader{start: e.start}
	r.option.Dtstart = e.start.clock
	if err := r.read(l.value); err != nil {
		p.fault(l, "%v", err)
		return
	}
	if e.rule = (&rule{r.option, r.until}); r.count == 0 {
		return
	}
	e.clocks = nil
	if p.dates += r.count; p.dates > MaxDates {
		p.fault(l, "more than %d dates", MaxDates)
		return
	}
	for clock := range e.rule.from(time.Time{}) {
		if e.clocks = append(e.clocks, clock); len(e.clocks) == r.count || clock.Year() > 2200 {
			break
		}
	}
	e.rule = nil
}

// A reader reads the parts of one RRULE, and refuses what it or the library would not get right.
type reader struct {
	start  moment
	option rrule.ROption
	until  time.Time
	count  int
	has    map[string]bool
}

var (
	frequencies = map[string]rrule.Frequency{"YEARLY": rrule.YEARLY, "MONTHLY": rrule.MONTHLY, "WEEKLY": rrule.WEEKLY, "DAILY": rrule.DAILY, "HOURLY": rrule.HOURLY}
	weekdays    = map[string]rrule.Weekday{"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU}
)

func (r *reader) read(value string) error {
	r.has = map[string]bool{}
	for part := range strings.SplitSeq(strings.ToUpper(value), ";") {
		name, v, ok := strings.Cut(part, "=")
		switch {
		case !ok || v == "":
			return fmt.Errorf("%q is not NAME=value", clip(part))
		case r.has[name]:
			return fmt.Errorf("%s occurs twice", clip(name))
		}
		r.has[name] = true
		if err := r.part(name, v); err != nil {
			return fmt.Errorf("%s=%s %w", clip(name), clip(v), err)
		}
	}
	if err := r.together(); err != nil {
		return err
	}
	r.derive()
	return r.synchronized()
}

func (r *reader) part(name, v string) (err error) {
	o := &r.option
	switch name {
	case "FREQ":
		f, ok := frequencies[v]
		if !ok {
			return errNotSupported
		}
		o.Freq = f
	case "INTERVAL":
		o.Interval, err = number(v, 1, 10_000)
	case "COUNT":
		r.count, err = number(v, 1, MaxDates)
	case "UNTIL":
		err = r.readUntil(v)
	case "WKST":
		day, ok := weekdays[v]
		if !ok {
			return errors.New("is not a day such as MO")
		}
		o.Wkst = day
	case "BYMONTH":
		o.Bymonth, err = numbers(v, 1, 12)
	case "BYMONTHDAY":
		o.Bymonthday, err = numbers(v, -31, 31)
	case "BYYEARDAY":
		o.Byyearday, err = numbers(v, -366, 366)
	case "BYWEEKNO":
		o.Byweekno, err = numbers(v, 1, 51) // the library errs about others when a year ends
	case "BYSETPOS":
		o.Bysetpos, err = numbers(v, -366, 366)
	case "BYHOUR":
		o.Byhour, err = numbers(v, 0, 23)
	case "BYMINUTE":
		o.Byminute, err = numbers(v, 0, 59)
	case "BYSECOND":
		o.Bysecond, err = numbers(v, 0, 59)
	case "BYDAY":
		for s := range strings.SplitSeq(v, ",") {
			day, ok := weekdays[s[max(0, len(s)-2):]]
			if !ok {
				return errors.New("is not days such as MO or -1FR")
			}
			if n := s[:len(s)-2]; n != "" {
				list, err := numbers(n, -53, 53)
				if err != nil {
					return err
				}
				day = day.Nth(list[0])
			}
			o.Byweekday = append(o.Byweekday, day)
		}
	default:
		return errNotSupported
	}
	return err
}

var errNotSupported = errors.New("is not supported")

// readUntil reads the last time. One in UTC is an instant; others are by the clock of DTSTART. A
// date is that whole day.
func (r *reader) readUntil(v string) error {
	m, err := readMoment(v, r.start.zone, false)
	if err != nil {
		return err
	}
	r.until = m.instant()
	if m.date && !r.start.date {
		r.until = moment{clock: m.clock.Add(day - time.Second), zone: m.zone}.instant()
	}
	if r.until.Before(r.start.instant()) {
		return errors.New("is before DTSTART")
	}
	// The library stops on a later day than this, by the clock.
	r.option.Until = clockOf(r.until, r.start.zone).Add(2 * day)
	return nil
}

// together refuses parts that do not go together.
func (r *reader) together() error {
	o := &r.option
	o.Interval = max(o.Interval, 1)
	nth := slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return d.N() != 0 })
	most := 53
	if o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0 {
		most = 5
	}
	by := 0
	for name := range r.has {
		if strings.HasPrefix(name, "BY") && name != "BYSETPOS" {
			by++
		}
	}
	for _, c := range []struct {
		wrong bool
		why   string
	}{
		{!r.has["FREQ"], "has no FREQ"},
		{r.has["COUNT"] && r.has["UNTIL"], "has both COUNT and UNTIL"},
		{r.has["BYWEEKNO"] && o.Freq != rrule.YEARLY, "has BYWEEKNO, which is for FREQ=YEARLY"},
		{r.has["BYYEARDAY"] && o.Freq != rrule.YEARLY && o.Freq != rrule.HOURLY, "has BYYEARDAY, which is not for this FREQ"},
		{r.has["BYMONTHDAY"] && o.Freq == rrule.WEEKLY, "has BYMONTHDAY, which is not for FREQ=WEEKLY"},
		{nth && o.Freq != rrule.YEARLY && o.Freq != rrule.MONTHLY || nth && r.has["BYWEEKNO"], "has BYDAY with a number, which is not for this rule"},
		{nth && slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return d.N() == 0 }), "has BYDAY both with and without a number, which is not supported"},
		{nth && slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return d.N() > most || -d.N() > most }), fmt.Sprintf("has BYDAY with a number beyond %d", most)},
		{r.has["BYSETPOS"] && by == 0, "has BYSETPOS, but no other BY part"},
		{r.start.date && (r.has["BYHOUR"] || r.has["BYMINUTE"] || r.has["BYSECOND"] || o.Freq == rrule.HOURLY), "has times of the day, but DTSTART is a date"},
	} {
		if c.wrong {
			return errors.New(c.why)
		}
	}
	return nil
}

// derive fills in what follows from DTSTART, so that the rule is the same from a later start.
func (r *reader) derive() {
	o, start := &r.option, r.start.clock
	if len(o.Byyearday) == 0 && len(o.Bymonthday) == 0 && len(o.Byweekday) == 0 {
		switch {
		case o.Freq == rrule.WEEKLY || len(o.Byweekno) > 0:
			o.Byweekday = []rrule.Weekday{weekday(start)}
		case o.Freq == rrule.YEARLY && len(o.Bymonth) == 0:
			o.Bymonth = []int{int(start.Month())}
			fallthrough
		case o.Freq <= rrule.MONTHLY:
			o.Bymonthday = []int{start.Day()}
		}
	}
	if len(o.Byhour) == 0 && o.Freq < rrule.HOURLY {
		o.Byhour = []int{start.Hour()}
	}
	if len(o.Byminute) == 0 {
		o.Byminute = []int{start.Minute()}
	}
	if len(o.Bysecond) == 0 {
		o.Bysecond = []int{start.Second()}
	}
}

func weekday(t time.Time) rrule.Weekday {
	return []rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}[t.Weekday()]
}

// number reads a whole number within bounds.
func number(v string, least, most int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("is not between %d and %d", least, most)
	}
	return n, nil
}

// numbers reads a list of them; 0 is none of a list that goes below it.
func numbers(v string, least, most int) ([]int, error) {
	var all []int
	for s := range strings.SplitSeq(v, ",") {
		n, err := number(s, least, most)
		if err != nil || n == 0 && least < 0 {
			return nil, fmt.Errorf("is not between %d and %d", least, most)
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
