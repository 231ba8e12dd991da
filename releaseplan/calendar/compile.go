package calendar

import (
	"maps"
	"slices"
)

// A compiled calendar is one that can be asked fast.
type compiled struct {
	name, reason string
	scope        Scope
	exempt       []string
	sources      []source // all its closures
	reasons      []reason // of blackouts that have their own, in order
	recurring    Recurrence
}

// A reason is why one blackout is closed.
type reason struct {
	source source
	why    string
}

func (c *compiled) closed(t int64) bool {
	for _, s := range c.sources {
		if s.covers(t) {
			return true
		}
	}
	return false
}

// why tells why the calendar is closed at t.
func (c *compiled) why(t int64) string {
	for _, r := range c.reasons {
		if r.source.covers(t) {
			return r.why
		}
	}
	if c.recurring != nil {
		if i, ok := c.recurring.Next(moment(t)); ok && i.Reason != "" && instant(i.Start) <= t && t < instant(i.End) {
			return clipReason(i.Reason)
		}
	}
	return c.reason
}

// compile makes the sources of a calendar that was found valid.
func compile(c Calendar, z *zone) compiled {
	out := compiled{name: c.Name, reason: c.Reason, scope: c.Scope, exempt: c.Exempt, recurring: c.Recurring}
	week, year, spans := outside(c.Hours), []arc(nil), []span(nil)
	for _, b := range c.Blackouts {
		var own source
		switch b.form() {
		case weeklyForm:
			arcs := b.Weekly.arcs()
			week = append(week, arcs...)
			own = weekly(z, arcs)
		case yearlyForm:
			a := b.yearlyArc()
			year = append(year, a)
			own = yearly(z, []arc{a})
		case dateForm:
			s := b.dateSpan(z)
			if s.start < s.end { // the zone has such days
				spans = append(spans, s)
			}
			own = fixed{s}
		default:
			s := span{instant(b.Start), instant(b.End)}
			spans = append(spans, s)
			own = fixed{s}
		}
		if b.Reason != "" {
			out.reasons = append(out.reasons, reason{own, b.Reason})
		}
	}
	if len(week) > 0 {
		out.sources = append(out.sources, simplest(weekly(z, week)))
	}
	if len(year) > 0 {
		out.sources = append(out.sources, simplest(yearly(z, year)))
	}
	if len(spans) > 0 {
		out.sources = append(out.sources, fixed(merge(spans)))
	}
	if c.Recurring != nil {
		out.sources = append(out.sources, computed{c.Recurring})
	}
	return out
}

func simplest(c *cycle) source {
	if whole(c.arcs, c.length) {
		return always{}
	}
	return c
}

// outside returns what hours leave of the week; nothing if there are none.
func outside(hours []Hours) []arc {
	var open []arc
	for i := range hours {
		open = append(open, hours[i].arcs()...)
	}
	return invert(join(open, week), week)
}

// arcs returns the hours in seconds since Monday.
func (h *Hours) arcs() []arc {
	from, _ := h.from() // all was checked
	to, _ := h.to()
	if to <= from {
		to += day
	}
	days := h.Days
	if len(days) == 0 {
		days = Weekdays()
	}
	var arcs []arc
	for _, d := range days {
		at := int64(d.index()) * day
		arcs = append(arcs, arc{at + from, at + to})
	}
	return join(arcs, week)
}

// yearlyArc returns the dates in days since 1 January.
func (b *Blackout) yearlyArc() arc {
	from, _ := b.From.parse(true)
	to, _ := b.last().parse(true)
	a := arc{int64(from.YearDay() - 1), int64(to.YearDay())}
	if a.end <= a.start {
		a.end += leapDays
	}
	return a
}

// dateSpan returns the dates as instants: closed from the first midnight to the last.
func (b *Blackout) dateSpan(z *zone) span {
	from, _ := b.From.parse(false)
	to, _ := b.last().parse(false)
	return span{z.first(from.Unix()) * second, z.last(to.Unix()+day) * second}
}

func (b *Blackout) last() Date {
	if b.To == "" {
		return b.From
	}
	return b.To
}

// clone returns a copy that shares nothing but the recurrence.
func (c Calendar) clone() Calendar {
	c.Scope.Folders = slices.Clone(c.Scope.Folders)
	c.Scope.Labels = maps.Clone(c.Scope.Labels)
	c.Scope.Classes = slices.Clone(c.Scope.Classes)
	c.Exempt = slices.Clone(c.Exempt)
	c.Hours = slices.Clone(c.Hours)
	for i := range c.Hours {
		c.Hours[i].Days = slices.Clone(c.Hours[i].Days)
	}
	c.Blackouts = slices.Clone(c.Blackouts)
	for i := range c.Blackouts {
		if w := c.Blackouts[i].Weekly; w != nil {
			c.Blackouts[i].Weekly = &Hours{slices.Clone(w.Days), w.From, w.To}
		}
	}
	return c
}
