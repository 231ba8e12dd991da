package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
)

// The limits on a set.
const (
	MaxCalendars = 1000 // of a set
	MaxBlackouts = 1000 // of a calendar
	MaxHours     = 100  // of a calendar
	MaxScope     = 1000 // folders, labels, classes or exempt classes of a calendar
	MaxName      = 255  // characters of a name, a zone, a folder, a class, or a label and its value
	MaxReason    = 1000 // characters of a reason
	maxFaults    = 100  // that are told of a set
)

// NewSet checks and compiles calendars. The error joins a [penstock.InvalidError] for every fault,
// with its path: calendars[2].hours[0].from; of many it tells the first 100. The set shares
// nothing with what it was made of but the recurrences.
//
// Zones are found as [time.LoadLocation] does: a host on a machine without a time zone database
// imports time/tzdata.
func NewSet(calendars ...Calendar) (*Set, error) {
	k := check{zones: map[string]*zone{}}
	if len(calendars) > MaxCalendars {
		return nil, penstock.Invalid("calendars", "%d are too many: at most %d", len(calendars), MaxCalendars)
	}
	names := map[string]int{}
	for i, c := range calendars {
		path := fmt.Sprintf("calendars[%d]", i)
		k.calendar(path, &c)
		if first, ok := names[c.Name]; ok && c.Name != "" {
			k.fault(path+".name", "%q is the name of calendars[%d]", clip(c.Name), first)
		} else {
			names[c.Name] = i
		}
	}
	if len(k.faults) > 0 {
		return nil, errors.Join(k.faults[:min(len(k.faults), maxFaults)]...)
	}
	s := &Set{}
	for _, c := range calendars {
		c = c.clone()
		s.calendars = append(s.calendars, c)
		s.compiled = append(s.compiled, compile(c, k.zones[c.Zone]))
	}
	return s, nil
}

// A check gathers the faults of calendars, and their zones.
type check struct {
	faults []error
	zones  map[string]*zone
}

func (k *check) fault(path, format string, args ...any) {
	k.faults = append(k.faults, penstock.Invalid(path, format, args...))
}

func (k *check) calendar(path string, c *Calendar) {
	k.name(path+".name", c.Name)
	k.reason(path, c.Reason)
	k.zone(path+".zone", c.Zone)
	k.names(path+".scope.folders", c.Scope.Folders)
	k.names(path+".scope.classes", c.Scope.Classes)
	k.names(path+".exempt", c.Exempt)
	if k.atMost(path+".scope.labels", len(c.Scope.Labels), MaxScope) {
		for _, label := range slices.Sorted(maps.Keys(c.Scope.Labels)) {
			at := fmt.Sprintf("%s.scope.labels[%q]", path, clip(label))
			k.name(at, label)
			if why := fault.Short(c.Scope.Labels[label], MaxName, 4*MaxName); why != "" {
				k.fault(at, "%s", why)
			}
		}
	}
	if k.atMost(path+".hours", len(c.Hours), MaxHours) {
		for i := range c.Hours {
			k.hours(fmt.Sprintf("%s.hours[%d]", path, i), &c.Hours[i])
		}
	}
	if k.atMost(path+".blackouts", len(c.Blackouts), MaxBlackouts) {
		for i := range c.Blackouts {
			k.blackout(fmt.Sprintf("%s.blackouts[%d]", path, i), &c.Blackouts[i])
		}
	}
}

func (k *check) name(path, s string) {
	if s == "" {
		k.fault(path, "must not be empty")
	} else if why := fault.Short(s, MaxName, 4*MaxName); why != "" {
		k.fault(path, "%s", why)
	}
}

func (k *check) names(path string, all []string) {
	if k.atMost(path, len(all), MaxScope) {
		for i, s := range all {
			k.name(fmt.Sprintf("%s[%d]", path, i), s)
		}
	}
}

func (k *check) reason(path, s string) {
	if why := fault.Short(s, MaxReason, 4*MaxReason); why != "" {
		k.fault(path+".reason", "%s", why)
	}
}

func (k *check) atMost(path string, n, most int) bool {
	if n > most {
		k.fault(path, "%d are too many: at most %d", n, most)
	}
	return n <= most
}

func (k *check) zone(path, name string) {
	if _, known := k.zones[name]; known {
		return
	}
	if name == "Local" {
		k.fault(path, "must not be that of the machine: name a zone such as Europe/Berlin")
		return
	}
	loc, err := (*time.Location)(nil), errors.New("too long")
	if len(name) <= MaxName {
		loc, err = time.LoadLocation(name)
	}
	if err != nil {
		k.fault(path, "%q is not a known time zone such as Europe/Berlin", clip(name))
		return
	}
	k.zones[name] = newZone(loc)
}

func (k *check) hours(path string, h *Hours) {
	if len(h.Days) == 0 && h.From == "" && h.To == "" {
		k.fault(path, "must name days or clock times")
	}
	if k.atMost(path+".days", len(h.Days), len(Weekdays())) {
		for i, d := range h.Days {
			if d.index() < 0 {
				k.fault(fmt.Sprintf("%s.days[%d]", path, i), "%q is not a day of the week such as monday", clip(string(d)))
			}
		}
	}
	from, err := h.from()
	if err != nil {
		k.fault(path+".from", "%v", err)
	} else if from == day {
		k.fault(path+".from", "must be before 24:00")
	}
	if _, err := h.to(); err != nil {
		k.fault(path+".to", "%v", err)
	}
}

// from and to return the clock times in seconds since midnight.
func (h *Hours) from() (int64, error) { return cmp.Or(h.From, "00:00").seconds() }
func (h *Hours) to() (int64, error)   { return cmp.Or(h.To, "24:00").seconds() }

// A form is one of the ways to say when a blackout is.
type form int

const (
	instantForm form = iota
	dateForm
	yearlyForm
	weeklyForm
)

func (b *Blackout) form() form {
	switch {
	case b.Weekly != nil:
		return weeklyForm
	case b.Yearly:
		return yearlyForm
	case b.From != "" || b.To != "":
		return dateForm
	default:
		return instantForm
	}
}

func (b *Blackout) forms() (n int) {
	for _, is := range []bool{!b.Start.IsZero() || !b.End.IsZero(), b.From != "" || b.To != "" || b.Yearly, b.Weekly != nil} {
		if is {
			n++
		}
	}
	return n
}

func (k *check) blackout(path string, b *Blackout) {
	k.reason(path, b.Reason)
	if b.forms() != 1 {
		k.fault(path, "must have exactly one of start and end, from and to, or weekly")
		return
	}
	switch b.form() {
	case weeklyForm:
		k.hours(path+".weekly", b.Weekly)
	case instantForm:
		if b.Start.IsZero() || b.End.IsZero() {
			k.fault(path, "must have both a start and an end")
		} else if instant(b.End) <= instant(b.Start) {
			k.fault(path+".end", "must be after the start")
		}
	default:
		k.dates(path, b)
	}
}

func (k *check) dates(path string, b *Blackout) {
	from, errFrom := b.From.parse(b.Yearly)
	if errFrom != nil {
		k.fault(path+".from", "%v", errFrom)
	}
	if b.To == "" {
		return
	}
	to, errTo := b.To.parse(b.Yearly)
	if errTo != nil {
		k.fault(path+".to", "%v", errTo)
	} else if errFrom == nil && !b.Yearly && to.Before(from) {
		k.fault(path+".to", "must not be before from")
	}
}

func clip(s string) string { return fault.Clip(s, 60) }

func clipReason(s string) string { return fault.Clip(s, MaxReason) }
