package ical_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/calendar/ical"
)

// A team keeps its freezes in a shared calendar, and exports them.
func Example() {
	const file = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//Freezes//EN
BEGIN:VEVENT
UID:closing@example.com
SUMMARY:Month-end closing
DTSTART;TZID=Europe/Berlin:20260130T180000
DTEND;TZID=Europe/Berlin:20260131T060000
RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1
EXDATE;TZID=Europe/Berlin:20260430T180000
END:VEVENT
END:VCALENDAR
`
	feed, err := ical.Parse(strings.NewReader(file), ical.Options{Zone: "Europe/Berlin"})
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := calendar.NewSet(calendar.Calendar{Name: "finance", Zone: "Europe/Berlin", Recurring: feed})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 3, 31, 20, 0, 0, 0, time.UTC)
	for _, c := range set.Closed(at, calendar.Subject{}, nil) {
		fmt.Println(c.Calendar, c.Reason, c.Until)
	}
	fmt.Println(set.NextClosing(at.AddDate(0, 0, 1), calendar.Subject{}, nil))
	// Output:
	// finance Month-end closing 2026-04-01 04:00:00 +0000 UTC
	// 2026-05-29 16:00:00 +0000 UTC true
}

// What cannot be expressed is refused by name.
func ExampleParse() {
	_, err := ical.Parse(strings.NewReader(`BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART:20260105T090000Z
DURATION:PT1H
RRULE:FREQ=MINUTELY
END:VEVENT
END:VCALENDAR
`), ical.Options{})
	fmt.Println(err)
	// Output:
	// line 6: RRULE: FREQ=MINUTELY is not supported (event 1)
}
