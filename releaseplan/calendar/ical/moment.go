package ical

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// A moment is a value of a DATE or DATE-TIME.
type moment struct {
	clock time.Time      // what the clock shows, as if it were UTC
	zone  *time.Location // where
	date  bool           // only a date
}

// instant is the first time at which the clock shows this.
func (m moment) instant() time.Time {
	first, _ := calendar.Instants(m.clock, m.zone)
	return first
}

// moments reads the values of a property, such as those of EXDATE.
func (p *parser) moments(l line) []moment {
	zone := p.zone
	kind := strings.ToUpper(l.params["VALUE"])
	if kind != "" && kind != "DATE" && kind != "DATE-TIME" {
		p.fault(l, "VALUE=%s is not supported", clip(kind))
		return nil
	}
	name, zoned := l.params["TZID"]
	if zoned {
		if zone = p.location(l, name); zone == nil {
			return nil
		}
	}
	var all []moment
	for value := range strings.SplitSeq(l.value, ",") {
		m, err := readMoment(value, zone, zoned)
		if err == nil && kind != "" && (kind == "DATE") != m.date {
			err = fmt.Errorf("%s is not a %s", clip(value), kind)
		}
		if err != nil {
			p.fault(l, "%v", err)
			return nil
		}
		if p.dates++; p.dates > MaxDates {
			p.fault(l, "more than %d dates", MaxDates)
			return nil
		}
		all = append(all, m)
	}
	return all
}

// moment reads the one value of a property, such as that of DTSTART.
func (p *parser) moment(l line) (moment, bool) {
	all := p.moments(l)
	if len(all) > 1 {
		p.fault(l, "must be one time, not %d", len(all))
	}
	if len(all) != 1 {
		return moment{}, false
	}
	return all[0], true
}

func readMoment(value string, zone *time.Location, zoned bool) (moment, error) {
	m := moment{zone: zone}
	layout, text := "20060102T150405", value
	switch len(value) {
	case len("20261220"):
		layout, m.date = "20060102", true
	case len("20261220T090000Z"):
		if value[len(value)-1] == 'Z' {
			text, m.zone = value[:len(value)-1], time.UTC
			if zoned {
				return m, fmt.Errorf("%s has a zone, and is in UTC", value)
			}
		}
	}
	var err error
	m.clock, err = time.Parse(layout, text)
	if err != nil || len(text) != len(layout) {
		return m, fmt.Errorf("%q is not a time such as 20261220 or 20261220T090000Z", clip(value))
	}
	if y := m.clock.Year(); y < 1900 || y > 2200 {
		return m, fmt.Errorf("%s is not between the years 1900 and 2200", value)
	}
	return m, nil
}

// readDuration reads a DURATION: P15DT5H0M20S, P7W.
func readDuration(value string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a duration such as P1DT12H or P2W", clip(value))
	text, ok := strings.CutPrefix(strings.TrimPrefix(value, "+"), "P")
	if !ok || text == "" {
		return 0, bad
	}
	days, times, hasTimes := strings.Cut(text, "T")
	if hasTimes && times == "" {
		return 0, bad
	}
	total := time.Duration(0)
	for _, part := range []struct {
		text  *string
		unit  string
		value time.Duration
	}{{&days, "W", 7 * day}, {&days, "D", day}, {&times, "H", time.Hour}, {&times, "M", time.Minute}, {&times, "S", time.Second}} {
		digits, rest, ok := strings.Cut(*part.text, part.unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 31)
		if err != nil || len(digits) > 8 {
			return 0, bad
		}
		if n > uint64(200*MaxRepeat/part.value) {
			return 0, errors.New("is too long")
		}
		total += time.Duration(n) * part.value
		*part.text = rest
	}
	if days != "" || times != "" {
		return 0, bad
	}
	return total, nil
}

const day = 24 * time.Hour
