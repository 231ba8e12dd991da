package calendar

import (
	"slices"
	"time"
)

// A Set holds compiled calendars, which are asked together. It never changes, and is safe for
// concurrent use. The zero Set, and a nil one, are never closed.
type Set struct {
	calendars []Calendar
	compiled  []compiled
}

// Closed tells which calendars are closed at a time for on, in their order in the set; none if it
// may go on.
func (s *Set) Closed(at time.Time, on Subject, overrides []Override) []Closure {
	if s == nil {
		return nil
	}
	now := instant(at)
	var closures []Closure
	var w *sweep // most often there is nothing to sweep
	for i := range s.compiled {
		c := &s.compiled[i]
		if !c.holds(on) || c.overridden(overrides) > now || !c.closed(now) {
			continue
		}
		closure := Closure{Calendar: c.name, Reason: c.why(now)}
		if w == nil {
			w = new(sweep)
		}
		w.begin(now)
		w.add(c, past)
		if until, ok := w.opening(0); ok {
			closure.Until = moment(until)
		}
		closures = append(closures, closure)
	}
	return closures
}

// NextOpening returns the first time t at or after from at which nothing is closed for on, nor
// will be before t+d; a d of 0 or less asks for t alone. So eight hours fit into those from 09:00 to
// 17:00. It is false if there is none within the [Horizon], or none that could be
// found in a bounded number of steps.
func (s *Set) NextOpening(from time.Time, d time.Duration, on Subject, overrides []Override) (time.Time, bool) {
	var w sweep
	s.sweep(&w, from, on, overrides)
	long := int64(d / time.Microsecond)
	if d%time.Microsecond > 0 {
		long++
	}
	t, ok := w.opening(max(long, 0))
	if !ok {
		return time.Time{}, false
	}
	return moment(t), true
}

// NextClosing returns the first time at or after from at which something is closed for on. It is
// false if nothing is within the [Horizon].
func (s *Set) NextClosing(from time.Time, on Subject, overrides []Override) (time.Time, bool) {
	var w sweep
	s.sweep(&w, from, on, overrides)
	t, ok := w.closing()
	if !ok {
		return time.Time{}, false
	}
	return moment(t), true
}

// sweep prepares w for the calendars that hold on.
func (s *Set) sweep(w *sweep, from time.Time, on Subject, overrides []Override) {
	w.begin(instant(from))
	if s == nil {
		return
	}
	for i := range s.compiled {
		if c := &s.compiled[i]; c.holds(on) {
			w.add(c, c.overridden(overrides))
		}
	}
}

// Calendars returns a copy of what the set was made of.
func (s *Set) Calendars() []Calendar {
	if s == nil {
		return nil
	}
	all := make([]Calendar, len(s.calendars))
	for i, c := range s.calendars {
		all[i] = c.clone()
	}
	return all
}

// Names returns the names of the calendars, in their order.
func (s *Set) Names() []string {
	if s == nil {
		return nil
	}
	var names []string
	for _, c := range s.calendars {
		names = append(names, c.Name)
	}
	return names
}

// Current returns s: a set that does not change is a [Source] too.
func (s *Set) Current() *Set { return s }

// holds reports whether the calendar is for on.
func (c *compiled) holds(on Subject) bool {
	scope := &c.scope
	if len(scope.Folders) > 0 && !slices.ContainsFunc(scope.Folders, func(f string) bool { return f == on.Folder.ID || f == on.Folder.Name }) {
		return false
	}
	for name, value := range scope.Labels {
		if got, ok := on.Labels[name]; !ok || got != value {
			return false
		}
	}
	if !on.Task {
		return len(scope.Classes) == 0
	}
	return (len(scope.Classes) == 0 || slices.Contains(scope.Classes, on.Class)) && !slices.Contains(c.exempt, on.Class)
}

// overridden returns the time before which the calendar counts as open.
func (c *compiled) overridden(overrides []Override) int64 {
	until := int64(past)
	for _, o := range overrides {
		if o.Calendar == "" || o.Calendar == c.name {
			until = max(until, instant(o.Until))
		}
	}
	return until
}
