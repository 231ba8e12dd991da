// Package ical reads the closures of a calendar from an iCalendar file (RFC 5545), such as what
// Google Calendar, Outlook and offices of public holidays export.
//
//	feed, err := ical.Parse(file, ical.Options{Zone: "Europe/Berlin"})
//	…
//	set, err := calendar.NewSet(calendar.Calendar{Name: "holidays", Zone: "Europe/Berlin", Recurring: feed})
//
// Each event closes the calendar from its start to its end, and its SUMMARY is the reason. What the
// package cannot express it refuses by name, with the line and the event: a freeze that was not
// understood must not be one that is not there. A file is taken as a whole or not at all.
//
// # What is read
//
//   - VEVENT with DTSTART, DTEND or DURATION, RRULE, RDATE, EXDATE and RECURRENCE-ID; times in UTC,
//     with a TZID, or without a zone; dates. A date without an end is one day. An event that takes
//     no time closes nothing.
//   - Zones are known by name: a TZID must be one of the IANA database, and what a VTIMEZONE says
//     besides is not read. Names of Windows are refused.
//   - Events with STATUS:CANCELLED are left out, those with TRANSP:TRANSPARENT only if
//     [Options.SkipTransparent] is set.
//   - VTODO, VJOURNAL, alarms, and properties and components that begin with X- are passed over.
//
// # What is refused
//
// FREQ=MINUTELY and SECONDLY; more than 48 occurrences a day; BYWEEKNO other than 1 to 51, as
// the library errs about the others when a year ends; BYDAY with and without numbers in one rule;
// a rule that DTSTART does not fit, which RFC 5545 leaves undefined; EXRULE, RANGE, RDATE of
// periods, RSCALE, and calendars other than the Gregorian; VFREEBUSY and VAVAILABILITY; years
// before 1900 and after 2200, but for what a rule without an end gives; and what is longer than
// the limits.
//
// # When clocks change
//
// An event keeps the clock times of its zone. As package calendar says: when in doubt, closed. A
// start that the clock skips is the instant of the jump, one that occurs twice is the first. The end
// is the last instant that one can read it as: by the clock, or counted from the start.
package ical
