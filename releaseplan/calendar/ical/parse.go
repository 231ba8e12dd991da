package ical

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// The limits on a file.
const (
	MaxBytes  = 1 << 20
	MaxEvents = 1000
	MaxRules  = 500                  // events that have a rule
	MaxDates  = 20_000               // that rules with a COUNT, RDATE and EXDATE give together
	MaxDaily  = 48                   // occurrences of one event on a day
	MaxRepeat = 366 * 24 * time.Hour // how long an event that recurs may take

	maxFaults = 100 // that are told of a file
)

// Options say how a file is read. The zero Options are fine for most.
type Options struct {
	// Zone is the IANA name of the zone of whole days and of times without a zone. It should be
	// that of the calendar. The default is UTC.
	Zone string

	// SkipTransparent leaves out events that are marked as taking no time (TRANSP:TRANSPARENT). By
	// default they count: in files of public holidays, all events are marked so.
	SkipTransparent bool
}

// Parse reads an iCalendar file. The error joins a [penstock.InvalidError] for every fault, whose
// Field is "line 12: RRULE", "line 12" of what is no property, "file", or "zone" of the options; of many it tells the first 100. An error of r is returned as it is.
func Parse(r io.Reader, o Options) (*Feed, error) {
	file, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(file) > MaxBytes:
		return nil, penstock.Invalid("file", "must have at most %d bytes", MaxBytes)
	}
	zone, err := location(o.Zone)
	if err != nil {
		return nil, penstock.Invalid("zone", "%v", err)
	}
	p := parser{options: o, zone: zone, zones: map[string]*time.Location{}}
	p.file(lines(file))
	if len(p.faults) > 0 {
		return nil, errors.Join(p.faults...)
	}
	return &Feed{events: p.all()}, nil
}

// A parser reads one file.
type parser struct {
	options Options
	zone    *time.Location
	zones   map[string]*time.Location // by TZID
	faults  []error

	events     []*event
	exceptions []*event // occurrences of events that take place at another time
	read       int      // events so far
	rules      int      // of them that recur
	dates      int      // that were kept
}

func (p *parser) fault(l line, format string, args ...any) {
	if len(p.faults) < maxFaults {
		at := fmt.Sprintf("line %d", l.number)
		if l.name != "" {
			at += ": " + l.name
		}
		p.faults = append(p.faults, penstock.Invalid(at, format, args...))
	}
}

// file reads the components of a file. Each is known by the names of those around it.
func (p *parser) file(all []line) {
	var path []string
	var begin, last line
	var properties []line
	for _, l := range all {
		last = l
		if l.err != nil {
			l.name = clip(l.name)
			p.fault(l, "%v", l.err)
			continue
		}
		component := strings.ToUpper(strings.TrimSpace(l.value))
		within := strings.Join(path, ".")
		switch {
		case l.name == "BEGIN":
			if len(path) > 5 {
				p.fault(l, "components are nested too deep")
				return
			}
			p.begin(l, within, component)
			if path = append(path, component); len(path) == 2 && component == "VEVENT" {
				begin, properties = l, nil
			}
		case l.name == "END":
			if len(path) == 0 || path[len(path)-1] != component {
				p.fault(l, "%s was not begun", clip(component))
				return
			}
			if path = path[:len(path)-1]; within == "VCALENDAR.VEVENT" {
				p.event(begin, properties)
			}
		case within == "VCALENDAR.VEVENT":
			properties = append(properties, l)
		default:
			p.property(l, within)
		}
	}
	switch {
	case len(path) > 0:
		p.fault(last, "%s does not end", clip(path[len(path)-1]))
	case last.number == 0:
		p.faults = append(p.faults, penstock.Invalid("file", "is empty"))
	}
}

// begin looks at a component that begins within another one.
func (p *parser) begin(l line, within, component string) {
	switch within {
	case "":
		if component != "VCALENDAR" {
			p.fault(l, "must be VCALENDAR, not %s", clip(component))
		}
	case "VCALENDAR":
		switch component {
		case "VEVENT":
			if p.read++; p.read == MaxEvents+1 {
				p.fault(l, "more than %d events", MaxEvents)
			}
		case "VTIMEZONE", "VTODO", "VJOURNAL": // the zone is known by its name; the others take no time
		default:
			if !strings.HasPrefix(component, "X-") {
				p.fault(l, "%s is not supported", clip(component))
			}
		}
	}
}

// property looks at a property that is not one of an event.
func (p *parser) property(l line, within string) {
	switch {
	case within == "":
		p.fault(l, "must be in a VCALENDAR")
	case within == "VCALENDAR.VTIMEZONE" && l.name == "TZID":
		p.location(l, l.value)
	case within != "VCALENDAR":
	case l.name == "VERSION" && l.value != "2.0":
		p.fault(l, "must be 2.0, not %s", clip(l.value))
	case l.name == "CALSCALE" && !strings.EqualFold(l.value, "GREGORIAN"):
		p.fault(l, "%s is not supported", clip(l.value))
	}
}

// location finds a zone by its TZID.
func (p *parser) location(l line, name string) *time.Location {
	if loc, ok := p.zones[name]; ok {
		return loc
	}
	loc, err := location(name)
	if name == "" || err != nil {
		p.fault(l, "the zone %q is not an IANA time zone such as Europe/Berlin", clip(name))
		loc = nil
	}
	if len(p.zones) < MaxEvents {
		p.zones[name] = loc
	}
	return loc
}

func location(name string) (*time.Location, error) {
	if name != "Local" && len(name) <= 255 {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc, nil
		}
	}
	return nil, fmt.Errorf("%q is not an IANA time zone such as Europe/Berlin", clip(name))
}
