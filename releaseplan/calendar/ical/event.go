package ical

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// An event is a VEVENT that takes time.
type event struct {
	uid, summary string
	line         int
	start        moment
	length       time.Duration  // by the clock
	rule         *rule          // nil: none, or one that was written out
	clocks       []time.Time    // when it begins besides, in order
	except       map[int64]bool // instants, in seconds, at which it does not begin
	memo         atomic.Pointer[answer]
}

// event reads the properties of a VEVENT.
func (p *parser) event(begin line, properties []line) {
	faults := len(p.faults)
	get := map[string]line{}
	var dates, except []line
	for _, l := range properties {
		switch l.name {
		case "RDATE":
			dates = append(dates, l)
		case "EXDATE":
			except = append(except, l)
		case "UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "STATUS", "TRANSP":
			if _, twice := get[l.name]; twice {
				p.fault(l, "occurs twice in one event")
			}
			get[l.name] = l
		case "EXRULE":
			p.fault(l, "is not supported")
		}
	}
	e := &event{uid: plain(get["UID"].value), summary: plain(get["SUMMARY"].value), line: begin.number, except: map[int64]bool{}}
	defer func() { // whatever is wrong, the event is told with it
		for i := faults; i < len(p.faults) && e.uid != ""; i++ {
			p.faults[i] = withUID(p.faults[i], clip(e.uid))
		}
	}()
	start, ok := get["DTSTART"]
	if !ok {
		p.fault(begin, "has no DTSTART")
		return
	}
	if e.start, ok = p.moment(start); !ok || !p.length(e, get) {
		return
	}
	e.clocks = []time.Time{e.start.clock}
	if l, ok := get["RRULE"]; ok {
		p.rule(e, l)
	}
	for _, l := range dates {
		for _, m := range p.like(e, l) {
			e.clocks = append(e.clocks, m.clock)
		}
	}
	for _, l := range except {
		for _, m := range p.like(e, l) {
			e.except[m.instant().Unix()] = true
		}
	}
	slices.SortFunc(e.clocks, time.Time.Compare)
	e.clocks = slices.CompactFunc(e.clocks, time.Time.Equal)
	recurs := e.rule != nil || len(e.clocks) > 1
	if recurs && e.length > MaxRepeat {
		p.fault(start, "an event that recurs must not take longer than %v", MaxRepeat)
	}
	if id, ok := get["RECURRENCE-ID"]; ok {
		p.exception(e, id, recurs)
	}
	if e.counts(get, p.options) {
		p.events = append(p.events, e)
	}
}

// counts reports whether an event closes anything.
func (e *event) counts(get map[string]line, o Options) bool {
	return !strings.EqualFold(get["STATUS"].value, "CANCELLED") &&
		(!o.SkipTransparent || !strings.EqualFold(get["TRANSP"].value, "TRANSPARENT")) && e.length > 0
}

// length reads how long an event takes.
func (p *parser) length(e *event, get map[string]line) bool {
	end, hasEnd := get["DTEND"]
	duration, hasDuration := get["DURATION"]
	switch {
	case hasEnd && hasDuration:
		p.fault(duration, "must not be there beside DTEND")
		return false
	case hasEnd:
		m, ok := p.moment(end)
		if !ok {
			return false
		}
		if m.date != e.start.date {
			p.fault(end, "must be a date if DTSTART is one, and only then")
			return false
		}
		if e.length = m.clock.Sub(e.start.clock); m.zone.String() != e.start.zone.String() {
			e.length = m.instant().Sub(e.start.instant())
		}
		if e.length < 0 {
			p.fault(end, "must not be before DTSTART")
			return false
		}
	case hasDuration:
		var err error
		if e.length, err = readDuration(duration.value); err != nil {
			p.fault(duration, "%v", err)
			return false
		}
		if e.start.date && e.length%day != 0 {
			p.fault(duration, "must be whole days, as DTSTART is one")
			return false
		}
	case e.start.date:
		e.length = day
	}
	return true
}

// like reads moments that must be of the kind of DTSTART, and brings them to its zone.
func (p *parser) like(e *event, l line) []moment {
	all := p.moments(l)
	for i, m := range all {
		if m.date != e.start.date {
			p.fault(l, "must be dates if DTSTART is one, and only then")
			return nil
		}
		if m.zone.String() != e.start.zone.String() {
			all[i] = moment{clock: clockOf(m.instant(), e.start.zone), zone: e.start.zone}
		}
	}
	return all
}

// exception notes that an event takes the place of an occurrence of another one.
func (p *parser) exception(e *event, id line, recurs bool) {
	if id.params["RANGE"] != "" {
		p.fault(id, "RANGE is not supported")
	}
	if recurs {
		p.fault(id, "must not be there beside RRULE or RDATE")
	}
	if m, ok := p.moment(id); ok {
		p.exceptions = append(p.exceptions, &event{uid: e.uid, start: m})
	}
}

// all returns the events, without the occurrences that have another in their place.
func (p *parser) all() []*event {
	byUID := map[string][]int64{}
	for _, x := range p.exceptions {
		byUID[x.uid] = append(byUID[x.uid], x.start.instant().Unix())
	}
	for _, e := range p.events {
		if e.rule == nil && len(e.clocks) < 2 {
			continue // it is no sequence, but may be what takes the place
		}
		for _, at := range byUID[e.uid] {
			e.except[at] = true
		}
	}
	return p.events
}

// clockOf returns what a clock shows, as if it were UTC.
func clockOf(t time.Time, in *time.Location) time.Time {
	_, offset := t.In(in).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// span returns the interval of an occurrence that begins at a clock time. When clocks change, it
// begins as early and ends as late as one may read it.
func (e *event) span(clock time.Time) calendar.Interval {
	start, _ := calendar.Instants(clock, e.start.zone)
	_, end := calendar.Instants(clock.Add(e.length), e.start.zone)
	if exact := start.Add(e.length); !e.start.date && exact.After(end) {
		end = exact
	}
	return calendar.Interval{Start: start, End: end, Reason: e.summary}
}
