package releaseplan

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// An Override lets a plan go on although a calendar is closed.
type Override struct {
	Calendar string         `json:"calendar,omitempty"` // its name; empty: every one
	Reason   string         `json:"reason"`
	By       penstock.Party `json:"by"`
	At       time.Time      `json:"at"`
	Until    time.Time      `json:"until"` // the calendar holds the plan back again from then on
}

// MaxOverrides is how many calendars of one plan can be overridden at the same time.
const MaxOverrides = 64

// longestOverride bounds how far ahead an override may end.
const longestOverride = 366 * 24 * time.Hour

// overrides returns those that have not ended at a time.
func (p *Plan) overrides(at time.Time) []calendar.Override {
	var all []calendar.Override
	for _, o := range p.st.Overrides {
		if at.Before(o.Until) {
			all = append(all, calendar.Override{Calendar: o.Calendar, Until: o.Until})
		}
	}
	return all
}

// overridesBut counts those that have not ended, of calendars other than one.
func (p *Plan) overridesBut(calendar string, at time.Time) (n int) {
	for _, o := range p.overrides(at) {
		if o.Calendar != calendar {
			n++
		}
	}
	return n
}

// checkOverride reports what is wrong with the command itself.
func (c *Command) checkOverride(v *validator) {
	if c.Action != OverrideCalendar && c.Action != EndOverride {
		return
	}
	if utf8.RuneCountInString(c.Calendar) > MaxName || !utf8.ValidString(c.Calendar) {
		v.fault("calendar", "must be UTF-8 of at most %d characters", MaxName)
	}
	if c.Action == OverrideCalendar && c.Remark == "" {
		v.fault("remark", "must say why")
	}
	if c.Action == OverrideCalendar && c.Until.IsZero() {
		v.fault("until", "must be set")
	}
}

// override lets a calendar hold nothing back for a while, or again.
func (t *transition) override() error {
	c, p := t.command, t.p
	if c.Action == EndOverride {
		return t.endOverride()
	}
	if c.Calendar != "" && !slices.Contains(p.calendars().Names(), c.Calendar) {
		return penstock.Invalid("calendar", "%q is not known", short(c.Calendar))
	}
	until := instant(c.Until)
	switch {
	case !until.After(t.at):
		return penstock.Invalid("until", "must be after now")
	case until.Sub(t.at) > longestOverride:
		return penstock.Invalid("until", "must be within 366 days")
	case p.overridesBut(c.Calendar, t.at) >= MaxOverrides:
		return penstock.Invalid("calendar", "%d are overridden already", MaxOverrides)
	}
	o := Override{Calendar: c.Calendar, Reason: c.Remark, By: t.who(), At: t.at, Until: until}
	return t.record(Change{Kind: CalendarOverridden, Action: OverrideCalendar, Override: &o, Remark: c.Remark})
}

// endOverride ends one override, or all.
func (t *transition) endOverride() error {
	c, found := t.command, false
	for _, o := range t.p.st.Overrides {
		if !t.at.Before(o.Until) || c.Calendar != "" && c.Calendar != o.Calendar {
			continue
		}
		found = true
		if err := t.record(Change{Kind: CalendarRestored, Action: EndOverride, Override: &o, Remark: c.Remark}); err != nil {
			return err
		}
	}
	if !found {
		return penstock.Invalid("calendar", "%q is not overridden", short(c.Calendar))
	}
	return nil
}

// applyOverride is where the overrides of a plan change.
func (p *Plan) applyOverride(c *Change) error {
	if c.Override == nil {
		return penstock.Invalid("override", "change %d must tell of it", p.st.Changes)
	}
	o := *c.Override
	if err := o.fault(); err != nil {
		return err
	}
	rest := make([]Override, 0, len(p.st.Overrides)+1)
	for _, other := range p.st.Overrides {
		if other.Calendar != o.Calendar && c.At.Before(other.Until) {
			rest = append(rest, other)
		}
	}
	if c.Kind == CalendarOverridden {
		rest = append(rest, o)
	}
	if len(rest) > MaxOverrides {
		return penstock.Invalid("override", "change %d is one too many", p.st.Changes)
	}
	if len(rest) == 0 {
		rest = nil
	}
	p.st.Overrides = rest
	return nil
}

// fault reports what is wrong with an override that comes from outside.
func (o *Override) fault() error {
	switch {
	case utf8.RuneCountInString(o.Calendar) > MaxName || !utf8.ValidString(o.Calendar):
		return penstock.Invalid("override.calendar", "must be UTF-8 of at most %d characters", MaxName)
	case o.Reason == "" || len(o.Reason) > MaxRemark || !utf8.ValidString(o.Reason):
		return penstock.Invalid("override.reason", "must be UTF-8 of 1 to %d bytes", MaxRemark)
	case o.At.IsZero() || !o.Until.After(o.At) || o.Until.Sub(o.At) > longestOverride:
		return penstock.Invalid("override.until", "must be after it began, within 366 days")
	default:
		return nil
	}
}

// calendar names what is overridden, for people.
func (o *Override) calendar() string {
	if o.Calendar == "" {
		return "every calendar"
	}
	return "calendar " + strconv.Quote(o.Calendar)
}
