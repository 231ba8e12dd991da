package calendar_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
)

func TestSmoke(t *testing.T) {
	s, err := calendar.NewSet(calendar.Calendar{Name: "c", Zone: "Europe/Berlin", Hours: []calendar.Hours{{Days: calendar.Workdays(), From: "09:00", To: "17:30"}},
		Blackouts: []calendar.Blackout{{From: "12-20", To: "01-02", Yearly: true, Reason: "freeze"}}})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 12, 18, 16, 0, 0, 0, time.UTC)
	t.Log(s.Closed(at, calendar.Subject{}, nil))
	t.Log(s.NextOpening(at, 2*time.Hour, calendar.Subject{}, nil))
	t.Log(s.NextClosing(at, calendar.Subject{}, nil))
	at = time.Date(2026, 12, 18, 17, 0, 0, 0, time.UTC)
	t.Log(s.Closed(at, calendar.Subject{}, nil))
	_, err = calendar.NewSet(calendar.Calendar{Name: "", Zone: "Local"}, calendar.Calendar{Name: "x", Hours: []calendar.Hours{{}, {From: "24:00", To: "9:00"}}, Blackouts: []calendar.Blackout{{}, {From: "2026-02-29"}, {To: "2-29", Yearly: true}}})
	t.Log(err)
}
