package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock/releaseplan/calendar"
	"github.com/penstock-go/penstock/store"
)

// A rest is that of a plan that a calendar holds back, or that waits for errands only: nothing
// is to be done for it until then, unless somebody commits it, the calendars change, or
// an errand goes on.
type rest struct {
	version   int64 // of its header
	calendars *calendar.Set
	until     time.Time // zero: there is no such time
	errands   int       // that this Runner can go about, and which are under way or left alone
	room      string    // there was none in it for another one
}

// rests reports whether a plan that was found needs no look.
func (r *Runner) rests(found store.Record) bool {
	known, ok := r.resting[found.ID]
	if !ok {
		return false
	}
	timely := known.until.IsZero() || r.plans.now().Before(known.until)
	if known.version == found.Version && known.calendars == r.calendars() && timely && r.leavesAlone(found.ID, known) {
		r.crowded = r.crowded || known.room != ""
		if known.errands == 0 && known.room == "" {
			r.soonest = earlier(r.soonest, known.until)
		}
		return true
	}
	delete(r.resting, found.ID)
	return false
}

// leavesAlone reports whether nothing can be done now about the errands of a plan that rests.
func (r *Runner) leavesAlone(id string, known rest) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, e := range r.errands[id] {
		if !e.busy && !now.Before(e.again) {
			return false
		}
	}
	return len(r.errands[id]) >= known.errands && (known.room == "" || r.rooms[known.room] >= r.Workers)
}

// mostResting bounds how many plans are remembered; one that is not is looked at more often.
const mostResting = 100_000

// longestRest bounds how long a plan is left alone that no calendar known by now lets go on.
const longestRest = 24 * time.Hour

// rest remembers that there is nothing to do for p until a time, by the calendars as they
// were before that was asked; zero: for good. Without calendars, such a plan is not found
// before, unless it waits for an errand.
func (r *Runner) rest(st *stored, p *Plan, calendars *calendar.Set, steps []Step, until time.Time) {
	next := rest{version: st.version, calendars: calendars, until: until}
	if len(steps) > 0 {
		var ok bool
		if next.errands, next.room, ok = r.waitsFor(p, steps); !ok {
			return
		}
	} else {
		if r.plans.rules.Calendars == nil {
			return
		}
		if until.IsZero() {
			next.until = r.plans.now().Add(longestRest)
		}
		r.soonest = earlier(r.soonest, next.until)
	}
	if p != st.plan { // it was just committed: which version that made is not known here
		return
	}
	if len(r.resting) >= mostResting {
		clear(r.resting)
	}
	r.resting[p.id] = next
}

// waitsFor reports whether a plan waits for the answer of a provider or a Check, and for nothing
// else: how many of these errands this Runner knows, and the room in which there was none for another.
func (r *Runner) waitsFor(p *Plan, steps []Step) (known int, full string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, step := range steps {
		switch step.Kind {
		case StepRequest, StepPoll, StepCheck:
		default: // there is more to be done
			return 0, "", false
		}
		switch {
		case !r.serves(p, step):
		case r.errands[p.id][step.errand()] != nil:
			known++
		default:
			full = roomOf(p, step)
		}
	}
	return known, full, true
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
