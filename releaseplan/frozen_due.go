package releaseplan

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
)

// What calendars hold back goes on by itself once they open. They may open before their
// time, when a host replaces them: what then has nothing against it goes on now.

// opens returns when the window, or a calendar, opens for a plan that is executed as soon
// as it may be; zero: that does not come by itself.
func (p *Plan) opens(now time.Time) time.Time {
	at := p.st.Updated.At
	start := p.def.content.Window.opens(at)
	if p.calendars() == nil {
		return start
	}
	at = later(at, start)
	switch {
	case len(p.closedToExecute(at)) > 0:
		at = p.executable(at)
	case start.IsZero():
		at = later(at, now) // a calendar that was closed is no more
	}
	if at.IsZero() {
		return at
	}
	if _, err := planLife.Follow(&situation{p: p, by: penstock.System(), at: at}, p.st.State, Execute); err != nil {
		return time.Time{}
	}
	return at
}

// opening returns when a calendar opens for what starts by itself without a Runner: a
// task that waits or exposes, the first milestone.
func (p *Plan) opening(now time.Time) (opens time.Time) {
	set, at := p.calendars(), p.st.Updated.At
	if set == nil || p.st.State != Running {
		return time.Time{}
	}
	when := func(closed bool, open func(time.Time) time.Time) time.Time {
		if closed {
			return open(at)
		}
		return later(at, now) // a calendar that was closed is no more
	}
	if i := p.current(); i < len(p.phases) {
		for _, j := range p.def.phases[i].own {
			ref := taskRef{i, j}
			if !p.automatic(ref) || !p.ready(ref) {
				continue
			}
			t := when(len(p.closuresOf(ref, at)) > 0, func(at time.Time) time.Time { return p.calendarsOpenFor(ref, at) })
			if !t.IsZero() && p.startsAt(ref, t) {
				opens = earlier(opens, t)
			}
		}
	}
	if p.rolloutPending() {
		t := when(len(p.closures(at)) > 0, p.calendarsOpen)
		if !t.IsZero() && p.goesOn(t) {
			opens = earlier(opens, t)
		}
	}
	return opens
}

// startsAt reports whether nothing stands against the start of a task at a time.
func (p *Plan) startsAt(ref taskRef, at time.Time) bool {
	s := p.task(ref).clone()
	refusals, known := taskLife.Refusals(&taskSituation{p: p, ref: ref, s: &s, at: at}, s.State, Start)
	return known && len(refusals) == 0
}

// unfrozen returns what tells which classes of tasks no calendar holds back at a time.
func (p *Plan) unfrozen(at time.Time) func(ref taskRef) bool {
	if p.calendars() == nil {
		return func(taskRef) bool { return true }
	}
	open := make(map[string]bool)
	return func(ref taskRef) bool {
		class := p.def.task(ref).Class
		is, asked := open[class]
		if !asked {
			is = len(p.closuresOf(ref, at)) == 0
			open[class] = is
		}
		return is
	}
}

// thaws returns when a calendar opens for a task that a Runner is to start or to take;
// zero: none is held back, or it never opens.
func (p *Plan) thaws(now time.Time) (at time.Time) {
	set := p.calendars()
	if set == nil {
		return time.Time{}
	}
	asked := make(map[string]bool)
	for step := range p.under(nil).pending(now) {
		if step.Kind != StepStart && step.Kind != StepRun {
			continue
		}
		ref := p.def.index[step.Task]
		if class := p.def.task(ref).Class; !asked[class] {
			asked[class] = true
			if opens := p.calendarsOpenFor(ref, now); opens.After(now) {
				at = earlier(at, opens)
			}
		}
	}
	return at
}

// missedWhy tells why a plan could not be executed at its time.
func (p *Plan) missedWhy(at time.Time) string {
	if p.st.State == Approved || p.st.State == Finalized && !p.approvalRequired() {
		if err := frozen(p.closedToExecute(at)); err != nil {
			return remarkOf(err, nil)
		}
	}
	return "the plan was " + words(string(p.st.State))
}

// neverOpens is the error of a search for an opening.
func (p *Plan) neverOpens(d time.Duration) error {
	return fmt.Errorf("an opening of %s for plan %s: %w", d, p.id, penstock.ErrNotFound)
}
