package calendar

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

const (
	minute  = 60
	day     = 24 * 60 * minute
	week    = 7 * day
	monday  = 4 * day // 1970-01-05, in seconds since 1970
	endless = 4       // turns after which a cycle that gave nothing gives nothing any more: 29 February of 1896 … 1904

	leapYear = 2000 // whose days number those of every year
	leapDays = 366
)

// An arc is a part of a cycle, from start up to end, which may lie in the next turn.
type arc struct{ start, end int64 }

// A cycle is what is closed every week or every year, by the clock of a zone. Its arcs are in
// order and do not touch; that of a whole turn is closed for ever.
type cycle struct {
	zone   *zone
	arcs   []arc
	length int64
	place  func(civil int64) (turn, position int64) // where a clock is
	civil  func(turn, position int64) int64         // what it shows there
}

// weekly makes a cycle of arcs in seconds since Monday.
func weekly(z *zone, arcs []arc) *cycle {
	return &cycle{zone: z, arcs: join(arcs, week), length: week,
		place: func(civil int64) (turn, position int64) {
			turn = floor(civil-monday, week)
			return turn, civil - monday - turn*week
		},
		civil: func(turn, position int64) int64 { return monday + turn*week + position },
	}
}

// yearly makes a cycle of arcs in days since 1 January, as a leap year counts them: 29 February is
// there, and in other years it has no length.
func yearly(z *zone, arcs []arc) *cycle {
	return &cycle{zone: z, arcs: join(arcs, leapDays), length: leapDays,
		place: func(civil int64) (turn, position int64) {
			t := time.Unix(civil, 0).UTC()
			return int64(t.Year()), dayOfYear(t.Month(), t.Day())
		},
		civil: func(turn, position int64) int64 {
			turn += position / leapDays
			d := time.Date(leapYear, 1, 1+int(position%leapDays), 0, 0, 0, 0, time.UTC)
			return time.Date(int(turn), d.Month(), d.Day(), 0, 0, 0, 0, time.UTC).Unix()
		},
	}
}

// dayOfYear numbers the days of a leap year from 0.
func dayOfYear(m time.Month, d int) int64 {
	return int64(time.Date(leapYear, m, d, 0, 0, 0, 0, time.UTC).YearDay() - 1)
}

func (c *cycle) next(t int64) (span, bool) {
	now := floor(t, second)
	p := c.zone.at(now)
	from := now + p.offset
	if p.end-now <= reach {
		from -= reach // the clock may go back, and show this again
	}
	turn, i := c.find(from)
	for last := turn + 2*endless + 1; turn <= last; {
		a := c.arcs[i]
		s := span{c.zone.first(c.civil(turn, a.start)) * second, c.zone.last(c.civil(turn, a.end)) * second}
		if s.end > t && s.end > s.start {
			return s, true
		}
		if i++; i == len(c.arcs) {
			i, turn = 0, turn+1
		}
	}
	return span{}, false
}

// covers needs no instants as long as no jump is near.
func (c *cycle) covers(t int64) bool {
	now := floor(t, second)
	if p := c.zone.at(now); p.end-now > reach && now-p.start > reach {
		turn, i := c.find(now + p.offset)
		return c.civil(turn, c.arcs[i].start) <= now+p.offset
	}
	s, ok := c.next(t)
	return ok && s.start <= t
}

// find returns the first arc that ends after a clock time, and its turn.
func (c *cycle) find(civil int64) (turn int64, i int) {
	turn, position := c.place(civil)
	n := len(c.arcs)
	if c.arcs[n-1].end-c.length > position { // it began in the turn before
		return turn - 1, n - 1
	}
	i = sort.Search(n, func(i int) bool { return c.arcs[i].end > position })
	if i == n {
		return turn + 1, 0
	}
	return turn, i
}

// join brings arcs of a cycle in order, and makes one of those that touch. One that is as long as
// the cycle is what remains then.
func join(arcs []arc, length int64) []arc {
	arcs = merge(arcs)
	for len(arcs) > 1 { // over the end of the turn
		n := len(arcs) - 1
		if arcs[n].end-length < arcs[0].start {
			break
		}
		arcs[n].end = max(arcs[n].end, arcs[0].end+length)
		arcs = arcs[1:]
	}
	if len(arcs) == 1 && arcs[0].end-arcs[0].start >= length {
		return []arc{{0, length}}
	}
	return arcs
}

// merge brings arcs in order, and makes one of those that touch.
func merge(arcs []arc) []arc {
	slices.SortFunc(arcs, func(a, b arc) int { return cmp.Compare(a.start, b.start) })
	merged := arcs[:0]
	for _, a := range arcs {
		if n := len(merged); n > 0 && a.start <= merged[n-1].end {
			merged[n-1].end = max(merged[n-1].end, a.end)
		} else {
			merged = append(merged, a)
		}
	}
	return merged
}

// invert returns what arcs that were joined leave of their cycle.
func invert(arcs []arc, length int64) []arc {
	var rest []arc
	for i, a := range arcs {
		if next := arcs[(i+1)%len(arcs)].start; i+1 < len(arcs) {
			rest = append(rest, arc{a.end, next})
		} else if a.end < next+length {
			rest = append(rest, arc{a.end % length, a.end%length + next + length - a.end})
		}
	}
	return rest
}

// whole reports whether joined arcs are all of their cycle.
func whole(arcs []arc, length int64) bool {
	return len(arcs) == 1 && arcs[0].end-arcs[0].start >= length
}

// floor divides and rounds down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
