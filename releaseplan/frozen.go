package releaseplan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
	"github.com/penstock-go/penstock/releaseplan/calendar"
)

// A FrozenError names the calendars that hold something back, and when each of
// them opens. It is an ErrRefused.
type FrozenError struct {
	Closures []calendar.Closure // at least one
}

func (e *FrozenError) Error() string {
	const most = 3
	var all []string
	for i, c := range e.Closures {
		if i == most {
			all = append(all, fmt.Sprintf("and %d more", len(e.Closures)-most))
			break
		}
		all = append(all, closureText(c))
	}
	return strings.Join(all, "; ")
}

// closureText tells of one calendar that is closed, why, and until when.
func closureText(c calendar.Closure) string {
	text := fmt.Sprintf("calendar %q is closed", fault.Clip(c.Calendar, 200))
	if c.Reason != "" {
		text += fmt.Sprintf(" (%s)", fault.Clip(c.Reason, 300))
	}
	if c.Until.IsZero() {
		return text + " for good"
	}
	return text + " until " + c.Until.UTC().Format(time.RFC3339)
}

// Is reports whether target is ErrRefused.
func (e *FrozenError) Is(target error) bool { return target == penstock.ErrRefused }

// frozen returns closures as an error; nil if there are none.
func frozen(closures []calendar.Closure) error {
	if len(closures) == 0 {
		return nil
	}
	return &FrozenError{Closures: closures}
}

// calendars are those that decide now; nil: none.
func (p *Plan) calendars() *calendar.Set {
	switch {
	case p.pinned != nil:
		return p.pinned
	case p.rules == nil || p.rules.Calendars == nil:
		return nil
	default:
		return p.rules.Calendars.Current()
	}
}

// pin returns p with the calendars as they are: a command is decided on the same
// ones from its beginning to its end.
func (p *Plan) pin() *Plan {
	if p.rules == nil || p.rules.Calendars == nil {
		return p
	}
	return p.under(p.rules.Calendars.Current())
}

// under returns p as it is under other calendars; nil: none.
func (p *Plan) under(set *calendar.Set) *Plan {
	if set == nil {
		set = unclosed
	}
	q := *p
	q.pinned = set
	return &q
}

// unclosed holds nothing back. It is only read.
var unclosed = &calendar.Set{}

// subject is what calendars are asked about: the plan as a whole.
func (p *Plan) subject() calendar.Subject {
	return calendar.Subject{Folder: p.def.content.Folder, Labels: p.def.content.Labels}
}

// subjectOf is what calendars are asked about a task of a class.
func (p *Plan) subjectOf(class string) calendar.Subject {
	s := p.subject()
	s.Task, s.Class = true, class
	return s
}

// closures returns the calendars that hold back the plan as a whole.
func (p *Plan) closures(at time.Time) []calendar.Closure {
	set := p.calendars()
	if set == nil {
		return nil
	}
	return set.Closed(at, p.subject(), p.overrides(at))
}

// closuresOf returns the calendars that hold back a task.
func (p *Plan) closuresOf(ref taskRef, at time.Time) []calendar.Closure {
	set := p.calendars()
	if set == nil {
		return nil
	}
	return set.Closed(at, p.subjectOf(p.def.task(ref).Class), p.overrides(at))
}

// calendarsOpen returns when no calendar holds back the plan as a whole: at if none
// does, zero if that never comes.
func (p *Plan) calendarsOpen(at time.Time) time.Time { return p.openFor(p.subject(), at) }

// calendarsOpenFor is calendarsOpen for a task.
func (p *Plan) calendarsOpenFor(ref taskRef, at time.Time) time.Time {
	return p.openFor(p.subjectOf(p.def.task(ref).Class), at)
}

func (p *Plan) openFor(on calendar.Subject, at time.Time) time.Time {
	set := p.calendars()
	if set == nil {
		return at
	}
	opens, ok := set.NextOpening(at, 0, on, p.overrides(at))
	if !ok {
		return time.Time{}
	}
	return opens
}

// closedToExecute returns the calendars that keep the plan from being executed: those
// that hold back the plan as a whole, but for ones that let every open task go on.
func (p *Plan) closedToExecute(at time.Time) []calendar.Closure {
	closures := p.closures(at)
	if len(closures) == 0 || len(p.def.content.Milestones) > 0 {
		return closures
	}
	classes := p.openClasses()
	if len(classes) == 0 {
		return closures
	}
	held := make(map[string]bool)
	for class := range classes {
		if len(held) >= len(closures) && !slices.ContainsFunc(closures, func(c calendar.Closure) bool { return !held[c.Calendar] }) {
			return closures // all of them: the other classes change nothing
		}
		for _, c := range p.calendars().Closed(at, p.subjectOf(class), p.overrides(at)) {
			held[c.Calendar] = true
		}
	}
	var all []calendar.Closure
	for _, c := range closures {
		if held[c.Calendar] {
			all = append(all, c)
		}
	}
	return all
}

// closedToResume returns the calendars that keep the plan from being resumed: those that
// hold it back as a whole, unless a task may go on that is open, such as one that
// rolls back.
func (p *Plan) closedToResume(at time.Time) []calendar.Closure {
	closures := p.closures(at)
	if len(closures) == 0 {
		return nil
	}
	for class := range p.openClasses() {
		if len(p.calendars().Closed(at, p.subjectOf(class), p.overrides(at))) == 0 {
			return nil
		}
	}
	return closures
}

// openClasses returns the classes of the enabled tasks that are neither done nor skipped.
func (p *Plan) openClasses() map[string]bool {
	classes := make(map[string]bool)
	for i, phase := range p.def.phases {
		for j := range phase.Tasks {
			if t := &phase.Tasks[j]; !t.Disabled && !p.task(taskRef{i, j}).State.settled() {
				classes[t.Class] = true
			}
		}
	}
	return classes
}

// NextOpening returns the earliest time from which on the plan may go on for the whole of
// a duration: inside its window, and with every calendar that concerns it open. With the
// id of a task it is about that task. A task that is not of this plan is an ErrNotFound, and
// so is an opening that never comes, or not within [calendar.Horizon]; a negative duration is an ErrInvalid.
func (p *Plan) NextOpening(task string, d time.Duration, from time.Time) (time.Time, error) {
	if d < 0 {
		return time.Time{}, penstock.Invalid("duration", "must not be negative")
	}
	on := p.subject()
	if task != "" {
		ref, err := p.find(task)
		if err != nil {
			return time.Time{}, err
		}
		on = p.subjectOf(p.def.task(ref).Class)
	}
	at := instant(from)
	w := p.def.content.Window
	if w != nil {
		at = later(at, w.Start)
	}
	if set := p.calendars(); set != nil {
		opens, ok := set.NextOpening(at, d, on, p.overrides(at))
		if !ok {
			return time.Time{}, p.neverOpens(d)
		}
		at = opens
	}
	if !w.Open(at) || !w.Open(at.Add(d)) {
		return time.Time{}, p.neverOpens(d)
	}
	return at, nil
}
