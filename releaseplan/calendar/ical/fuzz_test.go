package ical_test

import (
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/calendar/ical"
)

// FuzzParse reads whatever it gets. What is refused has faults; what is not gives intervals that
// go on, and the same ones to whoever asks first about later times.
func FuzzParse(f *testing.F) {
	for _, c := range rfc {
		f.Add(file("DTSTART;TZID=America/New_York:19970902T090000\nDURATION:PT30M\nRRULE:" + c.rule))
	}
	f.Add(file("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=YEARLY;BYWEEKNO=2\nRDATE:20260107\nEXDATE:20260105", "RECURRENCE-ID:20260105\nDTSTART:20260105\nSTATUS:CANCELLED\nTRANSP:TRANSPARENT"))
	f.Add(file(daily + "FREQ=HOURLY;INTERVAL=7;BYDAY=MO,TU;BYSETPOS=1"))
	f.Fuzz(func(t *testing.T, text string) {
		feed, err := ical.Parse(strings.NewReader(text), ical.Options{Zone: "Europe/Berlin"})
		if err != nil {
			if len(penstock.Faults(err)) == 0 {
				t.Fatalf("not faults: %v", err)
			}
			return
		}
		late, _ := ical.Parse(strings.NewReader(text), ical.Options{Zone: "Europe/Berlin"})
		at := time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 20 {
			i, ok := feed.Next(at)
			if !ok {
				break
			}
			if !i.End.After(at) || !i.Start.Before(i.End) {
				t.Fatalf("after %s comes %v", at, i)
			}
			if again, _ := late.Next(at); !again.Start.Equal(i.Start) || !again.End.Equal(i.End) {
				t.Fatalf("%v and %v", i, again)
			}
			late.Next(i.End.AddDate(10, 0, 0))
			at = i.End
		}
	})
}
