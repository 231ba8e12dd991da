package ical_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar/ical"
)

// A daily rule as the test understands it: it looks at every day, and knows nothing of the library.
type looked struct {
	freq      string
	interval  int
	months    []int
	days      []int // of the month
	yearDays  []int
	weeks     []int
	weekdays  []string // MO, 2TU, -1FR
	positions []int
	sunday    bool // weeks begin on Sunday
}

var names = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

func (r looked) String() string {
	s := fmt.Sprintf("FREQ=%s;INTERVAL=%d", r.freq, r.interval)
	for _, part := range []struct {
		name string
		list []int
	}{{"BYMONTH", r.months}, {"BYMONTHDAY", r.days}, {"BYYEARDAY", r.yearDays}, {"BYWEEKNO", r.weeks}, {"BYSETPOS", r.positions}} {
		if len(part.list) > 0 {
			s += ";" + part.name + "=" + strings.Trim(strings.ReplaceAll(fmt.Sprint(part.list), " ", ","), "[]")
		}
	}
	if len(r.weekdays) > 0 {
		s += ";BYDAY=" + strings.Join(r.weekdays, ",")
	}
	if r.sunday {
		s += ";WKST=SU"
	}
	return s
}

func (r looked) week(d time.Time) int64 { // since 1970, when 01-01 was a Thursday
	n := d.Unix()/86400 + 3
	if r.sunday {
		n++
	}
	return n / 7
}

func (r looked) period(d time.Time) int64 {
	switch r.freq {
	case "YEARLY":
		return int64(d.Year())
	case "MONTHLY":
		return int64(d.Year()*12 + int(d.Month()))
	case "WEEKLY":
		return r.week(d)
	default:
		return d.Unix() / 86400
	}
}

func (r looked) matches(d time.Time) bool {
	in := func(list []int, n, fromEnd int) bool {
		return len(list) == 0 || slices.Contains(list, n) || slices.Contains(list, -fromEnd)
	}
	toYearEnd := int(time.Date(d.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).Sub(d).Hours() / 24)
	toMonthEnd := int(time.Date(d.Year(), d.Month()+1, 1, 0, 0, 0, 0, time.UTC).Sub(d).Hours() / 24)
	if !in(r.months, int(d.Month()), 0) || !in(r.days, d.Day(), toMonthEnd) || !in(r.yearDays, d.YearDay(), toYearEnd) {
		return false
	}
	if len(r.weeks) > 0 {
		_, week := d.ISOWeek()
		if r.sunday { // the week has the number of its Wednesday
			week = (d.AddDate(0, 0, 3-int(d.Weekday())).YearDay() + 6) / 7
		}
		if !slices.Contains(r.weeks, week) {
			return false
		}
	}
	if len(r.weekdays) == 0 {
		return true
	}
	nth, last := (d.YearDay()-1)/7+1, (toYearEnd-1)/7+1
	if r.freq == "MONTHLY" || len(r.months) > 0 {
		nth, last = (d.Day()-1)/7+1, (toMonthEnd-1)/7+1
	}
	name := names[d.Weekday()]
	return slices.Contains(r.weekdays, name) || slices.Contains(r.weekdays, fmt.Sprint(nth, name)) ||
		slices.Contains(r.weekdays, fmt.Sprintf("%d%s", nth, name)) || slices.Contains(r.weekdays, fmt.Sprintf("-%d%s", last, name))
}

// expand returns the days on which the rule fires.
func (r looked) expand(start time.Time, years int) []time.Time {
	var all, period []time.Time
	flush := func() {
		for i, d := range period {
			if (len(r.positions) == 0 || slices.Contains(r.positions, i+1) || slices.Contains(r.positions, i-len(period))) && !d.Before(start) {
				all = append(all, d)
			}
		}
		period = nil
	}
	base := r.period(start)
	for d := start.AddDate(-1, 0, 0); d.Year() <= start.Year()+years; d = d.AddDate(0, 0, 1) {
		if r.period(d) != r.period(d.AddDate(0, 0, -1)) {
			flush()
		}
		if n := r.period(d) - base; n >= 0 && n%int64(r.interval) == 0 && r.matches(d) {
			period = append(period, d)
		}
	}
	flush()
	return all
}

func randomRule(d *rand.Rand) looked {
	r := looked{freq: []string{"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}[d.IntN(4)], interval: 1 + d.IntN(4), sunday: d.IntN(3) == 0}
	pick := func(chance, least, most int) (list []int) {
		if d.IntN(chance) > 0 {
			return nil
		}
		for range 1 + d.IntN(5) {
			if n := least + d.IntN(most-least+1); n != 0 && !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
		return list
	}
	r.months = pick(3, 1, 12)
	if r.freq != "WEEKLY" {
		r.days = pick(3, -31, 31)
	}
	if r.freq == "YEARLY" && d.IntN(3) == 0 {
		r.months, r.days = nil, nil
		if d.IntN(2) == 0 {
			r.yearDays = pick(1, -366, 366)
		} else {
			r.weeks = pick(1, 1, 51)
		}
	}
	if d.IntN(2) == 0 || len(r.weeks) > 0 || len(r.months)+len(r.days)+len(r.yearDays) == 0 {
		nth := (r.freq == "MONTHLY" || r.freq == "YEARLY") && len(r.weeks) == 0 && d.IntN(2) == 0
		for range 1 + d.IntN(3) {
			day := names[d.IntN(7)]
			if nth {
				day = fmt.Sprintf("%d%s", []int{1, 2, 3, 4, 5, -1, -2, -4}[d.IntN(8)], day)
			}
			r.weekdays = append(r.weekdays, day)
		}
	}
	if len(r.days)+len(r.yearDays)+len(r.weekdays) == 0 {
		r.days = []int{1 + d.IntN(28)}
		if r.freq == "WEEKLY" {
			r.days, r.weekdays = nil, []string{names[d.IntN(7)]}
		}
	}
	if r.freq != "DAILY" {
		r.positions = pick(4, -4, 4)
	}
	return r
}

// TestRules compares rules from seeds with looking at every day of 30 years.
func TestRules(t *testing.T) {
	tried := 0
	for seed := range uint64(300) {
		d := rand.New(rand.NewPCG(seed, 7))
		r := randomRule(d)
		start := time.Date(2000+d.IntN(20), time.Month(1+d.IntN(12)), 1+d.IntN(28), 0, 0, 0, 0, time.UTC)
		all := r.expand(start, 30) // and then from its first occurrence
		if len(all) == 0 {
			continue
		}
		start = all[d.IntN(min(5, len(all)))]
		want := r.expand(start, 30)
		tried++
		text := file("DTSTART;VALUE=DATE:" + start.Format("20060102") + "\nRRULE:" + r.String())
		f, err := ical.Parse(strings.NewReader(text), ical.Options{})
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		i := 0
		for range 40 { // some jumps ahead, some steps
			if i += d.IntN(4) / 3 * d.IntN(50); i >= len(want) {
				break
			}
			got, ok := f.Next(want[i])
			if !ok || !got.Start.Equal(want[i]) || got.End.Sub(got.Start) != 24*time.Hour {
				t.Fatalf("seed %d: asked at %s, got %v\n%s", seed, want[i], got, text)
			}
			if i > 0 && want[i].Sub(want[i-1]) > 24*time.Hour {
				if got, _ := f.Next(want[i-1].AddDate(0, 0, 1)); !got.Start.Equal(want[i]) {
					t.Fatalf("seed %d: after %s comes %s, got %s\n%s", seed, want[i-1], want[i], got.Start, text)
				}
			}
			i++
		}
	}
	if tried < 200 {
		t.Errorf("only %d rules were tried", tried)
	}
}

// TestWeeks compares every week of the year, over the years of a whole cycle of days.
func TestWeeks(t *testing.T) {
	for n := range 2 * 51 {
		r := looked{freq: "YEARLY", interval: 1, weeks: []int{n/2 + 1}, weekdays: []string{"MO", "TH", "SU"}, sunday: n%2 == 1}
		all := r.expand(time.Date(2000, 1, 10, 0, 0, 0, 0, time.UTC), 30)
		f := parse(t, file("DTSTART;VALUE=DATE:"+all[0].Format("20060102")+"\nRRULE:"+r.String()), ical.Options{})
		for i, want := range all[:len(all)-3] {
			after := want
			if i > 0 {
				after = all[i-1].AddDate(0, 0, 1)
			}
			if got, ok := f.Next(after); !ok || !got.Start.Equal(want) {
				t.Fatalf("%s: after %s comes %s, got %s", r, after, want, got.Start)
			}
		}
	}
}
