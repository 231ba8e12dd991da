package ical_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/calendar/ical"
)

// file wraps the properties of events in a file.
func file(events ...string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n")
	for i, e := range events {
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%d\r\n%s\r\nEND:VEVENT\r\n", i+1, strings.ReplaceAll(strings.TrimSpace(e), "\n", "\r\n"))
	}
	b.WriteString("END:VCALENDAR\r\n")
	return b.String()
}

func parse(t testing.TB, text string, o ical.Options) *ical.Feed {
	t.Helper()
	f, err := ical.Parse(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// starts returns when up to n occurrences begin, by the clock of a zone.
func starts(f *ical.Feed, n int, zone string) []string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	var all []string
	for at := (time.Time{}); len(all) < n; {
		i, ok := f.Next(at)
		if !ok {
			break
		}
		all = append(all, i.Start.In(loc).Format("2006-01-02 15:04"))
		at = i.End
	}
	return all
}

// The examples of RFC 5545, section 3.8.5.3: each begins at 09:00 in New York, on 1997-09-02 if it
// does not say otherwise, and lasts half an hour.
var rfc = []struct {
	rule  string
	start string   // another start
	want  []string // as the RFC lists them: years, months and days
	ends  bool     // after them
}{
	{rule: "FREQ=DAILY;COUNT=10", want: []string{"1997 9 2 3 4 5 6 7 8 9 10 11"}, ends: true},
	{rule: "FREQ=DAILY;INTERVAL=2", want: []string{"1997 9 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30", "1997 10 2 4 6"}},
	{rule: "FREQ=DAILY;INTERVAL=10;COUNT=5", want: []string{"1997 9 2 12 22", "1997 10 2 12"}, ends: true},
	{rule: "FREQ=WEEKLY;COUNT=10", want: []string{"1997 9 2 9 16 23 30", "1997 10 7 14 21 28", "1997 11 4"}, ends: true},
	{rule: "FREQ=WEEKLY;UNTIL=19971224T000000Z", want: []string{"1997 9 2 9 16 23 30", "1997 10 7 14 21 28", "1997 11 4 11 18 25", "1997 12 2 9 16 23"}, ends: true},
	{rule: "FREQ=WEEKLY;INTERVAL=2;WKST=SU", want: []string{"1997 9 2 16 30", "1997 10 14 28", "1997 11 11 25", "1997 12 9 23", "1998 1 6 20", "1998 2 3 17"}},
	{rule: "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", want: []string{"1997 9 2 4 9 11 16 18 23 25 30", "1997 10 2"}, ends: true},
	{rule: "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", want: []string{"1997 9 2 4 9 11 16 18 23 25 30", "1997 10 2"}, ends: true},
	{rule: "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", start: "19970901", want: []string{"1997 9 1 3 5 15 17 19 29", "1997 10 1 3 13 15 17 27 29 31", "1997 11 10 12 14 24 26 28", "1997 12 8 10 12 22"}, ends: true},
	{rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", want: []string{"1997 9 2 4 16 18 30", "1997 10 2 14 16"}, ends: true},
	{rule: "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", start: "19970905", want: []string{"1997 9 5", "1997 10 3", "1997 11 7", "1997 12 5", "1998 1 2", "1998 2 6", "1998 3 6", "1998 4 3", "1998 5 1", "1998 6 5"}, ends: true},
	{rule: "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", start: "19970905", want: []string{"1997 9 5", "1997 10 3", "1997 11 7", "1997 12 5"}, ends: true},
	{rule: "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", start: "19970907", want: []string{"1997 9 7 28", "1997 11 2 30", "1998 1 4 25", "1998 3 1 29", "1998 5 3 31"}, ends: true},
	{rule: "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", start: "19970922", want: []string{"1997 9 22", "1997 10 20", "1997 11 17", "1997 12 22", "1998 1 19", "1998 2 16"}, ends: true},
	{rule: "FREQ=MONTHLY;BYMONTHDAY=-3", start: "19970928", want: []string{"1997 9 28", "1997 10 29", "1997 11 28", "1997 12 29", "1998 1 29", "1998 2 26"}},
	{rule: "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", want: []string{"1997 9 2 15", "1997 10 2 15", "1997 11 2 15", "1997 12 2 15", "1998 1 2 15"}, ends: true},
	{rule: "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", start: "19970930", want: []string{"1997 9 30", "1997 10 1 31", "1997 11 1 30", "1997 12 1 31", "1998 1 1 31", "1998 2 1"}, ends: true},
	{rule: "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", start: "19970910", want: []string{"1997 9 10 11 12 13 14 15", "1999 3 10 11 12 13"}, ends: true},
	{rule: "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", want: []string{"1997 9 2 9 16 23 30", "1997 11 4 11 18 25", "1998 1 6 13 20 27", "1998 3 3 10 17 24 31"}},
	{rule: "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", start: "19970610", want: []string{"1997 6 10", "1997 7 10", "1998 6 10", "1998 7 10", "1999 6 10", "1999 7 10", "2000 6 10", "2000 7 10", "2001 6 10", "2001 7 10"}, ends: true},
	{rule: "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", start: "19970310", want: []string{"1997 3 10", "1999 1 10", "1999 2 10", "1999 3 10", "2001 1 10", "2001 2 10", "2001 3 10", "2003 1 10", "2003 2 10", "2003 3 10"}, ends: true},
	{rule: "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", start: "19970101", want: []string{"1997 1 1", "1997 4 10", "1997 7 19", "2000 1 1", "2000 4 9", "2000 7 18", "2003 1 1", "2003 4 10", "2003 7 19", "2006 1 1"}, ends: true},
	{rule: "FREQ=YEARLY;BYDAY=20MO", start: "19970519", want: []string{"1997 5 19", "1998 5 18", "1999 5 17"}},
	{rule: "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", start: "19970512", want: []string{"1997 5 12", "1998 5 11", "1999 5 17"}},
	{rule: "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", start: "19970313", want: []string{"1997 3 13 20 27", "1998 3 5 12 19 26", "1999 3 4 11 18 25"}},
	{rule: "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", start: "19970605", want: []string{"1997 6 5 12 19 26", "1997 7 3 10 17 24 31", "1997 8 7 14 21 28", "1998 6 4 11 18 25"}},
	{rule: "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", start: "19970913", want: []string{"1997 9 13", "1997 10 11", "1997 11 8", "1997 12 13", "1998 1 10", "1998 2 7", "1998 3 7", "1998 4 11", "1998 5 9", "1998 6 13"}},
	{rule: "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", start: "19961105", want: []string{"1996 11 5", "2000 11 7", "2004 11 2"}},
	{rule: "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", start: "19970904", want: []string{"1997 9 4", "1997 10 7", "1997 11 6"}, ends: true},
	{rule: "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", start: "19970929", want: []string{"1997 9 29", "1997 10 30", "1997 11 27", "1997 12 30", "1998 1 29", "1998 2 26", "1998 3 30"}},
	{rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", start: "19970805", want: []string{"1997 8 5 10 19 24"}, ends: true},
	{rule: "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", start: "19970805", want: []string{"1997 8 5 17 19 31"}, ends: true},
	{rule: "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", start: "20070115", want: []string{"2007 1 15 30", "2007 2 15", "2007 3 15 30"}, ends: true},
	{rule: "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", start: "19980101", want: []string{"1998 1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31", "1999 1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31", "2000 1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31"}, ends: true},
}

func TestRFC(t *testing.T) {
	for _, c := range rfc {
		t.Run(c.rule, func(t *testing.T) {
			start := c.start
			if start == "" {
				start = "19970902"
			}
			var want []string
			for _, months := range c.want {
				var year, month int
				days := strings.Fields(months)
				if _, err := fmt.Sscan(months, &year, &month); err != nil {
					t.Fatal(err)
				}
				for _, day := range days[2:] {
					want = append(want, fmt.Sprintf("%d-%02d-%02s 09:00", year, month, fmt.Sprintf("%02s", day)))
				}
			}
			n := len(want)
			if c.ends {
				n++
			}
			f := parse(t, file("DTSTART;TZID=America/New_York:"+start+"T090000\nDURATION:PT30M\nRRULE:"+c.rule), ical.Options{})
			if diff := cmp.Diff(want, starts(f, n, "America/New_York")); diff != "" {
				t.Error(diff)
			}
			// Asked about later times first, it answers the same.
			late := parse(t, file("DTSTART;TZID=America/New_York:"+start+"T090000\nDURATION:PT30M\nRRULE:"+c.rule), ical.Options{})
			for _, clock := range slices.Backward(want) {
				at, _ := time.Parse("2006-01-02 15:04", clock)
				got, ok := late.Next(at.Add(-12 * time.Hour))
				if !ok || got.Start.Format(time.DateOnly) != clock[:10] {
					t.Fatalf("asked half a day before %s, got %s %t", clock, got.Start, ok)
				}
			}
		})
	}
}
