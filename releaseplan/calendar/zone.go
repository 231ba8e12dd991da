package calendar

import (
	"sort"
	"time"
)

// A period is a time in which a zone's clock goes on without a jump. All is in seconds:
// instants since 1970, and what is added to them to get what the clock shows.
type period struct {
	start, end int64
	offset     int64
}

// A zone tells what clocks show. It does not ask [time.Date], which picks one of several answers.
type zone struct {
	loc     *time.Location
	periods []period // of the years in which releases happen, without a gap
}

// The years whose periods are kept; others are computed when they are asked for.
const firstYear, lastYear = 2000, 2100

// reach is more than a clock has ever jumped, or differed from UTC.
const reach = 26 * 60 * 60

func newZone(loc *time.Location) *zone {
	z := &zone{loc: loc}
	last := time.Date(lastYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	for p := z.compute(time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()); ; p = z.compute(p.end) {
		if n := len(z.periods); n > 0 && z.periods[n-1].offset == p.offset {
			z.periods[n-1].end = p.end // the zone got another name, the clock went on
		} else {
			z.periods = append(z.periods, p)
		}
		if p.end > last {
			return z
		}
	}
}

// at returns the period in which an instant is.
func (z *zone) at(instant int64) period {
	n := len(z.periods)
	if n == 0 || instant < z.periods[0].start || instant >= z.periods[n-1].end {
		return z.compute(instant)
	}
	return z.periods[sort.Search(n, func(i int) bool { return z.periods[i].end > instant })]
}

func (z *zone) compute(instant int64) period {
	t := time.Unix(instant, 0).In(z.loc)
	_, offset := t.Zone()
	p := period{start: past, end: future, offset: int64(offset)}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		p.start = start.Unix()
	}
	if !end.IsZero() {
		p.end = end.Unix()
	}
	if p.end <= instant { // on the last day of a leap year, ZoneBounds ends the year a day early
		p.end = time.Date(t.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return p
}

// first returns the instant at which the clock shows civil for the first time, and last the one at
// which it does so for the last time. If it never does, both are the instant of the jump. Civil is
// what a clock shows, in seconds, as if it were UTC.
func (z *zone) first(civil int64) int64 { return z.resolve(civil, false) }
func (z *zone) last(civil int64) int64  { return z.resolve(civil, true) }

func (z *zone) resolve(civil int64, last bool) int64 {
	if p := z.at(civil); civil-p.start > reach+day && p.end-civil > reach+day { // no jump is near
		return civil - p.offset
	}
	result, shown := int64(0), false
	for p := z.at(civil - reach); ; p = z.at(p.end) {
		switch u := civil - p.offset; {
		case u < p.start:
			if !shown { // the clock before did not come so far, and this one begins later
				return p.start
			}
		case u < p.end:
			if !last {
				return u
			}
			result, shown = u, true
		}
		if p.end > civil+reach {
			return result
		}
	}
}

// Instants returns when clocks in a zone show what t's clock shows, for the first time and for the
// last: two answers if the clock was put back, and both the instant of the jump if it was put
// forward over this time. It is for those who write a [Recurrence].
func Instants(t time.Time, in *time.Location) (first, last time.Time) {
	_, offset := t.Zone()
	civil := t.Unix() + int64(offset)
	z := &zone{loc: in}
	return time.Unix(z.first(civil), 0).UTC(), time.Unix(z.last(civil), 0).UTC()
}
