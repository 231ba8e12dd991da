package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/store"
)

// A rest is that of a plan that a calendar holds back: nothing is to be done for it until
// then, unless somebody commits it or the calendars change.
type rest struct {
	version   int64 // of its header
	calendars *calendar.Set
	until     time.Time
}

// rests reports whether a plan that was found needs no look.
func (r *Runner) rests(found store.Record) bool {
	known, ok := r.resting[found.ID]
	if !ok {
		return false
	}
	if known.version == found.Version && known.calendars == r.calendars() && r.plans.now().Before(known.until) {
		r.soonest = earlier(r.soonest, known.until)
		return true
	}
	delete(r.resting, found.ID)
	return false
}

// mostResting bounds how many plans are remembered; one that is not is looked at more often.
const mostResting = 100_000

// longestRest bounds how long a plan is left alone that no calendar known by now lets go on.
const longestRest = 24 * time.Hour

// rest remembers that there is nothing to do for p until a time, by the calendars as they
// were before that was asked; zero: for good. Without calendars, such a plan is not found before.
func (r *Runner) rest(st *stored, p *Plan, calendars *calendar.Set, steps []Step, until time.Time) {
	if r.plans.rules.Calendars == nil || len(steps) > 0 {
		return
	}
	if until.IsZero() {
		until = r.plans.now().Add(longestRest)
	}
	r.soonest = earlier(r.soonest, until)
	if p != st.plan { // it was just committed: which version that made is not known here
		return
	}
	if len(r.resting) >= mostResting {
		clear(r.resting)
	}
	r.resting[p.id] = rest{version: st.version, calendars: calendars, until: until}
}

func (r *Runner) calendars() *calendar.Set {
	if r.plans.rules.Calendars == nil {
		return nil
	}
	return r.plans.rules.Calendars.Current()
}

// wakeFor returns how long to wait if not longer than wait: until a plan that rests is to be
// looked at again.
func (r *Runner) wakeFor(wait time.Duration) time.Duration {
	if r.soonest.IsZero() {
		return wait
	}
	return max(0, min(wait, r.soonest.Sub(r.plans.now())))
}
