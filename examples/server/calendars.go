package main

import (
	"fmt"
	"os"
	"path/filepath"
	_ "time/tzdata" // calendars have zones, wherever the server runs

	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/releaseplan/calendar/ical"
)

// openCalendars reads a file of calendars; without a name there are none.
func openCalendars(name string) (*calendar.Set, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var file struct {
		Calendars []calendarFile `json:"calendars"`
	}
	if err := readJSON(f, &file); err != nil {
		return nil, err
	}
	all := make([]calendar.Calendar, len(file.Calendars))
	for i, c := range file.Calendars {
		if err := c.read(filepath.Dir(name)); err != nil {
			return nil, err
		}
		all[i] = c.Calendar
	}
	set, err := calendar.NewSet(all...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return set, nil
}

// A calendarFile is a calendar that may have more blackouts in an iCalendar file.
type calendarFile struct {
	calendar.Calendar
	File string `json:"file"` // beside the file that names it, unless it says where
}

func (c *calendarFile) read(dir string) error {
	if c.File == "" {
		return nil
	}
	name := c.File
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	feed, err := ical.Parse(f, ical.Options{Zone: c.Zone})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	c.Recurring = feed
	return nil
}
