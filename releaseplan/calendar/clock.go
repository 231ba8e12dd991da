package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Weekday is a day of the week, written in English and in small letters.
type Weekday string

// The days of the week.
const (
	Monday    Weekday = "monday"
	Tuesday   Weekday = "tuesday"
	Wednesday Weekday = "wednesday"
	Thursday  Weekday = "thursday"
	Friday    Weekday = "friday"
	Saturday  Weekday = "saturday"
	Sunday    Weekday = "sunday"
)

// Weekdays returns the days of the week from Monday on.
func Weekdays() []Weekday {
	return []Weekday{Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday}
}

// Workdays returns Monday to Friday.
func Workdays() []Weekday { return Weekdays()[:5:5] }

// index returns how many days d is after Monday, or -1.
func (d Weekday) index() int { return slices.Index(Weekdays(), d) }

// A ClockTime is what a clock shows, to the minute: "09:00", "17:30". The end of a day may be
// written "24:00".
type ClockTime string

// seconds returns the seconds since midnight that c shows.
func (c ClockTime) seconds() (int64, error) {
	before, after, ok := strings.Cut(string(c), ":")
	h, okHour := digits(before, 2)
	m, okMinute := digits(after, 2)
	if !ok || !okHour || !okMinute || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("%q is not a clock time such as 09:00", clip(string(c)))
	}
	return int64(h*60+m) * minute, nil
}

// A Date is a day of the calendar, wherever it is: "2026-12-20", or "12-20" without a year.
type Date string

// parse returns the midnight before d, in UTC. If d is to be yearly, it has no year, and the result
// lies in a leap year.
func (d Date) parse(yearly bool) (time.Time, error) {
	text, example := string(d), "2026-12-20"
	if yearly {
		text, example = "2000-"+text, "12-20"
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil || at.Year() == 0 {
		return time.Time{}, fmt.Errorf("%q is not a date such as %s", clip(string(d)), example)
	}
	return at, nil
}

// digits reads a number of exactly n decimal digits.
func digits(s string, n int) (value int, ok bool) {
	if len(s) != n {
		return 0, false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		value = value*10 + int(c-'0')
	}
	return value, true
}
