package calendar

import (
	"sort"
	"time"
)

// second is one in the unit of instants, the microsecond.
const second = int64(time.Second / time.Microsecond)

// A span is the time from start up to end, in microseconds since 1970.
type span = arc

// A source gives the closures of a calendar that have one form.
type source interface {
	// next returns, of the spans that end after t, the one that starts first.
	next(t int64) (span, bool)

	// covers reports whether t lies in a span.
	covers(t int64) bool
}

// always is closed for ever.
type always struct{}

func (always) next(int64) (span, bool) { return span{past, future}, true }
func (always) covers(int64) bool       { return true }

// fixed are spans in order that do not touch.
type fixed []span

func (f fixed) next(t int64) (span, bool) {
	i := sort.Search(len(f), func(i int) bool { return f[i].end > t })
	if i == len(f) {
		return span{}, false
	}
	return f[i], true
}

func (f fixed) covers(t int64) bool {
	s, ok := f.next(t)
	return ok && s.start <= t
}

// computed are the spans of a host's recurrence.
type computed struct{ Recurrence }

func (c computed) next(t int64) (span, bool) {
	i, ok := c.Next(moment(t))
	s := span{instant(i.Start), instant(i.End)}
	return s, ok && s.end > t && s.end > s.start
}

func (c computed) covers(t int64) bool {
	s, ok := c.next(t)
	return ok && s.start <= t
}

// instant is how every time enters a set: in microseconds, from the year 1 to 9999.
func instant(t time.Time) int64 {
	switch {
	case t.Unix() < yearOne:
		return yearOne * second
	case t.Unix() > year9999:
		return year9999 * second
	default:
		return t.UnixMicro()
	}
}

const yearOne, year9999 = -62135596800, 253402300799

// moment is how it leaves.
func moment(t int64) time.Time { return time.UnixMicro(t).UTC() }
