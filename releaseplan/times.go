package releaseplan

import (
	"time"

	"github.com/penstock-go/penstock"
)

// PlannedTime is when something is meant to happen: a start with an end or a
// duration. The end wins over the duration.
type PlannedTime struct {
	Start    time.Time          `json:"start,omitzero"`
	End      time.Time          `json:"end,omitzero"`
	Duration *penstock.Duration `json:"duration,omitempty"`
}

// Finish returns the end: as given, or the duration after the start. It is zero
// if neither is known.
func (t PlannedTime) Finish() time.Time {
	switch {
	case !t.End.IsZero():
		return t.End
	case t.Duration != nil && !t.Start.IsZero():
		return t.Duration.AddTo(t.Start)
	default:
		return time.Time{}
	}
}

// Length returns the time from start to finish, or 0 if it is not known.
func (t PlannedTime) Length() time.Duration {
	if finish := t.Finish(); !finish.IsZero() && !t.Start.IsZero() {
		return finish.Sub(t.Start)
	}
	if t.Duration != nil {
		return t.Duration.AddTo(time.Time{}).Sub(time.Time{})
	}
	return 0
}

func (t *PlannedTime) clone() *PlannedTime {
	if t == nil {
		return nil
	}
	c := *t
	c.Duration = copyOf(t.Duration)
	return &c
}

// normalize cuts instants to microseconds, in UTC, and drops a duration that an
// end outweighs.
func (t *PlannedTime) normalize() {
	if t == nil {
		return
	}
	t.Start, t.End = instant(t.Start), instant(t.End)
	if !t.End.IsZero() && !t.Start.IsZero() {
		t.Duration = nil
	}
}

// instant is how every time enters a plan: in UTC, in whole microseconds,
// without a monotonic reading.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Truncate(time.Microsecond).UTC()
}

// tick is the smallest step of time.
const tick = time.Microsecond

// Open reports whether at lies in the window, bounds included. A nil window is
// always open.
func (w *Window) Open(at time.Time) bool {
	return w == nil || !at.Before(w.Start) && (w.End.IsZero() || !at.After(w.End))
}

// opens returns when a window that is shut at at opens; zero if it never does.
func (w *Window) opens(at time.Time) time.Time {
	if w != nil && at.Before(w.Start) {
		return w.Start
	}
	return time.Time{}
}

// expires returns the first instant after the window; zero if it never ends.
func (w *Window) expires() time.Time {
	if w == nil || w.End.IsZero() {
		return time.Time{}
	}
	return w.End.Add(tick)
}

// effective returns when the plan is to run if it is executed at at, perhaps
// with a new start that a late caller names. A nil plan time stays nil. Early:
// the start is now. Late: the start is the given one, which must lie between the
// planned start and now, or else stays. The length is kept in every case.
func effective(planned *PlannedTime, at, start time.Time) (*PlannedTime, error) {
	if planned == nil || planned.Start.IsZero() {
		if !start.IsZero() {
			return nil, penstock.Invalid("start", "the plan has no planned time")
		}
		return nil, nil
	}
	from := planned.Start
	switch {
	case at.Before(planned.Start):
		from = at
	case !start.IsZero() && at.After(planned.Start):
		if !start.After(planned.Start) || !start.Before(at) {
			return nil, penstock.Invalid("start", "must be after the planned start %s and before now", planned.Start.Format(time.RFC3339))
		}
		from = start
	}
	return &PlannedTime{Start: from, End: from.Add(planned.Length())}, nil
}

// earlier returns the earlier of two times of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
