package ical_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/calendar/ical"
)

const daily = "DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:"

// TestRefused is about what is refused: by the line and the name of the property.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		event string
		field string
		why   string // a part of it
	}{
		{"SUMMARY:x", "line 4: BEGIN", "no DTSTART"},
		{"DTSTART:2026-01-05", "line 6: DTSTART", "not a time"},
		{"DTSTART:20260105T090000.5", "line 6: DTSTART", "not a time"},
		{"DTSTART:20260230", "line 6: DTSTART", "not a time"},
		{"DTSTART:18000101", "line 6: DTSTART", "between the years"},
		{"DTSTART:20260105,20260106", "line 6: DTSTART", "one time"},
		{"DTSTART;VALUE=DATE:20260105T090000Z", "line 6: DTSTART", "not a DATE"},
		{"DTSTART;VALUE=PERIOD:20260105T090000Z/PT1H", "line 6: DTSTART", "VALUE=PERIOD is not supported"},
		{"DTSTART;TZID=W. Europe Standard Time:20260105T090000", "line 6: DTSTART", `"W. Europe Standard Time" is not an IANA`},
		{"DTSTART;TZID=Local:20260105T090000", "line 6: DTSTART", "not an IANA"},
		{"DTSTART;TZID=Europe/Berlin:20260105T090000Z", "line 6: DTSTART", "in UTC"},
		{"DTSTART:20260105\nDTSTART:20260106", "line 7: DTSTART", "twice"},
		{"DTSTART:20260105\nDTEND:20260104", "line 7: DTEND", "before DTSTART"},
		{"DTSTART:20260105\nDTEND:20260106T000000Z", "line 7: DTEND", "date"},
		{"DTSTART:20260105\nDTEND:20260106\nDURATION:P1D", "line 8: DURATION", "beside DTEND"},
		{"DTSTART:20260105\nDURATION:PT1H", "line 7: DURATION", "whole days"},
		{"DTSTART:20260105\nDURATION:P", "line 7: DURATION", "not a duration"},
		{"DTSTART:20260105\nDURATION:P1DT", "line 7: DURATION", "not a duration"},
		{"DTSTART:20260105\nDURATION:P1H", "line 7: DURATION", "not a duration"},
		{"DTSTART:20260105\nDURATION:-P1D", "line 7: DURATION", "not a duration"},
		{"DTSTART:20260105\nDURATION:P99999999W", "line 7: DURATION", "too long"},
		{"DTSTART:20260105\nDURATION:P367D\nRRULE:FREQ=YEARLY", "line 6: DTSTART", "longer"},
		{"DTSTART:20260105\nEXRULE:FREQ=DAILY", "line 7: EXRULE", "not supported"},
		{"DTSTART:20260105\nRDATE;VALUE=PERIOD:20260105T090000Z/PT1H", "line 7: RDATE", "PERIOD"},
		{"DTSTART:20260105\nEXDATE:20260105T090000Z", "line 7: EXDATE", "dates if DTSTART"},
		{"DTSTART:20260105\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260105", "line 7: RECURRENCE-ID", "RANGE"},
		{"DTSTART:20260105\nRECURRENCE-ID:20260105\nRDATE:20260106", "line 7: RECURRENCE-ID", "beside RRULE"},
		{daily + "FREQ=DAILY\nRRULE:FREQ=WEEKLY", "line 9: RRULE", "twice"},
		{daily + "FREQ=SECONDLY", "line 8: RRULE", "FREQ=SECONDLY is not supported"},
		{daily + "FREQ=MINUTELY", "line 8: RRULE", "FREQ=MINUTELY is not supported"},
		{daily + "FREQ=DAILY;BYEASTER=1", "line 8: RRULE", "BYEASTER=1 is not supported"},
		{daily + "RSCALE=CHINESE;FREQ=DAILY", "line 8: RRULE", "RSCALE=CHINESE is not supported"},
		{daily + "INTERVAL=2", "line 8: RRULE", "no FREQ"},
		{daily + "FREQ=DAILY;FREQ=DAILY", "line 8: RRULE", "twice"},
		{daily + "FREQ=DAILY;", "line 8: RRULE", "NAME=value"},
		{daily + "FREQ=DAILY;INTERVAL=0", "line 8: RRULE", "between"},
		{daily + "FREQ=DAILY;INTERVAL=99999999999999999999", "line 8: RRULE", "between"},
		{daily + "FREQ=DAILY;COUNT=0", "line 8: RRULE", "between"},
		{daily + "FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z", "line 8: RRULE", "both COUNT and UNTIL"},
		{daily + "FREQ=DAILY;UNTIL=20250101T000000Z", "line 8: RRULE", "before DTSTART"},
		{daily + "FREQ=DAILY;UNTIL=never", "line 8: RRULE", "not a time"},
		{daily + "FREQ=DAILY;WKST=1MO", "line 8: RRULE", "not a day"},
		{daily + "FREQ=DAILY;BYDAY=X", "line 8: RRULE", "not days"},
		{daily + "FREQ=DAILY;BYMONTH=13", "line 8: RRULE", "between 1 and 12"},
		{daily + "FREQ=DAILY;BYMONTHDAY=0", "line 8: RRULE", "between -31 and 31"},
		{daily + "FREQ=DAILY;BYHOUR=24", "line 8: RRULE", "between 0 and 23"},
		{daily + "FREQ=WEEKLY;BYDAY=1MO", "line 8: RRULE", "BYDAY with a number"},
		{daily + "FREQ=MONTHLY;BYDAY=-53MO", "line 8: RRULE", "beyond 5"},
		{daily + "FREQ=MONTHLY;BYDAY=1MO,TU", "line 8: RRULE", "both with and without"},
		{daily + "FREQ=WEEKLY;BYMONTHDAY=5", "line 8: RRULE", "BYMONTHDAY"},
		{daily + "FREQ=DAILY;BYYEARDAY=5", "line 8: RRULE", "BYYEARDAY"},
		{daily + "FREQ=MONTHLY;BYWEEKNO=2", "line 8: RRULE", "BYWEEKNO"},
		{daily + "FREQ=YEARLY;BYWEEKNO=53", "line 8: RRULE", "between 1 and 51"},
		{daily + "FREQ=MONTHLY;BYSETPOS=1", "line 8: RRULE", "no other BY part"},
		{daily + "FREQ=DAILY;BYHOUR=9;BYMINUTE=" + strings.Join(strings.Fields(strings.Trim(fmt.Sprint(make([]int, 60)), "[]")), ",") + ";BYSECOND=1", "line 8: RRULE", "first occurrence"},
		{daily + "FREQ=HOURLY;BYMINUTE=0,10,20", "line 8: RRULE", "48"},
		{daily + "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "line 8: RRULE", "first occurrence"}, // which never is
		{daily + "FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "line 8: RRULE", "first occurrence"},
		{daily + "FREQ=DAILY;BYSETPOS=2;BYHOUR=9", "line 8: RRULE", "first occurrence"},
		{daily + "FREQ=WEEKLY;BYDAY=TU", "line 8: RRULE", "first occurrence"},
		{"DTSTART:20260105\nRRULE:FREQ=DAILY;BYHOUR=0", "line 7: RRULE", "DTSTART is a date"},
		{"DTSTART:20260105\nX", "line 7", "NAME:value"},
		{"DTSTART:20260105\nX;A:1", "line 7: X", "NAME=value"},
		{"DTSTART:20260105\nX;A=\":1", "line 7: X", "without an end"},
		{"DTSTART:20260105\nX;A=1;a=2:1", "line 7: X", "twice"},
		{"DTSTART:20260105\nX:\xff", "line 7", "UTF-8"},
		{"DTSTART:20260105\nEND:VTODO", "line 7: END", "not begun"},
		{strings.Repeat("BEGIN:X-A\n", 10), "line 10: BEGIN", "nested"},
	} {
		t.Run(c.event, func(t *testing.T) {
			_, err := ical.Parse(strings.NewReader(file(c.event)), ical.Options{})
			faults := penstock.Faults(err)
			if len(faults) == 0 {
				t.Fatalf("accepted: %v", err)
			}
			if faults[0].Field != c.field || !strings.Contains(faults[0].Why, c.why) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	for _, c := range []struct{ rule, text, want string }{
		{"nothing", "", "file: is empty"},
		{"no property", "hello", "line 1: is not NAME:value"},
		{"no calendar", "BEGIN:VEVENT\nEND:VEVENT\n", "line 1: BEGIN: must be VCALENDAR, not VEVENT"},
		{"a property alone", "VERSION:2.0\n", "line 1: VERSION: must be in a VCALENDAR"},
		{"the format of before", "BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR\n", "line 2: VERSION: must be 2.0, not 1.0"},
		{"another calendar", "BEGIN:VCALENDAR\nCALSCALE:CHINESE\nEND:VCALENDAR\n", "line 2: CALSCALE: CHINESE is not supported"},
		{"busy times", "BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nEND:VFREEBUSY\nEND:VCALENDAR\n", "line 2: BEGIN: VFREEBUSY is not supported"},
		{"a zone of its own", "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Here\nEND:VTIMEZONE\nEND:VCALENDAR\n", `line 3: TZID: the zone "Here" is not an IANA time zone such as Europe/Berlin`},
		{"no end", "BEGIN:VCALENDAR\n", "line 1: BEGIN: VCALENDAR does not end"},
		{"too long", strings.Repeat("x", ical.MaxBytes+1), "file: must have at most 1048576 bytes"},
		{"too many events", file(strings.Split(strings.Repeat("DTSTART:20260105|", ical.MaxEvents), "|")...), "line 4004: BEGIN: more than 1000 events\nline 4004: BEGIN: has no DTSTART (event 1001)"},
		{"the event is named", file("DTSTART:x"), `line 6: DTSTART: "x" is not a time such as 20261220 or 20261220T090000Z (event 1)`},
	} {
		_, err := ical.Parse(strings.NewReader(c.text), ical.Options{})
		if !errors.Is(err, penstock.ErrInvalid) || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", c.rule, err, c.want)
		}
	}
	if _, err := ical.Parse(strings.NewReader(file("DTSTART:20260105")), ical.Options{Zone: "Local"}); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("a zone of the machine: %v", err)
	}
	if _, err := ical.Parse(iotest.ErrReader(io.ErrClosedPipe), ical.Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the reader's error: %v", err)
	}
	if _, err := ical.Parse(strings.NewReader("BEGIN:VCALENDAR\n"+strings.Repeat("x\n", 1000)), ical.Options{}); len(penstock.Faults(err)) != 100 {
		t.Errorf("%d faults", len(penstock.Faults(err)))
	}
	dense := file(strings.Split(strings.TrimSuffix(strings.Repeat(daily+"FREQ=DAILY;COUNT=15000|", 2), "|"), "|")...)
	if _, err := ical.Parse(strings.NewReader(dense), ical.Options{}); err == nil || !strings.Contains(err.Error(), "more than 20000 dates") {
		t.Errorf("too many dates: %v", err)
	}
}

// TestRead is about what events close.
func TestRead(t *testing.T) {
	type of = []string
	for _, c := range []struct {
		rule  string
		event of
		o     ical.Options
		want  of
	}{
		{"a time in UTC", of{"DTSTART:20260105T090000Z\nDTEND:20260105T110000Z"}, ical.Options{}, of{"2026-01-05 09:00 2026-01-05 11:00"}},
		{"a zone", of{"DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=\"Europe/Berlin\":20260105T110000"}, ical.Options{}, of{"2026-01-05 08:00 2026-01-05 10:00"}},
		{"no zone", of{"DTSTART:20260105T090000\nDURATION:PT2H"}, ical.Options{Zone: "Asia/Kathmandu"}, of{"2026-01-05 03:15 2026-01-05 05:15"}},
		{"two zones", of{"DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=America/New_York:20260105T090000"}, ical.Options{}, of{"2026-01-05 08:00 2026-01-05 14:00"}},
		{"a day", of{"DTSTART;VALUE=DATE:20260105"}, ical.Options{Zone: "Europe/Berlin"}, of{"2026-01-04 23:00 2026-01-05 23:00"}},
		{"days, the last not included", of{"DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260107"}, ical.Options{}, of{"2026-01-05 00:00 2026-01-07 00:00"}},
		{"a week", of{"DTSTART;VALUE=DATE:20260105\nDURATION:P1W"}, ical.Options{}, of{"2026-01-05 00:00 2026-01-12 00:00"}},
		{"a duration", of{"DTSTART:20260105T000000Z\nDURATION:P1DT2H3M4S"}, ical.Options{}, of{"2026-01-05 00:00 2026-01-06 02:03"}},
		{"no time", of{"DTSTART:20260105T090000Z", "DTSTART:20260105T090000Z\nDURATION:PT0S"}, ical.Options{}, nil},
		{"cancelled", of{"DTSTART:20260105\nSTATUS:CANCELLED"}, ical.Options{}, nil},
		{"transparent counts", of{"DTSTART:20260105\nTRANSP:TRANSPARENT"}, ical.Options{}, of{"2026-01-05 00:00 2026-01-06 00:00"}},
		{"transparent may be skipped", of{"DTSTART:20260105\nTRANSP:TRANSPARENT"}, ical.Options{SkipTransparent: true}, nil},
		{"dates besides, and not", of{"DTSTART:20260105\nRRULE:FREQ=DAILY;COUNT=3\nRDATE:20260110,20260109\nEXDATE:20260106\nEXDATE:20260109"}, ical.Options{}, of{"2026-01-05 00:00 2026-01-06 00:00", "2026-01-07 00:00 2026-01-08 00:00", "2026-01-10 00:00 2026-01-11 00:00"}},
		{"an exception in UTC", of{"DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260107T080000Z\nEXDATE:20260106T080000Z"}, ical.Options{}, of{"2026-01-05 08:00 2026-01-05 09:00", "2026-01-07 08:00 2026-01-07 09:00"}},
		{"until a day, included", of{"DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260106"}, ical.Options{}, of{"2026-01-05 09:00 2026-01-05 10:00", "2026-01-06 09:00 2026-01-06 10:00"}},
		{"until just before", of{"DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260106T085959Z"}, ical.Options{}, of{"2026-01-05 09:00 2026-01-05 10:00"}},
		{"hours", of{"DTSTART:20260105T090000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY;INTERVAL=5;BYHOUR=9,14,19;UNTIL=20260106T235959Z"}, ical.Options{}, of{"2026-01-05 09:00 2026-01-05 10:00", "2026-01-05 14:00 2026-01-05 15:00", "2026-01-05 19:00 2026-01-05 20:00"}},
		{"overlaps", of{"DTSTART:20260105\nDURATION:P3D\nRRULE:FREQ=DAILY;COUNT=2", "DTSTART:20260106\nDURATION:P1D"}, ical.Options{}, of{"2026-01-05 00:00 2026-01-08 00:00", "2026-01-06 00:00 2026-01-09 00:00"}},
		// New York: forward on 8 March at 02:00, back on 1 November at 02:00.
		{"skipped", of{"DTSTART;TZID=America/New_York:20260307T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2"}, ical.Options{}, of{"2026-03-07 07:30 2026-03-07 08:30", "2026-03-08 07:00 2026-03-08 08:00"}},
		{"twice", of{"DTSTART;TZID=America/New_York:20261101T013000\nDURATION:PT15M"}, ical.Options{}, of{"2026-11-01 05:30 2026-11-01 06:45"}},
		{"over a night of 23 hours", of{"DTSTART;TZID=America/New_York:20260307T200000\nDTEND;TZID=America/New_York:20260308T080000"}, ical.Options{}, of{"2026-03-08 01:00 2026-03-08 13:00"}},
		{"over a night of 25 hours", of{"DTSTART;TZID=America/New_York:20261031T200000\nDTEND;TZID=America/New_York:20261101T080000"}, ical.Options{}, of{"2026-11-01 00:00 2026-11-01 13:00"}},
		{"local time is kept", of{"DTSTART;TZID=America/New_York:20260305T120000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"}, ical.Options{}, of{"2026-03-05 17:00 2026-03-05 18:00", "2026-03-12 16:00 2026-03-12 17:00"}},
		{"a day that is left out", of{"DTSTART;TZID=Pacific/Apia;VALUE=DATE:20111229\nRRULE:FREQ=DAILY;COUNT=3"}, ical.Options{}, of{"2011-12-29 10:00 2011-12-30 10:00", "2011-12-30 10:00 2011-12-31 10:00"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			f := parse(t, file(c.event...), c.o)
			var got []string
			for at := (time.Time{}); ; {
				i, ok := f.Next(at)
				if !ok {
					break
				}
				got = append(got, i.Start.Format("2006-01-02 15:04 ")+i.End.Format("2006-01-02 15:04"))
				if at = i.End; len(got) > 10 {
					break
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLines is about the form of files.
func TestLines(t *testing.T) {
	text := "\ufeffbegin:vcalendar\nVERSION:2.0\n\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE\n" +
		"BEGIN:VTODO\nDTSTART:nonsense\nEND:VTODO\nBEGIN:X-THING\nX:1\nEND:X-THING\n" +
		"BEGIN:VEVENT\r\nUID:a\r\nSUMMARY;LANGUAGE=en:Stock\\, take\\nand \xc3\r\n \xa4\r\n\tudit\\; \\\\ all\nDTSTART;VALUE=DATE;X-NOTE=\"a:b;c\":2026\n 0105\nBEGIN:VALARM\nTRIGGER:-PT15M\nDTSTART:nonsense\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR"
	f := parse(t, text, ical.Options{})
	want := []ical.Event{{Line: 17, UID: "a", Summary: `Stock, take and äudit; \ all`, First: calendar.Interval{
		Start: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC), Reason: `Stock, take and äudit; \ all`}}}
	if diff := cmp.Diff(want, f.Events()); diff != "" {
		t.Error(diff)
	}
}

// TestException is about an occurrence that was moved, and one that was cancelled.
func TestException(t *testing.T) {
	text := strings.ReplaceAll(file(
		"DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY",
		"RECURRENCE-ID;TZID=Europe/Berlin:20260106T090000\nDTSTART;TZID=Europe/Berlin:20260106T150000\nDURATION:PT1H",
		"RECURRENCE-ID:20260107T080000Z\nDTSTART;TZID=Europe/Berlin:20260107T090000\nDURATION:PT1H\nSTATUS:CANCELLED",
	), "UID:2", "UID:1")
	text = strings.ReplaceAll(text, "UID:3", "UID:1")
	want := []string{"2026-01-05 09:00", "2026-01-06 15:00", "2026-01-08 09:00"}
	if diff := cmp.Diff(want, starts(parse(t, text, ical.Options{}), 3, "Europe/Berlin")); diff != "" {
		t.Error(diff)
	}
	single := strings.ReplaceAll(text, "\r\nRRULE:FREQ=DAILY", "")
	if n := len(parse(t, single, ical.Options{}).Events()); n != 2 {
		t.Errorf("%d events", n)
	}
}

// TestSpeed is about rules that fire rarely, and times that are far away.
func TestSpeed(t *testing.T) {
	f := parse(t, file(
		"DTSTART:20000229\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU",
		"DTSTART:20000229\nRRULE:FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29",
		"DTSTART:19000101T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY",
		"DTSTART:20000229T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY;INTERVAL=24;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU;COUNT=10000",
	), ical.Options{})
	for _, year := range []int{1, 1899, 1999, 2026, 2199, 2400, 9998} {
		f.Next(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
	}
	if i, ok := f.Next(time.Date(2026, 6, 1, 12, 30, 0, 0, time.UTC)); !ok || i.Start.Hour() != 12 {
		t.Errorf("got %v %t", i, ok)
	}
}

// TestConcurrent asks one feed from many sides.
func TestConcurrent(t *testing.T) {
	f := parse(t, file("DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY"), ical.Options{})
	var askers sync.WaitGroup
	for n := range 4 {
		askers.Go(func() {
			for i := range 300 {
				at := time.Date(2026, 2, 1+(i*(n+3))%50, 12, 0, 0, 0, time.UTC)
				if got, ok := f.Next(at); !ok || got.Start.Sub(at) > 21*time.Hour {
					t.Errorf("after %s comes %s", at, got.Start)
				}
			}
		})
	}
	askers.Wait()
}
