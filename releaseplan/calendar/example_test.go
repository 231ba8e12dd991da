package calendar_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// A company keeps business hours in Berlin, and changes nothing at the end of the year. A rollback
// must go on all the same.
func Example() {
	set, err := calendar.NewSet(
		calendar.Calendar{
			Name: "office", Zone: "Europe/Berlin", Reason: "nobody is in the office",
			Hours: []calendar.Hours{
				{Days: []calendar.Weekday{calendar.Monday, calendar.Tuesday, calendar.Wednesday, calendar.Thursday}, From: "09:00", To: "17:30"},
				{Days: []calendar.Weekday{calendar.Friday}, From: "09:00", To: "13:00"},
			},
			Exempt: []string{"rollback"},
		},
		calendar.Calendar{
			Name: "year end", Zone: "Europe/Berlin",
			Blackouts: []calendar.Blackout{{From: "12-20", To: "01-02", Yearly: true, Reason: "the books are closed"}},
			Exempt:    []string{"rollback"},
		},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 12, 23, 18, 0, 0, 0, time.UTC)
	for _, c := range set.Closed(at, calendar.Subject{Task: true, Class: "deploy"}, nil) {
		fmt.Printf("%s: %s, until %s\n", c.Calendar, c.Reason, c.Until.Format(time.DateTime))
	}
	fmt.Println(len(set.Closed(at, calendar.Subject{Task: true, Class: "rollback"}, nil)), "hold a rollback")
	// Output:
	// office: nobody is in the office, until 2026-12-24 08:00:00
	// year end: the books are closed, until 2027-01-02 23:00:00
	// 0 hold a rollback
}

// A migration that takes six hours must end within the business hours. They are shorter on Fridays.
func ExampleSet_NextOpening() {
	set, err := calendar.NewSet(calendar.Calendar{
		Name: "office", Zone: "America/New_York",
		Hours: []calendar.Hours{
			{Days: calendar.Workdays()[:4], From: "09:00", To: "17:00"},
			{Days: []calendar.Weekday{calendar.Friday}, From: "09:00", To: "13:00"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	thursday := time.Date(2026, 3, 5, 20, 0, 0, 0, time.UTC)
	start, ok := set.NextOpening(thursday, 6*time.Hour, calendar.Subject{}, nil)
	fmt.Println(start, ok) // the clocks change on Sunday
	// Output:
	// 2026-03-09 13:00:00 +0000 UTC true
}

// Somebody may grant an exception. The calendar counts as open until it ends.
func ExampleOverride() {
	freeze := calendar.Calendar{
		Name:      "audit",
		Scope:     calendar.Scope{Folders: []string{"payments"}},
		Blackouts: []calendar.Blackout{{From: "2026-05-04", To: "2026-05-08"}},
	}
	set, err := calendar.NewSet(freeze)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	plan := calendar.Subject{Folder: penstock.Folder{Name: "payments"}}
	granted := []calendar.Override{{Calendar: "audit", Until: now.Add(2 * time.Hour)}}
	fmt.Println(len(set.Closed(now, plan, nil)), len(set.Closed(now, plan, granted)))
	fmt.Println(set.NextClosing(now, plan, granted))
	// Output:
	// 1 0
	// 2026-05-05 14:00:00 +0000 UTC true
}

// A host that reads its calendars anew puts them in a Book, which everyone asks.
func ExampleBook() {
	var book calendar.Book
	fmt.Println(book.Current().Names())
	set, err := calendar.NewSet(calendar.Calendar{Name: "weekend", Blackouts: []calendar.Blackout{
		{Weekly: &calendar.Hours{Days: []calendar.Weekday{calendar.Saturday, calendar.Sunday}}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	book.Replace(set)
	fmt.Println(book.Current().Names())
	// Output:
	// []
	// [weekend]
}

// Every fault is told, with its path.
func ExampleNewSet() {
	_, err := calendar.NewSet(calendar.Calendar{
		Name: "office", Zone: "Europe/Bonn",
		Hours:     []calendar.Hours{{Days: []calendar.Weekday{"mon"}, From: "9:00"}},
		Blackouts: []calendar.Blackout{{From: "2026-12-20", To: "2026-12-02"}},
	})
	for _, f := range penstock.Faults(err) {
		fmt.Println(f)
	}
	// Output:
	// calendars[0].zone: "Europe/Bonn" is not a known time zone such as Europe/Berlin
	// calendars[0].hours[0].days[0]: "mon" is not a day of the week such as monday
	// calendars[0].hours[0].from: "9:00" is not a clock time such as 09:00
	// calendars[0].blackouts[0].to: must not be before from
}
