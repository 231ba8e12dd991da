package calendar_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// The days on which clocks changed, or did not.
var changes = []struct {
	zone string
	near string // in UTC
}{
	{"UTC", "2026-05-01T00:00:00Z"},
	{"", "2024-02-29T00:00:00Z"},
	{"Europe/Berlin", "2027-02-28T00:00:00Z"},
	{"Asia/Kathmandu", "2026-01-01T00:00:00Z"},
	{"Europe/Berlin", "2026-03-29T01:00:00Z"},
	{"Europe/Berlin", "2026-10-25T01:00:00Z"},
	{"Europe/Berlin", "2040-12-31T12:00:00Z"}, // where ZoneBounds does not go on
	{"Europe/Berlin", "2104-03-30T01:00:00Z"},
	{"Europe/Dublin", "1998-10-25T01:00:00Z"},
	{"America/New_York", "2026-03-08T07:00:00Z"},
	{"America/New_York", "2027-11-07T06:00:00Z"},
	{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, // by half an hour
	{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z"}, // at midnight
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
	{"Africa/Cairo", "2026-04-23T22:00:00Z"},
	{"Africa/Cairo", "2026-10-29T21:00:00Z"},
	{"America/Havana", "2026-11-01T05:00:00Z"}, // midnight occurs twice
	{"Pacific/Apia", "2011-12-30T10:00:00Z"},   // a day is left out
	{"Pacific/Kwajalein", "1969-09-30T12:00:00Z"},
	{"Antarctica/Troll", "2026-03-29T01:00:00Z"}, // by two hours
	{"Asia/Pyongyang", "2018-05-04T15:00:00Z"},
}

const scanned = 14 * 24 * 60 // minutes of a scan

// TestScan compares every answer about days on which clocks change with a scan minute by minute.
func TestScan(t *testing.T) {
	const rounds = 3
	for n, change := range changes {
		t.Run(change.zone+"/"+change.near[:10], func(t *testing.T) {
			t.Parallel()
			near, err := time.Parse(time.RFC3339, change.near)
			if err != nil {
				t.Fatal(err)
			}
			o := newOracle(change.zone, near.Add(-scanned/2*time.Minute), scanned)
			for seed := range rounds {
				d := dice{rand.New(rand.NewPCG(uint64(n), uint64(seed))), near}
				a, b := d.calendar("a", change.zone), d.calendar("b", change.zone)
				override := calendar.Override{Calendar: "b", Until: near.Add(time.Duration(d.IntN(2*24*60)-24*60) * time.Minute)}
				s, err := calendar.NewSet(a, b)
				if err != nil {
					t.Fatal(err)
				}
				scan := scan{o: o, set: s, overrides: []calendar.Override{override}, d: d}
				scan.closed = [][]bool{o.closed(a), o.closed(b)}
				for i := range o.clocks {
					if o.at(i).Before(override.Until) {
						scan.closed[1][i] = false
					}
				}
				if fault := scan.check(); fault != "" {
					t.Fatalf("seed %d: %s\na: %+v\nb: %+v", seed, fault, a, b)
				}
			}
		})
	}
}

// A scan is what an oracle found about the calendars of a set.
type scan struct {
	o         *oracle
	set       *calendar.Set
	overrides []calendar.Override
	closed    [][]bool
	d         dice
}

func (s *scan) check() string {
	any := make([]bool, len(s.o.clocks))
	for i := range any {
		any[i] = s.closed[0][i] || s.closed[1][i]
	}
	opens, closes := changesOf(s.closed[0], false), changesOf(any, true)
	opensB, free := changesOf(s.closed[1], false), changesOf(any, false)
	from, to := 3*24*60, scanned-3*24*60 // what the oracle knows all around
	for i := from; i < to; i++ {
		at := s.o.at(i)
		closures := s.set.Closed(at, calendar.Subject{}, s.overrides)
		for n, name := range []string{"a", "b"} {
			if !s.closed[n][i] {
				continue
			}
			if len(closures) == 0 || closures[0].Calendar != name {
				return fmt.Sprintf("%s at %s (%s) is closed, got %+v", name, at, s.o.clocks[i], closures)
			}
			until := [][]int{opens, opensB}[n][i]
			if got := closures[0].Until; until < to && !got.Equal(s.o.at(until)) {
				return fmt.Sprintf("%s at %s (%s) is closed until %s, got %s", name, at, s.o.clocks[i], s.o.at(until), got)
			}
			if closures[0].Reason == "" {
				return "a closure without a reason"
			}
			closures = closures[1:]
		}
		if len(closures) > 0 {
			return fmt.Sprintf("at %s (%s) open, got %+v", at, s.o.clocks[i], closures)
		}
		if got, ok := s.set.NextClosing(at, calendar.Subject{}, s.overrides); closes[i] < to && (!ok || !got.Equal(s.o.at(closes[i]))) {
			return fmt.Sprintf("from %s closes at %s, got %s", at, s.o.at(closes[i]), got)
		}
		if s.d.IntN(40) > 0 && closes[i] == closes[i+1] && free[i] == free[i+1] {
			continue // far from every edge, now and then
		}
		d := s.d.IntN([]int{1, 60, 8 * 60, 26 * 60}[s.d.IntN(4)])
		want := free[i] // the first free minute, then the first that stays free long enough
		for want < to && closes[want] < want+d {
			want = free[closes[want]]
		}
		if want+d >= to {
			continue
		}
		if got, ok := s.set.NextOpening(at, time.Duration(d)*time.Minute, calendar.Subject{}, s.overrides); !ok || !got.Equal(s.o.at(want)) {
			return fmt.Sprintf("from %s opens for %d minutes at %s, got %s %t", at, d, s.o.at(want), got, ok)
		}
	}
	return ""
}

// changesOf returns for each minute the first one from there on that is as asked.
func changesOf(closed []bool, as bool) []int {
	next := make([]int, len(closed)+1)
	next[len(closed)] = len(closed)
	for i := len(closed) - 1; i >= 0; i-- {
		next[i] = next[i+1]
		if closed[i] == as {
			next[i] = i
		}
	}
	return next
}
