package rollout

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A chooser collects likely values of a field.
type chooser struct {
	hint   *hint
	limit  int
	values []string
	seen   map[string]struct{}
	from   time.Time // of the current time: no earlier one counts
	series []func(n int) string
}

// values returns values of the field at and around everything that is asked of
// it, at most so many; the first is "", which is missing. Of a field that
// percentages go by there are many.
func (h *hint) values(name string, limit int, from time.Time) []string {
	c := &chooser{hint: h, limit: limit, seen: make(map[string]struct{})}
	if name == "currentTime" {
		c.from = from
	}
	c.add("")
	c.lists()
	c.numbers()
	c.dates()
	c.versions()
	c.ranges()
	c.texts()
	c.patterns()
	c.add(h.equal.other(usualOf(name)))
	if h.sticky {
		c.people(name)
	}
	return c.values
}

// add adds values that are not there yet, up to the limit.
func (c *chooser) add(values ...string) {
	for _, v := range values {
		if _, there := c.seen[v]; there || len(c.values) >= c.limit || c.over(v) {
			continue
		}
		c.seen[v] = struct{}{}
		c.values = append(c.values, v)
	}
}

// over reports whether the value is a time that is over.
func (c *chooser) over(v string) bool {
	if c.from.IsZero() {
		return false
	}
	t, ok := parseDate(v)
	return ok && t.Before(c.from)
}

// lists adds the values of lists, of which too many leave room for others.
func (c *chooser) lists() {
	all := c.hint.equal.all()
	c.add(all[:min(len(all), c.limit/2)]...)
}

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
	series := c.series[:min(len(c.series), 16)]
	if name == "remoteAddress" {
		series = append(series, addressesFrom("10.0.0.1"))
	} else {
		like := strings.TrimSuffix(name, "Id") + "-"
		series = append(series, func(n int) string { return like + strconv.Itoa(n+1) })
	}
	share := (c.limit - len(c.values)) / len(series)
	c.values = slices.Grow(c.values, share*len(series))
	for _, next := range series {
		for n := range share {
			if v := next(n); v != "" && !c.over(v) { // one that is there already does no harm
				c.values = append(c.values, v)
			}
		}
	}
}
