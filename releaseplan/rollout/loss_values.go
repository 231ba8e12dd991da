package rollout

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A chooser collects likely values of a field.
type chooser struct {
	hint   *hint
	limit  int // of values
	room   int // bytes of values that may still be added
	work   int // that may be done to put texts together
	values []string
	seen   map[string]struct{}
	from   time.Time            // of the current time: no earlier one counts
	series []func(n int) string // texts without end

	samples []string // one for each pattern
}

// all returns values of the field at and around everything that is asked of
// it; the first is "", which is missing. Of a field that percentages go by there
// are many.
func (c *chooser) all(name string) []string {
	c.add("")
	c.half(c.lists)
	c.numbers()
	c.dates()
	c.versions()
	c.ranges()
	c.half(c.texts)
	c.half(c.patterns)
	c.half(c.together)
	c.half(c.products)
	c.add(c.hint.equal.other(usualOf(name)))
	if c.hint.sticky {
		c.people(name)
	}
	return c.values
}

// half lets do add at most half of what there is room for.
func (c *chooser) half(do func()) {
	limit, kept := c.limit, c.room/2
	c.limit -= (limit - len(c.values)) / 2
	c.room -= kept
	do()
	c.limit, c.room = limit, c.room+kept
}

// full reports whether there is no more room.
func (c *chooser) full() bool { return len(c.values) >= c.limit || c.room <= 0 }

// add adds values that are not there yet, as long as there is room.
func (c *chooser) add(values ...string) {
	for _, v := range values {
		if _, there := c.seen[v]; there || c.full() || long(v) || c.over(v) {
			continue
		}
		c.seen[v] = struct{}{}
		c.keep(v)
	}
}

func (c *chooser) keep(v string) {
	const least = 8 // that a value counts
	c.values = append(c.values, v)
	c.room -= least + len(v)
}

// long reports whether a text is so long that it is not tried.
func long(v string) bool { return len(v) > MaxText && utf8.RuneCountInString(v) > MaxText }

// over reports whether the value is a time that is over.
func (c *chooser) over(v string) bool {
	if c.from.IsZero() {
		return false
	}
	t, ok := parseDate(v)
	return ok && t.Before(c.from)
}

// lists adds the values of lists.
func (c *chooser) lists() { c.add(c.hint.equal.all()...) }

// usualOf returns a value as the field may have it.
func usualOf(name string) string {
	switch name {
	case "userId":
		return "user-1"
	case "sessionId":
		return "session-1"
	case "remoteAddress":
		return "192.0.2.1"
	default:
		return "other"
	}
}

// people adds ids: of their own kind, and of each form that a constraint asks for.
func (c *chooser) people(name string) {
	const most = 16
	series := slices.Clip(c.series[:min(len(c.series), most)])
	if name == "remoteAddress" {
		series = append(series, addressesFrom("10.0.0.1"))
	} else {
		like := strings.TrimSuffix(name, "Id") + "-"
		series = append(series, func(n int) string { return like + strconv.Itoa(n+1) })
	}
	share, room := (c.limit-len(c.values))/len(series), c.room/len(series)
	c.values = slices.Grow(c.values, max(0, share)*len(series))
	for _, next := range series {
		c.room = room
		for n := 0; n < share && c.room > 0; n++ {
			if v := next(n); v != "" && !long(v) && !c.over(v) { // one that is there already does no harm
				c.keep(v)
			}
		}
	}
}
