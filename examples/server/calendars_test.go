package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A plan does not go on while a calendar of the file is closed.
func TestCalendarsHoldPlansBack(t *testing.T) {
	t.Parallel()
	daily := written(t, strings.Join([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=DAILY",
		"END:VEVENT", "END:VCALENDAR", ""}, "\r\n"))
	for closed, held := range map[string]bool{
		`"blackouts": [{"from": "2000-01-01", "to": "2999-12-31"}]`: true,
		`"blackouts": [{"from": "2000-01-01"}]`:                     false,
		`"file": "` + daily + `"`:                                   true,
	} {
		file := written(t, `{"calendars": [{"name": "year end", "reason": "nobody is there", `+closed+`}]}`)
		o, _ := parse([]string{"-db", filepath.Join(t.TempDir(), "penstock.db"), "-calendars", file}, t.Output())
		h, err := open(t.Context(), o, crewed(t), newLog(t.Output(), 0))
		if err != nil {
			t.Fatal(err)
		}
		p := planned(t, h, releaseplan.Content{}, releaseplan.Finalize)
		_, err = h.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, penstock.Actor{ID: "ann"})
		if held != errors.Is(err, penstock.ErrRefused) || held && !strings.Contains(err.Error(), "year end") || !held && err != nil {
			t.Errorf("%s: %v", closed, err)
		}
		if err := h.close(); err != nil {
			t.Error(err)
		}
	}
}
