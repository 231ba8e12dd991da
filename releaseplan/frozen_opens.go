package releaseplan

import "time"

// mostLooks bounds how many closures of calendars that take turns are passed one by one.
const mostLooks = 1_000

// executable returns when no calendar keeps the plan from being executed any more: at if
// none does, zero if that never comes.
func (p *Plan) executable(at time.Time) time.Time {
	for range mostLooks {
		closures := p.closedToExecute(at)
		if len(closures) == 0 {
			return at
		}
		for _, c := range closures {
			if c.Until.IsZero() {
				return time.Time{}
			}
			at = later(at, c.Until)
		}
	}
	return p.calendarsOpen(at) // no earlier than it may, and perhaps later
}

// resumable is executable for resuming it.
func (p *Plan) resumable(at time.Time) time.Time {
	opens := p.calendarsOpen(at)
	for class := range p.openClasses() {
		opens = earlier(opens, p.openFor(p.subjectOf(class), at))
	}
	return opens
}
