package calendar_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// A recurrence is a function.
type recurrence func(t time.Time) (calendar.Interval, bool)

func (r recurrence) Next(t time.Time) (calendar.Interval, bool) { return r(t) }

// TestHostile asks calendars that were made to keep a set busy.
func TestHostile(t *testing.T) {
	at := date("2026-05-05 12:00")
	minutes := func(odd int) calendar.Calendar { // closed every other minute, as far as there are hours
		c := calendar.Calendar{Name: fmt.Sprint(odd), Zone: "Europe/Berlin"}
		for m := odd; m < 2*calendar.MaxHours; m += 2 {
			c.Blackouts = append(c.Blackouts, calendar.Blackout{Weekly: &calendar.Hours{
				From: calendar.ClockTime(fmt.Sprintf("%02d:%02d", m/60, m%60)), To: calendar.ClockTime(fmt.Sprintf("%02d:%02d", (m+1)/60, (m+1)%60))}})
		}
		return c
	}
	touching := calendar.Calendar{Name: "touching"}
	for i := range calendar.MaxBlackouts {
		start := at.Add(time.Duration(i) * time.Hour)
		touching.Blackouts = append(touching.Blackouts, calendar.Blackout{Start: start, End: start.Add(time.Hour)})
	}
	for _, c := range []struct {
		rule      string
		calendars []calendar.Calendar
		d         time.Duration
		want      time.Time // zero: never
	}{
		{"always closed", []calendar.Calendar{freeze("a")}, 0, time.Time{}},
		{"always closed, for less than no time", []calendar.Calendar{freeze("a")}, -1 << 63, time.Time{}},
		{"closed every day of every year", []calendar.Calendar{{Name: "a", Blackouts: []calendar.Blackout{{From: "05-06", To: "05-05", Yearly: true}}}}, 0, time.Time{}},
		{"closed but for a day that is not there", []calendar.Calendar{{Name: "a", Blackouts: []calendar.Blackout{{From: "03-01", To: "02-28", Yearly: true}}}}, 0, date("2028-02-29 00:00")},
		{"a thousand blackouts that touch", []calendar.Calendar{touching}, 0, at.Add(calendar.MaxBlackouts * time.Hour)},
		{"two that close in turns", []calendar.Calendar{minutes(0), minutes(1)}, 23 * time.Hour, time.Time{}},
		{"hours that never suffice", []calendar.Calendar{{Name: "a", Hours: []calendar.Hours{{From: "09:00", To: "17:00"}}}}, 9 * time.Hour, time.Time{}},
		{"hours that just suffice", []calendar.Calendar{{Name: "a", Hours: []calendar.Hours{{From: "09:00", To: "17:00"}}}}, 8 * time.Hour, date("2026-05-06 09:00")},
		{"longer than a Horizon", []calendar.Calendar{{Name: "a", Blackouts: []calendar.Blackout{{From: "05-06", Yearly: true}}}}, 1<<63 - 1, time.Time{}},
		{"a recurrence that never advances", []calendar.Calendar{{Name: "a", Recurring: recurrence(func(time.Time) (calendar.Interval, bool) {
			return calendar.Interval{Start: at.Add(-time.Hour), End: at.Add(time.Hour)}, true
		})}}, 0, at.Add(time.Hour)},
		{"a recurrence of single microseconds", []calendar.Calendar{{Name: "a", Recurring: recurrence(func(t time.Time) (calendar.Interval, bool) {
			return calendar.Interval{Start: t, End: t.Add(time.Microsecond)}, true
		})}}, 0, time.Time{}},
		{"a recurrence that goes back", []calendar.Calendar{{Name: "a", Recurring: recurrence(func(t time.Time) (calendar.Interval, bool) {
			return calendar.Interval{Start: t, End: t.Add(-time.Hour)}, true
		})}}, 0, at},
		{"a recurrence of nothing", []calendar.Calendar{{Name: "a", Recurring: recurrence(func(t time.Time) (calendar.Interval, bool) {
			return calendar.Interval{Start: t.Add(time.Hour), End: t.Add(time.Hour)}, true
		})}}, 2 * time.Hour, at},
		{"a recurrence at the end of time", []calendar.Calendar{{Name: "a", Recurring: recurrence(func(t time.Time) (calendar.Interval, bool) {
			return calendar.Interval{Start: time.Unix(-1<<60, 0), End: time.Unix(1<<60, 0)}, true
		})}}, 0, time.Time{}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := set(t, c.calendars...)
			if got, ok := s.NextOpening(at, c.d, calendar.Subject{}, nil); ok == c.want.IsZero() || !got.Equal(c.want) {
				t.Errorf("got %s %t, want %s", got, ok, c.want)
			}
			s.Closed(at, calendar.Subject{}, nil)
			s.NextClosing(at, calendar.Subject{}, nil)
		})
	}
}

// TestTimes asks at times that no clock shows.
func TestTimes(t *testing.T) {
	s := set(t, freeze("a"), calendar.Calendar{Name: "b", Zone: "America/New_York", Hours: []calendar.Hours{{From: "09:00", To: "17:00"}},
		Blackouts: []calendar.Blackout{{From: "02-29", Yearly: true}}})
	for _, at := range []time.Time{{}, time.Unix(1<<62, 0), time.Unix(-1<<62, 0), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(292277, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if got := s.Closed(at, calendar.Subject{}, nil); len(got) == 0 || got[0].Calendar != "a" {
			t.Errorf("%s: %v", at, got)
		}
		s.NextOpening(at, time.Hour, calendar.Subject{}, nil)
		s.NextClosing(at, calendar.Subject{}, []calendar.Override{{Until: time.Unix(1<<62, 0)}})
	}
	at := date("2026-05-05 12:00").Add(1999 * time.Nanosecond)
	if got, _ := set(t).NextOpening(at.In(time.FixedZone("", 3600)), time.Nanosecond, calendar.Subject{}, nil); got.Location() != time.UTC || got.Nanosecond() != 1000 {
		t.Errorf("instants are in UTC and cut to microseconds: %s", got)
	}
}

func TestInstants(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ clock, first, last string }{
		{"2026-07-01 12:00", "2026-07-01 10:00", "2026-07-01 10:00"},
		{"2026-03-29 02:30", "2026-03-29 01:00", "2026-03-29 01:00"},
		{"2026-10-25 02:30", "2026-10-25 00:30", "2026-10-25 01:30"},
		{"2026-10-25 03:00", "2026-10-25 02:00", "2026-10-25 02:00"},
	} {
		first, last := calendar.Instants(date(c.clock), berlin)
		if !first.Equal(date(c.first)) || !last.Equal(date(c.last)) {
			t.Errorf("%s: %s, %s", c.clock, first, last)
		}
	}
}

// TestOpenAllocatesNothing is about the question that is asked most.
func TestOpenAllocatesNothing(t *testing.T) {
	s := company(t)
	at, on := date("2026-05-05 15:00"), calendar.Subject{Labels: map[string]string{"tier": "1"}, Task: true, Class: "deploy"}
	if n := testing.AllocsPerRun(100, func() {
		if len(s.Closed(at, on, nil)) > 0 {
			t.Error("closed")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// company is 20 calendars that are open on a Tuesday afternoon.
func company(t testing.TB) *calendar.Set {
	zones := []string{"Europe/Berlin", "America/New_York", "Europe/London", "America/Sao_Paulo", "Africa/Cairo"}
	var all []calendar.Calendar
	for i := range 20 {
		all = append(all, calendar.Calendar{Name: fmt.Sprint(i), Zone: zones[i%len(zones)], Exempt: []string{"rollback"},
			Hours: []calendar.Hours{{Days: calendar.Workdays(), From: "08:00", To: "20:00"}},
			Blackouts: []calendar.Blackout{{From: "12-20", To: "01-02", Yearly: true}, {From: "2026-06-01", To: "2026-06-03"},
				{Weekly: &calendar.Hours{Days: []calendar.Weekday{calendar.Friday}, From: "12:00"}}}})
	}
	return set(t, all...)
}

func BenchmarkSet(b *testing.B) {
	s := company(b)
	on := calendar.Subject{Task: true, Class: "deploy"}
	open, night := date("2026-05-05 15:00"), date("2026-12-19 02:00")
	b.Run("Closed/open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Closed(open, on, nil)
		}
	})
	b.Run("Closed/closed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.Closed(night, on, nil)
		}
	})
	b.Run("NextOpening", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.NextOpening(night, 2*time.Hour, on, nil)
		}
	})
	b.Run("NextOpening/never", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.NextOpening(night, 20*time.Hour, on, nil)
		}
	})
}
